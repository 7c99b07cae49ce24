/** Reads launch template versions and launch configurations that groups name: one call for each template. */
import {
  DescribeLaunchConfigurationsCommand,
  type AutoScalingClient,
  type LaunchConfiguration,
} from '@aws-sdk/client-auto-scaling';
import {
  paginateDescribeLaunchTemplateVersions,
  type EC2Client,
  type LaunchTemplateVersion,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { LaunchSource, SourceReference } from '../../core/aws/group.ts';
import { askInBatches, batchesOf } from '../aws/batches.ts';
import { unreadable, type Fault } from './launch-fault.ts';
import { refusedAs } from '../aws/refusals.ts';

/** IAM actions of the calls below. None of them can be limited to a resource. */
export const LAUNCH_SOURCE_ACTIONS = [
  'autoscaling:DescribeLaunchConfigurations',
  'ec2:DescribeLaunchTemplateVersions',
] as const;

export interface FoundSource {
  /** Source; for a template its id, even if it was named otherwise, and the number of its version. */
  readonly source: Omit<LaunchSource, 'image'>;
  /** AMI id, or still the reference to a parameter. */
  readonly image: string;
  readonly type?: string;
}

type Found = readonly [key: string, source: FoundSource | Fault];

const TEMPLATES_AT_ONCE = 5;
/** The most names and versions that one call takes. */
const CONFIGURATIONS_PER_CALL = 50;
const VERSIONS_PER_CALL = 200;

const hasNoVersion = refusedAs('InvalidLaunchTemplateId.VersionNotFound');
const isGone = refusedAs(
  'InvalidLaunchTemplateId.NotFound',
  'InvalidLaunchTemplateId.Malformed',
  'InvalidLaunchTemplateName.NotFoundException',
  'InvalidLaunchTemplateName.MalformedException',
);

export function keyOf({ kind, id, version = '' }: SourceReference): string {
  return [kind, id, version].join(' ');
}

/** @returns by `keyOf`; one that fails is a fault and does not stop the others */
export async function launchSources(
  references: readonly SourceReference[],
  { autoScaling, ec2 }: { readonly autoScaling: AutoScalingClient; readonly ec2: EC2Client },
): Promise<ReadonlyMap<string, FoundSource | Fault>> {
  const distinct = [...new Map(references.map((each) => [keyOf(each), each])).values()];
  const templates = Map.groupBy(
    distinct.filter(({ kind }) => kind !== 'configuration'),
    ({ kind, id }) => keyOf({ kind, id }),
  );
  const names = distinct.filter(({ kind }) => kind === 'configuration').map(({ id }) => id);
  const versions = ([, [template, ...others]]: [string, SourceReference[]]) =>
    template === undefined ? [] : versionsOf(ec2, template, [template, ...others]);
  const [found, configured] = await Promise.all([
    pMap(templates, versions, { concurrency: TEMPLATES_AT_ONCE }),
    pMap(batchesOf(names, CONFIGURATIONS_PER_CALL), (batch) => configurations(autoScaling, batch), { concurrency: 1 }),
  ]);
  return new Map([...found, ...configured].flat());
}

/** @param wanted versions of that template */
async function versionsOf(
  client: EC2Client,
  template: SourceReference,
  wanted: readonly SourceReference[],
): Promise<Found[]> {
  const names = wanted.map(({ version = '$Default' }) => version);
  try {
    const by = { size: VERSIONS_PER_CALL, isGone: hasNoVersion };
    const versions = await askInBatches(names, by, (batch) => describeVersions(client, template, batch));
    return wanted.map((reference) => [keyOf(reference), foundVersion(reference, versions)]);
  } catch (error) {
    const fault = isGone(error) ? noTemplate(template) : unreadable(`launch template ${template.id}`, error);
    return wanted.map((reference) => [keyOf(reference), fault]);
  }
}

async function describeVersions(
  client: EC2Client,
  { kind, id }: SourceReference,
  names: readonly string[],
): Promise<LaunchTemplateVersion[]> {
  const all: LaunchTemplateVersion[] = [];
  const by = kind === 'template-name' ? { LaunchTemplateName: id } : { LaunchTemplateId: id };
  const request = { ...by, Versions: [...names] };
  for await (const { LaunchTemplateVersions = [] } of paginateDescribeLaunchTemplateVersions({ client }, request)) {
    all.push(...LaunchTemplateVersions);
  }
  return all;
}

function foundVersion(reference: SourceReference, versions: readonly LaunchTemplateVersion[]): FoundSource | Fault {
  const { id: called, version = '$Default' } = reference;
  const found = versions.find(isVersion(version, versions));
  if (found === undefined) {
    return { fault: `launch template ${called} has no version ${version}: give the group one that it has` };
  }
  const { LaunchTemplateId: id = called, LaunchTemplateName: name, VersionNumber: number } = found;
  const { ImageId: image, InstanceType: type } = found.LaunchTemplateData ?? {};
  if (image === undefined || image === '') {
    return { fault: `launch template ${called} version ${number} names no image: give the group a version that does` };
  }
  const source = { kind: 'template', id, version: String(number), ...(name !== undefined && { name }) } as const;
  return { source, image, ...(type !== undefined && { type }) };
}

/** Whether it is the wanted version. If `$Latest` was asked for, it is the highest number in the answer. */
function isVersion(wanted: string, versions: readonly LaunchTemplateVersion[]) {
  if (wanted === '$Default') return ({ DefaultVersion }: LaunchTemplateVersion) => DefaultVersion === true;
  const numbers = versions.map(({ VersionNumber = 0 }) => VersionNumber);
  const number = wanted === '$Latest' ? Math.max(...numbers) : Number(wanted);
  return ({ VersionNumber }: LaunchTemplateVersion) => VersionNumber === number;
}

function noTemplate({ id }: SourceReference): Fault {
  return { fault: `launch template ${id} does not exist: give the group one that does` };
}

async function configurations(client: AutoScalingClient, names: readonly string[]): Promise<Found[]> {
  const sources = names.map((id) => ({ kind: 'configuration', id }) as const);
  try {
    const request = { LaunchConfigurationNames: [...names], MaxRecords: CONFIGURATIONS_PER_CALL };
    const { LaunchConfigurations = [] } = await client.send(new DescribeLaunchConfigurationsCommand(request));
    const found = new Map(LaunchConfigurations.map((each) => [each.LaunchConfigurationName, each]));
    return sources.map((source) => [keyOf(source), foundConfiguration(source, found.get(source.id))]);
  } catch (error) {
    return sources.map((source) => [keyOf(source), unreadable(`launch configuration ${source.id}`, error)]);
  }
}

function foundConfiguration(
  source: FoundSource['source'],
  found: LaunchConfiguration | undefined,
): FoundSource | Fault {
  const { ImageId: image, InstanceType: type } = found ?? {};
  if (image === undefined) {
    return { fault: `launch configuration ${source.id} does not exist: give the group one that does` };
  }
  return { source, image, ...(type !== undefined && { type }) };
}
