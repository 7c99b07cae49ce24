/**
 * Implied budgets: they pace the pods of a controller that no PodDisruptionBudget covers (contract 4.5). Without them,
 * a fast drain would take down every replica that happens to run on one node.
 */
import { knownKind, type KnownKind } from '../kubernetes/controller.ts';
import type { ImpliedBudget } from '../settings/cluster-settings.ts';
import type { Owner } from '../kubernetes/pod.ts';
import type { UnreadyPod } from '../kubernetes/unready-pod.ts';

/** A controller and its pods in the whole cluster, as far as they are known. */
export interface Workload {
  readonly owner: Owner;
  /** Number of pods that the controller should have. */
  readonly replicas: number;
  /** Uids of its pods that are Ready and not being deleted. */
  readonly readyPods: ReadonlySet<string>;
  /** The controller's other pods. */
  readonly unreadyPods: readonly UnreadyPod[];
  /** Why its controller is not known, in words; absent when it is. */
  readonly unknown?: string;
}

/** Kinds whose pods are alike, so that a share of them may go at once. */
const INTERCHANGEABLE_KINDS: ReadonlySet<KnownKind | undefined> = new Set(['ReplicaSet', 'ReplicationController']);

/** Kinds that are not paced, because their pods are to finish, not to be Ready. */
const EXEMPT_KINDS: ReadonlySet<KnownKind | undefined> = new Set(['Job']);

/** Whether pods of this controller are paced when no budget covers them. */
export function isPaced(owner: Owner | undefined, budget: ImpliedBudget): owner is Owner {
  return owner !== undefined && budget !== 'off' && !EXEMPT_KINDS.has(knownKind(owner));
}

/** Returns how many of the workload's pods may be unready at once: for StatefulSets and unknown controllers, one. */
export function allowedUnready(
  { owner, replicas, unknown }: Pick<Workload, 'owner' | 'replicas' | 'unknown'>,
  share: number,
): number {
  if (unknown !== undefined || !INTERCHANGEABLE_KINDS.has(knownKind(owner))) return 1;
  return Math.max(1, Math.ceil(replicas * share));
}

/**
 * Returns how many more Ready pods may be evicted now.
 *
 * @param leaving uids of pods whose eviction was asked for, which the watched state may not show yet
 */
export function impliedAllowance(workload: Workload, share: number, leaving: ReadonlySet<string>): number {
  // A single replica cannot be kept available, so it goes at once.
  if (workload.replicas <= 1) return 1;
  const staying = [...workload.readyPods].filter((uid) => !leaving.has(uid)).length;
  const unready = Math.max(0, workload.replicas - staying);
  return allowedUnready(workload, share) - unready;
}
