/**
 * Keeps the numbered pods of StatefulSets, one after the other, each with its claims. A pod is made again only when the
 * object of its name is gone, so a pod that hangs in termination is never doubled.
 */
import type { Cluster } from '../world/cluster.ts';
import { createObject } from '../storage/creation.ts';
import { deleteObject } from '../storage/deletion.ts';
import { controllerOf, type Pod, type StatefulSet } from '../storage/objects.ts';
import { isActive, isControlledBy, isFinished, isReady, isServing } from '../world/pod-state.ts';
import { claims, pods, statefulSets } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { keyOf, parseKey } from './object-key.ts';
import { podFrom } from './replica-set.ts';

export function runStatefulSets(cluster: Cluster): void {
  const queue = cluster.queue((key) => {
    const set = cluster.store.get(statefulSets, parseKey(key));
    if (set !== undefined && set.metadata.deletionTimestamp === undefined) reconcile(cluster, set);
  });
  cluster.store.onChange((change) => {
    if (isOf(statefulSets, change)) queue.add(keyOf(change.object));
    const owner = isOf(pods, change) ? controllerOf(change.object) : undefined;
    if (owner?.kind === 'StatefulSet') queue.add(`${change.object.metadata.namespace ?? ''}/${owner.name}`);
  });
}

function reconcile(cluster: Cluster, set: StatefulSet): void {
  const replicas = set.spec.replicas ?? 1;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    const pod = ensurePod(cluster, set, ordinal);
    if (ordered && !isServing(pod)) break;
  }
  scaleDown(cluster, set, replicas);
  setStatus(cluster, set);
}

function ensurePod(cluster: Cluster, set: StatefulSet, ordinal: number): Pod {
  const { name: setName, namespace = '' } = set.metadata;
  const name = `${setName}-${ordinal}`;
  const present = cluster.store.get(pods, { namespace, name });
  if (present !== undefined && isFinished(present)) deleteObject(cluster, pods, present, {});
  return cluster.store.get(pods, { namespace, name }) ?? makePod(cluster, set, name);
}

function makePod(cluster: Cluster, set: StatefulSet, name: string): Pod {
  const { namespace } = set.metadata;
  const templates = set.spec.volumeClaimTemplates ?? [];
  const pod = podFrom(set.spec.template, name, set);
  pod.metadata.labels = { ...pod.metadata.labels, 'statefulset.kubernetes.io/pod-name': name };
  pod.spec.hostname = name;
  for (const template of templates) {
    const claim = `${template.metadata?.name ?? ''}-${name}`;
    ensureClaim(cluster, { namespace: namespace ?? '', name: claim }, template.spec);
    const volume = { name: template.metadata?.name ?? '', persistentVolumeClaim: { claimName: claim } };
    pod.spec.volumes = [...(pod.spec.volumes ?? []), volume];
  }
  return createObject(cluster.store, pods, pod, { namespace }) as Pod;
}

function ensureClaim({ store }: Cluster, key: { namespace: string; name: string }, spec: unknown): void {
  if (store.get(claims, key) !== undefined) return;
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: key.name }, spec };
  createObject(store, claims, claim, { namespace: key.namespace });
}

/** The highest number goes first, one at a time. */
function scaleDown(cluster: Cluster, set: StatefulSet, replicas: number): void {
  const condemned = podsOf(cluster, set).filter((pod) => ordinalOf(pod) >= replicas);
  const last = condemned.sort((left, right) => ordinalOf(right) - ordinalOf(left))[0];
  if (last !== undefined && isActive(last)) deleteObject(cluster, pods, last, {});
}

function podsOf({ store }: Cluster, { metadata }: StatefulSet): Pod[] {
  return store.list(pods, metadata.namespace).filter((pod) => isControlledBy(pod, metadata.uid));
}

function ordinalOf({ metadata }: Pod): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1);
}

function setStatus(cluster: Cluster, set: StatefulSet): void {
  const mine = podsOf(cluster, set);
  const ready = mine.filter(isReady).length;
  cluster.store.change(statefulSets, set.metadata, (draft) => {
    draft.status = {
      ...draft.status,
      replicas: mine.length,
      currentReplicas: mine.length,
      updatedReplicas: mine.length,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(draft.metadata.generation === undefined ? {} : { observedGeneration: draft.metadata.generation }),
    };
  });
}
