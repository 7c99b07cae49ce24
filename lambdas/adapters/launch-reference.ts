/** What Auto Scaling says that a group launches, and that an instance was launched from; nothing is looked up. */
import type {
  AutoScalingGroup,
  Instance,
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
} from '@aws-sdk/client-auto-scaling';
import type { LaunchOverride, LaunchReference, SourceReference } from '../core/group.ts';

/** Taken for a template whose version is left out. */
const DEFAULT_VERSION = '$Default';

export function launchReference(group: AutoScalingGroup): LaunchReference {
  const { LaunchTemplateSpecification: common, Overrides = [] } = group.MixedInstancesPolicy?.LaunchTemplate ?? {};
  const template = common ?? group.LaunchTemplate;
  const base = template === undefined ? configuration(group.LaunchConfigurationName) : configuredTemplate(template);
  return {
    ...(base !== undefined && { base }),
    overrides: Overrides.map(launchOverride),
    byRequirements: Overrides.some(({ InstanceRequirements }) => InstanceRequirements !== undefined),
  };
}

export function launchedFrom(instance: Instance): SourceReference | undefined {
  const { LaunchTemplate: template, LaunchConfigurationName } = instance;
  if (template === undefined) return configuration(LaunchConfigurationName);
  return { ...templateOf(template), ...(template.Version !== undefined && { version: template.Version }) };
}

function launchOverride(override: LaunchTemplateOverrides): LaunchOverride {
  const { InstanceType: type, LaunchTemplateSpecification: template, ImageId: image } = override;
  return {
    ...(type !== undefined && { type }),
    ...(template !== undefined && { source: configuredTemplate(template) }),
    ...(image !== undefined && { image }),
  };
}

function configuredTemplate(template: LaunchTemplateSpecification): SourceReference {
  return { ...templateOf(template), version: template.Version ?? DEFAULT_VERSION };
}

function templateOf({ LaunchTemplateId: id = '' }: LaunchTemplateSpecification): SourceReference {
  return { kind: 'template', id };
}

function configuration(name: string | undefined): SourceReference | undefined {
  return name === undefined ? undefined : { kind: 'configuration', id: name };
}
