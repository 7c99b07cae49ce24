/**
 * What the control plane does about nodes: the taints that follow from their state, Ready=Unknown when a kubelet is
 * silent, the NoExecute evictions, and the out-of-service taint that lets go of the pods of a dead node.
 */
import type { Cluster } from '../world/cluster.ts';
import { deleteObject } from '../storage/deletion.ts';
import type { Node, Pod, Taint } from '../storage/objects.ts';
import { isTerminating, withCondition } from '../world/pod-state.ts';
import { nodes, pods } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { tolerates } from '../world/taints.ts';
import { timestamp } from '../storage/timestamp.ts';

const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NOT_READY = 'node.kubernetes.io/not-ready';
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const OWN = [UNREACHABLE, UNSCHEDULABLE, NOT_READY];

export function runNodeLifecycle(cluster: Cluster): void {
  const queue = cluster.queue((name) => {
    const node = cluster.store.get(nodes, { name });
    if (node === undefined) return;
    setTaints(cluster, node);
    const next = evictByTaints(cluster, cluster.store.get(nodes, { name }) ?? node);
    if (next !== undefined) queue.addLater(name, next - cluster.clock.now());
  });
  cluster.store.onChange((change) => {
    if (isOf(nodes, change) && change.type !== 'DELETED') queue.add(change.object.metadata.name);
    if (isOf(pods, change) && change.type === 'ADDED' && change.object.spec.nodeName !== undefined)
      queue.add(change.object.spec.nodeName);
  });
}

/** The kubelet was silent for too long: Ready=Unknown, and its pods are ready no more. */
export function markUnknown({ store, clock }: Cluster, name: string): void {
  const now = timestamp(clock.now());
  const condition = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: now,
  };
  store.change(nodes, { name }, ({ status }) => {
    status.conditions = withCondition(status.conditions, condition, now);
  });
  for (const pod of store.list(pods).filter(({ spec }) => spec.nodeName === name)) {
    const unready = { type: 'Ready', status: 'False', lastTransitionTime: now };
    store.change(pods, pod.metadata, ({ status }) => {
      status.conditions = withCondition(status.conditions, unready, now);
    });
  }
}

function setTaints({ store, clock }: Cluster, node: Node): void {
  const wanted = taintsFor(node, timestamp(clock.now()));
  store.change(nodes, node.metadata, ({ spec }) => {
    const before = spec.taints ?? [];
    const isWanted = ({ key, effect }: Taint): boolean =>
      !OWN.includes(key) || wanted.some((taint) => taint.key === key && taint.effect === effect);
    const kept = before.filter(isWanted);
    const added = wanted.filter(
      ({ key, effect }) => !kept.some((taint) => taint.key === key && taint.effect === effect),
    );
    if (kept.length + added.length > 0) spec.taints = [...kept, ...added];
    else delete spec.taints;
  });
}

function taintsFor({ spec, status }: Node, timeAdded: string): Taint[] {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
  const cordoned = spec.unschedulable === true ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule', timeAdded }] : [];
  const key = ready === 'Unknown' ? UNREACHABLE : NOT_READY;
  const broken = [
    { key, effect: 'NoSchedule', timeAdded },
    { key, effect: 'NoExecute', timeAdded },
  ];
  return ready === 'True' ? cordoned : [...cordoned, ...broken];
}

/** Deletes what does not tolerate the node's NoExecute taints; returns when the next toleration runs out. */
function evictByTaints(cluster: Cluster, node: Node): number | undefined {
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (taints.length === 0) return undefined;
  const now = cluster.clock.now();
  const bound = cluster.store.list(pods).filter(({ spec }) => spec.nodeName === node.metadata.name);
  const ends = bound.map((pod) => ({ pod, end: endOf(pod, taints, now) }));
  for (const { pod, end } of ends) if (end <= now) remove(cluster, pod, isOutOfService(node));
  const later = ends.map(({ end }) => end).filter((end) => end > now && end < Infinity);
  return later.length === 0 ? undefined : Math.min(...later);
}

/** When a pod has to go because of taints: Infinity when it tolerates them for good. */
function endOf({ spec }: Pod, taints: readonly Taint[], now: number): number {
  const ends = taints.map((taint) => {
    const matching = (spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    const seconds = matching.map(({ tolerationSeconds = Infinity }) => tolerationSeconds);
    const since = taint.timeAdded === undefined ? now : Date.parse(taint.timeAdded);
    return matching.length === 0 ? now : since + Math.min(...seconds) * 1000;
  });
  return Math.min(...ends);
}

/** Somebody vouches that the machine is down, and the node is indeed not ready. */
export function isOutOfService({ spec, status }: Node): boolean {
  const ready = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready !== true && (spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false);
}

/** On a node out of service nobody will confirm: pod GC deletes without grace. */
function remove(cluster: Cluster, pod: Pod, force: boolean): void {
  if (force) deleteObject(cluster, pods, pod, { gracePeriodSeconds: 0 });
  else if (!isTerminating(pod)) deleteObject(cluster, pods, pod, {});
}
