/**
 * Kubernetes objects as they are on the wire: client-node's models with dates as RFC 3339 text, and the fields that a
 * stored object always has made required.
 */
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1Lease,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1StatefulSet,
  V1VolumeAttachment,
} from '@kubernetes/client-node';

/** A model with every Date as the text that it is in JSON. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Field in keyof T]: Wire<T[Field]> }
      : T;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What names an object within its resource. */
export interface Key {
  namespace?: string;
  name: string;
}

export interface Metadata extends Key {
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generateName?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: unknown;
  status?: unknown;
}

/** An object that is about to be created: the server fills in the rest of its metadata. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Partial<Metadata>;
  spec?: unknown;
  status?: unknown;
}

type Stored<Model extends { spec?: unknown; status?: unknown }> = Omit<Wire<Model>, keyof KubeObject> &
  KubeObject & { spec: NonNullable<Wire<Model['spec']>>; status: NonNullable<Wire<Model['status']>> };

/** Fields of a budget's status that are always there. */
interface BudgetCounts {
  currentHealthy: number;
  desiredHealthy: number;
  disruptionsAllowed: number;
  expectedPods: number;
}

export type Pod = Stored<V1Pod>;
export type Node = Stored<V1Node>;
export type Namespace = Stored<V1Namespace>;
export type Claim = Stored<V1PersistentVolumeClaim>;
export type Volume = Stored<V1PersistentVolume>;
export type Deployment = Stored<V1Deployment>;
export type ReplicaSet = Stored<V1ReplicaSet>;
export type StatefulSet = Stored<V1StatefulSet>;
export type DaemonSet = Stored<V1DaemonSet>;
export type Job = Stored<V1Job>;
export type Budget = Stored<V1PodDisruptionBudget> & { status: BudgetCounts };
export type VolumeAttachment = Stored<V1VolumeAttachment>;
export type Lease = Stored<V1Lease & { status?: Record<string, never> }>;
export type ClusterRole = Omit<Wire<V1ClusterRole>, keyof KubeObject> & KubeObject;
export type ClusterRoleBinding = Omit<Wire<V1ClusterRoleBinding>, keyof KubeObject> & KubeObject;

export type PodTemplate = Wire<NonNullable<V1ReplicaSet['spec']>['template']>;
export type PodSpec = Pod['spec'];
export type Toleration = NonNullable<PodSpec['tolerations']>[number];
export type Taint = NonNullable<Node['spec']['taints']>[number];
export type LabelSelector = NonNullable<Budget['spec']['selector']>;

/** A condition of any object: the part that all of them have. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The owner that runs an object, by its owner reference with `controller: true`. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The owner reference that makes `owner` run what carries it. */
export function controlledBy({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
