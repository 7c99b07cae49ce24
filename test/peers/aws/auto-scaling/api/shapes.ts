/** Groups, instances, hooks and activities as Auto Scaling's answers show them. */
import { members } from '../../wire/answer.ts';
import { COOLDOWN } from '../desired-capacity.ts';
import {
  globalTimeout,
  isInWarmPool,
  type Activity,
  type Group,
  type Hook,
  type LifecyclePolicy,
  type Member,
  type TrafficSource,
} from '../group.ts';
import { groupLaunchShape, instanceLaunchShape } from './launch-shapes.ts';
import { suspendedShapes } from '../suspension.ts';

type Shape = Record<string, unknown>;
type StateOf = (member: Member) => string;

export function groupShape(group: Group, stateOf: StateOf): Shape {
  const inGroup = [...group.members.values()].filter((member) => !isInWarmPool(member));
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...groupLaunchShape(group.launch),
    MinSize: group.min,
    MaxSize: group.max,
    DesiredCapacity: group.desired,
    DesiredCapacityType: group.desiredCapacityType === 'units' ? undefined : group.desiredCapacityType,
    DefaultCooldown: COOLDOWN,
    AvailabilityZones: members(group.zones),
    LoadBalancerNames: members(sourcesOf(group, 'elb')),
    TargetGroupARNs: members(sourcesOf(group, 'elbv2')),
    TrafficSources: members(
      group.trafficSources.map(({ identifier, type }) => ({ Identifier: identifier, Type: type })),
    ),
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 300,
    Instances: members(inGroup.map((member) => instanceShape(member, stateOf))),
    CreatedTime: group.createdAt,
    SuspendedProcesses: members(suspendedShapes(group)),
    EnabledMetrics: '',
    Tags: members(tagShapes(group)),
    TerminationPolicies: members(['Default']),
    CapacityRebalance: group.capacityRebalance,
    NewInstancesProtectedFromScaleIn: group.protectsNew,
    ...(group.warmPool === undefined ? {} : { WarmPoolConfiguration: warmPoolShape(group.warmPool) }),
    ...(group.lifecyclePolicy === undefined ? {} : { InstanceLifecyclePolicy: policyShape(group.lifecyclePolicy) }),
  };
}

function sourcesOf(group: Group, type: TrafficSource['type']): string[] {
  return group.trafficSources.filter((source) => source.type === type).map(({ identifier }) => identifier);
}

function policyShape(policy: LifecyclePolicy): Shape {
  return { RetentionTriggers: { TerminateHookAbandon: policy.terminateHookAbandon } };
}

export function warmPoolShape(pool: NonNullable<Group['warmPool']>): Shape {
  return { MinSize: 0, PoolState: pool.poolState, InstanceReusePolicy: { ReuseOnScaleIn: pool.reuseOnScaleIn } };
}

export function instanceShape(member: Member, stateOf: StateOf): Shape {
  return {
    InstanceId: member.instanceId,
    InstanceType: member.launched.instanceType,
    AvailabilityZone: member.zone,
    LifecycleState: stateOf(member),
    HealthStatus: member.health,
    ...instanceLaunchShape(member.launched),
    ProtectedFromScaleIn: member.protectedFromScaleIn,
  };
}

/** As DescribeAutoScalingInstances shows it; its health is in capitals there. */
export function instanceDetailsShape(member: Member, stateOf: StateOf): Shape {
  return {
    ...instanceShape(member, stateOf),
    AutoScalingGroupName: member.group.name,
    HealthStatus: member.health.toUpperCase(),
  };
}

export function tagShapes(group: Group): Shape[] {
  return group.tags.map((tag) => ({
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagateAtLaunch,
  }));
}

export function hookShape(group: Group, hook: Hook): Shape {
  return {
    LifecycleHookName: hook.name,
    AutoScalingGroupName: group.name,
    LifecycleTransition: hook.transition,
    NotificationTargetARN: hook.notificationTargetArn,
    RoleARN: hook.roleArn,
    NotificationMetadata: hook.notificationMetadata,
    HeartbeatTimeout: hook.heartbeatTimeout,
    GlobalTimeout: globalTimeout(hook),
    DefaultResult: hook.defaultResult,
  };
}

export function activityShape(group: Group, activity: Activity): Shape {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: group.name,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: activity.startedAt,
    EndTime: activity.endedAt,
    StatusCode: activity.status,
    StatusMessage: activity.statusMessage,
    Progress: activity.endedAt === undefined ? activity.progress : 100,
    Details: JSON.stringify(activity.details),
    AutoScalingGroupARN: group.arn,
  };
}
