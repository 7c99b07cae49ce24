/** The events that Auto Scaling sends to EventBridge, in their documented shape. */
import type { AwsEvent } from '../event-bridge/event.ts';
import type { Activity, Group, LifecycleAction, Member, Place, Transition } from './group.ts';

type Draft = Pick<AwsEvent, 'detail-type' | 'source' | 'resources' | 'detail'>;

export interface Route {
  readonly origin: Place;
  readonly destination: Place;
  /** What is done to an instance that stays. */
  readonly action?: 'ReplaceRootVolume';
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
    ...(route.action && { Action: route.action }),
  });
}

export function successEvent(
  member: Member,
  activity: Activity,
  { transition, route }: { readonly transition: Transition; readonly route: Route },
): Draft {
  const { group } = member;
  const kind = verb(transition) === 'launch' ? 'Launch' : 'Terminate';
  const event = draft(group, `EC2 Instance ${kind} Successful`, {
    StatusCode: 'InProgress',
    ...activityDetail(group, activity),
    EC2InstanceId: member.instanceId,
    Origin: route.origin,
    Destination: route.destination,
  });
  const { accountId, region } = placeOf(group);
  return { ...event, resources: [group.arn, `arn:aws:ec2:${region}:${accountId}:instance/${member.instanceId}`] };
}

export function launchFailureEvent(group: Group, activity: Activity): Draft {
  const detail = { StatusCode: 'Failed', ...activityDetail(group, activity), EC2InstanceId: '' };
  return draft(group, 'EC2 Instance Launch Unsuccessful', detail);
}

function activityDetail(group: Group, activity: Activity): Record<string, unknown> {
  const { id, description, cause, details, startedAt, endedAt, statusMessage } = activity;
  return {
    Description: description,
    AutoScalingGroupName: group.name,
    ActivityId: id,
    Details: details,
    RequestId: id,
    StatusMessage: statusMessage ?? '',
    EndTime: endedAt?.toISOString(),
    StartTime: startedAt.toISOString(),
    Cause: cause,
  };
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
