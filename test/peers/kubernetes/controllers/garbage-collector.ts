/** Deletes what has owners and none of them left; carries out foreground and orphan deletions. */
import type { Cluster } from '../world/cluster.ts';
import { deleteObject, FOREGROUND, ORPHAN } from '../storage/deletion.ts';
import type { KubeObject } from '../storage/objects.ts';
import { type Resource, resourceOfKind, resources } from '../storage/resources.ts';

interface Owned {
  readonly resource: Resource;
  readonly object: KubeObject;
}

export function runGarbageCollector(cluster: Cluster): void {
  const queue = cluster.queue((uid) => {
    collect(cluster, uid);
  });
  cluster.store.onChange(({ type, object }) => {
    const { uid, deletionTimestamp, ownerReferences = [] } = object.metadata;
    if (type === 'DELETED' || deletionTimestamp !== undefined) queue.add(uid);
    // The end of a dependant may be what its owner's foreground deletion waits for; its birth may be too late.
    if (type !== 'MODIFIED') for (const owner of ownerReferences) queue.add(owner.uid);
  });
}

function collect(cluster: Cluster, uid: string): void {
  const dependants = ownedBy(cluster, uid);
  const owner = find(cluster, uid);
  if (owner !== undefined) {
    finishDeletion(cluster, owner, dependants);
    return;
  }
  for (const { resource, object } of dependants)
    if (!hasLivingOwner(cluster, object)) deleteObject(cluster, resource, object, {});
}

function finishDeletion(cluster: Cluster, owner: Owned, dependants: readonly Owned[]): void {
  const { uid } = owner.object.metadata;
  const finalizers = owner.object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) {
    for (const dependant of dependants) disown(cluster, dependant, uid);
    unhold(cluster, owner, ORPHAN);
  } else if (finalizers.includes(FOREGROUND)) {
    for (const { resource, object } of dependants)
      if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, resource, object, {});
    if (ownedBy(cluster, uid).length === 0) unhold(cluster, owner, FOREGROUND);
  }
}

function ownedBy({ store }: Cluster, uid: string): Owned[] {
  return resources.flatMap((resource) =>
    store
      .list(resource)
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false)
      .map((object) => ({ resource, object })),
  );
}

function find({ store }: Cluster, uid: string): Owned | undefined {
  for (const resource of resources) {
    const object = store.list(resource).find(({ metadata }) => metadata.uid === uid);
    if (object !== undefined) return { resource, object };
  }
  return undefined;
}

function hasLivingOwner({ store }: Cluster, { metadata: { namespace, ownerReferences = [] } }: KubeObject): boolean {
  return ownerReferences.some(({ apiVersion, kind, name, uid }) => {
    const resource = resourceOfKind(apiVersion, kind);
    // An owner of a kind that is not served, or of a name that cannot be asked for, is none of ours to judge.
    if (resource === undefined || !isPathSegment(name)) return true;
    const key = namespace === undefined ? { name } : { namespace, name };
    return store.get(resource, key)?.metadata.uid === uid;
  });
}

/** Clients refuse to ask for any other name. */
function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%]/.test(name);
}

function disown({ store }: Cluster, { resource, object }: Owned, uid: string): void {
  store.change(resource, object.metadata, ({ metadata }) => {
    metadata.ownerReferences = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
  });
}

function unhold({ store }: Cluster, { resource, object }: Owned, finalizer: string): void {
  store.change(resource, object.metadata, ({ metadata }) => {
    metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
  });
}
