/** Watches the volumes that are attached to a node (contract 8.1). */
import { createHash } from 'node:crypto';
import type { KubernetesObject, V1Node, V1VolumeAttachment } from '@kubernetes/client-node';
import type { VolumeWatch, WatchListener } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { unlessMissing } from './api/status.ts';
import { watch } from './api/watch.ts';

/** VolumeAttachments cannot be selected by node: all are watched, and this node's kept. */
export async function watchVolumes(
  connection: KubernetesConnection,
  node: string,
  listener: WatchListener,
): Promise<VolumeWatch> {
  const attachments = await watch<Attachment | undefined>(
    connection,
    {
      path: '/apis/storage.k8s.io/v1/volumeattachments',
      start: 'list',
      read: (object) => attachmentTo(node, object),
    },
    listener,
  );
  const here = (): Attachment[] => [...attachments.items.values()].filter((each) => each !== undefined);
  return {
    attached: () => here().map(({ volume }) => volume),
    async confirm() {
      const { status } = ((await unlessMissing(connection.read(pathOf('/api/v1/nodes', node)))) ??
        {}) as Partial<V1Node>;
      const inUse = new Set(status?.volumesInUse?.map((name) => attachmentOf(name, node)));
      const attached = here();
      const known = new Set(attached.map(({ name }) => name));
      const unexplained = (status?.volumesAttached ?? [])
        .map(({ name }) => ({ volume: name, name: attachmentOf(name, node) }))
        .filter(({ name }) => !known.has(name));
      return [...attached, ...unexplained].map(({ volume, name }) => ({ name: volume, inUse: inUse.has(name) }));
    },
    close: () => {
      attachments.close();
    },
  };
}

interface Attachment {
  readonly name: string;
  readonly volume: string;
}

function attachmentTo(node: string, object: KubernetesObject): Attachment | undefined {
  const { metadata, spec } = object as V1VolumeAttachment;
  if (spec.nodeName !== node) return undefined;
  const name = metadata?.name ?? '';
  return { name, volume: spec.source.persistentVolumeName ?? name };
}

/**
 * Returns the name of the attachment of a volume. A node's status names CSI volumes by driver and handle, an attachment
 * by its persistent volume: only this name joins the two without reading the volume. (`getAttachmentName` of
 * Kubernetes' CSI plugin.) Volumes of other plugins have no attachment and keep their own name.
 */
function attachmentOf(volume: string, node: string): string {
  const { driver, handle } = /^kubernetes\.io\/csi\/(?<driver>[^^]+)\^(?<handle>.+)$/.exec(volume)?.groups ?? {};
  if (driver === undefined || handle === undefined) return volume;
  return `csi-${createHash('sha256').update(`${handle}${driver}${node}`).digest('hex')}`;
}
