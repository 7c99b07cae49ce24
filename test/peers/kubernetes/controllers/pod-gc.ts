/** Removes, after a quarantine, the pods of nodes whose objects are gone. */
import type { Cluster } from '../world/cluster.ts';
import { deleteObject } from '../storage/deletion.ts';
import { nodes, pods } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';

export function runPodGc(cluster: Cluster): void {
  const { store } = cluster;
  const queue = cluster.queue((node) => {
    if (store.get(nodes, { name: node }) !== undefined) return;
    for (const pod of store.list(pods).filter(({ spec }) => spec.nodeName === node))
      deleteObject(cluster, pods, pod, { gracePeriodSeconds: 0 });
  });
  store.onChange((change) => {
    if (isOf(nodes, change) && change.type === 'DELETED')
      queue.addLater(change.object.metadata.name, cluster.latencies.podGc);
  });
}
