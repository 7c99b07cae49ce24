/** How a group's instances come and go: launch, scale-in, termination, warm pool; every way passes the hooks. */
import type { Instances } from '../ec2/instances.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import {
  countsTowardsDesired,
  isInWarmPool,
  isRetained,
  stateOf,
  unitsOf,
  type Activity,
  type Group,
  type Member,
  type Place,
} from './group.ts';
import type { Launching, Resolved } from './launching.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Route } from './notifications.ts';
import { ScalingActivities } from './scaling-activities.ts';
import type { TrafficSources } from './traffic-sources.ts';

/** Driven milliseconds that AWS takes for what it does. */
export interface Delays {
  /** From the request to the hooks' wait state. */
  toWait: number;
  /** From `Terminating:Proceed` to the instance leaving the group. */
  toTerminated: number;
  /** From the decision to launch to `Pending`, and again to `InService`. */
  launch: number;
  /** How long Describe calls go on showing the state before. */
  stateLag: number;
}

/** Told of each instance that has left its group and is terminated. */
export type TerminationListener = (instanceId: string) => void;

/** Told of each instance that a group launched. */
export type LaunchListener = (launched: { instanceId: string; groupName: string }) => void;

/** What is wanted of an instance that joins. Its type chooses one of a mixed instances policy's overrides. */
export interface Joining {
  readonly instanceId?: string;
  readonly zone?: string;
  readonly instanceType?: string;
}

interface Parts {
  readonly time: Timetable;
  readonly bus: Bus;
  readonly instances: Instances;
  readonly launching: Launching;
  readonly lifecycle: Lifecycle;
  readonly trafficSources: TrafficSources;
}

