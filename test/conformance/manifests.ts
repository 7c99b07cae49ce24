/** The objects that the cases make, as a user would write them; they run on any cluster. */
import type { Budget } from '../peers/kubernetes/storage/objects.ts';

/** An image that every cluster has or gets. */
const IMAGE = 'registry.k8s.io/pause:3.9';

export interface PodPlan {
  readonly name: string;
  /** The node that it is bound to; the scheduler's choice by default. */
  readonly node?: string;
  /** Its label `app`. @default its name */
  readonly app?: string;
  readonly labels?: Record<string, string>;
  readonly finalizers?: string[];
  readonly ownerReferences?: object[];
  /** terminationGracePeriodSeconds. @default 30 */
  readonly graceSeconds?: number;
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: object[];
}

export interface NodePlan {
  readonly name: string;
  /** @default true */
  readonly ready?: boolean;
  readonly labels?: Record<string, string>;
  readonly taints?: object[];
  readonly unschedulable?: boolean;
}

export function podManifest(plan: PodPlan): object {
  const { name, app = name, labels, finalizers, ownerReferences } = plan;
  const held = finalizers === undefined ? {} : { finalizers };
  const owned = ownerReferences === undefined ? {} : { ownerReferences };
  const metadata = { name, labels: { app, ...labels }, ...held, ...owned };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec(plan) };
}

export function podSpec({ node, graceSeconds, nodeSelector, tolerations }: Omit<PodPlan, 'name'>): object {
  return {
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image: IMAGE }],
    ...(node === undefined ? {} : { nodeName: node }),
    ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
  };
}

/** A node without machine: its status says Ready until the node lifecycle controller misses the kubelet. */
export function nodeManifest(plan: NodePlan, labels: Record<string, string>): object {
  const { name, ready = true, taints, unschedulable } = plan;
  const capacity = { cpu: '4', memory: '8Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels, ...plan.labels } },
    spec: { ...(taints === undefined ? {} : { taints }), ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: { capacity, allocatable: capacity, conditions: [nodeReady(ready)] },
  };
}

export function nodeReady(ready: boolean): object {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  return { type: 'Ready', status: ready ? 'True' : 'False', reason: 'KubeletReady', message: 'conformance', ...times };
}

export function budgetManifest(name: string, app: string, spec: Partial<Budget['spec']>): object {
  const selector = { matchLabels: { app } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec: { selector, ...spec } };
}

/** A Deployment, ReplicaSet or StatefulSet of `replicas` pods, or a DaemonSet. */
export function workloadManifest(
  kind: 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet',
  plan: Omit<PodPlan, 'node' | 'app'> & { replicas?: number },
): object {
  const { name, replicas = 1, ...pod } = plan;
  const selector = { matchLabels: { app: name } };
  const template = { metadata: { labels: { app: name } }, spec: podSpec(pod) };
  const count = kind === 'DaemonSet' ? {} : { replicas };
  const service = kind === 'StatefulSet' ? { serviceName: name } : {};
  return { apiVersion: 'apps/v1', kind, metadata: { name }, spec: { ...count, ...service, selector, template } };
}
