/**
 * VolumeAttachments: one per CSI volume and node that has a pod on it. A volume that is attached elsewhere is waited for;
 * one without pods is detached, later when its node's kubelet still reports it in use (a dead node: after 6 minutes,
 * unless the node is out of service).
 */
import { createHash } from 'node:crypto';

import type { Cluster } from '../world/cluster.ts';
import { createObject } from '../storage/creation.ts';
import { deleteObject } from '../storage/deletion.ts';
import type { Pod, Volume, VolumeAttachment } from '../storage/objects.ts';
import { isFinished } from '../world/pod-state.ts';
import { claims, nodes, pods, volumeAttachments, volumes } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { attachmentsOf, uniqueVolumeName, volumesOf } from '../world/volumes-of-pod.ts';
import { isOutOfService } from './node-lifecycle.ts';
import { CSI_DRIVER } from './volume-binder.ts';

const FINALIZER = `external-attacher/${CSI_DRIVER.replaceAll('.', '-')}`;
const EVERYTHING = 'everything';

export function runAttachDetach(cluster: Cluster): void {
  const { store } = cluster;
  /** Since when an attachment has no pod, by its name. */
  const idleSince = new Map<string, number>();
  const queue = cluster.queue(() => {
    attachMissing(cluster);
    const next = detachIdle(cluster, idleSince);
    if (next !== undefined) queue.addLater(EVERYTHING, next - cluster.clock.now());
  });
  store.onChange((change) => {
    const own = isOf(volumeAttachments, change) || isOf(claims, change) || isOf(nodes, change);
    if (own || (isOf(pods, change) && (change.object.spec.volumes ?? []).length > 0)) queue.add(EVERYTHING);
    if (isOf(volumeAttachments, change)) attacher(cluster, change.object, change.type);
  });
}

/** Each volume that a bound pod wants, on the pod's node. */
function wanted({ store }: Cluster): { volume: Volume; node: string }[] {
  const holds = (pod: Pod): boolean => pod.spec.nodeName !== undefined && !isFinished(pod);
  const users = store.list(pods).filter((pod) => (pod.spec.volumes ?? []).length > 0 && holds(pod));
  return users.flatMap((pod) =>
    (volumesOf(store, pod) ?? []).map((volume) => ({ volume, node: pod.spec.nodeName ?? '' })),
  );
}

function attachMissing(cluster: Cluster): void {
  const { store } = cluster;
  for (const { volume, node } of wanted(cluster)) {
    const name = volume.metadata.name;
    const taken = store.list(volumeAttachments).some(({ spec }) => spec.source.persistentVolumeName === name);
    if (taken || store.get(nodes, { name: node }) === undefined) continue;
    createObject(store, volumeAttachments, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: attachmentName(volume, node), finalizers: [FINALIZER] },
      spec: { attacher: CSI_DRIVER, nodeName: node, source: { persistentVolumeName: name } },
    });
  }
}

/** Starts the detaching that is due; returns when the next is. */
function detachIdle(cluster: Cluster, idleSince: Map<string, number>): number | undefined {
  const { store, clock, latencies } = cluster;
  const used = wanted(cluster).map(({ volume, node }) => `${volume.metadata.name}@${node}`);
  const later: number[] = [];
  for (const attachment of store.list(volumeAttachments)) {
    const { name, deletionTimestamp } = attachment.metadata;
    const volume = attachment.spec.source.persistentVolumeName;
    // Kubernetes' controller passes over what is attached without a persistent volume (`processVolumeAttachments`).
    if (volume === undefined) continue;
    const place = `${volume}@${attachment.spec.nodeName}`;
    if (deletionTimestamp !== undefined || used.includes(place)) {
      idleSince.delete(name);
      continue;
    }
    const since = idleSince.get(name) ?? clock.now();
    idleSince.set(name, since);
    const due = isSafe(cluster, attachment) ? since : since + latencies.forcedDetach;
    if (due <= clock.now()) deleteObject(cluster, volumeAttachments, attachment, {});
    else later.push(due);
  }
  return later.length === 0 ? undefined : Math.min(...later);
}

/** The node is gone or out of service, or its kubelet no longer has the volume mounted. */
function isSafe({ store }: Cluster, { spec }: VolumeAttachment): boolean {
  const node = store.get(nodes, { name: spec.nodeName });
  const volume = store.get(volumes, { name: spec.source.persistentVolumeName ?? '' });
  if (node === undefined || volume === undefined || isOutOfService(node)) return true;
  return !(node.status.volumesInUse ?? []).includes(uniqueVolumeName(volume));
}

/** The CSI attacher: attaches after a while, and detaches before it lets go of the object. */
function attacher(cluster: Cluster, { metadata, status }: VolumeAttachment, type: string): void {
  const { store, latencies } = cluster;
  if (type === 'ADDED')
    cluster.after(latencies.attach, () => {
      store.change(volumeAttachments, metadata, (draft) => {
        draft.status.attached = true;
      });
    });
  if (type === 'MODIFIED' && metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 1)
    cluster.after(status.attached ? latencies.detach : 0, () => {
      store.change(volumeAttachments, metadata, (draft) => {
        draft.metadata.finalizers = [];
      });
    });
  reportAttached(cluster);
}

/** node.status.volumesAttached, from which a volume goes before it is detached. */
function reportAttached({ store }: Cluster): void {
  for (const { metadata } of store.list(nodes)) {
    const attached = attachmentsOf(store, metadata.name).filter(
      ({ status, metadata: { deletionTimestamp } }) => status.attached && deletionTimestamp === undefined,
    );
    const entries = attached.map(({ spec }) =>
      volumeEntry(store.get(volumes, { name: spec.source.persistentVolumeName ?? '' })),
    );
    store.change(nodes, metadata, ({ status }) => {
      if (entries.length > 0) status.volumesAttached = entries;
      else delete status.volumesAttached;
    });
  }
}

function volumeEntry(volume: Volume | undefined): { name: string; devicePath: string } {
  return { name: volume === undefined ? '' : uniqueVolumeName(volume), devicePath: '' };
}

/** As Kubernetes' CSI plugin names it. */
function attachmentName({ spec }: Volume, node: string): string {
  const { driver = '', volumeHandle = '' } = spec.csi ?? {};
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${node}`).digest('hex')}`;
}
