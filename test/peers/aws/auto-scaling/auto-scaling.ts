/** Auto Scaling of the peer: its groups, and what tests read and set in process. */
import type { Account } from '../account.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Parameters } from '../ssm/parameters.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import { Capacity, type Delays, type Joining, type LaunchListener, type TerminationListener } from './capacity.ts';
import type { Group, Hook, LifecyclePolicy, Member } from './group.ts';
import { stateOf, unitsOf } from './group.ts';
import { groupFrom, type GroupPlan, type HookPlan } from './group-plan.ts';
import { History, type HistoryEntry } from './history.ts';
import { addRefresh, type InstanceRefresh, type RefreshStatus } from './instance-refreshes.ts';
import { Launching, type LaunchPlan } from './launching.ts';
import { Lifecycle } from './lifecycle.ts';
import { invalid, memberOf, Membership } from './membership.ts';
import { RootVolumes } from './root-volumes.ts';
import { Standby } from './standby.ts';
import type { Process } from './suspension.ts';
import { TrafficSources, type Balancers } from './traffic-sources.ts';

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
  readonly membership: Membership;
  readonly standby: Standby;
  readonly rootVolumes: RootVolumes;
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
    const { capacity } = this;
    const findMember = (instanceId: string): Member | undefined => this.findMember(instanceId);
    this.membership = new Membership({ ...parts, lifecycle, trafficSources, capacity, findMember });
    this.rootVolumes = new RootVolumes({ time, lifecycle });
    this.standby = new Standby({ time, lifecycle, trafficSources, capacity });
  }

  now(): number {
    return this.#time.now();
  }

  /** How long AWS takes for what it does; change its fields to slow AWS down or make it lag. */
  get delays(): Delays {
    return this.capacity.delays;
  }

  addGroup(plan: GroupPlan): Group {
    const launch = this.launching.configured(plan);
    const group = groupFrom(plan, { account: this.#account, createdAt: this.#time.date(), launch });
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

  /** From now on EC2 has no capacity for what the group launches in these zones. Default: in none of its zones. */
  exhaustCapacity(groupName: string, zones?: readonly string[]): void {
    const group = this.group(groupName);
    for (const zone of zones ?? group.zones) group.scarceZones.add(zone);
  }

  /** EC2 has capacity again, in all of the group's zones; the group launches when it next tries. */
  restoreCapacity(groupName: string): void {
    this.group(groupName).scarceZones.clear();
  }

  /**
   * Protects instances from scale-in, or no longer.
   *
   * @throws AwsError ValidationError, in the words that clients of AWS look for
   */
  setProtection(groupName: string, instanceIds: readonly string[], isProtected: boolean): void {
    const group = this.group(groupName);
    const found = instanceIds.map((id) => memberOf(group, id));
    for (const member of found) {
      if (['InService', 'EnteringStandby', 'Standby'].includes(stateOf(member))) continue;
      throw invalid(`The instance ${member.instanceId} is not in InService or EnteringStandby or Standby.`);
    }
    for (const member of found) member.protectedFromScaleIn = isProtected;
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
    this.capacity.launches.listeners.push(listener);
  }

  /** Calls `listener` for each instance that has left its group and is terminated: the place to end its machine. */
  onTerminated(listener: TerminationListener): void {
    this.capacity.terminations.listeners.push(listener);
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
}
