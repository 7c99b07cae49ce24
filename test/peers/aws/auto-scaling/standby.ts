/** Instances that stand by: they stay in their group, get no traffic, and count for nothing. No hook is run. */
import type { Timetable } from '../timetable.ts';
import type { Capacity } from './capacity.ts';
import { shiftDesired } from './desired-capacity.ts';
import { stateOf, type Activity, type Group, type Member } from './group.ts';
import type { Lifecycle } from './lifecycle.ts';
import { invalid, memberOf } from './membership.ts';
import type { TrafficSources } from './traffic-sources.ts';

interface Parts {
  readonly time: Timetable;
  readonly lifecycle: Lifecycle;
  readonly trafficSources: TrafficSources;
  readonly capacity: Capacity;
}

export class Standby {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @returns the activities as they are at the beginning */
  enter(group: Group, instanceIds: readonly string[], decrements: boolean): Activity[] {
    const members = instanceIds.map((id) => memberIn(group, id, 'InService'));
    const before = group.desired;
    if (decrements) shiftDesired(group, -members.length, 'place into standby');
    const activities = members.map((member, index) => {
      const from = before - index;
      return this.#enterOne(member, decrements ? `, shrinking the capacity from ${from} to ${from - 1}` : '');
    });
    this.#parts.capacity.reconcile(group);
    return activities;
  }

  /** Back into service; the group desires as many more, and ends others where it had replaced them. */
  exit(group: Group, instanceIds: readonly string[]): Activity[] {
    const members = instanceIds.map((id) => memberIn(group, id, 'Standby'));
    const before = group.desired;
    shiftDesired(group, members.length, 'move out of standby');
    const activities = members.map((member, index) => this.#exitOne(member, before + index));
    this.#parts.capacity.reconcile(group);
    return activities;
  }

  #enterOne(member: Member, shrinking: string): Activity {
    const { time, lifecycle, trafficSources, capacity } = this.#parts;
    const { instanceId } = member;
    const activity = capacity.activities.begin(member, {
      description: `Moving EC2 instance to Standby: ${instanceId}`,
      cause: `instance ${instanceId} was moved to standby in response to a user request${shrinking}`,
      progress: 50,
    });
    const begun = { ...activity };
    lifecycle.move(member, 'EnteringStandby');
    trafficSources.drain(member, activity, () => {
      time.afterOrNow(capacity.delays.membership, () => {
        this.#arrive(member, activity, { from: 'EnteringStandby', to: 'Standby' });
      });
    });
    return begun;
  }

  #exitOne(member: Member, from: number): Activity {
    const { time, lifecycle, trafficSources, capacity } = this.#parts;
    const { instanceId } = member;
    const moved = `instance ${instanceId} was moved out of standby in response to a user request`;
    const activity = capacity.activities.begin(member, {
      description: `Moving EC2 instance out of Standby: ${instanceId}`,
      cause: `${moved}, increasing the capacity from ${from} to ${from + 1}`,
      progress: 30,
      status: 'PreInService',
    });
    const begun = { ...activity };
    lifecycle.move(member, 'Pending');
    trafficSources.enter(member, false);
    time.afterOrNow(capacity.delays.membership, () => {
      this.#arrive(member, activity, { from: 'Pending', to: 'InService' });
    });
    return begun;
  }

  /** Unless something else has become of the instance meanwhile. */
  #arrive(member: Member, activity: Activity, { from, to }: { from: string; to: string }): void {
    if (stateOf(member) !== from) return;
    this.#parts.lifecycle.move(member, to);
    this.#parts.capacity.activities.succeed(member, activity);
  }
}

/** @throws AwsError in the words of GitHub aws-samples/aws-codedeploy-samples#50 */
function memberIn(group: Group, instanceId: string, state: string): Member {
  const member = memberOf(group, instanceId);
  if (stateOf(member) === state) return member;
  throw invalid(`The instance ${instanceId} is not in ${state}.`);
}
