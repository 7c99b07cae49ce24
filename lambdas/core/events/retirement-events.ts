/** Events about a retirement and its node (contract 13.0). */
import { explainAttached, type AttachedVolume } from '../kubernetes/attached-volume.ts';
import { explain, type BlockedBy } from '../drain/blocked.ts';
import type { DeadlinePolicy } from '../settings/cluster-settings.ts';
import type { DrainEstimate } from '../drain/estimate.ts';
import type { UnknownOwner } from '../drain/eviction-plan.ts';
import { ownerName, podName, type Pod } from '../kubernetes/pod.ts';
import type { ReturnedPod } from '../drain/returned-pod.ts';
import { explainStuck, type NodeState } from '../drain/stuck-pod.ts';
import type { UnreadyPod } from '../kubernetes/unready-pod.ts';

/** The retirement that an event is about, and its node. */
export interface Subject {
  readonly execution: string;
  readonly cluster: string;
  readonly group: string;
  readonly instance: string;
  /** Absent until the node is found. */
  readonly node?: string;
}

/**
 * How a retirement ended. `waited`: pods were left when the hook's time was up. `late`: it began after that time, and
 * had one pass. `retained`: the group kept the instance, which was drained, then terminated. `restored`: a voluntary
 * drain failed. `ready`: the node of a launched instance is Ready.
 */
export type Result =
  | 'drained'
  | 'forced'
  | 'waited'
  | 'late'
  | 'retained'
  | 'restored'
  | 'dead node'
  | 'never joined'
  | 'ready'
  | 'joined'
  | 'superseded'
  | 'over'
  | 'stopped'
  | 'failed';

/** The retirement began. `late`: its hook's time is over, so the pods are forced at once. */
export const retirementStarted = (
  subject: Subject,
  { deadline, ...about }: { kind: string; deadline: number; atDeadline: DeadlinePolicy | 'restore'; late?: true },
) => ({ type: 'retirement.started', ...subject, ...about, deadline: new Date(deadline).toISOString() }) as const;

/** Another retirement owns the node and does it all: this one ends. */
export const retirementJoined = (subject: Subject, about: { other: string }) =>
  ({ type: 'retirement.joined', ...subject, ...about }) as const;

/** The node waits, isolated, for a slot. `breaker`: so much of the cluster leaves that a person should know. */
export const retirementHeld = (subject: Subject, about: { reason: string; breaker: boolean }) =>
  ({ type: 'retirement.held', ...subject, ...about }) as const;

/** No node is proved to be the instance. `unproven`: nodes of its name without a providerID; Ebb leaves them alone. */
export const nodeMissing = (subject: Subject, about: { unproven: readonly string[] }) =>
  ({ type: 'node.missing', ...subject, ...about }) as const;

export const nodeIsolated = (subject: Subject, about: { cordonedBefore: boolean }) =>
  ({ type: 'node.isolated', ...subject, ...about }) as const;

/** Somebody else drains or quarantines the node too. Pods that are being deleted already are only waited for. */
export const nodeShared = (subject: Subject, about: { neighbour: string }) =>
  ({ type: 'node.shared', ...subject, ...about }) as const;

/** The node had lost its isolation, or was registered anew: it is isolated again. `missing`: what it lacked. */
export const nodeReisolated = (subject: Subject, about: { missing: readonly string[] }) =>
  ({ type: 'node.reisolated', ...subject, ...about }) as const;

/** The node is dead and ends no pods: Ebb waits for them briefly, then the instance goes (contract 4.9). */
export const nodeDead = (subject: Subject, about: { reason: string }) =>
  ({ type: 'node.dead', ...subject, ...about }) as const;

/** The marks are off the node again. */
export const nodeRestored = (subject: Subject) => ({ type: 'node.restored', ...subject }) as const;

/** The node is out of these balancer pools: no new requests come. Those under way have until `until` to end. */
export const targetsDeregistered = (subject: Subject, about: { pools: readonly string[]; until: number }) =>
  ({
    type: 'targets.deregistered',
    ...subject,
    pools: about.pools,
    until: new Date(about.until).toISOString(),
  }) as const;

/** Every target of the node has drained: no request reaches the node any more. */
export const targetsDrained = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'targets.drained', ...subject, ...about }) as const;

/** Balancer pools did not drain in time or cannot be asked: Ebb waits for them no longer (contract 7.3). */
export const targetsLate = (subject: Subject, about: { pools: readonly string[]; reason: string }) =>
  ({ type: 'targets.late', ...subject, ...about }) as const;

/** The node is restored, and in these balancer pools again. */
export const targetsRegistered = (subject: Subject, about: { pools: readonly string[] }) =>
  ({ type: 'targets.registered', ...subject, ...about }) as const;

/** The node is restored, but gets no traffic from these balancer pools until a person registers it. */
export const targetsUnregistered = (subject: Subject, about: { pools: readonly string[]; reason: string }) =>
  ({ type: 'targets.unregistered', ...subject, ...about }) as const;

/** An estimate of the drain before it starts: how long it takes at most (contract 5.2). */
export const drainPlanned = (subject: Subject, { forceAt, ...estimate }: DrainEstimate) =>
  ({
    type: 'drain.planned',
    ...subject,
    ...estimate,
    ...(forceAt !== undefined && { forceAt: new Date(forceAt).toISOString() }),
  }) as const;

