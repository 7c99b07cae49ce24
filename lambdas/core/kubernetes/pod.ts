/**
 * The fields of a pod that Ebb needs, read from the API by an adapter. Deliberately not the API's own object: decisions
 * must not depend on a client library.
 */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** Identifies the pod among others of the same name. Every decision and eviction is bound to it. */
  readonly uid: string;
  /** Epoch milliseconds, in whole seconds. */
  readonly createdAt: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** The Ready condition is True. */
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The controller owner reference; absent without one. */
  readonly owner?: Owner;
  /** When the grace of a pod that is being deleted ends, epoch milliseconds; absent while nobody deletes it. */
  readonly deletingUntil?: number;
  /** Every container has terminated. If the pod is being deleted too, only a finalizer holds its object. */
  readonly containersTerminated: boolean;
  /** The containers that have not terminated, each with its state: `main running`. */
  readonly containersLeft: readonly string[];
  /** Its terminationGracePeriodSeconds. */
  readonly graceSeconds: number;
  /** The resolved priority, 0 when it has none. */
  readonly priority: number;
  readonly tolerations: readonly Toleration[];
  readonly hasEmptyDir: boolean;
  /** Names of the PersistentVolumeClaims that it mounts. */
  readonly claims: readonly string[];
  /** Finalizers, which hold the object once its containers have ended; absent without any. */
  readonly finalizers?: readonly string[];
}

/** The controller that a pod claims to have. controller.ts decides which parts of the claim count. */
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

/** Longest kind or name that is printed. No object has a longer one, but an owner reference may. */
const LONGEST_WORD = 253;

/** `Kind namespace/name` */
export function ownerName({ kind, namespace, name }: Owner): string {
  return `${kind.slice(0, LONGEST_WORD)} ${podName({ namespace, name: name.slice(0, LONGEST_WORD) })}`;
}

/**
 * The key of an owner. A uid alone is not enough: a reference may claim the uid of another controller, whose pods would
 * then be paced by what is known of that claim.
 */
export function ownerKey({ namespace, apiVersion, kind, name, uid }: Owner): string {
  return JSON.stringify([namespace, apiVersion, kind, name, uid]);
}

/** Whether the pod has Succeeded or Failed. It holds nothing then and counts for no budget (contract 4.1). */
export function isFinished(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

export function isBeingDeleted(pod: Pod): boolean {
  return pod.deletingUntil !== undefined;
}

/**
 * Whether only a finalizer holds the pod: its grace is over and every container has terminated. Ebb treats it as gone
 * (contract 4.7).
 */
export function isHeldByFinalizer(pod: Pod, now: number): boolean {
  return pod.deletingUntil !== undefined && pod.deletingUntil <= now && pod.containersTerminated;
}
