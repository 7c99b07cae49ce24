/** What the workflows need of the outside world: few verbs, in the words of the domain. Adapters provide them. */
import type { AttachedVolume } from '../core/kubernetes/attached-volume.ts';
import type { ClusterSettings } from '../core/settings/cluster-settings.ts';
import type { Machine, OtherNodes } from '../core/node/dead-node.ts';
import type { DomainEvent } from '../core/events/domain-event.ts';
import type { EvictionAnswer } from '../core/drain/eviction-ask.ts';
import type { EndedRetirement, StartedRetirement } from '../core/retirement/orphaned-hook.ts';
import type { Group, Launched, LaunchPlan, Member } from '../core/aws/group.ts';
import type { DrainState } from '../core/drain/pacing.ts';
import type { NodePatch } from '../core/node/marks.ts';
import type { Node } from '../core/kubernetes/node.ts';
import type { MachineIdentity } from '../core/node/identity.ts';
import type { Notice } from '../core/notice/notice.ts';
import type { Pod } from '../core/kubernetes/pod.ts';
import type { Selector } from '../core/kubernetes/selector.ts';
import type { PoolScope, Registration, Target, TargetPool } from '../core/traffic/target-pool.ts';
import type { UnreadyPod } from '../core/kubernetes/unready-pod.ts';

