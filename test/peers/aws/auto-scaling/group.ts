/** What an Auto Scaling group is made of. */
import type { Timer } from '../timetable.ts';
import type { InstanceRefresh } from './instance-refreshes.ts';
import type { GroupLaunch, Resolved } from './launching.ts';
import type { Process } from './suspension.ts';

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface WarmPool {
  /** The state that its instances rest in. */
  readonly poolState: 'Stopped' | 'Running' | 'Hibernated';
  /** Whether scale-in returns instances to the pool. */
  readonly reuseOnScaleIn: boolean;
}

/** What becomes of an instance whose terminate hook ends in ABANDON, by a call or by its timeout. */
export interface LifecyclePolicy {
  readonly terminateHookAbandon: 'retain' | 'terminate';
}

/** A target group by its ARN (`elbv2`), or a classic load balancer by its name (`elb`). */
export interface TrafficSource {
  readonly identifier: string;
  readonly type: 'elbv2' | 'elb';
}

/** What desired capacity counts; AWS takes all but `units` only with instance requirements. */
export type DesiredCapacityType = 'units' | 'vcpu' | 'memory-mib';

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  min: number;
  max: number;
  /** In units: see `unitsOf`. */
  desired: number;
  readonly desiredCapacityType: DesiredCapacityType;
  readonly zones: readonly string[];
  tags: GroupTag[];
  launch: GroupLaunch;
  /** Each since when. */
  readonly suspended: Map<Process, Date>;
  /** The latest first. */
  readonly refreshes: InstanceRefresh[];
  readonly warmPool: WarmPool | undefined;
  /** Undefined: `terminate`. */
  lifecyclePolicy: LifecyclePolicy | undefined;
  readonly trafficSources: TrafficSource[];
  /** Whether it replaces Spot instances that EC2 recommends to rebalance. */
  capacityRebalance: boolean;
  /** Whether instances that it launches, or that are attached to it, are protected from scale-in. */
  protectsNew: boolean;
  /** Zones in which EC2 has no capacity for it: a launch there fails. */
  readonly scarceZones: Set<string>;
  readonly members: Map<string, Member>;
  readonly hooks: Map<string, Hook>;
  readonly activities: Activity[];
}

export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type Place = 'EC2' | 'AutoScalingGroup' | 'WarmPool';
export type HookResult = 'CONTINUE' | 'ABANDON';

export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  /** Seconds from the start or the last heartbeat to the default result. */
  readonly heartbeatTimeout: number;
  readonly defaultResult: HookResult;
  readonly notificationMetadata: string | undefined;
  readonly notificationTargetArn: string | undefined;
  readonly roleArn: string | undefined;
}

/** The most seconds that a hook can hold an instance, however many heartbeats come. */
export function globalTimeout(hook: Hook): number {
  return Math.min(172_800, 100 * hook.heartbeatTimeout);
}

export interface Member {
  readonly instanceId: string;
  readonly group: Group;
  readonly zone: string;
  readonly launched: Resolved;
  readonly launchedAt: number;
  protectedFromScaleIn: boolean;
  health: 'Healthy' | 'Unhealthy';
  /** Every state that it has been in, oldest first. */
  readonly states: { readonly state: string; readonly at: number }[];
  /** The lifecycle actions of the transition under way, by hook name. */
  readonly actions: Map<string, LifecycleAction>;
}

/** One hook holding one instance. */
export interface LifecycleAction {
  readonly token: string;
  readonly hook: Hook;
  /** When the hook gives up whatever happens, in epoch milliseconds. */
  readonly globalDeadline: number;
  deadline: number;
  timer: Timer | undefined;
  result: HookResult | undefined;
}

export interface Activity {
  readonly id: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: Date;
  readonly instanceId: string;
  /** Where it is: zone and subnet. */
  readonly details: Readonly<Record<string, string>>;
  /** Percent, while it goes on. */
  readonly progress: number;
  endedAt: Date | undefined;
  status: 'PreInService' | 'InProgress' | 'WaitingForELBConnectionDraining' | 'Successful' | 'Cancelled' | 'Failed';
  /** Why it was cancelled, or has failed. */
  statusMessage: string | undefined;
}

export function stateOf(member: Member): string {
  return member.states.at(-1)?.state ?? 'Pending';
}

/** Whether the instance serves the group, or is on its way to: what desired capacity counts. */
export function countsTowardsDesired(member: Member): boolean {
  return /^(Pending|InService)/.test(stateOf(member));
}

/** What one instance counts for. Nothing here knows instance types: each has what an m6i.large has. */
const UNITS: Readonly<Record<DesiredCapacityType, number>> = { units: 1, vcpu: 2, 'memory-mib': 8_192 };

/** How much of the group's desired capacity an instance that is launched so fulfils. */
export function unitsOf(
  { desiredCapacityType }: Pick<Group, 'desiredCapacityType'>,
  { weightedCapacity = UNITS[desiredCapacityType] }: Resolved,
): number {
  return weightedCapacity;
}

export function isInWarmPool(member: Member): boolean {
  return stateOf(member).startsWith('Warmed:');
}

/** Whether its terminate hook was abandoned and the group's policy kept it: it runs, and is not counted as capacity. */
export function isRetained(member: Member): boolean {
  return stateOf(member).endsWith(':Retained');
}

/** How much of its desired capacity the group has, or has on its way as an instance. */
export function fulfilledUnits(group: Group): number {
  const serving = [...group.members.values()].filter(countsTowardsDesired);
  return serving.reduce((sum, { launched }) => sum + unitsOf(group, launched), 0);
}

/** The group's zones, those with the fewest of its instances first. */
export function quietestZones(group: Group): string[] {
  const count = (zone: string): number => [...group.members.values()].filter((member) => member.zone === zone).length;
  return group.zones.toSorted((a, b) => count(a) - count(b));
}
