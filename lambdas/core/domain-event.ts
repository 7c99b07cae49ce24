/**
 * The domain events: the closed list of facts that Ebb reports (contract 13.0). Logs and metrics
 * are made of these; nothing else formats messages.
 */
import { explainAttached, type AttachedVolume } from './attached-volume.ts';
import { explain, type BlockedBy } from './blocked.ts';
import type { DeadlinePolicy } from './cluster-settings.ts';
import type { DrainEstimate } from './drain-estimate.ts';
import { podName, type Pod } from './pod.ts';
import type { ReturnedPod } from './returned-pod.ts';
import { explainStuck, type NodeState } from './stuck-pod.ts';
import type { UnreadyPod } from './unready-pod.ts';

/** Which retirement of which node an event is about. */
export interface Subject {
  readonly execution: string;
  readonly cluster: string;
  readonly group: string;
  readonly instance: string;
  /** Absent until the node is found. */
  readonly node?: string;
}

/**
 * `waited`: pods were left when the hook's time was up. `retained`: the instance was kept, drained, then terminated.
 * `restored`: nothing forced it to go, and it could not be drained.
 */
export type Result =
  | 'drained'
  | 'forced'
  | 'waited'
  | 'retained'
  | 'restored'
  | 'dead node'
  | 'never joined'
  | 'joined'
  | 'superseded'
  | 'over'
  | 'stopped'
  | 'failed';

/** An event that is not for us, or not any more. */
export const noticeIgnored = (about: {
  reason: string;
  source?: string;
  detailType?: string;
  instance?: string;
  /** It was for us, and came too late. */
  stale?: true;
}) => ({ type: 'notice.ignored', ...about }) as const;

/** An event that AWS contradicts: perhaps forged, so it counts in a security metric. */
export const noticeRefused = (about: { reason: string; instance: string }) =>
  ({ type: 'notice.refused', ...about }) as const;

/** The hook is completed without a drain: there is nothing that we could drain. */
export const noticeReleased = (about: {
  reason: string;
  instance: string;
  group: string;
  outcome: 'completed' | 'over';
}) => ({ type: 'notice.released', ...about }) as const;

export const retirementRequested = (about: {
  execution: string;
  instance: string;
  cluster: string;
  group: string;
  already: boolean;
  /** What told of the instance. */
  foundBy: 'event' | 'sweep';
  /** The node, and the key of the taint by which it asks to be drained. */
  node?: string;
  taint?: string;
}) => ({ type: 'retirement.requested', ...about }) as const;

export const retirementStarted = (
  subject: Subject,
  { deadline, ...about }: { kind: string; deadline: number; atDeadline: DeadlinePolicy | 'restore' },
) => ({ type: 'retirement.started', ...subject, ...about, deadline: new Date(deadline).toISOString() }) as const;

/** Another retirement is in charge of the node and does it all: this one ends. */
export const retirementJoined = (subject: Subject, about: { other: string }) =>
  ({ type: 'retirement.joined', ...subject, ...about }) as const;

/** The node waits, isolated, for its turn; `breaker`: so much of the cluster leaves that somebody should know. */
export const retirementHeld = (subject: Subject, about: { reason: string; breaker: boolean }) =>
  ({ type: 'retirement.held', ...subject, ...about }) as const;

export const nodeMissing = (subject: Subject) => ({ type: 'node.missing', ...subject }) as const;

export const nodeIsolated = (subject: Subject, about: { cordonedBefore: boolean }) =>
  ({ type: 'node.isolated', ...subject, ...about }) as const;

/** Its pods end no more: they are waited for briefly, then the instance goes (contract 4.9). */
export const nodeDead = (subject: Subject, about: { reason: string }) =>
  ({ type: 'node.dead', ...subject, ...about }) as const;

/** Our marks are off again. */
export const nodeRestored = (subject: Subject) => ({ type: 'node.restored', ...subject }) as const;

/** The node is out of these load balancers: no new requests come, and those under way have until `until` to end. */
export const targetsDeregistered = (subject: Subject, about: { pools: readonly string[]; until: number }) =>
  ({
    type: 'targets.deregistered',
    ...subject,
    pools: about.pools,
    until: new Date(about.until).toISOString(),
  }) as const;

