/** The Kubernetes API of a cluster. */
import type { EvictionAnswer } from '../../core/drain/eviction-ask.ts';
import type { DrainState } from '../../core/drain/pacing.ts';
import type { AttachedVolume } from '../../core/kubernetes/attached-volume.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { Owner, Pod } from '../../core/kubernetes/pod.ts';
import type { Selector } from '../../core/kubernetes/selector.ts';
import type { UnreadyPod } from '../../core/kubernetes/unready-pod.ts';
import type { OtherNodes } from '../../core/node/dead-node.ts';
import type { NodePatch } from '../../core/node/marks.ts';
import type { Replicas } from '../../core/rotation/moved-pods.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';

/** What says which cluster is meant, and how it is reached (contract 15.1). */
export type ReachedCluster = Pick<ClusterSettings, 'name' | 'access'>;

export interface Clusters {
  /** @throws ClusterAway, ClusterRefused */
  open(cluster: ReachedCluster): Promise<Cluster>;
}

/** Clusters whose nodes are all looked at. */
export interface Fleets {
  /** @throws ClusterAway, ClusterRefused */
  open(cluster: ReachedCluster): Promise<Cluster & FleetView>;
}

export interface FleetView {
  /** All nodes, a page at a time, so that thousands need not be held at once. */
  allNodes(): AsyncIterable<readonly Node[]>;
  /** How many pods are on a node, finished ones and those of DaemonSets among them. */
  countPods(node: string): Promise<number>;
  /** The pods of a node. */
  podsOn(node: string): Promise<readonly Pod[]>;
  /** The controller's own count of its pods; undefined when it has gone, or is of a kind whose replicas are not known. */
  replicasOf(owner: Owner): Promise<Replicas | undefined>;
  /** Kubernetes' minor version of the control plane, `1.33`; undefined when it is not known. */
  controlPlaneVersion(): Promise<string | undefined>;
}

/** One cluster's API. Every verb throws ClusterAway or ClusterRefused when the cluster as a whole cannot be used. */
export interface Cluster {
  /** Every node with the instance's providerID, and the one of its private DNS name if it bears no providerID. */
  findNodes(instance: string, privateDnsName: string | undefined): Promise<readonly Node[]>;
  readNode(name: string): Promise<Node | undefined>;
  /** The nodes that are labelled as retiring. */
  retiringNodes(): Promise<readonly Node[]>;
  /** The nodes that ask to be withdrawn, in the order of their names. @param most @default all */
  withdrawingNodes(most?: number): Promise<readonly Node[]>;
  /** How many nodes the cluster has. */
  countNodes(): Promise<number>;
  /** The state of the cluster's other nodes; costs a list of all nodes. */
  otherNodes(name: string): Promise<OtherNodes>;
  /** `conflict`: the node has changed since it was read. @throws PatchRefused when it is refused for good */
  patchNode(name: string, patch: NodePatch): Promise<'patched' | 'conflict' | 'gone'>;
  /** Deletes the node, if it is that instance's. One that is gone counts as deleted. */
  deleteNode(name: string, instance: string): Promise<void>;
  /** Lists and then watches what decides a drain of that node. Resolves once everything has been listed. */
  watchDrain(node: string, listener: WatchListener): Promise<DrainWatch>;
  /** Evicts that very pod. @param graceSeconds absent: the pod's own */
  evict(pod: Pod, graceSeconds?: number): Promise<EvictionAnswer>;
  /** Deletes that very pod, past its budgets. */
  remove(pod: Pod, graceSeconds: number): Promise<EvictionAnswer>;
  /** Whether that very pod is still there and not being deleted. */
  isStaying(pod: Pod): Promise<boolean>;
  /** The pods of a namespace that match and are not Ready or on their way out, each with its reason. */
  unreadyPods(namespace: string, selector: Selector): Promise<readonly UnreadyPod[]>;
  /** IP addresses of the pods on a node. */
  addressesOn(node: string): Promise<readonly string[]>;
  watchVolumes(node: string, listener: WatchListener): Promise<VolumeWatch>;
  /** Names of the persistent volumes behind a pod's claims. */
  volumesOf(pod: Pod): Promise<readonly string[]>;
}

export interface WatchListener {
  /** Something watched has changed. */
  changed(): void;
  /** The watch has ended for good, with a ClusterError. */
  failed(error: Error): void;
}

export interface DrainWatch {
  state(): DrainState;
  /** Reads and watches the controller of `pod`; its workload appears in the state. Idempotent. */
  follow(pod: Pod): void;
  /** Reads the node's pods anew and consistently, so that `state` misses none that is there now (faults 42). */
  confirm(): Promise<void>;
  close(): void;
}

export interface VolumeWatch {
  /** Names of the persistent volumes attached to the node. */
  attached(): readonly string[];
  /** Asks the node too, which may report volumes that have no attachment. */
  confirm(): Promise<readonly AttachedVolume[]>;
  close(): void;
}
