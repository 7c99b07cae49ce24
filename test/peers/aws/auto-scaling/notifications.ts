/** The events that Auto Scaling sends to EventBridge, in their documented shape. */
import type { AwsEvent } from '../event-bridge/event.ts';
import type { Group, LifecycleAction, Member, Place, Transition } from './group.ts';

type Draft = Pick<AwsEvent, 'detail-type' | 'source' | 'resources' | 'detail'>;

export interface Route {
  readonly origin: Place;
  readonly destination: Place;
}

export function lifecycleActionEvent(member: Member, action: LifecycleAction, route: Route): Draft {
  const { hook } = action;
  return draft(member.group, `EC2 Instance-${verb(hook.transition)} Lifecycle Action`, {
    LifecycleActionToken: action.token,
    AutoScalingGroupName: member.group.name,
    LifecycleHookName: hook.name,
    EC2InstanceId: member.instanceId,
    LifecycleTransition: hook.transition,
    ...(hook.notificationMetadata === undefined ? {} : { NotificationMetadata: hook.notificationMetadata }),
    Origin: route.origin,
    Destination: route.destination,
  });
}

export interface Outcome {
  readonly transition: Transition;
  readonly route: Route;
  readonly activityId: string;
  readonly cause: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export function successEvent(member: Member, outcome: Outcome): Draft {
  const { group } = member;
  const kind = verb(outcome.transition) === 'launch' ? 'Launch' : 'Terminate';
  const event = draft(group, `EC2 Instance ${kind} Successful`, {
    StatusCode: 'InProgress',
    Description: `${kind === 'Launch' ? 'Launching a new' : 'Terminating'} EC2 instance: ${member.instanceId}`,
    AutoScalingGroupName: group.name,
    ActivityId: outcome.activityId,
    Details: { 'Availability Zone': member.zone },
    RequestId: outcome.activityId,
    StatusMessage: '',
    EndTime: outcome.endedAt.toISOString(),
    EC2InstanceId: member.instanceId,
    StartTime: outcome.startedAt.toISOString(),
    Cause: outcome.cause,
    Origin: outcome.route.origin,
    Destination: outcome.route.destination,
  });
  const { accountId, region } = placeOf(group);
  return { ...event, resources: [group.arn, `arn:aws:ec2:${region}:${accountId}:instance/${member.instanceId}`] };
}

function verb(transition: Transition): 'launch' | 'terminate' {
  return transition === 'autoscaling:EC2_INSTANCE_LAUNCHING' ? 'launch' : 'terminate';
}

function draft(group: Group, detailType: string, detail: Record<string, unknown>): Draft {
  return { 'detail-type': detailType, source: 'aws.autoscaling', resources: [group.arn], detail };
}

function placeOf(group: Group): { accountId: string; region: string } {
  const [, , , region = '', accountId = ''] = group.arn.split(':');
  return { accountId, region };
}
