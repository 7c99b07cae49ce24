/** The volumes that are attached to a node, watched (contract 8.1). */
import type { KubernetesObject, V1VolumeAttachment } from '@kubernetes/client-node';
import type { VolumeWatch, WatchListener } from '../workflow/ports.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { watch } from './kubernetes-watch.ts';

/** VolumeAttachments cannot be selected by node, so all are watched and this node's kept. */
export async function watchVolumes(
  connection: KubernetesConnection,
  node: string,
  listener: WatchListener,
): Promise<VolumeWatch> {
  const attachments = await watch<string | undefined>(
    connection,
    {
      path: '/apis/storage.k8s.io/v1/volumeattachments',
      start: 'list',
      read: (object) => volumeOn(node, object),
    },
    listener,
  );
  return {
    attached: () => [...attachments.items.values()].filter((volume) => volume !== undefined),
    close: () => {
      attachments.close();
    },
  };
}

function volumeOn(node: string, object: KubernetesObject): string | undefined {
  const { metadata, spec } = object as V1VolumeAttachment;
  if (spec.nodeName !== node) return undefined;
  return spec.source.persistentVolumeName ?? metadata?.name;
}
