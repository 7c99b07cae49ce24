/** Auto Scaling of the peer: its groups, and what tests read and set in process. */
import { arn, type Account } from '../account.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Parameters } from '../ssm/parameters.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import { Capacity, type Delays, type Joining, type LaunchListener, type TerminationListener } from './capacity.ts';
import type {
  DesiredCapacityType,
  Group,
  GroupTag,
  Hook,
  HookResult,
  LifecyclePolicy,
  Member,
  TrafficSource,
  Transition,
  WarmPool,
} from './group.ts';
import { stateOf, unitsOf } from './group.ts';
import { History, type HistoryEntry } from './history.ts';
import { addRefresh, type InstanceRefresh, type RefreshStatus } from './instance-refreshes.ts';
import { Launching, type LaunchPlan } from './launching.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Process } from './suspension.ts';
import { TrafficSources, type Balancers } from './traffic-sources.ts';

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

interface Parts {
  readonly account: Account;
  readonly time: Timetable;
  readonly bus: Bus;
  readonly instances: Instances;
  readonly templates: LaunchTemplates;
  readonly parameters: Parameters;
  readonly balancers: Balancers;
}

export class AutoScaling {
  readonly groups = new Map<string, Group>();
  readonly launching: Launching;
  readonly lifecycle: Lifecycle;
  readonly capacity: Capacity;
  readonly trafficSources: TrafficSources;
  readonly #history = new History();
  readonly #account: Account;
  readonly #time: Timetable;

  constructor(parts: Parts) {
    const { account, time, balancers } = parts;
    this.#account = account;
    this.#time = time;
    this.trafficSources = new TrafficSources(balancers);
    this.lifecycle = new Lifecycle({ ...parts, history: this.#history });
    this.launching = new Launching(parts);
    const { launching, lifecycle, trafficSources } = this;
    this.capacity = new Capacity({ ...parts, launching, lifecycle, trafficSources });
  }

  /** How long AWS takes for what it does; change its fields to slow AWS down or make it lag. */
  get delays(): Delays {
    return this.capacity.delays;
  }

  addGroup(plan: GroupPlan): Group {
    const group = this.#group(plan);
    this.groups.set(group.name, group);
    for (let units = 0; units < group.desired;) units += this.#join(group);
    const resting = `Warmed:${group.warmPool?.poolState ?? 'Stopped'}`;
    for (let count = 0; count < (plan.warmPool?.size ?? 0); count += 1) this.capacity.join(group, resting);
    return group;
  }

  /** Adds one InService instance to a group, desired capacity included, with a chosen id when given. */
  addInstance(groupName: string, given: Joining = {}): string {
    const group = this.group(groupName);
    const { instanceId, launched } = this.capacity.join(group, 'InService', given);
    group.desired += unitsOf(group, launched);
    group.max = Math.max(group.max, group.desired);
    return instanceId;
  }

  /** Puts a hook on a group, or replaces the one of that name. */
  putHook(groupName: string, plan: HookPlan): Hook {
    const heartbeatTimeout = plan.heartbeatTimeout ?? 3600;
    if (heartbeatTimeout < 30 || heartbeatTimeout > 7200) {
      throw new AwsError('ValidationError', 'Heartbeat Timeout must be between 30 and 7200 seconds.');
    }
    const hook: Hook = {
      name: plan.name,
      transition: plan.transition,
      heartbeatTimeout,
      defaultResult: plan.defaultResult ?? 'ABANDON',
      notificationMetadata: plan.notificationMetadata,
      notificationTargetArn: plan.notificationTargetArn,
      roleArn: plan.roleArn,
    };
    this.group(groupName).hooks.set(hook.name, hook);
    return hook;
  }

  /** Changes what a group launches from now on. */
  setLaunch(groupName: string, plan: LaunchPlan): void {
    this.group(groupName).launch = this.launching.configured({ ...plan, name: groupName });
  }

  suspend(groupName: string, ...processes: readonly Process[]): void {
    const group = this.group(groupName);
    for (const process of processes) group.suspended.set(process, this.#time.date());
  }

  /** The group catches up on what it has left undone. */
  resume(groupName: string, ...processes: readonly Process[]): void {
    const group = this.group(groupName);
    for (const process of processes) group.suspended.delete(process);
    this.capacity.reconcile(group);
  }

  /** Adds an instance refresh to a group, in progress unless told. */
  addRefresh(groupName: string, status?: RefreshStatus): InstanceRefresh {
    return addRefresh(this.group(groupName), this.#time, status);
  }

  /** Sets the group's lifecycle policy or, with undefined, takes it away; instances that are retained stay so. */
  setLifecyclePolicy(groupName: string, policy: LifecyclePolicy | undefined): void {
    this.group(groupName).lifecyclePolicy = policy;
  }

  /** @throws AwsError ValidationError when there is no such group. */
  group(name: string): Group {
    const group = this.groups.get(name);
    if (group !== undefined) return group;
    throw new AwsError('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
  }

  /** The group member of that id; undefined when no group has it. */
  findMember(instanceId: string): Member | undefined {
    for (const group of this.groups.values()) {
      const member = group.members.get(instanceId);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  /** The state of an instance now, `Terminated` once it has left; undefined when it never was in a group. */
  state(instanceId: string): string | undefined {
    const member = this.findMember(instanceId);
    if (member !== undefined) return stateOf(member);
    return this.history(instanceId)
      .filter((entry) => entry.kind === 'state')
      .at(-1)?.state;
  }

  instanceIds(groupName: string): string[] {
    return [...this.group(groupName).members.keys()];
  }

  /** Everything that happened to an instance, oldest first. */
  history(instanceId: string): readonly HistoryEntry[] {
    return this.#history.of(instanceId);
  }

  /** Calls `listener` for each instance that a group launches, before its launch hooks: the place to add a Node. */
  onLaunch(listener: LaunchListener): void {
    this.capacity.launchListeners.push(listener);
  }

  /** Calls `listener` for each instance that has left its group and is terminated: the place to end its machine. */
  onTerminated(listener: TerminationListener): void {
    this.capacity.terminationListeners.push(listener);
  }

  /** The state that Describe calls show: what it was `delays.stateLag` ago. */
  shownState(member: Member): string {
    const until = this.#time.now() - this.delays.stateLag;
    return (member.states.findLast((each) => each.at <= until) ?? member.states[0])?.state ?? 'Pending';
  }

  /** @returns the units that the instance fulfils */
  #join(group: Group): number {
    return unitsOf(group, this.capacity.join(group, 'InService').launched);
  }

  #group(plan: GroupPlan): Group {
    const desired = plan.desired ?? 1;
    return {
      name: plan.name,
      arn: arn(
        this.#account,
        'autoscaling',
        `autoScalingGroup:${crypto.randomUUID()}:autoScalingGroupName/${plan.name}`,
      ),
      createdAt: this.#time.date(),
      min: plan.min ?? 0,
      max: plan.max ?? Math.max(1, 2 * desired),
      desired,
      desiredCapacityType: plan.desiredCapacityType ?? 'units',
      zones: plan.zones ?? ['a', 'b', 'c'].map((zone) => `${this.#account.region}${zone}`),
      tags: tagsOf(plan.tags ?? {}),
      launch: this.launching.configured(plan),
      suspended: new Map(),
      refreshes: [],
      warmPool: plan.warmPool,
      lifecyclePolicy: plan.lifecyclePolicy,
      trafficSources: sourcesOf(plan),
      members: new Map(),
      hooks: new Map(),
      activities: [],
    };
  }
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
