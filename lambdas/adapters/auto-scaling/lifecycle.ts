/** EC2 Auto Scaling, as far as lifecycle actions go. */
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
import type { Lifecycle, LifecycleAction } from '../../workflow/ports/auto-scaling.ts';
import { isNotFound, unless } from '../aws/refusals.ts';

/** The IAM actions of the calls below. */
export const LIFECYCLE_READ_ACTIONS = [
  'autoscaling:DescribeAutoScalingInstances',
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeLifecycleHooks',
] as const;
/** For those that ask since when an instance leaves. */
export const ACTIVITY_ACTIONS = ['autoscaling:DescribeScalingActivities'] as const;
export const LIFECYCLE_COMPLETE_ACTIONS = ['autoscaling:CompleteLifecycleAction'] as const;
export const LIFECYCLE_HEARTBEAT_ACTIONS = ['autoscaling:RecordLifecycleActionHeartbeat'] as const;
export const TERMINATE_ACTIONS = ['autoscaling:TerminateInstanceInAutoScalingGroup'] as const;

/** What Auto Scaling takes when a hook names no timeout of its own, seconds. */
const DEFAULT_HEARTBEAT_TIMEOUT = 3600;

/** min(48 h, 100 × heartbeat): what AWS answers as GlobalTimeout, should it answer none. */
const LONGEST_GLOBAL_TIMEOUT = 172_800;

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
    async membership(instance) {
      const answer = await client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [instance] }));
      const [found] = answer.AutoScalingInstances ?? [];
      return found && { group: found.AutoScalingGroupName ?? '', state: found.LifecycleState ?? '' };
    },
    async groupTags(group) {
      const found = await describeGroup(group);
      return found && Object.fromEntries((found.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    },
    async hook(group, name) {
      const request = { AutoScalingGroupName: group, LifecycleHookNames: [name] };
      // A group that has gone has no hooks: that must not end the notice of its instance.
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
        // Those under way come first.
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
    async terminate(instance) {
      const request = { InstanceId: instance, ShouldDecrementDesiredCapacity: false };
      const command = new TerminateInstanceInAutoScalingGroupCommand(request);
      const answer = await unless(isNotFound, () => client.send(command));
      return answer === undefined ? 'gone' : 'terminated';
    },
  };
}

function isUnderWay({ EndTime }: Activity): boolean {
  return EndTime === undefined;
}

/** An activity names its instance in its description only. */
function concerns({ Description = '' }: Activity, instance: string): boolean {
  return Description.split(/[^\w-]+/).includes(instance);
}

function byInstance({ group, hook, instance }: LifecycleAction) {
  return { AutoScalingGroupName: group, LifecycleHookName: hook, InstanceId: instance };
}

/**
 * AWS has one ValidationError for everything that is wrong with a request; only its words tell that the action has
 * ended, which a lost answer to an earlier try can be the reason of (contract 6.1).
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
