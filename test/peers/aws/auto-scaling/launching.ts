/** What groups launch: as it is configured, and what that comes to at the moment of a launch. */
import { arn, type Account } from '../account.ts';
import type { LaunchTemplates, TemplateName, InstanceRequirements } from '../ec2/launch-templates.ts';
import type { Parameters } from '../ssm/parameters.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';

const DEFAULT_IMAGE = 'ami-0123456789abcdef0';
const DEFAULT_TYPE = 'm6i.large';

/** A template and its version: a number, `$Latest` or `$Default`. */
export interface LaunchTemplateReference {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** An override's answer has the name alone where that is what it was given by; any other has both. */
  readonly toldByNameAlone?: boolean;
}

/** A template by id or name. Version: default `$Default`. */
export type TemplatePlan = TemplateName & { readonly version?: string };

interface Override<Template> {
  readonly instanceType?: string;
  /** In place of a type. */
  readonly instanceRequirements?: InstanceRequirements;
  /** Default: the policy's. */
  readonly launchTemplate?: Template;
  /** Over the template's. */
  readonly imageId?: string;
  /** How many units of the desired capacity an instance fulfils. Default 1. */
  readonly weightedCapacity?: number;
}

interface Policy<Template> {
  readonly launchTemplate: Template;
  readonly overrides: readonly Override<Template>[];
}

export type MixedInstancesPolicy = Policy<LaunchTemplateReference>;

export type GroupLaunch =
  | { readonly kind: 'template'; readonly template: LaunchTemplateReference }
  | { readonly kind: 'mixed'; readonly policy: MixedInstancesPolicy }
  | { readonly kind: 'configuration'; readonly name: string };

/** One of them. Default: version 1 of a template that is made under the group's name. */
export interface LaunchPlan {
  readonly launchTemplate?: TemplatePlan;
  readonly mixedInstancesPolicy?: Policy<TemplatePlan>;
  /** Its name. */
  readonly launchConfiguration?: string;
}

export interface LaunchConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly imageId: string;
  readonly instanceType: string;
}

/** What one instance is launched with. */
export interface Resolved {
  readonly imageId: string;
  readonly instanceType: string;
  /** Its version is a number. */
  readonly launchTemplate?: LaunchTemplateReference;
  readonly launchConfiguration?: string;
  /** The image is an override's, which Auto Scaling tells with the instance. */
  readonly imageOverridden: boolean;
  /** The override's, which Auto Scaling tells with the instance. */
  readonly weightedCapacity?: number;
}

interface Parts {
  readonly account: Account;
  readonly time: Timetable;
  readonly templates: LaunchTemplates;
  readonly parameters: Parameters;
}

export class Launching {
  readonly configurations = new Map<string, LaunchConfiguration>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  addConfiguration(plan: { name: string; imageId?: string; instanceType?: string }): LaunchConfiguration {
    const { account, time } = this.#parts;
    const resource = `launchConfiguration:${crypto.randomUUID()}:launchConfigurationName/${plan.name}`;
    const configuration: LaunchConfiguration = {
      imageId: DEFAULT_IMAGE,
      instanceType: DEFAULT_TYPE,
      ...plan,
      arn: arn(account, 'autoscaling', resource),
      createdAt: time.date(),
    };
    this.configurations.set(plan.name, configuration);
    return configuration;
  }

  /** @throws AwsError when what it names is not there */
  configured(plan: LaunchPlan & { readonly name: string; readonly instanceType?: string }): GroupLaunch {
    const { launchTemplate, mixedInstancesPolicy: policy, launchConfiguration: name } = plan;
    if (name !== undefined) return { kind: 'configuration', name: this.#configuration(name).name };
    if (policy !== undefined) return { kind: 'mixed', policy: this.#policy(policy) };
    const named = launchTemplate ?? { id: this.#templateFor(plan), version: '1' };
    return { kind: 'template', template: this.#reference(named) };
  }

  /**
   * As it is now. Of a mixed policy's overrides the first, or the one with the given type.
   *
   * @throws AwsError why nothing can be launched
   */
  resolve(launch: GroupLaunch, wanted: { readonly instanceType?: string } = {}): Resolved {
    if (launch.kind === 'configuration') {
      const { name, imageId, instanceType } = this.#configuration(launch.name);
      return { imageId, instanceType, launchConfiguration: name, imageOverridden: false };
    }
    if (launch.kind === 'template') return this.#resolveTemplate(launch.template, {});
    const { launchTemplate, overrides } = launch.policy;
    const { instanceType: type } = wanted;
    const override = overrides.find(({ instanceType }) => type === undefined || instanceType === type) ?? {};
    const chosen = override.instanceRequirements === undefined ? {} : { instanceType: type ?? DEFAULT_TYPE };
    return this.#resolveTemplate(override.launchTemplate ?? launchTemplate, { ...override, ...chosen });
  }

  #resolveTemplate(
    reference: LaunchTemplateReference,
    override: { instanceType?: string; imageId?: string; weightedCapacity?: number },
  ): Resolved {
    const { number, data } = this.#parts.templates.version({ id: reference.id }, reference.version);
    const { imageId = data.imageId, instanceType = data.instanceType, weightedCapacity } = override;
    if (imageId === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
    return {
      imageId: this.#image(imageId),
      instanceType: instanceType ?? DEFAULT_TYPE,
      launchTemplate: { ...reference, version: String(number), toldByNameAlone: false },
      imageOverridden: override.imageId !== undefined,
      ...(weightedCapacity !== undefined && { weightedCapacity }),
    };
  }

  #image(written: string): string {
    const [, reference] = /^resolve:ssm:(.+)$/.exec(written) ?? [];
    if (reference === undefined) return written;
    const { value } = this.#parts.parameters.find(reference) ?? {};
    if (value?.startsWith('ami-') === true) return value;
    throw new AwsError('InvalidParameterValue', `The SSM parameter ${reference} does not resolve to an AMI`);
  }

  #policy({ launchTemplate, overrides }: Policy<TemplatePlan>): MixedInstancesPolicy {
    const own = ({ launchTemplate: template, ...rest }: Override<TemplatePlan>): Override<LaunchTemplateReference> =>
      template === undefined
        ? rest
        : { ...rest, launchTemplate: { ...this.#reference(template), toldByNameAlone: 'name' in template } };
    return { launchTemplate: this.#reference(launchTemplate), overrides: overrides.map(own) };
  }

  #reference(plan: TemplatePlan): LaunchTemplateReference {
    const { id, name } = this.#parts.templates.get(plan);
    return { id, name, version: plan.version ?? '$Default' };
  }

  #templateFor({ name, instanceType = DEFAULT_TYPE }: { name: string; instanceType?: string }): string {
    const { templates } = this.#parts;
    const template =
      templates.find({ name }) ?? templates.create({ name, data: { imageId: DEFAULT_IMAGE, instanceType } });
    return template.id;
  }

  #configuration(name: string): LaunchConfiguration {
    const configuration = this.configurations.get(name);
    if (configuration !== undefined) return configuration;
    throw new AwsError('ValidationError', `Launch configuration name not found - ${name}`);
  }
}
