/** Keeps as many active pods as each ReplicaSet wants: a terminating pod is replaced at once, while it still runs. */
import type { Cluster } from '../world/cluster.ts';
import { createObject, suffix } from '../storage/creation.ts';
import { deleteObject } from '../storage/deletion.ts';
import { controlledBy, controllerOf, type Pod, type PodTemplate, type ReplicaSet } from '../storage/objects.ts';
import { isActive, isControlledBy, isReady } from '../world/pod-state.ts';
import { pods, replicaSets } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { keyOf, parseKey } from './object-key.ts';

export function runReplicaSets(cluster: Cluster): void {
  const queue = cluster.queue((key) => {
    const set = cluster.store.get(replicaSets, parseKey(key));
    if (set !== undefined && set.metadata.deletionTimestamp === undefined) reconcile(cluster, set);
  });
  cluster.store.onChange((change) => {
    if (isOf(replicaSets, change)) queue.add(keyOf(change.object));
    const owner = isOf(pods, change) ? controllerOf(change.object) : undefined;
    if (owner?.kind === 'ReplicaSet') queue.add(`${change.object.metadata.namespace ?? ''}/${owner.name}`);
  });
}

function reconcile(cluster: Cluster, set: ReplicaSet): void {
  const mine = activePods(cluster, set);
  const missing = (set.spec.replicas ?? 1) - mine.length;
  for (let count = 0; count < missing; count += 1) makePod(cluster, set);
  for (const pod of mine.sort(leastUseful).slice(0, Math.max(0, -missing))) deleteObject(cluster, pods, pod, {});
  setStatus(cluster, set);
}

function activePods({ store }: Cluster, { metadata }: ReplicaSet): Pod[] {
  return store.list(pods, metadata.namespace).filter((pod) => isControlledBy(pod, metadata.uid) && isActive(pod));
}

function makePod({ store }: Cluster, set: ReplicaSet): void {
  const name = `${set.metadata.name}-${suffix()}`;
  createObject(store, pods, podFrom(set.spec.template, name, set), { namespace: set.metadata.namespace });
}

/** The pod of a template, run by `owner`. */
export function podFrom(
  template: PodTemplate | undefined,
  name: string,
  owner: ReplicaSet | Parameters<typeof controlledBy>[0],
) {
  const { labels, annotations } = template?.metadata ?? {};
  const metadata = {
    name,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ownerReferences: [controlledBy(owner)],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(template?.spec ?? { containers: [] }) };
}

/** Unassigned pods go first, then those not ready. */
function leastUseful(left: Pod, right: Pod): number {
  const worth = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  return worth(left) - worth(right);
}

function setStatus(cluster: Cluster, set: ReplicaSet): void {
  const mine = activePods(cluster, set);
  const ready = mine.filter(isReady).length;
  cluster.store.change(replicaSets, set.metadata, (draft) => {
    draft.status = {
      replicas: mine.length,
      fullyLabeledReplicas: mine.length,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(draft.metadata.generation === undefined ? {} : { observedGeneration: draft.metadata.generation }),
    };
  });
}
