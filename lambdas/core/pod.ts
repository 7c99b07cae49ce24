/**
 * What Ebb needs to know of a pod, read from the API by an adapter. Deliberately not the API's own object: decisions
 * must not depend on a client library.
 */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** Tells a pod from another of the same name; every decision and eviction is bound to it. */
  readonly uid: string;
  /** Epoch milliseconds, in whole seconds. */
  readonly createdAt: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** The Ready condition is True. */
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The controller owner reference, if there is one. */
  readonly owner?: Owner;
  /** Set once the pod is being deleted: the time at which its grace ends, in epoch milliseconds. */
  readonly deletingUntil?: number;
  /** Every container has terminated; with a deletion under way only a finalizer holds the object. */
  readonly containersTerminated: boolean;
  /** The containers that have not terminated, each with its state: `main running`. */
  readonly containersLeft: readonly string[];
  /** terminationGracePeriodSeconds. */
  readonly graceSeconds: number;
  /** The resolved priority, 0 when it has none. */
  readonly priority: number;
  readonly tolerations: readonly Toleration[];
  readonly hasEmptyDir: boolean;
  /** Names of the PersistentVolumeClaims that it mounts. */
  readonly claims: readonly string[];
  /** What holds its object once its containers have ended; absent when nothing does. */
  readonly finalizers?: readonly string[];
}

export interface Owner {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** `namespace/name`, as people and kubectl write it. */
export function podName(pod: Pick<Pod, 'namespace' | 'name'>): string {
  return `${pod.namespace}/${pod.name}`;
}

/** `Kind namespace/name` */
export function ownerName(owner: Owner): string {
  return `${owner.kind} ${podName(owner)}`;
}

/** Succeeded and Failed pods hold nothing and count for no budget (contract 4.1). */
export function isFinished(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

export function isBeingDeleted(pod: Pod): boolean {
  return pod.deletingUntil !== undefined;
}

/**
 * Gone for our purposes although its object is still there: past its grace with every container terminated, so only a
 * finalizer holds it (contract 4.7).
 */
export function isHeldByFinalizer(pod: Pod, now: number): boolean {
  return pod.deletingUntil !== undefined && pod.deletingUntil <= now && pod.containersTerminated;
}