/** Every target of the node has drained: nothing reaches it any more. */
export const targetsDrained = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'targets.drained', ...subject, ...about }) as const;

/** A load balancer that is not done in time, or cannot be asked: nobody waits for it any more (contract 7.3). */
export const targetsLate = (subject: Subject, about: { pools: readonly string[]; reason: string }) =>
  ({ type: 'targets.late', ...subject, ...about }) as const;

/** The node is restored, and in these load balancers again. */
export const targetsRegistered = (subject: Subject, about: { pools: readonly string[] }) =>
  ({ type: 'targets.registered', ...subject, ...about }) as const;

/** The node is restored all the same, and gets no traffic from these until somebody registers it. */
export const targetsUnregistered = (subject: Subject, about: { pools: readonly string[]; reason: string }) =>
  ({ type: 'targets.unregistered', ...subject, ...about }) as const;

/** What the drain will take at most, before it starts (contract 5.2). */
export const drainPlanned = (subject: Subject, { forceAt, ...estimate }: DrainEstimate) =>
  ({
    type: 'drain.planned',
    ...subject,
    ...estimate,
    ...(forceAt !== undefined && { forceAt: new Date(forceAt).toISOString() }),
  }) as const;

export const podEvicted = (subject: Subject, pod: Pod, about: { graceSeconds: number; warning?: string }) =>
  ({ type: 'pod.evicted', ...subject, pod: podName(pod), uid: pod.uid, ...about }) as const;

export const podForced = (subject: Subject, pod: Pod, graceSeconds: number) =>
  ({ type: 'pod.forced', ...subject, pod: podName(pod), uid: pod.uid, graceSeconds }) as const;

/** A pod came to the node although it is isolated; `left`: it stays, because its maker would only send another. */
export const podReturned = (subject: Subject, { pod, maker, times, left }: ReturnedPod) =>
  ({ type: 'pod.returned', ...subject, pod: podName(pod), uid: pod.uid, maker, times, left }) as const;

export const podGone = (subject: Subject, about: { pod: string; uid: string; warning?: string }) =>
  ({ type: 'pod.gone', ...subject, ...about }) as const;

export const evictionBlocked = (subject: Subject, pod: Pod, by: BlockedBy) =>
  ({ type: 'eviction.blocked', ...subject, pod: podName(pod), uid: pod.uid, by, explanation: explain(by) }) as const;

/** A pod that a blocking budget misses fits on no node, so it frees nothing until there is room (faults.md 54). */
export const podUnschedulable = (
  subject: Subject,
  { pod, uid, message = '' }: UnreadyPod,
  about: { missedBy: string },
) => ({ type: 'pod.unschedulable', ...subject, pod, uid, message, ...about }) as const;

/** A pod that is being deleted has not ended long after its grace. */
export const podStuck = (subject: Subject, pod: Pod, about: { overdueSeconds: number; nodeState: NodeState }) =>
  ({
    type: 'pod.stuck',
    ...subject,
    pod: podName(pod),
    uid: pod.uid,
    ...about,
    containers: pod.containersLeft,
    finalizers: pod.finalizers ?? [],
    explanation: explainStuck(pod, about.nodeState),
  }) as const;

export const nodeDrained = (subject: Subject, about: { pods: number; forced: number; seconds: number }) =>
  ({ type: 'node.drained', ...subject, ...about }) as const;

export const volumesDetached = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'volumes.detached', ...subject, ...about }) as const;

/** The drained node's volumes are still attached after a while; told again when others are. */
export const volumesAwaited = (subject: Subject, volumes: readonly AttachedVolume[]) =>
  ({ type: 'volumes.awaited', ...subject, ...attachedOnes(volumes) }) as const;

/** Volumes that were still attached when their time was up. */
export const volumesKept = (subject: Subject, volumes: readonly AttachedVolume[]) =>
  ({ type: 'volumes.kept', ...subject, ...attachedOnes(volumes) }) as const;

const attachedOnes = (volumes: readonly AttachedVolume[]) => ({
  volumes: volumes.map(({ name }) => name),
  explanation: explainAttached(volumes),
});

export const heartbeatRecorded = (subject: Subject, about: { nextInSeconds: number }) =>
  ({ type: 'heartbeat.recorded', ...subject, ...about }) as const;

