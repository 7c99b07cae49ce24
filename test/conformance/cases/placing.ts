/** Scheduler, node lifecycle and namespaces: where pods may go, and what becomes of a place that ends. */
import { expect } from 'vitest';

import type { Namespace, Pod } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import { nodeReady, podManifest } from '../manifests.ts';

const controllers = cases('controllers');
const BLUE = { key: 'team', value: 'blue', effect: 'NoSchedule' };
const TOLERATES_BLUE = { key: 'team', operator: 'Equal', value: 'blue', effect: 'NoSchedule' };

/** Where a pod was put. */
const placeOf = (given: Given, name: string): Promise<string> =>
  given.eventually(`${name} is bound`, async () => (await given.ground.pod(name))?.spec.nodeName);

/** Waits until the scheduler says that a pod fits nowhere. */
const unschedulable = (given: Given, name: string): Promise<true> =>
  given.eventually(`${name} is unschedulable`, async () => {
    const conditions = (await given.ground.pod(name))?.status.conditions ?? [];
    return conditions.some(({ type, status, reason }) => {
      return type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable';
    });
  });

const taintsOf = async ({ ground }: Given, node: string): Promise<string[]> =>
  ((await ground.node(node)).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);

export const placing = [
  controllers('the scheduler passes by a cordoned node, until it is uncordoned', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a' });
    await client.change(path, 'merge-patch', { spec: { unschedulable: true } });
    const cordoned = 'node.kubernetes.io/unschedulable:NoSchedule';
    await given.eventually('the cordon is a taint', async () => (await taintsOf(given, 'a')).includes(cordoned));
    const { nodeSelector } = ground;
    await ground.addPod({ name: 'p1', nodeSelector });
    await unschedulable(given, 'p1');
    await client.change(path, 'merge-patch', { spec: { unschedulable: null } });
    expect(await placeOf(given, 'p1')).toBe(ground.nodeName('a'));
    await given.eventually('the taint is gone', async () => !(await taintsOf(given, 'a')).includes(cordoned));
  }),

  controllers('the scheduler passes by a tainted node, but for pods that tolerate it', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a', taints: [BLUE] });
    const { nodeSelector } = ground;
    await ground.addPod({ name: 'tolerant', nodeSelector, tolerations: [TOLERATES_BLUE] });
    expect(await placeOf(given, 'tolerant')).toBe(ground.nodeName('a'));
    await ground.addPod({ name: 'other', nodeSelector });
    await unschedulable(given, 'other');
    await client.change(path, 'merge-patch', { spec: { taints: [{ ...BLUE, effect: 'PreferNoSchedule' }] } });
    expect(await placeOf(given, 'other')).toBe(ground.nodeName('a'));
  }),

  controllers('a node loses and gets its not-ready taints with its Ready condition', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a' });
    const key = 'node.kubernetes.io/not-ready';
    await given.eventually('it takes pods', async () => !(await taintsOf(given, 'a')).includes(`${key}:NoSchedule`));
    const status = { conditions: [nodeReady(false)] };
    await client.change(`${path}/status`, 'strategic-merge-patch', { status });
    await given.eventually('it takes none', async () => {
      const taints = await taintsOf(given, 'a');
      return taints.includes(`${key}:NoSchedule`) && taints.includes(`${key}:NoExecute`);
    });
  }),

  controllers('a node whose kubelet is silent becomes Unknown, and its pods are Ready no more', async (given) => {
    const { ground } = given;
    await ground.addNode({ name: 'a' });
    await ground.addRunningPod({ name: 'p1', node: 'a' });
    const limit = 120;
    await given.eventually(
      'the node is Unknown',
      async () => {
        const { status } = await ground.node('a');
        return status.conditions?.some((one) => one.type === 'Ready' && one.status === 'Unknown');
      },
      limit,
    );
    const unreachable = 'node.kubernetes.io/unreachable';
    await given.eventually('it is tainted', async () =>
      (await taintsOf(given, 'a')).includes(`${unreachable}:NoExecute`),
    );
    await given.eventually('its pod is not Ready', async () => {
      const conditions = (await ground.pod('p1'))?.status.conditions ?? [];
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'False');
    });
  }),

  controllers('a namespace that ends takes nothing new, evicts nothing, and goes with its last pod', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    const name = `${ground.namespace}-end`;
    await ground.addNamespace(name, given);
    const path = `/api/v1/namespaces/${name}`;
    const pod = podManifest({ name: 'p1', node: ground.nodeName('a') });
    const { metadata } = await client.create<Pod>(`${path}/pods`, pod);
    await client.delete(path);
    expect((await client.get<Namespace>(path)).status.phase).toBe('Terminating');
    const late = await client.ask(`${path}/pods`, { method: 'POST', body: podManifest({ name: 'late' }) });
    const eviction = await client.evict({ namespace: name, name: 'p1' });
    for (const { status, body } of [late, eviction]) {
      expect(status).toBe(403);
      expect(body.message).toContain(
        `unable to create new content in namespace ${name} because it is being terminated`,
      );
      expect(body.details?.causes).toMatchObject([{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }]);
    }
    await given.eventually('its pod is marked', async () => {
      return (await client.get<Pod>(`${path}/pods/p1`)).metadata.deletionTimestamp;
    });
    const { uid } = metadata;
    await client.delete(`${path}/pods/p1`, { gracePeriodSeconds: 0, preconditions: { uid } });
    await given.eventually('the namespace is gone', async () => (await client.find(path)) === undefined, 60);
  }),
];
