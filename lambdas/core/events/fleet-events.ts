/** What the sweep and the drift tainter tell of clusters, groups and nodes (contract 9). */

/** Marks of ours whose owner cannot be told: they are left as they are, for a person to look at. */
export const marksUnreadable = (about: { cluster: string; node: string; reason: string }) =>
  ({ type: 'marks.unreadable', ...about }) as const;

/** Neither marks that are left behind in this cluster nor its nodes' drift are looked at until a later run. */
export const clusterUnswept = (about: { cluster: string; reason: string }) =>
  ({ type: 'cluster.unswept', ...about }) as const;

export const sweepFinished = (about: {
  /** Enrolled groups, and their instances that wait in a hook. */
  groups: number;
  waiting: number;
  /** Retirements started of those, and of tainted nodes; and nodes restored. */
  started: number;
  tainted: number;
  restored: number;
  clustersAway: number;
}) => ({ type: 'sweep.finished', ...about }) as const;

/** Which node of which group an event is about, while no retirement is concerned with it. */
interface NodeSubject {
  readonly cluster: string;
  readonly group: string;
  readonly instance: string;
  readonly node: string;
}

/** It differs from what its group would launch now, and is marked (contract 9.2). `reasons`: kinds of difference. */
export const nodeDrifted = (about: NodeSubject & { reasons: readonly string[]; explanation: string }) =>
  ({ type: 'node.drifted', ...about }) as const;

/** It is as its group would launch it again: its marks are off. */
export const nodeCurrent = (about: NodeSubject) => ({ type: 'node.current', ...about }) as const;

/** It bore our marks, and its group takes part no more: they are off. */
export const nodeUnenrolled = (about: Omit<NodeSubject, 'group'>) => ({ type: 'node.unenrolled', ...about }) as const;

/** It has drifted and the budgets have room: it bears the taint by which it is drained. */
export const nodeDue = (about: NodeSubject & { reasons: readonly string[] }) =>
  ({ type: 'node.due', ...about }) as const;

/** Nodes of the group that are to go stay, whatever its budget, until that is no longer so (contract 9.1, 9.4, 9.7). */
export const groupStopped = (about: { cluster: string; group: string; reason: string }) =>
  ({ type: 'group.stopped', ...about }) as const;

/** `nodes`: so many of the group wait, and none of them goes until a person has seen to the reason (contract 9.3). */
export const groupHeld = (about: { cluster: string; group: string; nodes: number; reason: string }) =>
  ({ type: 'group.held', ...about }) as const;

/** `nodes`: so many of the group wait, and none of them goes yet: others use the budget up. */
export const groupWaiting = (about: { cluster: string; group: string; nodes: number; reason: string }) =>
  ({ type: 'group.waiting', ...about }) as const;

/** Nodes that bear a drain taint and are not drained, each with the reason (contract 9.5). */
export const taintsIgnored = (about: { cluster: string; nodes: readonly string[] }) =>
  ({ type: 'taints.ignored', ...about }) as const;

/** It lets nothing through (contract 9.3). */
export const budgetUnreadable = (about: {
  cluster: string;
  /** Absent: the budget is the cluster's own. */
  group?: string;
  reason: string;
}) => ({ type: 'budget.unreadable', ...about }) as const;

/** The nodes of a cluster have been held against what their groups would launch. */
export const driftFinished = (about: {
  cluster: string;
  /** Those of groups, and these groups. */
  nodes: number;
  groups: number;
  drifted: number;
  /** Nodes of which the marks have just been put on or taken off, and those that have just been let go. */
  marked: number;
  unmarked: number;
  due: number;
  /** Drifted nodes whose turn has yet to come, and those whose group is stopped. */
  waiting: number;
  stopped: number;
  seconds: number;
}) => ({ type: 'drift.finished', ...about }) as const;
