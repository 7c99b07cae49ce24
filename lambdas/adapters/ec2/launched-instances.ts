/** Launch facts of instances, from EC2: image and times. Little is kept of each, because there may be thousands. */
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { Launched } from '../../core/aws/group.ts';
import { batchesOf } from '../aws/batches.ts';
import { describeInstances } from './described-instances.ts';
import { refusedAs } from '../aws/refusals.ts';

/** IAM actions of the calls below. */
export const LAUNCHED_ACTIONS = ['ec2:DescribeInstances'] as const;

/** Instances per call. An answer has kilobytes for each. */
const INSTANCES_PER_CALL = 200;
const CALLS_AT_ONCE = 2;

/** Whether EC2 does not know an id. An id of the right form that EC2 never gave out counts as malformed. */
const isUnknown = refusedAs('InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed');

/** @returns by instance; those that EC2 does not know are left out */
export async function launchedInstances(
  client: EC2Client,
  instances: readonly string[],
): Promise<ReadonlyMap<string, Launched>> {
  const batches = batchesOf([...new Set(instances)], INSTANCES_PER_CALL);
  const found = await pMap(batches, (batch) => launchedOf(client, batch), { concurrency: CALLS_AT_ONCE });
  return new Map(found.flat());
}

/** Asks again without the ids that EC2 does not know: it refuses the whole call for them, and names them. */
async function launchedOf(client: EC2Client, ids: readonly string[]): Promise<[string, Launched][]> {
  if (ids.length === 0) return [];
  try {
    return (await describeInstances(client, { InstanceIds: [...ids] })).flatMap(launched);
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const named = new Set((error as Error).message.match(/\bi-\w+/g));
    const known = ids.filter((id) => !named.has(id));
    if (known.length === ids.length) throw error;
    return await launchedOf(client, known);
  }
}

function launched({ InstanceId, ImageId: image, LaunchTime, NetworkInterfaces = [] }: Instance): [string, Launched][] {
  if (InstanceId === undefined || image === undefined || LaunchTime === undefined) return [];
  // Each start sets LaunchTime anew; the attach time of the primary interface stays (SDK: Instance.LaunchTime).
  const primary = NetworkInterfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  const { AttachTime: made = LaunchTime } = primary?.Attachment ?? {};
  return [[InstanceId, { image, at: made.getTime(), startedAt: LaunchTime.getTime() }]];
}
