/** How instances were made, as EC2 says it: of thousands, so little of each is kept. */
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { Launched } from '../../core/aws/group.ts';
import { batchesOf } from '../aws/batches.ts';
import { describeInstances } from './described-instances.ts';
import { refusedAs } from '../aws/refusals.ts';

/** The IAM actions of the calls below. */
export const LAUNCHED_ACTIONS = ['ec2:DescribeInstances'] as const;

/** An answer has kilobytes for each. */
const INSTANCES_PER_CALL = 200;
const CALLS_AT_ONCE = 2;

/** An id of EC2's form that it never gave out is malformed to it. */
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

/** EC2 refuses a call for the ids that it does not know, and names them: the others are asked for again. */
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
  // EC2 sets the launch time anew at each start; that the primary interface was attached, stays (SDK: Instance.LaunchTime).
  const primary = NetworkInterfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  const { AttachTime: made = LaunchTime } = primary?.Attachment ?? {};
  return [[InstanceId, { image, at: made.getTime(), startedAt: LaunchTime.getTime() }]];
}