export const podEvicted = (subject: Subject, pod: Pod, about: { graceSeconds: number; warning?: string }) =>
  ({ type: 'pod.evicted', ...subject, pod: podName(pod), uid: pod.uid, ...about }) as const;

/** `cutFromSeconds`: its own grace, of which the deadline leaves only so much: such a pod may not end in time. */
export const podForced = (subject: Subject, pod: Pod, graceSeconds: number) =>
  ({
    type: 'pod.forced',
    ...subject,
    pod: podName(pod),
    uid: pod.uid,
    graceSeconds,
    ...(graceSeconds < pod.graceSeconds && { cutFromSeconds: pod.graceSeconds }),
  }) as const;

/** A pod came to the isolated node. `left`: it stays, because its maker would only send another. */
export const podReturned = (subject: Subject, { pod, maker, times, left }: ReturnedPod) =>
  ({ type: 'pod.returned', ...subject, pod: podName(pod), uid: pod.uid, maker, times, left }) as const;

export const podGone = (subject: Subject, about: { pod: string; uid: string; warning?: string }) =>
  ({ type: 'pod.gone', ...subject, ...about }) as const;

export const evictionBlocked = (subject: Subject, pod: Pod, by: BlockedBy) =>
  ({ type: 'eviction.blocked', ...subject, pod: podName(pod), uid: pod.uid, by, explanation: explain(by) }) as const;

/** The controller that a pod names is not known, so the pods that name it go one at a time (contract 4.5). */
export const controllerUnknown = (subject: Subject, { owner, pod, reason }: UnknownOwner) =>
  ({
    type: 'controller.unknown',
    ...subject,
    pod: podName(pod),
    uid: pod.uid,
    owner: ownerName(owner),
    reason,
  }) as const;

/** A pod that a budget misses fits on no node. The budget stays used up until capacity is added (faults 54). */
export const podUnschedulable = (
  subject: Subject,
  { pod, uid, message = '' }: UnreadyPod,
  about: { missedBy: string },
) => ({ type: 'pod.unschedulable', ...subject, pod, uid, message, ...about }) as const;

/** A pod that is being deleted has not ended, long after its grace. */
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

/** Pods were still on the node when its time was up: they go with the instance. */
export const podsLeft = (subject: Subject, about: { pods: readonly string[] }) =>
  ({ type: 'pods.left', ...subject, ...about }) as const;

export const nodeDrained = (subject: Subject, about: { pods: number; forced: number; seconds: number }) =>
  ({ type: 'node.drained', ...subject, ...about }) as const;

export const volumesDetached = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'volumes.detached', ...subject, ...about }) as const;

/** Volumes of the drained node are still attached after a while; reported again when they are others. */
export const volumesAwaited = (subject: Subject, volumes: readonly AttachedVolume[]) =>
  ({ type: 'volumes.awaited', ...subject, ...attachedOnes(volumes) }) as const;

/** Volumes were still attached when their time was up. */
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

/** A stage could not read or act, for a reason that may pass: it is tried again. */
export const stageFailed = (subject: Subject, about: { stage: string; reason: string }) =>
  ({ type: 'stage.failed', ...subject, ...about }) as const;

export const retirementSuspended = (subject: Subject, about: { seconds: number; waitingFor: readonly string[] }) =>
  ({ type: 'retirement.suspended', ...subject, ...about }) as const;

/** The hook is completed. `over`: it had ended before, by its timeout or by somebody else. */
export const hookCompleted = (subject: Subject, about: { outcome: 'completed' | 'over' }) =>
  ({ type: 'hook.completed', ...subject, ...about }) as const;

/** The group does not retain instances whose hook is abandoned, so the pods left are forced (contract 5.3). */
export const retentionMissing = (subject: Subject) => ({ type: 'retention.missing', ...subject }) as const;

/** The hook is over and the group retains the instance: the drain goes on. */
export const instanceRetained = (subject: Subject, about: { pods: readonly string[]; until: number }) =>
  ({ type: 'instance.retained', ...subject, pods: about.pods, until: new Date(about.until).toISOString() }) as const;

export const instanceTerminated = (subject: Subject) => ({ type: 'instance.terminated', ...subject }) as const;

/** The node is isolated and drained until its instance comes back, or its time is up. `why`: what it waits for. */
export const returnAwaited = (subject: Subject, about: { why: string; until: number }) =>
  ({ type: 'return.awaited', ...subject, why: about.why, until: new Date(about.until).toISOString() }) as const;

/** The launched instance's node is Ready, and its launch hook completed. `reason`: why it is not Ready, at its timeout. */
export const launchCompleted = (subject: Subject, about: { outcome: 'completed' | 'over'; reason?: string }) =>
  ({ type: 'launch.completed', ...subject, ...about }) as const;

/** The node is drained and its instance left as it is, until somebody removes it (contract 8.2). */
export const instanceLeft = (subject: Subject) => ({ type: 'instance.left', ...subject }) as const;

export const retirementFinished = (subject: Subject, about: { result: Result; reason?: string; seconds: number }) =>
  ({ type: 'retirement.finished', ...subject, ...about }) as const;
