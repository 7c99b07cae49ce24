/**
 * Binds pods to nodes: of those that are neither cordoned nor tainted against the pod and have room, the one that it
 * would rather have, and then the emptiest. A pod that fits nowhere waits, with a PodScheduled=False condition, until
 * nodes or pods change.
 */
import type { Cluster } from '../world/cluster.ts';
import { isWanted, preference } from '../world/node-affinity.ts';
import type { Node, Pod, Taint, Toleration } from '../storage/objects.ts';
import { isFinished, withCondition } from '../world/pod-state.ts';
import { nodes, pods } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { toleratesAll } from '../world/taints.ts';
import { topologyLabels } from '../world/topology-labels.ts';
import { timestamp } from '../storage/timestamp.ts';
import { keyOf, parseKey } from './object-key.ts';

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Node names that the first pods of a workload shall go to, one after the other, by `namespace/app`. */
export type Placements = Map<string, string[]>;

export function runScheduler(cluster: Cluster, placements: Placements): void {
  const { store } = cluster;
  const queue = cluster.queue((key) => {
    const pod = store.get(pods, parseKey(key));
    if (pod !== undefined && isWaiting(pod)) schedule(cluster, pod, placements);
  });
  store.onChange((change) => {
    if (isOf(pods, change) && change.type !== 'DELETED' && isWaiting(change.object)) queue.add(keyOf(change.object));
    const freed = isOf(pods, change) && change.type === 'DELETED';
    if (freed || (isOf(nodes, change) && isNewChance(change.previous, change.object)))
      for (const pod of store.list(pods).filter(isWaiting)) queue.add(keyOf(pod));
  });
}

function isWaiting({ spec, metadata }: Pod): boolean {
  return spec.nodeName === undefined && metadata.deletionTimestamp === undefined;
}

/** A heartbeat is none. */
function isNewChance(before: Node | undefined, { spec, metadata }: Node): boolean {
  return JSON.stringify([before?.spec, before?.metadata.labels]) !== JSON.stringify([spec, metadata.labels]);
}

function schedule(cluster: Cluster, pod: Pod, placements: Placements): void {
  const { store, clock } = cluster;
  const all = store.list(nodes);
  const loads = countPods(cluster);
  const obstacles = all.map((node) => obstacle(node, pod, loads));
  const free = all.filter((_, at) => obstacles[at] === undefined);
  const chosen = placed(pod, free, placements) ?? best(pod, free, loads);
  const now = timestamp(clock.now());
  store.change(pods, pod.metadata, ({ metadata, spec, status }) => {
    if (chosen !== undefined) spec.nodeName = chosen.metadata.name;
    if (chosen !== undefined) metadata.labels = { ...metadata.labels, ...topologyLabels(chosen) };
    const failure = { status: 'False', reason: 'Unschedulable', message: explain(obstacles) };
    const condition = chosen === undefined ? failure : { status: 'True' };
    const scheduled = { type: 'PodScheduled', ...condition, lastTransitionTime: now };
    status.conditions = withCondition(status.conditions, scheduled, now);
  });
}

/** Why a pod cannot go to a node, in the scheduler's words; undefined when it can. */
function obstacle(node: Node, pod: Pod, loads: Loads): string | undefined {
  const { spec } = node;
  const tolerations: Toleration[] = pod.spec.tolerations ?? [];
  if (!isWanted(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  if (spec.unschedulable === true && !toleratesAll(tolerations, [UNSCHEDULABLE])) return 'node(s) were unschedulable';
  const barring = barringTaint(node, tolerations);
  if (barring !== undefined) return `node(s) had untolerated taint {${barring.key}: ${barring.value ?? ''}}`;
  return isFull(node, loads) ? 'Too many pods' : undefined;
}

function isFull({ metadata, status }: Node, loads: Loads): boolean {
  return (loads.get(metadata.name) ?? 0) >= Number(status.allocatable?.pods ?? 110);
}

function barringTaint({ spec }: Node, tolerations: readonly Toleration[]): Taint | undefined {
  const hard = (spec.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  return hard.find((taint) => !toleratesAll(tolerations, [taint]));
}

function placed({ metadata }: Pod, free: readonly Node[], placements: Placements): Node | undefined {
  const wanted = placements.get(`${metadata.namespace ?? ''}/${metadata.labels?.app ?? ''}`);
  const name = wanted?.shift();
  return free.find((node) => node.metadata.name === name);
}

function best(pod: Pod, free: readonly Node[], loads: Loads): Node | undefined {
  const load = ({ metadata }: Node): number => loads.get(metadata.name) ?? 0;
  return [...free].sort((left, right) => preference(pod, right) - preference(pod, left) || load(left) - load(right))[0];
}

/** How many pods each node has. */
type Loads = ReadonlyMap<string, number>;

function countPods({ store }: Cluster): Loads {
  const loads = new Map<string, number>();
  for (const pod of store.list(pods)) {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && !isFinished(pod)) loads.set(nodeName, (loads.get(nodeName) ?? 0) + 1);
  }
  return loads;
}

function explain(obstacles: readonly (string | undefined)[]): string {
  const reasons = [...new Set(obstacles)].filter((reason) => reason !== undefined);
  const counted = reasons.map((reason) => `${obstacles.filter((one) => one === reason).length} ${reason}`);
  return `0/${obstacles.length} nodes are available: ${counted.join(', ')}.`;
}
