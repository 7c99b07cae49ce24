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

/** The controller that a pod claims to have (`core/kubernetes/controller.ts` says what of it counts). */
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

/** Longer words of an owner reference are no names of anything. */
const LONGEST_WORD = 253;

/** `Kind namespace/name` */
export function ownerName({ kind, namespace, name }: Owner): string {
  return `${kind.slice(0, LONGEST_WORD)} ${podName({ namespace, name: name.slice(0, LONGEST_WORD) })}`;
}

/**
 * Tells owners apart. A uid alone does not: a reference may claim the uid of a controller that is somebody else's, and whose
 * pods would then be paced by what is known of the claim.
 */
export function ownerKey({ namespace, apiVersion, kind, name, uid }: Owner): string {
  return JSON.stringify([namespace, apiVersion, kind, name, uid]);
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
