/** Scaling activities: the record of one launch or termination of one instance, as DescribeScalingActivities shows it. */
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import type { Activity, Member, Transition } from './group.ts';
import { successEvent, type Route } from './notifications.ts';

export class ScalingActivities {
  readonly #time: Timetable;
  readonly #bus: Bus;

  constructor(parts: { time: Timetable; bus: Bus }) {
    this.#time = parts.time;
    this.#bus = parts.bus;
  }

  begin(member: Member, description: string, cause: string): Activity {
    const startedAt = this.#time.date();
    const activity: Activity = {
      id: crypto.randomUUID(),
      description,
      cause: `At ${startedAt.toISOString()} ${cause}.`,
      startedAt,
      instanceId: member.instanceId,
      endedAt: undefined,
      status: 'InProgress',
      statusMessage: undefined,
    };
    member.group.activities.unshift(activity);
    return activity;
  }

  /** Ends it and sends its event. */
  succeed(member: Member, activity: Activity, how: { transition: Transition; route: Route }): void {
    const endedAt = this.#time.date();
    activity.endedAt = endedAt;
    activity.status = 'Successful';
    const { id: activityId, cause, startedAt } = activity;
    this.#bus.put(successEvent(member, { ...how, activityId, cause, startedAt, endedAt }));
  }

  cancel(activity: Activity, statusMessage: string): void {
    activity.endedAt = this.#time.date();
    activity.status = 'Cancelled';
    activity.statusMessage = statusMessage;
  }
}
