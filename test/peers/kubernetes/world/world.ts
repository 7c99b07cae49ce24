/** Builds and steers the cluster that a test or the demo wants: nodes, workloads, budgets, and what befalls them. */
import type { Cluster } from './cluster.ts';
import { runAttachDetach } from '../controllers/attach-detach.ts';
import { runDaemonSets } from '../controllers/daemon-set.ts';
import { runDeployments } from '../controllers/deployment.ts';
import { runBudgets } from '../controllers/disruption.ts';
import { runGarbageCollector } from '../controllers/garbage-collector.ts';
import { Kubelets } from '../controllers/kubelets.ts';
import { runNamespaceEnd } from '../controllers/namespace-end.ts';
import { markUnknown, runNodeLifecycle } from '../controllers/node-lifecycle.ts';
import { runNodeMonitor } from '../controllers/node-monitor.ts';
import { runPodGc } from '../controllers/pod-gc.ts';
import { runReplicaSets } from '../controllers/replica-set.ts';
import { type Placements, runScheduler } from '../controllers/scheduler.ts';
import { runStatefulSets } from '../controllers/stateful-set.ts';
import { runVolumeBinder } from '../controllers/volume-binder.ts';
import { createObject } from '../storage/creation.ts';
import {
  type BudgetPlan,
  budgetManifest,
  type NodePlan,
  nodeManifest,
  podManifest,
  type PodPlan,
  type StatefulPlan,
  statefulManifest,
  workloadManifest,
  type WorkloadPlan,
} from './manifests.ts';
import type { Key, KubeObject, Manifest } from '../storage/objects.ts';
import { isActive, isControlledBy, isReady, withCondition } from './pod-state.ts';
import {
  budgets,
  deployments,
  namespaces,
  nodes,
  pods,
  replicaSets,
  type Resource,
  resourceOfKind,
  statefulSets,
} from '../storage/resources.ts';
import { timestamp } from '../storage/timestamp.ts';

