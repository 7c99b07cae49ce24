/** The persistent volumes of a pod, and what is attached to a node. */
import type { Pod, Volume, VolumeAttachment } from '../storage/objects.ts';
import { claims, volumeAttachments, volumes } from '../storage/resources.ts';
import type { ObjectStore } from '../storage/store.ts';

/** The volumes that a pod's claims are bound to; undefined while one is not bound. */
export function volumesOf(store: ObjectStore, { metadata, spec }: Pod): Volume[] | undefined {
  const names = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  const bound = names.map((name) => {
    const claim = store.get(claims, { namespace: metadata.namespace ?? '', name });
    const volumeName = claim?.spec.volumeName;
    return volumeName === undefined ? undefined : store.get(volumes, { name: volumeName });
  });
  const found = bound.filter((volume) => volume !== undefined);
  return found.length === bound.length ? found : undefined;
}

export function attachmentsOf(store: ObjectStore, node: string): VolumeAttachment[] {
  return store.list(volumeAttachments).filter(({ spec }) => spec.nodeName === node);
}

/** The volume's name in node.status.volumesInUse and volumesAttached. */
export function uniqueVolumeName({ spec, metadata }: Volume): string {
  return `kubernetes.io/csi/${spec.csi?.driver ?? ''}^${spec.csi?.volumeHandle ?? metadata.name}`;
}