/** Auto Scaling, as far as a lifecycle action goes. */
export interface Lifecycle {
  /** The group that an instance is in and its state there; undefined when it is in none. */
  membership(instance: string): Promise<Membership | undefined>;
  /** Tags of a group; undefined when there is no such group. */
  groupTags(group: string): Promise<Readonly<Record<string, string>> | undefined>;
  hook(group: string, name: string): Promise<Hook | undefined>;
  /**
   * When Auto Scaling began to let the instance go, epoch milliseconds: its hook began then, or later, because its load
   * balancers may come before. Undefined when Auto Scaling does not tell.
   */
  leavingSince(instance: { readonly group: string; readonly instance: string }): Promise<number | undefined>;
  /** `over`: no such action is active, by AWS's own word (contract 6.1). */
  heartbeat(action: LifecycleAction): Promise<'recorded' | 'over'>;
  /** Completes with CONTINUE. */
  complete(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Whether the group keeps an instance whose termination hook is abandoned (contract 5.3). */
  retains(group: string): Promise<boolean>;
  /** Completes with ABANDON: without `retains`, that terminates and ends every other hook. */
  abandon(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Terminates an instance that its group has let go of already: the desired capacity stays. */
  terminate(instance: string): Promise<'terminated' | 'gone'>;
}

export interface Membership {
  readonly group: string;
  readonly state: string;
}

export interface Hook {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly globalTimeoutSeconds: number;
  readonly metadata?: string;
}

/** A lifecycle action by hook, group and instance: AWS does not tell its token, and takes these. */
export interface LifecycleAction {
  readonly group: string;
  readonly hook: string;
  readonly instance: string;
}

/** Auto Scaling groups as a whole: few calls, however many instances they have. */
export interface Groups {
  /**
   * The groups of these names, and those that bear the tag with that value; a name that no group has is left out.
   *
   * @param by.value @default `true`
   */
  enrolled(by: { names: readonly string[]; tag: string; value?: string }): Promise<readonly Group[]>;
  /** Instances that are in no group are left out. */
  members(instances: readonly string[]): Promise<readonly Member[]>;
}

/** What groups would launch, and what they have launched (contract 9.1). */
export interface Launches {
  /** By group name; `fault`: why it cannot be told, naming what is missing. One that fails hinders no other. */
  plans(groups: readonly Group[]): Promise<ReadonlyMap<string, LaunchPlan | { readonly fault: string }>>;
  /** By instance; those that EC2 does not know are left out. */
  launched(instances: readonly string[]): Promise<ReadonlyMap<string, Launched>>;
}

/** Who else changes a group (contract 9.7). */
export interface GroupChanges {
  /** In words, such as `instance refresh … is under way`; undefined when nobody does. */
  underWay(group: Group): Promise<string | undefined>;
}

/** EKS's control planes. */
export interface ControlPlanes {
  /** Kubernetes' minor version, `1.33`; undefined when EKS knows no such cluster. */
  version(cluster: string): Promise<string | undefined>;
}

export interface Instances {
  /** By what the machine is known; nothing when the instance is unknown, or EC2 does not answer now (faults 16). */
  identity(instance: string): Promise<MachineIdentity>;
  /** What EC2 says of the machine; undefined when it does not answer now. */
  machine(instance: string): Promise<Machine | undefined>;
}

export interface InstanceTags {
  /** Empty when the instance has none or is unknown. */
  tagsOf(instance: { instance: string; account: string; region: string }): Promise<Readonly<Record<string, string>>>;
}

export interface Settings {
  /** Undefined when no such cluster is configured. */
  cluster(name: string): Promise<ClusterSettings | undefined>;
  /** Of the configured clusters. */
  names(): Promise<readonly string[]>;
}

export interface Retirements {
  /**
   * Starting what runs or ran already under that name, for the same notice, starts nothing and is `started` too;
   * `already`: the name is another notice's (contract 1.6).
   */
  start(name: string, notice: Notice): Promise<'started' | 'already'>;
}

/** The retirements that run now. */
export interface RunningRetirements {
  isRunning(name: string): Promise<boolean>;
  /** Names of all. */
  names(): Promise<readonly string[]>;
}

export interface RetirementHistory {
  /** All that started at `since` or later (epoch milliseconds), those that run among them. */
  started(since: number): Promise<readonly StartedRetirement[]>;
  /** Those that have ended, of what started after `since` (epoch milliseconds); the latest first. */
  ended(since: number): Promise<readonly EndedRetirement[]>;
}

export interface Clusters {
  /** @throws ClusterAway, ClusterRefused */
  open(name: string): Promise<Cluster>;
}

/** Clusters of which all nodes are looked at. */
export interface Fleets {
  /** @throws ClusterAway, ClusterRefused */
  open(name: string): Promise<Cluster & FleetView>;
}

export interface FleetView {
  /** All nodes, a page at a time, so that thousands need not be held at once. */
  allNodes(): AsyncIterable<readonly Node[]>;
  /** How many pods are on a node, finished ones and those of DaemonSets among them. */
  countPods(node: string): Promise<number>;
}

/** One cluster's API. Every verb throws ClusterAway or ClusterRefused when the cluster as a whole cannot be used. */
export interface Cluster {
  /** Every node with the instance's providerID, and the one of its private DNS name if it bears no providerID. */
  findNodes(instance: string, privateDnsName: string | undefined): Promise<readonly Node[]>;
  readNode(name: string): Promise<Node | undefined>;
  /** The nodes that are labelled as retiring. */
  retiringNodes(): Promise<readonly Node[]>;
  /** The nodes that ask to be withdrawn, in the order of their names. @param most of these, @default all */
  withdrawingNodes(most?: number): Promise<readonly Node[]>;
  /** How many nodes the cluster has. */
  countNodes(): Promise<number>;
  /** How the other nodes of the cluster are; costs a list of all. */
  otherNodes(name: string): Promise<OtherNodes>;
  /** `conflict`: the node has changed since it was read. @throws PatchRefused when it is not taken, for good */
  patchNode(name: string, patch: NodePatch): Promise<'patched' | 'conflict' | 'gone'>;
  /** Lists and then watches what a drain of that node decides by. Resolves once everything has been listed. */
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

/** Elastic Load Balancing. What is gone already is never an error. */
export interface LoadBalancing {
  /** How many pools the scope may have: asks AWS for names alone, which costs none of the rates of Elastic Load Balancing. */
  poolsNamed(scope: Omit<PoolScope, 'vpc'>): Promise<number>;
  /** Pools whose targets are instances or IP addresses; kept for two minutes (contract 7.2). */
  pools(scope: PoolScope): Promise<readonly TargetPool[]>;
  /**
   * Every registered target of the pool, and of those that drain at least the `wanted`; none when the pool is gone.
   *
   * @param wanted ids: classic load balancers tell of instances that drain only when they are asked for few by id
   */
  targets(pool: TargetPool, wanted?: readonly string[]): Promise<readonly Target[]>;
  /** Takes these targets out of the pool, in as few calls as AWS allows. */
  deregister(pool: TargetPool, targets: readonly Target[]): Promise<void>;
  /** Whether a tag names the cluster: costs none of the rates of Elastic Load Balancing either. */
  isTaggedFor(cluster: string, pool: TargetPool): Promise<boolean>;
  /** Puts these targets back; those that are registered, or drain, come into service again. */
  register(pool: TargetPool, targets: readonly Registration[]): Promise<void>;
}

/** Instances that have not terminated. */
export interface InstanceFinder {
  /** By id, or by any of its private IPv4 addresses; several when machines of several networks have the same one. */
  find(by: { readonly id: string } | { readonly ip: string }): Promise<readonly FoundInstance[]>;
}

export interface FoundInstance {
  readonly instance: string;
  readonly vpc: string;
  /** Private ones of its network interfaces, those of pods among them. */
  readonly addresses: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface Journal {
  report(event: DomainEvent): void;
}

/** A durable run: what `step` returned is kept, so that after a crash or a suspension the run goes on from there. */
export interface DurableRun {
  /** Does `work` at least once and keeps what it returns, which must be plain data. Names are static. */
  step<Outcome>(name: string, work: () => Promise<Outcome>): Promise<Outcome>;
  /** Suspends; nothing is paid meanwhile. */
  suspend(name: string, seconds: number): Promise<void>;
}
