/**
 * Makes one ReplicaSet per pod template of a Deployment and scales it. A new template scales the old sets to nothing at
 * once: rolling updates are not what this peer is for.
 */
import { createHash } from 'node:crypto';

import type { Cluster } from '../world/cluster.ts';
import { createObject } from '../storage/creation.ts';
import { controlledBy, controllerOf, type Deployment, type ReplicaSet } from '../storage/objects.ts';
import { withCondition } from '../world/pod-state.ts';
import { deployments, replicaSets } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { timestamp } from '../storage/timestamp.ts';
import { keyOf, parseKey } from './object-key.ts';

export function runDeployments(cluster: Cluster): void {
  const queue = cluster.queue((key) => {
    const deployment = cluster.store.get(deployments, parseKey(key));
    if (deployment !== undefined && deployment.metadata.deletionTimestamp === undefined) reconcile(cluster, deployment);
  });
  cluster.store.onChange((change) => {
    if (isOf(deployments, change)) queue.add(keyOf(change.object));
    const owner = isOf(replicaSets, change) ? controllerOf(change.object) : undefined;
    if (owner !== undefined) queue.add(`${change.object.metadata.namespace ?? ''}/${owner.name}`);
  });
}

function reconcile(cluster: Cluster, deployment: Deployment): void {
  const { store } = cluster;
  const hash = templateHash(deployment);
  const name = `${deployment.metadata.name}-${hash}`;
  const { namespace, uid } = deployment.metadata;
  const replicas = deployment.spec.replicas ?? 1;
  const sets = store.list(replicaSets, namespace).filter((set) => controllerOf(set)?.uid === uid);
  for (const set of sets) scale(cluster, set, set.metadata.name === name ? replicas : 0);
  if (!sets.some((set) => set.metadata.name === name))
    createObject(store, replicaSets, setOf(deployment, name, hash), { namespace });
  setStatus(cluster, deployment, sets);
}

function scale({ store }: Cluster, { metadata }: ReplicaSet, replicas: number): void {
  store.change(replicaSets, metadata, ({ spec }) => {
    spec.replicas = replicas;
  });
}

function setOf(deployment: Deployment, name: string, hash: string) {
  const { replicas, selector, template } = deployment.spec;
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, labels, ownerReferences: [controlledBy(deployment)] },
    spec: {
      replicas: replicas ?? 1,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

function setStatus({ store, clock }: Cluster, deployment: Deployment, sets: ReplicaSet[]): void {
  const sum = (field: 'replicas' | 'readyReplicas'): number =>
    sets.reduce((total, { metadata }) => total + (store.get(replicaSets, metadata)?.status[field] ?? 0), 0);
  const ready = sum('readyReplicas');
  const wanted = deployment.spec.replicas ?? 1;
  const now = timestamp(clock.now());
  const available = ready >= wanted - Math.floor(wanted / 4);
  store.change(deployments, deployment.metadata, (draft) => {
    draft.status = {
      ...draft.status,
      replicas: sum('replicas'),
      updatedReplicas: sum('replicas'),
      readyReplicas: ready,
      availableReplicas: ready,
      unavailableReplicas: Math.max(0, wanted - ready),
      ...(draft.metadata.generation === undefined ? {} : { observedGeneration: draft.metadata.generation }),
      conditions: withCondition(
        draft.status.conditions,
        {
          type: 'Available',
          status: available ? 'True' : 'False',
          reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        },
        now,
      ),
    };
  });
}

/** Ten characters without vowels, as upstream's SafeEncodeString. */
function templateHash({ spec }: Deployment): string {
  const digits = createHash('sha256').update(JSON.stringify(spec.template)).digest();
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(digits.subarray(0, 10), (byte) => alphabet[byte % alphabet.length]).join('');
}
