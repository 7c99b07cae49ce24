/** The end of an instance in its group: deregistration, hooks, and then EC2, the warm pool, or retention. */
import type { Instances } from '../ec2/instances.ts';
import type { Timetable } from '../timetable.ts';
import type { Delays, TerminationListener } from './capacity.ts';
import { isInWarmPool, isRetained, type Activity, type Group, type Member } from './group.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Route } from './notifications.ts';
import type { ScalingActivities } from './scaling-activities.ts';
import type { TrafficSources } from './traffic-sources.ts';

interface Parts {
  readonly time: Timetable;
  readonly instances: Instances;
  readonly lifecycle: Lifecycle;
  readonly trafficSources: TrafficSources;
  readonly activities: ScalingActivities;
  readonly delays: Delays;
  readonly reconcile: (group: Group) => void;
}

/** Why an instance is ended, and whether it may return to the group's warm pool. */
export interface TerminationPlan {
  readonly cause: string;
  readonly mayReturnToPool?: boolean;
}

const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

export class Terminations {
  readonly listeners: TerminationListener[] = [];
  /**
   * Whether a retained instance that is terminated meets the terminate hooks once more, with new tokens. The
   * documentation does not say; AWS was recorded doing so (GitHub radkawar/stackd, testdata/aws/autoscaling/retention_*).
   */
  releaseMeetsHooks = false;
  readonly #parts: Parts;
  readonly #underWay = new Map<Member, Activity>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins the end of an instance; of one whose end is under way the activity is answered, and nothing begins anew. */
  begin(member: Member, plan: TerminationPlan): Activity {
    const underWay = this.#underWay.get(member);
    if (underWay !== undefined) return underWay;
    const { time, lifecycle, trafficSources, activities, delays } = this.#parts;
    const way = wayOut(member, plan);
    const released = isRetained(member) && !this.releaseMeetsHooks;
    const description = `Terminating EC2 instance: ${member.instanceId}`;
    const activity = activities.begin(member, { description, cause: plan.cause });
    this.#underWay.set(member, activity);
    lifecycle.abandon(member);
    if (released) {
      lifecycle.move(member, `${way.state}:Proceed`);
      this.#endSoon(member, activity, way);
    } else {
      lifecycle.move(member, way.state);
      this.#drain(member, activity, trafficSources.deregistersFirst, () => {
        time.afterOrNow(delays.toWait, () => {
          this.#meetHooks(member, activity, way);
        });
      });
    }
    return activity;
  }

  /** The member leaves the group, and its instance ends. */
  leave(member: Member, activity: Activity, route: Route): void {
    const { lifecycle, instances, activities, reconcile } = this.#parts;
    this.#underWay.delete(member);
    lifecycle.move(member, 'Terminated');
    member.group.members.delete(member.instanceId);
    instances.terminate(member.instanceId);
    for (const listener of this.listeners) listener(member.instanceId);
    activities.succeed(member, activity, { transition: TERMINATING, route });
    reconcile(member.group);
  }

  #meetHooks(member: Member, activity: Activity, way: WayOut): void {
    this.#parts.lifecycle.begin(member, {
      transition: TERMINATING,
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
    const { lifecycle, activities } = this.#parts;
    const { token } = [...member.actions.values()].find(({ result }) => result === 'ABANDON') ?? {};
    const reason = `Lifecycle Action with token ${token ?? ''} was abandoned`;
    activities.cancel(activity, `Instance failed to complete user's Lifecycle Action: ${reason}`);
    this.#underWay.delete(member);
    lifecycle.move(member, `${way.state}:Retained`);
  }

  #endSoon(member: Member, activity: Activity, way: WayOut): void {
    const { time, trafficSources, delays } = this.#parts;
    this.#drain(member, activity, !trafficSources.deregistersFirst, () => {
      time.afterOrNow(delays.toTerminated, () => {
        if (way.route.destination === 'WarmPool') this.#returnToPool(member, activity);
        else this.leave(member, activity, way.route);
      });
    });
  }

  /** Goes on once the member has been deregistered everywhere and has drained, if it is time for that. */
  #drain(member: Member, activity: Activity, isTime: boolean, then: () => void): void {
    if (isTime) this.#parts.trafficSources.drain(member, activity, then);
    else then();
  }

  #returnToPool(member: Member, activity: Activity): void {
    const { lifecycle, instances, activities } = this.#parts;
    this.#underWay.delete(member);
    const poolState = member.group.warmPool?.poolState ?? 'Stopped';
    lifecycle.move(member, `Warmed:${poolState}`);
    if (poolState !== 'Running') instances.setState(member.instanceId, 'stopped');
    const route = { origin: 'AutoScalingGroup', destination: 'WarmPool' } as const;
    activities.succeed(member, activity, { transition: TERMINATING, route });
  }
}

/** The way of one instance out of service: the first of its states, which begins the name of those that follow. */
interface WayOut {
  readonly state: 'Terminating' | 'Warmed:Terminating' | 'Warmed:Pending';
  readonly route: Route;
}

/** States and destinations as in «Manage retained instances» of the Auto Scaling user guide. */
function wayOut(member: Member, { mayReturnToPool = false }: TerminationPlan): WayOut {
  if (isInWarmPool(member)) return { state: 'Warmed:Terminating', route: { origin: 'WarmPool', destination: 'EC2' } };
  const returns = mayReturnToPool && member.group.warmPool?.reuseOnScaleIn === true;
  const origin = 'AutoScalingGroup';
  if (returns) return { state: 'Warmed:Pending', route: { origin, destination: 'WarmPool' } };
  return { state: 'Terminating', route: { origin, destination: 'EC2' } };
}
