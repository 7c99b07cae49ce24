/** EC2 Auto Scaling groups as a whole, in as few calls as AWS allows. */
import {
  paginateDescribeAutoScalingGroups,
  paginateDescribeAutoScalingInstances,
  paginateDescribeWarmPool,
  type AutoScalingClient,
  type AutoScalingGroup,
  type DescribeAutoScalingGroupsCommandInput,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { Group, GroupMember, Member } from '../../core/aws/group.ts';
import { isComing } from '../../core/aws/lifecycle-state.ts';
import type { Groups } from '../../workflow/ports/auto-scaling.ts';
import { batchesOf } from '../aws/batches.ts';
import { launchedFrom, launchReference } from '../launch/launch-reference.ts';
import { isNotFound, unless } from '../aws/refusals.ts';

/** IAM actions of the calls below. */
export const GROUP_READ_ACTIONS = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeWarmPool',
] as const;

/** The most names that one call takes, and the most entries that it returns. */
const GROUPS_PER_CALL = 100;
const INSTANCES_PER_CALL = 50;

export function groups(client: AutoScalingClient): Groups {
  const found = async (by: DescribeAutoScalingGroupsCommandInput): Promise<FoundGroup[]> => {
    const all: FoundGroup[] = [];
    const pages = paginateDescribeAutoScalingGroups({ client }, { ...by, MaxRecords: GROUPS_PER_CALL });
    // A page may have thousands of instances: only the fields that are needed are kept.
    for await (const { AutoScalingGroups = [] } of pages) all.push(...AutoScalingGroups.map(foundGroup));
    return all;
  };
  /** Returns the instances in the warm pool of a group. The group's own list leaves them out. */
  const warmPoolInstances = async (group: string): Promise<Instance[]> => {
    const all: Instance[] = [];
    const pages = paginateDescribeWarmPool({ client }, { AutoScalingGroupName: group });
    // A group may have been deleted since it was found. The other groups are still read.
    await unless(isNotFound, async () => {
      for await (const { Instances = [] } of pages) all.push(...Instances);
    });
    return all;
  };
  const whole = async ({ group, hasPool }: FoundGroup): Promise<Group> => {
    if (!hasPool) return group;
    const others = (await warmPoolInstances(group.name)).map((instance) => groupMember(group.name, instance));
    return { ...group, members: [...group.members, ...others] };
  };
  const foundByName = async (names: readonly string[]): Promise<FoundGroup[]> => {
    const chunks = batchesOf(names, GROUPS_PER_CALL).map((chunk) => found({ AutoScalingGroupNames: chunk }));
    return (await Promise.all(chunks)).flat();
  };
  return {
    async enrolled({ names, tag, value = 'true' }) {
      const tagged = found({ Filters: [{ Name: `tag:${tag}`, Values: [value] }] });
      const all = (await Promise.all([foundByName(names), tagged])).flat();
      const once = new Map(all.map((each) => [each.group.name, each]));
      return await Promise.all([...once.values()].map(whole));
    },
    named: async (names) => await Promise.all((await foundByName(names)).map(whole)),
    async members(instances) {
      const all: Member[] = [];
      for (const chunk of batchesOf(instances, INSTANCES_PER_CALL)) {
        const pages = paginateDescribeAutoScalingInstances({ client }, { InstanceIds: chunk });
        for await (const { AutoScalingInstances = [] } of pages) {
          all.push(...AutoScalingInstances.map((found) => memberOf(found.AutoScalingGroupName ?? '', found)));
        }
      }
      return all;
    },
  };
}

/** A group, without the instances of its warm pool if it has one. */
interface FoundGroup {
  readonly group: Group;
  readonly hasPool: boolean;
}

function foundGroup(group: AutoScalingGroup): FoundGroup {
  return { group: groupOf(group), hasPool: group.WarmPoolConfiguration !== undefined };
}

function groupOf(group: AutoScalingGroup): Group {
  const { AutoScalingGroupName: name = '', Instances = [], Tags = [], SuspendedProcesses = [] } = group;
  const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const nodeGroup = nodeGroupOf(tags);
  return {
    name,
    desired: desiredOf(group),
    tags,
    suspended: SuspendedProcesses.map(({ ProcessName = '' }) => ProcessName),
    ...(nodeGroup !== undefined && { nodeGroup }),
    launch: launchReference(group),
    members: Instances.map((instance) => groupMember(name, instance)),
  };
}

/** Desired capacity. If it is in vCPUs or memory and no instance has a weight: the instances that serve or come. */
function desiredOf({ DesiredCapacity = 0, DesiredCapacityType, Instances = [] }: AutoScalingGroup): number {
  const inUnits = DesiredCapacityType === undefined || DesiredCapacityType === 'units';
  if (inUnits || Instances.some(({ WeightedCapacity }) => WeightedCapacity !== undefined)) return DesiredCapacity;
  return Instances.filter(({ LifecycleState = '' }) => isComing(LifecycleState)).length;
}

/** Returns the managed node group, from the tags that EKS puts on its Auto Scaling group. */
function nodeGroupOf(tags: Group['tags']): Group['nodeGroup'] {
  const { 'eks:cluster-name': cluster, 'eks:nodegroup-name': name } = tags;
  return cluster === undefined || name === undefined ? undefined : { cluster, name };
}

function groupMember(group: string, instance: Instance): GroupMember {
  const { AvailabilityZone: zone = '', InstanceType: type = '', ImageId: image, WeightedCapacity } = instance;
  const source = launchedFrom(instance);
  return {
    ...memberOf(group, instance),
    zone,
    type,
    ...(source !== undefined && { launchedFrom: source }),
    ...(WeightedCapacity !== undefined && { weight: Number(WeightedCapacity) }),
    ...(image !== undefined && { image }),
  };
}

function memberOf(
  group: string,
  { InstanceId = '', LifecycleState = '' }: Pick<Instance, 'InstanceId'> & { LifecycleState?: string },
): Member {
  return { instance: InstanceId, group, state: LifecycleState };
}
