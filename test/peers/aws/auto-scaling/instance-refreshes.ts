/** Instance refreshes, as tests set them: the peer shows them and replaces nothing. */
import type { Timetable } from '../timetable.ts';
import type { Group } from './group.ts';

export type RefreshStatus =
  | 'Pending'
  | 'InProgress'
  | 'Successful'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled'
  | 'RollbackInProgress'
  | 'RollbackFailed'
  | 'RollbackSuccessful'
  | 'Baking';

export interface InstanceRefresh {
  readonly id: string;
  readonly startedAt: Date;
  status: RefreshStatus;
}

/** Adds one to a group, the latest of its refreshes. @param status default `InProgress` */
export function addRefresh(group: Group, time: Timetable, status: RefreshStatus = 'InProgress'): InstanceRefresh {
  const refresh: InstanceRefresh = { id: crypto.randomUUID(), startedAt: time.date(), status };
  group.refreshes.unshift(refresh);
  return refresh;
}

export function refreshShape(group: Group, { id, startedAt, status }: InstanceRefresh): Record<string, unknown> {
  return {
    InstanceRefreshId: id,
    AutoScalingGroupName: group.name,
    Status: status,
    StartTime: startedAt,
    PercentageComplete: /Successful|Baking/.test(status) ? 100 : 0,
    InstancesToUpdate: group.members.size,
    Strategy: 'Rolling',
  };
}
