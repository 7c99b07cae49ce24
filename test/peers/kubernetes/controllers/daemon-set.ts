/** A pod of each DaemonSet on every node whose taints it tolerates, cordoned ones too; a pod that goes is made again. */
import type { Cluster } from '../world/cluster.ts';
import { createObject, suffix } from '../storage/creation.ts';
import type { DaemonSet, Node, Pod, Toleration } from '../storage/objects.ts';
import { isControlledBy, isReady } from '../world/pod-state.ts';
import { daemonSets, nodes, pods } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { toleratesAll } from '../world/taints.ts';
import { keyOf, parseKey } from './object-key.ts';
import { podFrom } from './replica-set.ts';

/** What the DaemonSet controller adds to every pod of its own. */
const ADDED: Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

export function runDaemonSets(cluster: Cluster): void {
  const { store } = cluster;
  const queue = cluster.queue((key) => {
    const set = store.get(daemonSets, parseKey(key));
    if (set !== undefined && set.metadata.deletionTimestamp === undefined) reconcile(cluster, set);
  });
  store.onChange((change) => {
    if (isOf(daemonSets, change)) queue.add(keyOf(change.object));
    if (!isOf(nodes, change) && !isOf(pods, change)) return;
    const { namespace } = change.object.metadata;
    for (const set of store.list(daemonSets, namespace)) queue.add(keyOf(set));
  });
}

function reconcile(cluster: Cluster, set: DaemonSet): void {
  const wanted = cluster.store.list(nodes).filter((node) => runsOn(set, node));
  const mine = cluster.store.list(pods, set.metadata.namespace).filter((pod) => isControlledBy(pod, set.metadata.uid));
  for (const node of wanted)
    if (!mine.some((pod) => targetOf(pod) === node.metadata.name)) makePod(cluster, set, node.metadata.name);
  setStatus(cluster, set, { wanted: wanted.length, mine });
}

function runsOn({ spec }: DaemonSet, { metadata, spec: { taints = [] } }: Node): boolean {
  const selector = Object.entries(spec.template.spec?.nodeSelector ?? {});
  const tolerations = [...ADDED, ...(spec.template.spec?.tolerations ?? [])];
  const hard = taints.filter(({ effect }) => effect !== 'PreferNoSchedule');
  return selector.every(([key, value]) => metadata.labels?.[key] === value) && toleratesAll(tolerations, hard);
}

/** The node that a daemon pod is for, before and after it is scheduled. */
function targetOf({ spec }: Pod): string | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}

function makePod({ store }: Cluster, set: DaemonSet, node: string): void {
  const pod = podFrom(set.spec.template, `${set.metadata.name}-${suffix()}`, set);
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...ADDED];
  pod.spec.affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } },
  };
  createObject(store, pods, pod, { namespace: set.metadata.namespace });
}

function setStatus({ store }: Cluster, set: DaemonSet, { wanted, mine }: { wanted: number; mine: Pod[] }): void {
  const ready = mine.filter(isReady).length;
  store.change(daemonSets, set.metadata, (draft) => {
    draft.status = {
      currentNumberScheduled: mine.length,
      desiredNumberScheduled: wanted,
      numberMisscheduled: 0,
      numberReady: ready,
      numberAvailable: ready,
      updatedNumberScheduled: mine.length,
      ...(draft.metadata.generation === undefined ? {} : { observedGeneration: draft.metadata.generation }),
    };
  });
}
