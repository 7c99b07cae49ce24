/** Reads what a group launches, and what an instance was launched from, out of the answer of Auto Scaling alone. */
import type {
  AutoScalingGroup,
  Instance,
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
} from '@aws-sdk/client-auto-scaling';
import type { LaunchOverride, LaunchReference, SourceReference } from '../../core/aws/group.ts';

/** Version of a template whose version is left out. */
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
  const found = templateOf(template);
  return found && { ...found, ...(template.Version !== undefined && { version: template.Version }) };
}

function launchOverride(override: LaunchTemplateOverrides): LaunchOverride {
  const { InstanceType: type, LaunchTemplateSpecification: template, ImageId: image } = override;
  const source = template && configuredTemplate(template);
  return {
    ...(type !== undefined && { type }),
    ...(source !== undefined && { source }),
    ...(image !== undefined && { image }),
  };
}

function configuredTemplate(template: LaunchTemplateSpecification): SourceReference | undefined {
  const found = templateOf(template);
  return found && { ...found, version: template.Version ?? DEFAULT_VERSION };
}

/** Reads the reference to a template. A group names it by id or by name, and AWS may return only one of them. */
function templateOf(template: LaunchTemplateSpecification): SourceReference | undefined {
  const { LaunchTemplateId: id = '', LaunchTemplateName: name = '' } = template;
  if (id !== '') return { kind: 'template', id };
  return name === '' ? undefined : { kind: 'template-name', id: name };
}

function configuration(name: string | undefined): SourceReference | undefined {
  return name === undefined ? undefined : { kind: 'configuration', id: name };
}
