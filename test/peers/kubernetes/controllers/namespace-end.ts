/** Ends a namespace: deletes what is in it, and when nothing is left, the namespace. */
import type { Cluster } from '../world/cluster.ts';
import { deleteObject } from '../storage/deletion.ts';
import { namespaces, resources } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';

export function runNamespaceEnd(cluster: Cluster): void {
  const { store } = cluster;
  const queue = cluster.queue((name) => {
    if (store.get(namespaces, { name })?.metadata.deletionTimestamp === undefined) return;
    const inside = resources
      .filter(({ namespaced }) => namespaced)
      .flatMap((resource) => store.list(resource, name).map((object) => ({ resource, object })));
    for (const { resource, object } of inside)
      if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, resource, object, {});
    if (resources.some((resource) => resource.namespaced && store.list(resource, name).length > 0)) return;
    store.change(namespaces, { name }, ({ spec }) => {
      spec.finalizers = [];
    });
  });
  store.onChange((change) => {
    if (isOf(namespaces, change)) queue.add(change.object.metadata.name);
    else if (change.type === 'DELETED' && change.object.metadata.namespace !== undefined)
      queue.add(change.object.metadata.namespace);
  });
}
