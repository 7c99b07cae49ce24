/** Lifecycle actions of EC2 Auto Scaling. */
import {
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  RecordLifecycleActionHeartbeatCommand,
  paginateDescribeScalingActivities,
  TerminateInstanceInAutoScalingGroupCommand,
  type Activity,
  type AutoScalingClient,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import type { Lifecycle, LifecycleAction, Membership } from '../../workflow/ports/auto-scaling.ts';
import { askedTogether } from '../aws/asked-together.ts';
import { isNotFound, unless } from '../aws/refusals.ts';

/** IAM actions of the calls below. */
export const LIFECYCLE_READ_ACTIONS = [
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeLifecycleHooks',
] as const;
/** IAM actions for asking since when an instance leaves. */
export const ACTIVITY_ACTIONS = ['autoscaling:DescribeScalingActivities'] as const;
export const LIFECYCLE_COMPLETE_ACTIONS = ['autoscaling:CompleteLifecycleAction'] as const;
export const LIFECYCLE_HEARTBEAT_ACTIONS = ['autoscaling:RecordLifecycleActionHeartbeat'] as const;
export const TERMINATE_ACTIONS = ['autoscaling:TerminateInstanceInAutoScalingGroup'] as const;

/** Heartbeat timeout of a hook that sets none, seconds: the default of Auto Scaling. */
const DEFAULT_HEARTBEAT_TIMEOUT = 3600;

/** Longest GlobalTimeout, seconds. AWS uses min(48 h, 100 × heartbeat); this is for an answer without it. */
const LONGEST_GLOBAL_TIMEOUT = 172_800;

/** Instances of one call of DescribeAutoScalingInstances, at most. */
export const MOST_INSTANCES = 50;

export function lifecycle(client: AutoScalingClient): Lifecycle {
  const describeGroup = async (group: string): Promise<AutoScalingGroup | undefined> => {
    const answer = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }));
    return answer.AutoScalingGroups?.[0];
  };
  const completeWith = (action: LifecycleAction, result: 'CONTINUE' | 'ABANDON') =>
    unlessOver('completed' as const, () =>
      client.send(new CompleteLifecycleActionCommand({ ...byInstance(action), LifecycleActionResult: result })),
    );
  return {
    membership: askedTogether(MOST_INSTANCES, (instances) => describeInstances(client, instances)),
    async groupTags(group) {
      const found = await describeGroup(group);
      return found && Object.fromEntries((found.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    },
    async hook(group, name) {
      const request = { AutoScalingGroupName: group, LifecycleHookNames: [name] };
      // A group that is gone has no hooks. That must not end the notice of its instance.
      const answer = await unless(isNotFound, () => client.send(new DescribeLifecycleHooksCommand(request)));
      const [found] = answer?.LifecycleHooks ?? [];
      if (found === undefined) return undefined;
      const timeoutSeconds = found.HeartbeatTimeout ?? DEFAULT_HEARTBEAT_TIMEOUT;
      return {
        name,
        timeoutSeconds,
        globalTimeoutSeconds: found.GlobalTimeout ?? Math.min(LONGEST_GLOBAL_TIMEOUT, 100 * timeoutSeconds),
        ...(found.NotificationMetadata !== undefined && { metadata: found.NotificationMetadata }),
      };
    },
    async leavingSince({ group, instance }) {
      const pages = paginateDescribeScalingActivities({ client }, { AutoScalingGroupName: group });
      for await (const { Activities = [] } of pages) {
        const found = Activities.find((activity) => isUnderWay(activity) && concerns(activity, instance));
        if (found !== undefined) return found.StartTime?.getTime();
        // Activities under way come first.
        if (!Activities.some(isUnderWay)) break;
      }
      return undefined;
    },
    heartbeat: (action) =>
      unlessOver('recorded', () => client.send(new RecordLifecycleActionHeartbeatCommand(byInstance(action)))),
    complete: (action) => completeWith(action, 'CONTINUE'),
    abandon: (action) => completeWith(action, 'ABANDON'),
    async retains(group) {
      const found = await describeGroup(group);
      return found?.InstanceLifecyclePolicy?.RetentionTriggers?.TerminateHookAbandon === 'retain';
    },
    async rebalances(group) {
      return (await describeGroup(group))?.CapacityRebalance === true;
    },
    async terminate(instance) {
      const request = { InstanceId: instance, ShouldDecrementDesiredCapacity: false };
      const command = new TerminateInstanceInAutoScalingGroupCommand(request);
      const answer = await unless(isNotFound, () => client.send(command));
      return answer === undefined ? 'gone' : 'terminated';
    },
  };
}

/** @returns the membership of each instance, in their order; an instance that is in no group is not in the answer */
async function describeInstances(
  client: AutoScalingClient,
  instances: readonly string[],
): Promise<(Membership | undefined)[]> {
  const asked = { InstanceIds: [...instances] };
  const { AutoScalingInstances = [] } = await client.send(new DescribeAutoScalingInstancesCommand(asked));
  const found = new Map(
    AutoScalingInstances.map(({ InstanceId, AutoScalingGroupName: group = '', LifecycleState: state = '' }) => [
      InstanceId,
      { group, state },
    ]),
  );
  return instances.map((instance) => found.get(instance));
}

function isUnderWay({ EndTime }: Activity): boolean {
  return EndTime === undefined;
}

/** Whether an activity is about the instance. Only its description names the instance. */
function concerns({ Description = '' }: Activity, instance: string): boolean {
  return Description.split(/[^\w-]+/).includes(instance);
}

function byInstance({ group, hook, instance }: LifecycleAction) {
  return { AutoScalingGroupName: group, LifecycleHookName: hook, InstanceId: instance };
}

/**
 * Returns `done`, or `over` when the lifecycle action has ended already: an earlier try may have ended it, and its
 * answer was lost (contract 6.1). AWS has one ValidationError for all faults of a request, so the message decides.
 */
async function unlessOver<Done>(done: Done, call: () => Promise<unknown>): Promise<Done | 'over'> {
  try {
    await call();
    return done;
  } catch (error) {
    if (
      error instanceof Error &&
      error.name === 'ValidationError' &&
      /no active lifecycle action/i.test(error.message)
    ) {
      return 'over';
    }
    throw error;
  }
}