const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export class World {
  readonly #cluster: Cluster;
  readonly #kubelets: Kubelets;
  readonly #placements: Placements = new Map();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const name of SYSTEM_NAMESPACES) this.#ensureNamespace(name);
    this.#kubelets = new Kubelets(cluster);
    const controllers = [runReplicaSets, runDeployments, runStatefulSets, runDaemonSets, runBudgets, runVolumeBinder];
    const keepers = [runAttachDetach, runNodeLifecycle, runPodGc, runGarbageCollector, runNamespaceEnd];
    for (const run of [...controllers, ...keepers]) run(cluster);
    runScheduler(cluster, this.#placements);
    runNodeMonitor(cluster, (node) => this.#kubelets.isAlive(node));
  }

  /** Creates an object, or replaces its spec, labels and annotations; makes its namespace. Any served kind. */
  apply(manifest: Manifest & { metadata: Key }): KubeObject {
    const resource = resourceOfKind(manifest.apiVersion, manifest.kind);
    if (resource === undefined) throw new Error(`${manifest.apiVersion} ${manifest.kind} is not served by the peer`);
    const { namespace, name } = manifest.metadata;
    if (namespace !== undefined) this.#ensureNamespace(namespace);
    if (resource === (nodes as Resource)) this.#kubelets.add(name);
    const replaced = this.#cluster.store.change(resource, manifest.metadata, (draft) => {
      const { metadata, ...rest } = structuredClone(manifest);
      Object.assign(draft, { ...rest, status: draft.status });
      Object.assign(draft.metadata, metadata);
    });
    return replaced ?? createObject(this.#cluster.store, resource, manifest, { namespace });
  }

  addNode(plan: NodePlan): void {
    const { clock, store } = this.#cluster;
    this.#kubelets.add(plan.name);
    createObject(store, nodes, nodeManifest(plan, timestamp(clock.now())));
    const { readySeconds = 0 } = plan;
    if (readySeconds > 0 && readySeconds < Infinity)
      this.#cluster.after(readySeconds * 1000, () => {
        this.#setNodeReady(plan.name);
      });
  }

  addDeployment(plan: WorkloadPlan): void {
    this.#place(plan);
    this.apply(workloadManifest('Deployment', plan) as Manifest & { metadata: Key });
  }

  addStatefulSet(plan: StatefulPlan): void {
    this.#place(plan);
    this.apply(statefulManifest(plan) as Manifest & { metadata: Key });
  }

  /** Its pods tolerate everything, as agents' do. */
  addDaemonSet(plan: PodPlan): void {
    const tolerations = plan.tolerations ?? [{ operator: 'Exists' }];
    this.apply(workloadManifest('DaemonSet', { ...plan, tolerations }) as Manifest & { metadata: Key });
  }

  addBudget(plan: BudgetPlan): void {
    this.apply(budgetManifest(plan) as Manifest & { metadata: Key });
  }

  /** A pod without controller, on `node` or where the scheduler puts it. */
  addBarePod(plan: PodPlan & { node?: string; ownerReferences?: Manifest['metadata']['ownerReferences'] }): void {
    const { metadata, spec, ...rest } = podManifest(plan);
    const place = plan.node === undefined ? {} : { nodeName: plan.node };
    const owners = plan.ownerReferences === undefined ? {} : { ownerReferences: plan.ownerReferences };
    const named = { ...metadata, ...owners, name: plan.name, namespace: plan.namespace };
    this.apply({ ...rest, metadata: named, spec: { ...spec, ...place } });
  }

  /** A static pod of a node, as its kubelet shows it: deleting it changes nothing. */
  addMirrorPod(plan: PodPlan & { node: string }): void {
    const owner = this.#cluster.store.get(nodes, { name: plan.node });
    if (owner === undefined) throw new Error(`no node ${plan.node} for the mirror pod ${plan.name}`);
    const annotations = {
      ...plan.annotations,
      'kubernetes.io/config.mirror': 'a1b2',
      'kubernetes.io/config.source': 'file',
    };
    const { name, uid } = owner.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid, controller: true }];
    this.addBarePod({ ...plan, annotations, ownerReferences });
  }

  /** The kubelet of a node dies: nothing on it starts or ends any more, and after a while the node is NotReady. */
  stopKubelet(node: string): void {
    this.#kubelets.stop(node);
    this.#cluster.after(this.#cluster.latencies.nodeMonitorGrace, () => {
      if (!this.#kubelets.isAlive(node)) markUnknown(this.#cluster, node);
    });
  }

  restartKubelet(node: string): void {
    this.#kubelets.restart(node);
    this.#setNodeReady(node);
  }

  /** The node's machine reboots: it is not Ready for so long, then it is, and says that it has booted anew. */
  reboot(node: string, seconds: number): void {
    this.#kubelets.stop(node);
    markUnknown(this.#cluster, node);
    this.#cluster.after(seconds * 1000, () => {
      this.#cluster.store.change(nodes, { name: node }, ({ status }) => {
        if (status.nodeInfo !== undefined) status.nodeInfo.bootID = crypto.randomUUID();
      });
      this.restartKubelet(node);
    });
  }

  /**
   * A kubelet registers its machine anew: as the same node, whose object somebody has deleted, or under another name, and
   * then serves the old node no more. It brings what it says of itself, and nothing that others had put on the node.
   */
  registerAnew(node: string, plan: Partial<NodePlan> = {}): void {
    const before = this.#cluster.store.get(nodes, { name: node });
    if (before === undefined) throw new Error(`there is no node ${node} whose machine could be registered anew`);
    const { providerID } = before.spec;
    const internalIp = before.status.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const same = { ...(providerID !== undefined && { providerID }), ...(internalIp !== undefined && { internalIp }) };
    const name = plan.name ?? node;
    if (name === node) this.deleteNode(node);
    else this.stopKubelet(node);
    this.addNode({ ...same, ...plan, name });
  }

  /** Removes a node's object, as the cloud's node controller does when the instance is gone. */
  deleteNode(node: string): void {
    this.#cluster.store.remove(nodes, { name: node });
  }

  /** What `kubectl cordon` sets. */
  cordon(node: string, unschedulable = true): void {
    this.#cluster.store.change(nodes, { name: node }, ({ spec }) => {
      if (unschedulable) spec.unschedulable = true;
      else delete spec.unschedulable;
    });
  }

  /** Takes a taint away, as an agent does for which pods have to wait. */
  removeTaint(node: string, key: string): void {
    this.#cluster.store.change(nodes, { name: node }, ({ spec }) => {
      spec.taints = spec.taints?.filter((taint) => taint.key !== key);
      if (spec.taints?.length === 0) delete spec.taints;
    });
  }

  /** Has somebody on the node report a condition, as node-problem-detector does. */
  setCondition(node: string, type: string, status: 'True' | 'False' | 'Unknown'): void {
    const now = timestamp(this.#cluster.clock.now());
    this.#cluster.store.change(nodes, { name: node }, (draft) => {
      const condition = { type, status, lastTransitionTime: now };
      draft.status.conditions = withCondition(draft.status.conditions, condition, now);
    });
  }

  /** Makes a running pod pass or fail its readiness probe. */
  setReady(key: Required<Key>, ready: boolean): void {
    const now = timestamp(this.#cluster.clock.now());
    this.#cluster.store.change(pods, key, ({ status }) => {
      const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now };
      status.conditions = withCondition(status.conditions, condition, now);
      status.containerStatuses = status.containerStatuses?.map((container) => ({ ...container, ready }));
    });
  }

  /** Makes a running pod's containers wait, as a kubelet shows those that end again and again. */
  setWaiting(key: Required<Key>, waiting: { reason: string; message?: string }): void {
    this.setReady(key, false);
    this.#cluster.store.change(pods, key, ({ status }) => {
      status.containerStatuses = status.containerStatuses?.map((container) => ({
        ...container,
        started: false,
        state: { waiting },
      }));
    });
  }

  /** Lets a pod run to its end. */
  finish(key: Required<Key>, phase: 'Succeeded' | 'Failed' = 'Succeeded'): void {
    this.setReady(key, false);
    this.#cluster.store.change(pods, key, ({ status }) => {
      status.phase = phase;
    });
  }

  /** Every wanted pod exists and is Ready, every budget is counted, and no controller has work. */
  get settled(): boolean {
    const { store, idle } = this.#cluster;
    const active = store.list(pods).filter(isActive);
    const started = store.list(deployments).every((it) => it.status.observedGeneration === it.metadata.generation);
    const serving = (uid: string): number => active.filter((pod) => isControlledBy(pod, uid) && isReady(pod)).length;
    const complete = [...store.list(replicaSets), ...store.list(statefulSets)].every(
      ({ spec, metadata }) => (spec.replicas ?? 1) === serving(metadata.uid),
    );
    const counted = store.list(budgets).every((it) => it.status.observedGeneration === it.metadata.generation);
    return idle && started && complete && counted && active.every(isReady);
  }

  stop(): void {
    this.#kubelets.stopAll();
  }

  #place({ namespace, name, replicas = 1, nodes: wanted = [] }: WorkloadPlan): void {
    const places = Array.from({ length: replicas }, (_, at) => wanted[at % wanted.length] ?? '');
    if (wanted.length > 0) this.#placements.set(`${namespace}/${name}`, places);
  }

  #ensureNamespace(name: string): void {
    const { store } = this.#cluster;
    if (store.get(namespaces, { name }) !== undefined) return;
    createObject(store, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  #setNodeReady(name: string): void {
    const { store, clock } = this.#cluster;
    const now = timestamp(clock.now());
    const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '', lastTransitionTime: now };
    store.change(nodes, { name }, ({ status }) => {
      status.conditions = withCondition(status.conditions, condition, now);
    });
  }
}
