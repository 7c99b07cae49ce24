/** Groups and hooks as tests want them, and the group that comes of a plan. */
import { arn, type Account } from '../account.ts';
import type {
  DesiredCapacityType,
  Group,
  GroupTag,
  HookResult,
  LifecyclePolicy,
  TrafficSource,
  Transition,
  WarmPool,
} from './group.ts';
import type { GroupLaunch, LaunchPlan } from './launching.ts';

/** A group to be made; what is not given has a plain default. */
export interface GroupPlan extends LaunchPlan {
  readonly name: string;
  /** As many instances as fulfil this capacity are InService from the start. Default 1. */
  readonly desired?: number;
  /** Default `units`: instances, or what they weigh. */
  readonly desiredCapacityType?: DesiredCapacityType;
  /** Default 0. */
  readonly min?: number;
  /** Default twice the desired capacity, at least 1. */
  readonly max?: number;
  readonly zones?: readonly string[];
  /** Plain tags; all propagate at launch. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Of the template that is made for a group which is given none. */
  readonly instanceType?: string;
  /** A warm pool and how many instances rest in it. */
  readonly warmPool?: WarmPool & { readonly size: number };
  /** Target groups that its instances are registered with. Default none. */
  readonly targetGroupArns?: readonly string[];
  /** Classic load balancers that its instances are registered with. Default none. */
  readonly loadBalancerNames?: readonly string[];
  /** Whether its instances are protected from scale-in from their beginning. Default no. */
  readonly protectsNew?: boolean;
  /** Default none: an abandoned terminate hook ends the instance. */
  readonly lifecyclePolicy?: LifecyclePolicy;
}

export interface HookPlan {
  readonly name: string;
  readonly transition: Transition;
  /** Seconds, 30–7200. Default 3600. */
  readonly heartbeatTimeout?: number;
  /** Default ABANDON. */
  readonly defaultResult?: HookResult;
  readonly notificationMetadata?: string;
  readonly notificationTargetArn?: string;
  readonly roleArn?: string;
}

interface Given {
  readonly account: Account;
  readonly createdAt: Date;
  readonly launch: GroupLaunch;
}

/** The group without instances. */
export function groupFrom(plan: GroupPlan, given: Given): Group {
  const { account, createdAt, launch } = given;
  const desired = plan.desired ?? 1;
  return {
    name: plan.name,
    arn: arn(account, 'autoscaling', `autoScalingGroup:${crypto.randomUUID()}:autoScalingGroupName/${plan.name}`),
    createdAt,
    min: plan.min ?? 0,
    max: plan.max ?? Math.max(1, 2 * desired),
    desired,
    desiredCapacityType: plan.desiredCapacityType ?? 'units',
    zones: plan.zones ?? ['a', 'b', 'c'].map((zone) => `${account.region}${zone}`),
    tags: tagsOf(plan.tags ?? {}),
    launch,
    suspended: new Map(),
    refreshes: [],
    warmPool: plan.warmPool,
    lifecyclePolicy: plan.lifecyclePolicy,
    trafficSources: sourcesOf(plan),
    capacityRebalance: false,
    protectsNew: plan.protectsNew ?? false,
    scarceZones: new Set(),
    members: new Map(),
    hooks: new Map(),
    activities: [],
  };
}

function sourcesOf({ targetGroupArns = [], loadBalancerNames = [] }: GroupPlan): TrafficSource[] {
  return [
    ...targetGroupArns.map((identifier) => ({ identifier, type: 'elbv2' as const })),
    ...loadBalancerNames.map((identifier) => ({ identifier, type: 'elb' as const })),
  ];
}

function tagsOf(tags: Readonly<Record<string, string>>): GroupTag[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true }));
}
