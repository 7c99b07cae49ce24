/**
 * Whose pods are these: the pods of one controller among those of its namespace (contract 4.5).
 *
 * They are found by the controller's own selector and by the uid in their owner reference, never by the labels of a pod:
 * since Kubernetes 1.35 pods of one ReplicaSet differ in their zone label, and operators give each pod labels of its own.
 */
import type { Controller } from './controller.ts';
import type { Workload } from '../drain/implied-budget.ts';
import { matchesSelector } from './selector.ts';
import type { UnreadyPod } from './unready-pod.ts';

/** A pod of a controller's namespace, as far as siblings are found and counted by it. */
export interface NamespacePod {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The uid in its controller reference; absent without one. */
  readonly ownerUid?: string;
  /** Ready and staying, or why not; `finished` pods are replicas of nothing. */
  readonly readiness: 'ready' | 'finished' | UnreadyPod;
}

/**
 * Whether the pod is one of the controller's. The uid alone decides where the selector is not known, or has an operator
 * that we do not know.
 */
export function isPodOf(
  controller: Controller,
  { ownerUid, labels }: Omit<NamespacePod, 'uid' | 'readiness'>,
): boolean {
  if (ownerUid !== controller.owner.uid) return false;
  return 'unknown' in controller || matchesSelector(controller.selector, labels) !== false;
}

/**
 * The controller's pods, counted. Nobody knows how many replicas an unknown controller wants: as many as it has, those that
 * are not Ready or on their way out among them, so that one that is replaced late is missed in the next pass too.
 *
 * @param pods of the controller's namespace; others among them do not count
 * @param mostSeen how many of its pods were ever Ready at once: what an unknown controller has lost for a moment
 */
export function countSiblings(controller: Controller, pods: Iterable<NamespacePod>, mostSeen = 0): Workload {
  const own = [...pods].filter((pod) => isPodOf(controller, pod));
  const ready = own.filter(({ readiness }) => readiness === 'ready').map(({ uid }) => uid);
  const unready = own.flatMap(({ readiness }) => (typeof readiness === 'string' ? [] : [readiness]));
  const counted = { owner: controller.owner, readyPods: new Set(ready), unreadyPods: unready };
  return 'unknown' in controller
    ? { ...counted, replicas: Math.max(mostSeen, ready.length + unready.length), unknown: controller.unknown }
    : { ...counted, replicas: controller.replicas };
}
