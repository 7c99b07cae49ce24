/** What a pod's object says of its state, in the words that the controllers and the checks use. */
import { type Condition, controllerOf, type Pod } from '../storage/objects.ts';

/** Its Ready condition is True. A terminating pod can still be ready. */
export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** It has a deletion timestamp. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** It ran to its end: phase Succeeded or Failed. */
export function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

/** It counts towards its controller's replicas: neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod);
}

/** It gives service that a budget counts: ready and not on its way out. */
export function isServing(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

export function isControlledBy(pod: Pod, uid: string): boolean {
  return controllerOf(pod)?.uid === uid;
}

/** The list with `next` in the place of its condition of that type; the transition time moves only with the status. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C, now: string): C[] {
  const all = conditions ?? [];
  const before = all.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? (before.lastTransitionTime ?? now) : now;
  const placed = { ...next, lastTransitionTime };
  return before === undefined ? [...all, placed] : all.map((condition) => (condition === before ? placed : condition));
}