export class Capacity {
  readonly delays: Delays = { toWait: 0, toTerminated: 1000, launch: 10_000, stateLag: 0 };
  readonly launchListeners: LaunchListener[] = [];
  readonly terminationListeners: TerminationListener[] = [];
  /**
   * Whether a retained instance that is terminated meets the terminate hooks once more, with new tokens. The
   * documentation does not say; AWS was recorded doing so (GitHub radkawar/stackd, testdata/aws/autoscaling/retention_*).
   */
  releaseMeetsHooks = false;
  readonly #parts: Parts;
  readonly #activities: ScalingActivities;
  /** Units that are on their way and in no member yet. */
  readonly #launching = new Map<Group, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#activities = new ScalingActivities(parts);
  }

  /**
   * Puts a new instance into the group in `state`, without hooks.
   *
   * @throws AwsError when what the group launches comes to nothing
   */
  join(group: Group, state: string, given: Joining = {}): Member {
    const { time, instances, launching, lifecycle, trafficSources } = this.#parts;
    const launched = launching.resolve(group.launch, given);
    const zone = given.zone ?? quietestZone(group);
    const instance = instances.launch({
      ...(given.instanceId === undefined ? {} : { instanceId: given.instanceId }),
      zone,
      instanceType: launched.instanceType,
      imageId: launched.imageId,
      tags: instanceTags(group, launched),
      state: state === 'Warmed:Stopped' ? 'stopped' : 'running',
    });
    const member: Member = {
      instanceId: instance.instanceId,
      group,
      zone,
      launched,
      launchedAt: time.now(),
      protectedFromScaleIn: false,
      health: 'Healthy',
      states: [],
      actions: new Map(),
    };
    group.members.set(member.instanceId, member);
    lifecycle.move(member, state);
    if (state === 'InService') trafficSources.enter(member, true);
    return member;
  }

  /** Ends an instance as TerminateInstanceInAutoScalingGroup and scale-in do; answers the scaling activity. */
  terminate(member: Member, cause: string, options: { mayReturnToPool?: boolean } = {}): Activity {
    const { time, lifecycle, trafficSources } = this.#parts;
    const way = wayOut(member, options);
    const released = isRetained(member) && !this.releaseMeetsHooks;
    const activity = this.#activities.begin(member, `Terminating EC2 instance: ${member.instanceId}`, cause);
    if (released) {
      lifecycle.move(member, `${way.state}:Proceed`);
      this.#endSoon(member, activity, way);
    } else {
      lifecycle.move(member, way.state);
      this.#drain(member, activity, trafficSources.deregistersFirst, () => {
        time.afterOrNow(this.delays.toWait, () => {
          this.#meetHooks(member, activity, way);
        });
      });
    }
    this.reconcile(member.group);
    return activity;
  }

  /** Launches or ends instances until as many serve the group as it desires. */
  reconcile(group: Group): void {
    const serving = [...group.members.values()].filter(countsTowardsDesired);
    const fulfilled = serving.reduce((sum, { launched }) => sum + unitsOf(group, launched), 0);
    const missing = group.desired - fulfilled - (this.#launching.get(group) ?? 0);
    const units = missing > 0 ? this.#unitsOfNext(group) : 1;
    for (let coming = 0; coming < missing; coming += units) this.#launchSoon(group, units);
    if (group.suspended.has('Terminate')) return;
    const victim = scaleInVictim(group);
    if (victim === undefined || unitsOf(group, victim.launched) > -missing) return;
    // Which reconciles again, until there is no more to end.
    this.terminate(victim, 'a user request shrank the group', { mayReturnToPool: true });
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

  #launchSoon(group: Group, units: number): void {
    if (group.suspended.has('Launch')) return;
    this.#launching.set(group, (this.#launching.get(group) ?? 0) + units);
    this.#parts.time.after(this.delays.launch, () => {
      this.#launching.set(group, (this.#launching.get(group) ?? units) - units);
      if (!group.suspended.has('Launch')) this.#attemptLaunch(group);
    });
  }

  /** A launch that fails is tried again when the group's capacity next changes. */
  #attemptLaunch(group: Group): void {
    try {
      this.#launch(group);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.#activities.failLaunch(group, `${error.message}. Launching EC2 instance failed.`);
    }
  }

  #launch(group: Group): void {
    const { time, instances, lifecycle, trafficSources } = this.#parts;
    const pooled = [...group.members.values()].find(
      (member) => stateOf(member) === `Warmed:${group.warmPool?.poolState ?? ''}`,
    );
    const origin: Place = pooled === undefined ? 'EC2' : 'WarmPool';
    const member = pooled ?? this.join(group, 'Pending');
    if (pooled !== undefined) {
      instances.setState(pooled.instanceId, 'running');
      lifecycle.move(pooled, 'Pending');
    }
    const activity = this.#activities.begin(
      member,
      `Launching a new EC2 instance: ${member.instanceId}`,
      'desired capacity',
    );
    for (const listener of this.launchListeners) listener({ instanceId: member.instanceId, groupName: group.name });
    const route = { origin, destination: 'AutoScalingGroup' } as const;
    lifecycle.begin(member, {
      transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      route,
      waiting: 'Pending:Wait',
      proceeding: 'Pending:Proceed',
      then: (result) => {
        if (result === 'ABANDON') {
          lifecycle.move(member, 'Terminating');
          this.#leave(member, activity, { origin, destination: 'EC2' });
          return;
        }
        // «before the instance reaches the InService state … the instance is registered» (user guide, step 3)
        trafficSources.enter(member, false);
        time.afterOrNow(this.delays.launch, () => {
          lifecycle.move(member, 'InService');
          this.#activities.succeed(member, activity, { transition: 'autoscaling:EC2_INSTANCE_LAUNCHING', route });
        });
      },
    });
  }

  #meetHooks(member: Member, activity: Activity, way: WayOut): void {
    this.#parts.lifecycle.begin(member, {
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      route: way.route,
      waiting: `${way.state}:Wait`,
      proceeding: `${way.state}:Proceed`,
      then: (result) => {
        const retains = member.group.lifecyclePolicy?.terminateHookAbandon === 'retain';
        if (result === 'ABANDON' && retains) this.#retain(member, activity, way);
        else this.#endSoon(member, activity, way);
      },
    });
  }

  #retain(member: Member, activity: Activity, way: WayOut): void {
    const { token } = [...member.actions.values()].find(({ result }) => result === 'ABANDON') ?? {};
    const reason = `Lifecycle Action with token ${token ?? ''} was abandoned`;
    this.#activities.cancel(activity, `Instance failed to complete user's Lifecycle Action: ${reason}`);
    this.#parts.lifecycle.move(member, `${way.state}:Retained`);
  }

  #endSoon(member: Member, activity: Activity, way: WayOut): void {
    const { time, trafficSources } = this.#parts;
    this.#drain(member, activity, !trafficSources.deregistersFirst, () => {
      time.afterOrNow(this.delays.toTerminated, () => {
        if (way.route.destination === 'WarmPool') this.#returnToPool(member, activity);
        else this.#leave(member, activity, way.route);
      });
    });
  }

  /** Goes on once the member has been deregistered everywhere and has drained, if it is time for that. */
  #drain(member: Member, activity: Activity, isTime: boolean, then: () => void): void {
    if (!isTime) {
      then();
      return;
    }
    activity.status = 'WaitingForELBConnectionDraining';
    this.#parts.trafficSources.leave(member, () => {
      activity.status = 'InProgress';
      then();
    });
  }

  #leave(member: Member, activity: Activity, route: Route): void {
    const { lifecycle, instances } = this.#parts;
    lifecycle.move(member, 'Terminated');
    member.group.members.delete(member.instanceId);
    instances.terminate(member.instanceId);
    for (const listener of this.terminationListeners) listener(member.instanceId);
    this.#activities.succeed(member, activity, { transition: 'autoscaling:EC2_INSTANCE_TERMINATING', route });
    this.reconcile(member.group);
  }

  #returnToPool(member: Member, activity: Activity): void {
    const { lifecycle, instances } = this.#parts;
    const poolState = member.group.warmPool?.poolState ?? 'Stopped';
    lifecycle.move(member, `Warmed:${poolState}`);
    if (poolState !== 'Running') instances.setState(member.instanceId, 'stopped');
    const route = { origin: 'AutoScalingGroup', destination: 'WarmPool' } as const;
    this.#activities.succeed(member, activity, { transition: 'autoscaling:EC2_INSTANCE_TERMINATING', route });
  }
}

