/**
 * Siblings: the pods of one controller among those of its namespace (contract 4.5).
 *
 * They are found by the controller's selector and by the uid in their owner reference, never by the labels of one pod.
 * Since Kubernetes 1.35 pods of one ReplicaSet differ in their zone label, and operators give each pod labels of its
 * own.
 */
import type { Controller } from './controller.ts';
import type { Workload } from '../drain/implied-budget.ts';
import { matchesSelector } from './selector.ts';
import type { UnreadyPod } from './unready-pod.ts';

/** A pod of a controller's namespace, with the fields by which siblings are found and counted. */
export interface NamespacePod {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The uid in its controller reference; absent without one. */
  readonly ownerUid?: string;
  /** `ready`: Ready and not being deleted. `finished`: no replica any more. Otherwise why it is not Ready. */
  readonly readiness: 'ready' | 'finished' | UnreadyPod;
}

/**
 * Whether the pod is one of the controller's. The uid alone decides when the selector is unknown or has an unknown
 * operator.
 */
export function isPodOf(
  controller: Controller,
  { ownerUid, labels }: Omit<NamespacePod, 'uid' | 'readiness'>,
): boolean {
  if (ownerUid !== controller.owner.uid) return false;
  return 'unknown' in controller || matchesSelector(controller.selector, labels) !== false;
}

/**
 * Counts the controller's pods. The replicas of an unknown controller are the pods that it has, with those that are not
 * Ready or being deleted, so that a pod that is replaced late is still missed in the next pass.
 *
 * @param pods all pods of the controller's namespace
 * @param mostSeen most pods ever Ready at once: the least replicas that an unknown controller is taken to have
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
