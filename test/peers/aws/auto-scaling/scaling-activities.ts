/** Scaling activities: the record of one change of one instance, as DescribeScalingActivities shows it. */
import type { Instances } from '../ec2/instances.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import type { Activity, Group, Member, Transition } from './group.ts';
import { launchFailureEvent, successEvent, type Route } from './notifications.ts';

/** What an activity says of itself. */
export interface ActivityPlan {
  readonly description: string;
  /** Without the time, and without a full stop. */
  readonly cause: string;
  /** Percent, while it goes on. Default 0. */
  readonly progress?: number;
  /** Default `InProgress`. */
  readonly status?: Activity['status'];
}

interface Parts {
  readonly time: Timetable;
  readonly bus: Bus;
  readonly instances: Instances;
}

export class ScalingActivities {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  begin(member: Member, plan: ActivityPlan): Activity {
    const { instanceId, zone, group } = member;
    const subnet = this.#parts.instances.find(instanceId)?.subnetId;
    const details = { ...(subnet !== undefined && { 'Subnet ID': subnet }), 'Availability Zone': zone };
    return this.#add(group, { ...plan, instanceId, details });
  }

  /** A launch that came to nothing. */
  failLaunch(group: Group, failure: { cause: string; statusMessage: string; zone?: string }): void {
    const { cause, statusMessage, zone } = failure;
    const details: Activity['details'] = zone === undefined ? {} : { 'Availability Zone': zone };
    const activity = this.#add(group, { description: 'Launching a new EC2 instance', cause, instanceId: '', details });
    activity.endedAt = this.#parts.time.date();
    activity.status = 'Failed';
    activity.statusMessage = statusMessage;
    this.#parts.bus.put(launchFailureEvent(group, activity));
  }

  /** Ends it and, where it is a transition of the instance, sends its event. */
  succeed(member: Member, activity: Activity, how?: { transition: Transition; route: Route }): void {
    activity.endedAt = this.#parts.time.date();
    activity.status = 'Successful';
    if (how !== undefined) this.#parts.bus.put(successEvent(member, activity, how));
  }

  cancel(activity: Activity, statusMessage: string): void {
    activity.endedAt = this.#parts.time.date();
    activity.status = 'Cancelled';
    activity.statusMessage = statusMessage;
  }

  #add(group: Group, plan: ActivityPlan & Pick<Activity, 'instanceId' | 'details'>): Activity {
    const startedAt = this.#parts.time.date();
    const { cause, progress = 0, status = 'InProgress', ...told } = plan;
    const activity: Activity = {
      id: crypto.randomUUID(),
      ...told,
      cause: `At ${startedAt.toISOString().replace(/\.\d+/, '')} ${cause}.`,
      progress,
      startedAt,
      endedAt: undefined,
      status,
      statusMessage: undefined,
    };
    group.activities.unshift(activity);
    return activity;
  }
}
