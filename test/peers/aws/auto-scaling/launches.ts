/** The launches of a group: when each is due, in which zone, what it fails for, and the instance's way into service. */
import type { Instances } from '../ec2/instances.ts';
import type { Timer, Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Delays, Joining, LaunchListener } from './capacity.ts';
import { fulfilledUnits, quietestZones, stateOf, unitsOf, type Activity, type Group, type Member } from './group.ts';
import type { Launching } from './launching.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Route } from './notifications.ts';
import type { ScalingActivities } from './scaling-activities.ts';
import type { TrafficSources } from './traffic-sources.ts';

interface Parts {
  readonly time: Timetable;
  readonly instances: Instances;
  readonly launching: Launching;
  readonly lifecycle: Lifecycle;
  readonly trafficSources: TrafficSources;
  readonly activities: ScalingActivities;
  readonly delays: Delays;
  readonly join: (group: Group, state: string, given: Joining) => Member;
  readonly terminate: (member: Member, activity: Activity, route: Route) => void;
  readonly reconcile: (group: Group) => void;
}

const LAUNCHING = 'autoscaling:EC2_INSTANCE_LAUNCHING';

export class Launches {
  readonly listeners: LaunchListener[] = [];
  readonly #parts: Parts;
  /** Units that are on their way and in no member yet. */
  readonly #coming = new Map<Group, number>();
  readonly #retries = new Map<Group, Timer>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Units that are on their way and in no member yet. */
  coming(group: Group): number {
    return this.#coming.get(group) ?? 0;
  }

  /** Launches until so many units more are on their way; nothing while Launch is suspended. */
  begin(group: Group, missing: number): void {
    if (missing <= 0 || group.suspended.has('Launch')) return;
    const units = this.#unitsOfNext(group);
    for (let begun = 0; begun < missing; begun += units) this.#beginOne(group, units);
  }

  #beginOne(group: Group, units: number): void {
    const { time, delays } = this.#parts;
    this.#coming.set(group, this.coming(group) + units);
    time.after(delays.launch, () => {
      this.#coming.set(group, this.coming(group) - units);
      if (!group.suspended.has('Launch')) this.#attempt(group);
    });
  }

  /** Of a launch that would come to nothing it cannot be told: it is attempted, and fails. */
  #unitsOfNext(group: Group): number {
    try {
      return unitsOf(group, this.#parts.launching.resolve(group.launch));
    } catch (error) {
      if (error instanceof AwsError) return 1;
      throw error;
    }
  }

  /** From the warm pool, or in a zone that has capacity: «attempts to launch … in another Availability Zone». */
  #attempt(group: Group): void {
    const pooled = [...group.members.values()].find(
      (member) => stateOf(member) === `Warmed:${group.warmPool?.poolState ?? ''}`,
    );
    if (pooled !== undefined) {
      this.#takeFromPool(pooled);
      return;
    }
    try {
      const zone = quietestZones(group).find((each) => !this.#lacksCapacity(group, each));
      if (zone === undefined) this.#retryLater(group);
      else this.#launchIn(group, zone);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const statusMessage = `${error.message}. Launching EC2 instance failed.`;
      this.#parts.activities.failLaunch(group, { cause: causeOf(group), statusMessage });
      this.#retryLater(group);
    }
  }

  #launchIn(group: Group, zone: string): void {
    const cause = causeOf(group);
    const member = this.#parts.join(group, 'Pending', { zone });
    this.#enter(member, cause, { origin: 'EC2', destination: 'AutoScalingGroup' });
  }

  #lacksCapacity(group: Group, zone: string): boolean {
    if (!group.scarceZones.has(zone)) return false;
    const { instanceType } = this.#parts.launching.resolve(group.launch);
    const statusMessage = scarcity(group, zone, instanceType);
    this.#parts.activities.failLaunch(group, { cause: causeOf(group), zone, statusMessage });
    return true;
  }

  /** A group goes on trying for as long as it misses capacity; how often AWS tries is not documented. */
  #retryLater(group: Group): void {
    const { time, delays, reconcile } = this.#parts;
    if (this.#retries.has(group)) return;
    const timer = time.after(delays.retryLaunch, () => {
      this.#retries.delete(group);
      reconcile(group);
    });
    this.#retries.set(group, timer);
  }

  #takeFromPool(member: Member): void {
    const { instances, lifecycle } = this.#parts;
    const cause = causeOf(member.group);
    instances.setState(member.instanceId, 'running');
    lifecycle.move(member, 'Pending');
    this.#enter(member, cause, { origin: 'WarmPool', destination: 'AutoScalingGroup' });
  }

  #enter(member: Member, cause: string, route: Route): void {
    const { lifecycle, activities, terminate } = this.#parts;
    const { instanceId, group } = member;
    const activity = activities.begin(member, { description: `Launching a new EC2 instance: ${instanceId}`, cause });
    for (const listener of this.listeners) listener({ instanceId, groupName: group.name });
    lifecycle.begin(member, {
      transition: LAUNCHING,
      route,
      waiting: 'Pending:Wait',
      proceeding: 'Pending:Proceed',
      then: (result) => {
        if (result === 'ABANDON') terminate(member, activity, { ...route, destination: 'EC2' });
        else this.#serve(member, activity, route);
      },
    });
  }

  /** «before the instance reaches the InService state … the instance is registered» (user guide, step 3) */
  #serve(member: Member, activity: Activity, route: Route): void {
    const { time, lifecycle, trafficSources, activities, delays } = this.#parts;
    trafficSources.enter(member, false);
    time.afterOrNow(delays.launch, () => {
      if (!stateOf(member).startsWith('Pending')) {
        activities.cancel(activity, 'The instance was terminated before it was in service');
        return;
      }
      lifecycle.move(member, 'InService');
      activities.succeed(member, activity, { transition: LAUNCHING, route });
    });
  }
}

function causeOf(group: Group): string {
  const from = fulfilledUnits(group);
  const difference = 'an instance was started in response to a difference between desired and actual capacity';
  return `${difference}, increasing the capacity from ${from} to ${Math.max(from, group.desired)}`;
}

/** EC2's words (GitHub 2i2c-org/infrastructure#3334); with a mixed instances policy they follow the error's code. */
function scarcity(group: Group, zone: string, type: string): string {
  const others = group.zones.filter((each) => !group.scarceZones.has(each));
  const elsewhere = `You can currently get ${type} capacity by not specifying an Availability Zone in your request or choosing ${others.join(', ')}. `;
  const message = `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. `;
  const code = 'Could not launch On-Demand Instances. InsufficientInstanceCapacity - ';
  return `${group.launch.kind === 'mixed' ? code : ''}${message}${others.length > 0 ? elsewhere : ''}Launching EC2 instance failed.`;
}