export const clusterAway = (subject: Subject, about: { reason: string }) =>
  ({ type: 'cluster.away', ...subject, ...about }) as const;

export const retirementSuspended = (subject: Subject, about: { seconds: number; waitingFor: readonly string[] }) =>
  ({ type: 'retirement.suspended', ...subject, ...about }) as const;

/** `over`: the hook had ended before, by its timeout or by somebody else. */
export const hookCompleted = (subject: Subject, about: { outcome: 'completed' | 'over' }) =>
  ({ type: 'hook.completed', ...subject, ...about }) as const;

/** The group does not keep an instance whose hook is abandoned, so what is left is forced (contract 5.3). */
export const retentionMissing = (subject: Subject) => ({ type: 'retention.missing', ...subject }) as const;

/** The hook is over and the group keeps the instance, which is drained on. */
export const instanceRetained = (subject: Subject, about: { pods: readonly string[]; until: number }) =>
  ({ type: 'instance.retained', ...subject, pods: about.pods, until: new Date(about.until).toISOString() }) as const;

export const instanceTerminated = (subject: Subject) => ({ type: 'instance.terminated', ...subject }) as const;

/** The node is drained and its instance left as it is, for whoever removes it (contract 8.2). */
export const instanceLeft = (subject: Subject) => ({ type: 'instance.left', ...subject }) as const;

export const retirementFinished = (subject: Subject, about: { result: Result; reason?: string; seconds: number }) =>
  ({ type: 'retirement.finished', ...subject, ...about }) as const;

/** Somebody asks by HTTP that an instance be taken out of its load balancers (contract 7.4). */
export const withdrawalRequested = (about: {
  /** What was asked: the instance's id or a private address of it. */
  asked: string;
  /** ARN of the IAM principal, or `holder of the secret`. */
  by: string;
  /** Address that the request came from. */
  from: string;
  dryRun: boolean;
  timeoutSeconds: number;
}) => ({ type: 'withdrawal.requested', ...about }) as const;

/** The answer to such a request. */
export const withdrawalAnswered = (about: {
  asked: string;
  status: number;
  seconds: number;
  /** Absent when there is no such instance. */
  instance?: string;
  /** Load balancers that still have it. */
  pools: readonly string[];
  /** Why AWS kept it from being done. */
  reason?: string;
}) => ({ type: 'withdrawal.answered', ...about }) as const;

/** A request by somebody who may not ask. */
export const withdrawalRefused = (about: { from: string; reason: string }) =>
  ({ type: 'withdrawal.refused', ...about }) as const;

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
  /** Retirements started, and nodes restored. */
  started: number;
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

export type DomainEvent = ReturnType<
  | typeof noticeIgnored
  | typeof noticeRefused
  | typeof noticeReleased
  | typeof retirementRequested
  | typeof retirementStarted
  | typeof retirementJoined
  | typeof retirementHeld
  | typeof nodeMissing
  | typeof nodeIsolated
  | typeof nodeDead
  | typeof nodeRestored
  | typeof targetsDeregistered
  | typeof targetsDrained
  | typeof targetsLate
  | typeof targetsRegistered
  | typeof targetsUnregistered
  | typeof drainPlanned
  | typeof podEvicted
  | typeof podForced
  | typeof podReturned
  | typeof podGone
  | typeof evictionBlocked
  | typeof podUnschedulable
  | typeof podStuck
  | typeof nodeDrained
  | typeof volumesDetached
  | typeof volumesAwaited
  | typeof volumesKept
  | typeof heartbeatRecorded
  | typeof clusterAway
  | typeof retirementSuspended
  | typeof hookCompleted
  | typeof retentionMissing
  | typeof instanceRetained
  | typeof instanceTerminated
  | typeof instanceLeft
  | typeof retirementFinished
  | typeof withdrawalRequested
  | typeof withdrawalAnswered
  | typeof withdrawalRefused
  | typeof marksUnreadable
  | typeof clusterUnswept
  | typeof sweepFinished
  | typeof nodeDrifted
  | typeof nodeCurrent
  | typeof nodeUnenrolled
  | typeof nodeDue
  | typeof groupStopped
  | typeof groupHeld
  | typeof groupWaiting
  | typeof taintsIgnored
  | typeof budgetUnreadable
  | typeof driftFinished
>;
