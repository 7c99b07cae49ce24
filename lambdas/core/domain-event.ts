/**
 * The domain events: the closed list of facts that Ebb reports (contract 13.0). Logs and metrics
 * are made of these; nothing else formats messages.
 */
import { explain, type BlockedBy } from './blocked.ts';
import { podName, type Pod } from './pod.ts';
import type { ReturnedPod } from './returned-pod.ts';

/** Which retirement of which node an event is about. */
export interface Subject {
  readonly execution: string;
  readonly cluster: string;
  readonly group: string;
  readonly instance: string;
  /** Absent until the node is found. */
  readonly node?: string;
}

export type Result = 'drained' | 'forced' | 'dead node' | 'never joined' | 'over' | 'stopped' | 'failed';

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
}) => ({ type: 'retirement.requested', ...about }) as const;

export const retirementStarted = (subject: Subject, about: { kind: string; deadline: number }) =>
  ({
    type: 'retirement.started',
    ...subject,
    kind: about.kind,
    deadline: new Date(about.deadline).toISOString(),
  }) as const;

export const nodeMissing = (subject: Subject) => ({ type: 'node.missing', ...subject }) as const;

export const nodeIsolated = (subject: Subject, about: { cordonedBefore: boolean }) =>
  ({ type: 'node.isolated', ...subject, ...about }) as const;

/** Its pods end no more: they are waited for briefly, then the instance goes (contract 4.9). */
export const nodeDead = (subject: Subject, about: { reason: string }) =>
  ({ type: 'node.dead', ...subject, ...about }) as const;

/** Our marks are off again. */
export const nodeRestored = (subject: Subject) => ({ type: 'node.restored', ...subject }) as const;

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

export const nodeDrained = (subject: Subject, about: { pods: number; forced: number; seconds: number }) =>
  ({ type: 'node.drained', ...subject, ...about }) as const;

export const volumesDetached = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'volumes.detached', ...subject, ...about }) as const;

/** Volumes that were still attached when their time was up. */
export const volumesKept = (subject: Subject, about: { volumes: readonly string[] }) =>
  ({ type: 'volumes.kept', ...subject, ...about }) as const;

export const heartbeatRecorded = (subject: Subject, about: { nextInSeconds: number }) =>
  ({ type: 'heartbeat.recorded', ...subject, ...about }) as const;

export const clusterAway = (subject: Subject, about: { reason: string }) =>
  ({ type: 'cluster.away', ...subject, ...about }) as const;

export const retirementSuspended = (subject: Subject, about: { seconds: number; waitingFor: readonly string[] }) =>
  ({ type: 'retirement.suspended', ...subject, ...about }) as const;

/** `over`: the hook had ended before, by its timeout or by somebody else. */
export const hookCompleted = (subject: Subject, about: { outcome: 'completed' | 'over' }) =>
  ({ type: 'hook.completed', ...subject, ...about }) as const;

export const retirementFinished = (subject: Subject, about: { result: Result; reason?: string; seconds: number }) =>
  ({ type: 'retirement.finished', ...subject, ...about }) as const;

export type DomainEvent = ReturnType<
  | typeof noticeIgnored
  | typeof noticeRefused
  | typeof noticeReleased
  | typeof retirementRequested
  | typeof retirementStarted
  | typeof nodeMissing
  | typeof nodeIsolated
  | typeof nodeDead
  | typeof nodeRestored
  | typeof podEvicted
  | typeof podForced
  | typeof podReturned
  | typeof podGone
  | typeof evictionBlocked
  | typeof nodeDrained
  | typeof volumesDetached
  | typeof volumesKept
  | typeof heartbeatRecorded
  | typeof clusterAway
  | typeof retirementSuspended
  | typeof hookCompleted
  | typeof retirementFinished
>;
