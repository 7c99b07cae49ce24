/** The pods of a budget and how many their controllers want. */
import { controllerOf, type Budget, type Pod } from '../storage/objects.ts';
import { deployments, pods, replicaSets, replicationControllers, statefulSets } from '../storage/resources.ts';
import { matches } from '../api/selectors.ts';
import type { ObjectStore } from '../storage/store.ts';

export function podsOfBudget(store: ObjectStore, { metadata, spec }: Budget): Pod[] {
  return store.list(pods, metadata.namespace).filter((pod) => matches(spec.selector, pod.metadata.labels));
}

/**
 * The sum of spec.replicas of the pods' controllers, each counted once; a ReplicaSet of a Deployment counts as the
 * Deployment. Pods without controller count nothing. `unknown` names a pod whose controller has no scale: upstream then
 * fails the budget's sync.
 */
export function scaleOf(store: ObjectStore, members: readonly Pod[]): { scale: number; unknown: string | undefined } {
  const scales = new Map<string, number>();
  for (const pod of members) {
    const found = scaleOfController(store, pod);
    if (found === 'none') continue;
    if (found === 'unknown') return { scale: 0, unknown: pod.metadata.name };
    scales.set(found.uid, found.replicas);
  }
  return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unknown: undefined };
}

function scaleOfController(store: ObjectStore, pod: Pod): { uid: string; replicas: number } | 'none' | 'unknown' {
  const owner = controllerOf(pod);
  if (owner === undefined) return 'none';
  const namespace = pod.metadata.namespace ?? '';
  const direct = owned(store, owner.kind, { namespace, name: owner.name });
  if (direct?.metadata.uid !== owner.uid) return 'unknown';
  const above = controllerOf(direct);
  const deployment = above === undefined ? undefined : store.get(deployments, { namespace, name: above.name });
  const { metadata, spec } = deployment ?? direct;
  return { uid: metadata.uid, replicas: (spec as { replicas?: number } | undefined)?.replicas ?? 1 };
}

function owned(store: ObjectStore, kind: string, key: { namespace: string; name: string }) {
  switch (kind) {
    case 'ReplicaSet':
      return store.get(replicaSets, key);
    case 'StatefulSet':
      return store.get(statefulSets, key);
    case 'ReplicationController':
      return store.get(replicationControllers, key);
    default:
      return undefined;
  }
}
