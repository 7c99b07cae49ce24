/** Scaling activities: the record of one launch or termination of one instance, as DescribeScalingActivities shows it. */
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import type { Activity, Group, Member, Transition } from './group.ts';
import { successEvent, type Route } from './notifications.ts';

export class ScalingActivities {
  readonly #time: Timetable;
  readonly #bus: Bus;

  constructor(parts: { time: Timetable; bus: Bus }) {
    this.#time = parts.time;
    this.#bus = parts.bus;
  }

  begin(member: Member, description: string, cause: string): Activity {
    return this.#add(member.group, { instanceId: member.instanceId, description, cause });
  }

  /** A launch that came to nothing. */
  failLaunch(group: Group, statusMessage: string): void {
    const description = 'Launching a new EC2 instance';
    const activity = this.#add(group, { instanceId: '', description, cause: 'desired capacity' });
    activity.endedAt = this.#time.date();
    activity.status = 'Failed';
    activity.statusMessage = statusMessage;
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

  #add(group: Group, told: { instanceId: string; description: string; cause: string }): Activity {
    const startedAt = this.#time.date();
    const activity: Activity = {
      id: crypto.randomUUID(),
      ...told,
      cause: `At ${startedAt.toISOString()} ${told.cause}.`,
      startedAt,
      endedAt: undefined,
      status: 'InProgress',
      statusMessage: undefined,
    };
    group.activities.unshift(activity);
    return activity;
  }
}
