/** How a group keeps its capacity: its instances join, and are launched or ended until as many serve as it desires. */
import type { Instances } from '../ec2/instances.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import { fulfilledUnits, quietestZones, stateOf, unitsOf, type Activity, type Group, type Member } from './group.ts';
import { Launches } from './launches.ts';
import type { Launching, Resolved } from './launching.ts';
import type { Lifecycle } from './lifecycle.ts';
import { ScalingActivities } from './scaling-activities.ts';
import { Terminations } from './terminations.ts';
import type { TrafficSources } from './traffic-sources.ts';

/** Driven milliseconds that AWS takes for what it does. */
export interface Delays {
  /** From the request to the hooks' wait state. */
  toWait: number;
  /** From `Terminating:Proceed` to the instance leaving the group. */
  toTerminated: number;
  /** From the decision to launch to `Pending`, and again to `InService`. */
  launch: number;
  /** From a failed launch to the next attempt. */
  retryLaunch: number;
  /** From a request to attach, detach or stand by to its end, where nothing has to drain. */
  membership: number;
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
  readonly delays: Delays = {
    toWait: 0,
    toTerminated: 1000,
    launch: 10_000,
    retryLaunch: 300_000,
    membership: 3000,
    stateLag: 0,
  };
  readonly activities: ScalingActivities;
  readonly launches: Launches;
  readonly terminations: Terminations;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.activities = new ScalingActivities(parts);
    const { activities, delays } = this;
    const reconcile = (group: Group): void => {
      this.reconcile(group);
    };
    this.terminations = new Terminations({ ...parts, activities, delays, reconcile });
    this.launches = new Launches({
      ...parts,
      activities,
      delays,
      reconcile,
      join: (group, state, given) => this.join(group, state, given),
      terminate: (member, activity, route) => {
        parts.lifecycle.move(member, 'Terminating');
        this.terminations.leave(member, activity, route);
      },
    });
  }

  /**
   * Puts a new instance into the group in `state`, without hooks.
   *
   * @throws AwsError when what the group launches comes to nothing
   */
  join(group: Group, state: string, given: Joining = {}): Member {
    const { instances, launching } = this.#parts;
    const launched = launching.resolve(group.launch, given);
    const zone = given.zone ?? quietestZones(group)[0] ?? 'us-east-1a';
    const { instanceId } = instances.launch({
      ...(given.instanceId === undefined ? {} : { instanceId: given.instanceId }),
      zone,
      instanceType: launched.instanceType,
      imageId: launched.imageId,
      tags: { ...templateTags(launched), ...memberTags(group) },
      state: state === 'Warmed:Stopped' ? 'stopped' : 'running',
    });
    const member = this.enrol(group, { instanceId, zone, launched, state });
    if (state === 'InService') this.#parts.trafficSources.enter(member, true);
    return member;
  }

  /** Makes an instance that there is a member of the group. */
  enrol(group: Group, given: Pick<Member, 'instanceId' | 'zone' | 'launched'> & { readonly state: string }): Member {
    const { time, lifecycle } = this.#parts;
    const { state, ...known } = given;
    const member: Member = {
      ...known,
      group,
      launchedAt: time.now(),
      protectedFromScaleIn: group.protectsNew,
      health: 'Healthy',
      states: [],
      actions: new Map(),
    };
    group.members.set(member.instanceId, member);
    lifecycle.move(member, state);
    return member;
  }

  /** Ends an instance as TerminateInstanceInAutoScalingGroup and scale-in do; answers the scaling activity. */
  terminate(member: Member, cause: string, options: { mayReturnToPool?: boolean } = {}): Activity {
    const activity = this.terminations.begin(member, { cause, ...options });
    this.reconcile(member.group);
    return activity;
  }

  /** Launches or ends instances until as many serve the group as it desires. */
  reconcile(group: Group): void {
    const missing = group.desired - fulfilledUnits(group) - this.launches.coming(group);
    this.launches.begin(group, missing);
    if (group.suspended.has('Terminate')) return;
    const victim = scaleInVictim(group);
    if (victim === undefined || unitsOf(group, victim.launched) > -missing) return;
    // Which reconciles again, until there is no more to end.
    this.terminate(victim, 'a user request shrank the group', { mayReturnToPool: true });
  }
}

/** The oldest unprotected instance of the fullest zone: the default termination policy, in short. */
function scaleInVictim(group: Group): Member | undefined {
  const serving = [...group.members.values()].filter((member) => stateOf(member) === 'InService');
  const inZone = (zone: string): number => serving.filter((member) => member.zone === zone).length;
  return serving
    .filter((member) => !member.protectedFromScaleIn)
    .sort((a, b) => inZone(b.zone) - inZone(a.zone) || a.launchedAt - b.launchedAt)[0];
}

/** The tags that an instance has from its group; over those that it has already. */
export function memberTags(group: Group): Record<string, string> {
  const own = group.tags.filter((tag) => tag.propagateAtLaunch).map((tag) => [tag.key, tag.value] as const);
  return { ...Object.fromEntries(own), [GROUP_TAG]: group.name };
}

/** The tag that Auto Scaling sets on its instances, and takes from those that it detaches. */
export const GROUP_TAG = 'aws:autoscaling:groupName';

function templateTags({ launchTemplate }: Resolved): Record<string, string> {
  if (launchTemplate === undefined) return {};
  return {
    'aws:ec2launchtemplate:id': launchTemplate.id,
    'aws:ec2launchtemplate:version': launchTemplate.version,
  };
}
