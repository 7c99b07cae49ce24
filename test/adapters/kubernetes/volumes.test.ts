import { describe, expect, test } from 'vitest';
import { watchVolumes } from '../../../lambdas/adapters/kubernetes/volumes.ts';
import { ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { VolumeWatch } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { nodes, volumeAttachments } from '../../peers/kubernetes/storage/resources.ts';
import { Heard, KubernetesGiven } from './given.ts';

describe('the volumes attached to a node (contract 8.1)', () => {
  test('are this node’s, none of another’s', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    expect(watch.attached().toSorted()).toEqual(volumesOn(given, 'a'));
    expect(watch.attached()).toHaveLength(2);
  });

  test('detach a while after the pod that used them has gone, and are told to be', async () => {
    await using given = await withVolumes();
    const { watch, heard } = await watching(given, 'a');
    const told = heard.changes;
    given.peer.world.cordon('a');
    const pod = given.peer.podsOn('a')[0];
    await given.cluster.evict(given.pod(pod?.metadata.name ?? ''));
    await given.until(() => watch.attached().length === 1);
    expect([...watch.attached()]).toEqual(volumesOn(given, 'a'));
    expect(heard.changes).toBeGreaterThan(told);
  });

  test('that come later are seen', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    given.peer.world.addStatefulSet({ namespace: 'app', name: 'late', volume: true, nodes: ['a'] });
    await given.until(() => watch.attached().length === 3);
    expect(watch.attached().toSorted()).toEqual(volumesOn(given, 'a'));
  });

  test('of another node make no difference', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    const before = [...watch.attached()];
    given.peer.world.addStatefulSet({ namespace: 'app', name: 'late', volume: true, nodes: ['b'] });
    await given.until(() => volumesOn(given, 'b').length === 3);
    await given.pass(200);
    expect([...watch.attached()]).toEqual(before);
  });

  test('without a persistent volume go by the attachment’s own name', async () => {
    await using given = await KubernetesGiven.start();
    const spec = { attacher: 'x', nodeName: 'a', source: { inlineVolumeSpec: {} } };
    const manifest = { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'inline' }, spec };
    given.peer.store.create(volumeAttachments, { ...manifest, status: { attached: true } });
    const { watch } = await watching(given, 'a');
    expect(watch.attached()).toEqual(['inline']);
  });

  test('are told to be in use until the kubelet lets go, for one request', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.requests.clear();
    const confirmed = (await watch.confirm()).toSorted((a, b) => a.name.localeCompare(b.name));
    expect(confirmed).toEqual(volumesOn(given, 'a').map((name) => ({ name, inUse: true })));
    expect(given.requests().map(({ verb, resource }) => `${verb} ${resource}`)).toEqual(['get nodes']);
    given.peer.store.change(nodes, { name: 'a' }, ({ status }) => {
      delete status.volumesInUse;
    });
    expect((await watch.confirm()).map(({ inUse }) => inUse)).toEqual([false, false]);
  });

  test('that the node reports are counted once, and those without an attachment by the node’s word', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    expect(given.peer.node('a')?.status.volumesAttached).toHaveLength(2);
    const old = 'flexvolume.example.com/disk/1';
    const stale = 'kubernetes.io/csi/ebs.csi.aws.com^vol-0';
    given.peer.store.change(nodes, { name: 'a' }, ({ status }) => {
      const more = [old, stale].map((name) => ({ name, devicePath: '' }));
      status.volumesAttached = [...(status.volumesAttached ?? []), ...more];
      status.volumesInUse = [...(status.volumesInUse ?? []), old];
    });
    expect((await watch.confirm()).slice(2)).toEqual([
      { name: old, inUse: true },
      { name: stale, inUse: false },
    ]);
  });

  test('of a node that has gone are those that have attachments', async () => {
    await using given = await KubernetesGiven.start();
    const { watch } = await watching(given, 'none');
    expect(await watch.confirm()).toEqual([]);
  });

  test('cost two requests, and none is left open', async () => {
    await using given = await withVolumes();
    const { watch } = await watching(given, 'a');
    await given.until(() => given.peer.faults.watches.size === 1);
    expect(given.requests().map(({ verb }) => verb)).toEqual(['list', 'watch']);
    watch.close();
    await given.until(() => given.peer.faults.watches.size === 0);
  });

  test('may be refused (faults 34)', async () => {
    await using given = await withVolumes();
    const watching = watchVolumes(given.connectWith([]), 'a', new Heard());
    const error = await watching.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain(
      'cannot list resource "volumeattachments" in API group "storage.k8s.io"',
    );
  });
});

/** Two nodes; a StatefulSet with two volumes on each. */
async function withVolumes(): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start();
  for (const name of ['a', 'b']) given.peer.world.addNode({ name });
  const plan = { namespace: 'app', name: 'db', replicas: 4, volume: true, nodes: ['a', 'b'], parallel: true };
  given.peer.world.addStatefulSet(plan);
  await given.peer.settle();
  await given.until(() => volumesOn(given, 'a').length + volumesOn(given, 'b').length === 4);
  return given;
}

async function watching(given: KubernetesGiven, node: string): Promise<{ watch: VolumeWatch; heard: Heard }> {
  const heard = new Heard();
  return { watch: await given.cluster.watchVolumes(node, heard), heard };
}

function volumesOn({ peer }: KubernetesGiven, node: string): string[] {
  const here = peer.store.list(volumeAttachments).filter(({ spec }) => spec.nodeName === node);
  return here.map(({ spec }) => spec.source.persistentVolumeName ?? '').toSorted();
}
