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
import type { Member } from '../core/forgotten-hook.ts';
import type { Group, Groups } from '../workflow/ports.ts';
import { batchesOf } from './batches.ts';

/** The IAM actions of the calls below. */
export const GROUP_READ_ACTIONS = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeWarmPool',
] as const;

/** The most that one call takes by name, and answers. */
const GROUPS_PER_CALL = 100;
const INSTANCES_PER_CALL = 50;

export function groups(client: AutoScalingClient): Groups {
  const found = async (by: DescribeAutoScalingGroupsCommandInput): Promise<AutoScalingGroup[]> => {
    const all: AutoScalingGroup[] = [];
    const pages = paginateDescribeAutoScalingGroups({ client }, { ...by, MaxRecords: GROUPS_PER_CALL });
    for await (const { AutoScalingGroups = [] } of pages) all.push(...AutoScalingGroups);
    return all;
  };
  /** A group's own list leaves those in its warm pool out. */
  const pooled = async (group: string): Promise<Instance[]> => {
    const all: Instance[] = [];
    const pages = paginateDescribeWarmPool({ client }, { AutoScalingGroupName: group });
    for await (const { Instances = [] } of pages) all.push(...Instances);
    return all;
  };
  const whole = async (group: AutoScalingGroup): Promise<Group> => {
    const { AutoScalingGroupName: name = '', Instances = [], WarmPoolConfiguration } = group;
    const resting = WarmPoolConfiguration === undefined ? [] : await pooled(name);
    return { name, members: [...Instances, ...resting].map((instance) => memberOf(name, instance)) };
  };
  return {
    async enrolled({ names, tag }) {
      const named = batchesOf(names, GROUPS_PER_CALL).map((chunk) => found({ AutoScalingGroupNames: chunk }));
      const tagged = found({ Filters: [{ Name: `tag:${tag}`, Values: ['true'] }] });
      const all = (await Promise.all([...named, tagged])).flat();
      const once = new Map(all.map((group) => [group.AutoScalingGroupName, group]));
      return await Promise.all([...once.values()].map(whole));
    },
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

function memberOf(
  group: string,
  { InstanceId = '', LifecycleState = '' }: Pick<Instance, 'InstanceId'> & { LifecycleState?: string },
): Member {
  return { instance: InstanceId, group, state: LifecycleState };
}