/** The way of one instance out of service: the first of its states, which begins the name of those that follow. */
interface WayOut {
  readonly state: 'Terminating' | 'Warmed:Terminating' | 'Warmed:Pending';
  readonly route: Route;
}

/** States and destinations as in «Manage retained instances» of the Auto Scaling user guide. */
function wayOut(member: Member, options: { mayReturnToPool?: boolean }): WayOut {
  if (isInWarmPool(member)) return { state: 'Warmed:Terminating', route: { origin: 'WarmPool', destination: 'EC2' } };
  const returns = options.mayReturnToPool === true && member.group.warmPool?.reuseOnScaleIn === true;
  const origin = 'AutoScalingGroup';
  if (returns) return { state: 'Warmed:Pending', route: { origin, destination: 'WarmPool' } };
  return { state: 'Terminating', route: { origin, destination: 'EC2' } };
}

function quietestZone(group: Group): string {
  const count = (zone: string): number => [...group.members.values()].filter((member) => member.zone === zone).length;
  return [...group.zones].sort((a, b) => count(a) - count(b))[0] ?? 'us-east-1a';
}

/** The oldest unprotected instance of the fullest zone: the default termination policy, in short. */
function scaleInVictim(group: Group): Member | undefined {
  const serving = [...group.members.values()].filter((member) => stateOf(member) === 'InService');
  const inZone = (zone: string): number => serving.filter((member) => member.zone === zone).length;
  return serving
    .filter((member) => !member.protectedFromScaleIn)
    .sort((a, b) => inZone(b.zone) - inZone(a.zone) || a.launchedAt - b.launchedAt)[0];
}

function instanceTags(group: Group, { launchTemplate }: Resolved): Record<string, string> {
  const own = group.tags.filter((tag) => tag.propagateAtLaunch).map((tag) => [tag.key, tag.value] as const);
  return {
    ...Object.fromEntries(own),
    'aws:autoscaling:groupName': group.name,
    ...(launchTemplate && {
      'aws:ec2launchtemplate:id': launchTemplate.id,
      'aws:ec2launchtemplate:version': launchTemplate.version,
    }),
  };
}
