/** Makes a CSI volume for every claim and binds the two, as a provisioner does. */
import type { Cluster } from '../world/cluster.ts';
import { createObject } from '../storage/creation.ts';
import type { Claim } from '../storage/objects.ts';
import { claims, volumes } from '../storage/resources.ts';
import { isOf } from '../storage/store.ts';
import { keyOf, parseKey } from './object-key.ts';

export const CSI_DRIVER = 'ebs.csi.aws.com';

export function runVolumeBinder(cluster: Cluster): void {
  const queue = cluster.queue((key) => {
    const claim = cluster.store.get(claims, parseKey(key));
    if (claim?.spec.volumeName === undefined && claim !== undefined) bind(cluster, claim);
  });
  cluster.store.onChange((change) => {
    if (isOf(claims, change) && change.type === 'ADDED') queue.add(keyOf(change.object));
  });
}

function bind({ store }: Cluster, { metadata }: Claim): void {
  const { namespace = '', name: claim, uid } = metadata;
  const name = `pv-${namespace}-${claim}`;
  const spec = {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim, uid },
    csi: { driver: CSI_DRIVER, volumeHandle: `vol-${uid.replaceAll('-', '').slice(0, 17)}` },
    persistentVolumeReclaimPolicy: 'Delete',
  };
  if (store.get(volumes, { name }) === undefined)
    createObject(store, volumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec });
  store.change(volumes, { name }, ({ status }) => {
    status.phase = 'Bound';
  });
  store.change(claims, metadata, (draft) => {
    draft.spec.volumeName = name;
    draft.status.phase = 'Bound';
  });
}
