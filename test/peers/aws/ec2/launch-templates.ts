/** EC2's launch templates: numbered versions that never change, one of which is the default. */
import { randomHex } from '../account.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';

export interface LaunchTemplateData {
  /** An AMI's id, or `resolve:ssm:` and a parameter's name or ARN, with or without `:version` or `:label`. */
  readonly imageId?: string;
  readonly instanceType?: string;
  /** In place of a type. */
  readonly instanceRequirements?: InstanceRequirements;
}

export interface InstanceRequirements {
  readonly vCpuCount: { readonly min: number };
  readonly memoryMiB: { readonly min: number };
}

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly data: LaunchTemplateData;
  readonly createdAt: Date;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly versions: Map<number, LaunchTemplateVersion>;
  /** The highest number ever given; one that was deleted is not given again. */
  lastNumber: number;
  defaultVersion: number;
}

/** By id or by name, as requests name one. */
export type TemplateName = { readonly id: string } | { readonly name: string };

export class LaunchTemplates {
  readonly #all = new Map<string, LaunchTemplate>();
  readonly #time: Timetable;

  constructor(parts: { time: Timetable }) {
    this.#time = parts.time;
  }

  /** Makes a template whose version 1 is the default. */
  create(plan: { readonly name: string; readonly data?: LaunchTemplateData }): LaunchTemplate {
    if (this.find({ name: plan.name }) !== undefined) {
      throw new AwsError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
    }
    const id = `lt-${randomHex(17)}`;
    const template: LaunchTemplate = { id, name: plan.name, versions: new Map(), lastNumber: 0, defaultVersion: 1 };
    this.#all.set(id, template);
    this.addVersion({ id }, plan.data ?? {});
    return template;
  }

  /** @returns the number of the new version, the latest */
  addVersion(named: TemplateName, data: LaunchTemplateData): number {
    const template = this.get(named);
    template.lastNumber += 1;
    const number = template.lastNumber;
    template.versions.set(number, { number, data, createdAt: this.#time.date() });
    return number;
  }

  setDefault(named: TemplateName, number: number): void {
    this.get(named).defaultVersion = this.version(named, String(number)).number;
  }

  deleteVersion(named: TemplateName, number: number): void {
    const template = this.get(named);
    if (number === template.defaultVersion) {
      throw new AwsError('InvalidParameterValue', 'You cannot delete the default version of a launch template.');
    }
    template.versions.delete(number);
  }

  delete(named: TemplateName): void {
    this.#all.delete(this.get(named).id);
  }

  all(): LaunchTemplate[] {
    return [...this.#all.values()];
  }

  find(named: TemplateName): LaunchTemplate | undefined {
    if ('id' in named) return this.#all.get(named.id);
    return this.all().find(({ name }) => name === named.name);
  }

  /** @throws AwsError InvalidLaunchTemplateId.NotFound, .Malformed or InvalidLaunchTemplateName.NotFoundException */
  get(named: TemplateName): LaunchTemplate {
    const template = this.find(named);
    if (template === undefined) throw absent(named);
    return template;
  }

  /** @param version a number, `$Latest` or `$Default`. @throws AwsError InvalidLaunchTemplateId.VersionNotFound, or as `get` */
  version(named: TemplateName, version: string): LaunchTemplateVersion {
    const template = this.get(named);
    const found = template.versions.get(numberOf(template, version));
    if (found !== undefined) return found;
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${version} for the launch template with ID ${template.id}.`,
    );
  }
}

function numberOf(template: LaunchTemplate, version: string): number {
  if (version === '$Default') return template.defaultVersion;
  return version === '$Latest' ? Math.max(...template.versions.keys()) : Number(version);
}

function absent(named: TemplateName): AwsError {
  if ('name' in named) {
    const message = `The specified launch template, with template name ${named.name}, does not exist.`;
    return new AwsError('InvalidLaunchTemplateName.NotFoundException', message);
  }
  const { id } = named;
  if (!/^lt-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
    return new AwsError('InvalidLaunchTemplateId.Malformed', `Invalid id: "${id}" (expecting "lt-...")`);
  }
  const message = `The specified launch template, with template ID ${id}, does not exist.`;
  return new AwsError('InvalidLaunchTemplateId.NotFound', message);
}
