/** Events of the sweep and the drift tainter about clusters, groups and nodes (contract 9). */

/** Ebb's marks on a node cannot be read or cannot be true. They stay as they are, for a person to look at. */
export const marksUnreadable = (about: { cluster: string; node: string; reason: string }) =>
  ({ type: 'marks.unreadable', ...about }) as const;

/** The run skipped this cluster: its orphaned marks and its drift are looked at by a later run. */
export const clusterUnswept = (about: { cluster: string; reason: string }) =>
  ({ type: 'cluster.unswept', ...about }) as const;

export const sweepFinished = (about: {
  /** Numbers of enrolled groups, and of their instances that wait in a hook. */
  groups: number;
  waiting: number;
  /** Numbers of retirements started for those instances and for tainted nodes, and of nodes restored. */
  started: number;
  tainted: number;
  restored: number;
  clustersAway: number;
}) => ({ type: 'sweep.finished', ...about }) as const;

/** The node that an event is about, and its group, when no retirement is concerned. */
interface NodeSubject {
  readonly cluster: string;
  readonly group: string;
  readonly instance: string;
  readonly node: string;
}

/** The node differs from what its group would launch now, and is marked (contract 9.2). `reasons`: kinds of drift. */
export const nodeDrifted = (about: NodeSubject & { reasons: readonly string[]; explanation: string }) =>
  ({ type: 'node.drifted', ...about }) as const;

/** The node is again as its group would launch it: its drift marks are off. */
export const nodeCurrent = (about: NodeSubject) => ({ type: 'node.current', ...about }) as const;

/** The node's group is not enrolled any more: its drift marks are off. */
export const nodeUnenrolled = (about: Omit<NodeSubject, 'group'>) => ({ type: 'node.unenrolled', ...about }) as const;

/** The node has drifted and the budgets allow its disruption: it has the drain taint now. */
export const nodeDue = (about: NodeSubject & { reasons: readonly string[] }) =>
  ({ type: 'node.due', ...about }) as const;

/** A stop condition holds: no node of the group goes, whatever its budget, until it ends (contract 9.1, 9.4, 9.7). */
export const groupStopped = (about: { cluster: string; group: string; reason: string }) =>
  ({ type: 'group.stopped', ...about }) as const;

/** No node of the group goes until a person removes the reason (contract 9.3). `nodes`: how many wait. */
export const groupHeld = (about: { cluster: string; group: string; nodes: number; reason: string }) =>
  ({ type: 'group.held', ...about }) as const;

/** No node of the group goes yet, because other nodes use the budget up. `nodes`: how many wait. */
export const groupWaiting = (about: { cluster: string; group: string; nodes: number; reason: string }) =>
  ({ type: 'group.waiting', ...about }) as const;

/** Nodes with a drain taint that are not drained, each with the reason (contract 9.5). */
export const taintsIgnored = (about: { cluster: string; nodes: readonly string[] }) =>
  ({ type: 'taints.ignored', ...about }) as const;

/** A budget cannot be read, so it allows nothing (contract 9.3). */
export const budgetUnreadable = (about: {
  cluster: string;
  /** Absent when it is the cluster's own budget. */
  group?: string;
  reason: string;
}) => ({ type: 'budget.unreadable', ...about }) as const;

/**
 * AWS does not let us ask for zonal shifts, or has none in this region: they hold nothing until a person acts (contract
 * 9.8).
 */
export const shiftsUnread = (about: { cluster: string; reason: string }) =>
  ({ type: 'shifts.unread', ...about }) as const;

/** The nodes of a cluster have been compared with what their groups would launch. */
export const driftFinished = (about: {
  cluster: string;
  /** Numbers of nodes in groups, and of these groups. */
  nodes: number;
  groups: number;
  drifted: number;
  /** Numbers of nodes that this run marked, unmarked and let go. */
  marked: number;
  unmarked: number;
  due: number;
  /** Numbers of drifted nodes that wait in the queue, and of those whose group is stopped. */
  waiting: number;
  stopped: number;
  seconds: number;
}) => ({ type: 'drift.finished', ...about }) as const;
