/** The control plane and the kubelets: what becomes of pods, volumes and nodes. */
import { expect, it } from 'vitest';

import type { Fact } from '../storage/facts.ts';
import { claims, namespaces, replicaSets, volumeAttachments } from '../storage/resources.ts';
import { TestPeer } from '../api/wire.ts';

async function threeNodes(): Promise<TestPeer> {
  const given = await TestPeer.start();
  for (const name of ['a', 'b', 'c']) given.peer.world.addNode({ name });
  return given;
}

const only = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (item === undefined || items.length !== 1) throw new Error(`${items.length} items, not one`);
  return item;
};

it('replaces a pod of a ReplicaSet at once, and lets the old one stop in its own time', async () => {
  await using given = await threeNodes();
  given.peer.world.addDeployment({ namespace: 'app', name: 'web', startSeconds: 2, shutdownSeconds: 8, nodes: ['a'] });
  await given.peer.settle();
  given.peer.world.cordon('a');
  const old = only(given.peer.pods('app'));
  const asked = given.clock.now();
  expect((await given.evict(old.metadata.name)).status).toBe(201);
  await given.clock.advance(3_000);
  const lives = given.peer.timeline.lives;
  expect(given.peer.pods('app')).toHaveLength(2);
  expect(given.readyPods()).toHaveLength(1);
  expect(lives[1]?.node).not.toBe('a');
  expect((lives[1]?.ready ?? 0) - asked).toBeLessThan(2_500);
  await given.clock.advance(7_000);
  expect(given.peer.pods('app')).toHaveLength(1);
  expect((lives[0]?.stopped ?? 0) - asked).toBeGreaterThanOrEqual(8_000);
  expect((lives[0]?.gone ?? 0) - asked).toBeLessThan(8_500);
});

it('ends containers when the grace is over, and sooner when a later request says so', async () => {
  await using given = await threeNodes();
  for (const name of ['slow', 'slower'])
    given.peer.world.addBarePod({ namespace: 'app', name, node: 'a', shutdownSeconds: 600, graceSeconds: 60 });
  await given.peer.settle();
  for (const name of ['slow', 'slower']) await given.evict(name);
  await given.clock.advance(10_000);
  await given.ask('/api/v1/namespaces/app/pods/slower?gracePeriodSeconds=15', { method: 'DELETE' });
  await given.clock.advance(5_500);
  expect(given.peer.pods('app').map(({ metadata }) => metadata.name)).toEqual(['slow']);
  await given.clock.advance(45_000);
  expect(given.peer.pods('app')).toEqual([]);
});

it('keeps a pod with a finalizer, its containers terminated', async () => {
  await using given = await threeNodes();
  given.peer.world.addBarePod({ namespace: 'app', name: 'held', node: 'a', finalizers: ['example.com/hold'] });
  await given.peer.settle();
  await given.evict('held');
  await given.clock.advance(1_000);
  const [pod] = given.peer.pods('app');
  expect(pod?.status.containerStatuses?.[0]?.state?.terminated).toBeDefined();
  await given.patch('/api/v1/namespaces/app/pods/held', 'merge-patch', { metadata: { finalizers: null } });
  expect(given.peer.pods('app')).toEqual([]);
});

it('makes a StatefulSet pod again only when the old one is gone, and moves its volume', async () => {
  await using given = await threeNodes();
  const db = { namespace: 'app', name: 'db', replicas: 2, volume: true, nodes: ['a'], shutdownSeconds: 3 };
  given.peer.world.addStatefulSet(db);
  await given.peer.settle();
  expect(given.peer.store.list(claims)).toHaveLength(2);
  const facts: Fact[] = [];
  given.peer.on((fact) => facts.push(fact));
  given.peer.world.cordon('a');
  await given.evict('db-1');
  await given.clock.advance(2_000);
  expect(given.peer.pods('app')).toHaveLength(2);
  await given.peer.settle();
  const kinds = facts.map(({ kind }) => kind);
  expect(kinds.indexOf('volumeDetaching')).toBeGreaterThan(kinds.indexOf('podGone'));
  // Where the pod goes is known at any time while its volume is on the way.
  const about = facts.filter(({ kind }) => kind.startsWith('pod') || kind.startsWith('volume')).map(({ kind }) => kind);
  expect(about.filter((kind) => kind !== 'podScheduled')).toEqual([
    'podTerminating',
    'podUnready',
    'podStopped',
    'podGone',
    'podCreated',
    'volumeDetaching',
    'volumeDetached',
    'volumeAttaching',
    'volumeAttached',
    'podReady',
  ]);
  const attached = given.peer.store.list(volumeAttachments).filter(({ spec }) => spec.nodeName !== 'a');
  expect(attached).toMatchObject([
    { status: { attached: true }, spec: { source: { persistentVolumeName: 'pv-app-data-db-1' } } },
  ]);
  expect(given.peer.node('a')?.status.volumesAttached).toHaveLength(1);
});

it('runs a daemon pod on every node, cordoned or new', async () => {
  await using given = await threeNodes();
  given.peer.world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
  given.peer.world.cordon('a');
  await given.peer.settle();
  given.peer.world.addNode({ name: 'd' });
  await given.clock.advance(500);
  const onA = only(given.peer.podsOn('a'));
  await given.ask(`/api/v1/namespaces/kube-system/pods/${onA.metadata.name}`, { method: 'DELETE' });
  await given.clock.advance(500);
  expect(
    given.peer
      .pods()
      .map(({ spec }) => spec.nodeName)
      .sort(),
  ).toEqual(['a', 'b', 'c', 'd']);
});

it('lets a pod that fits nowhere wait until a node comes', async () => {
  await using given = await threeNodes();
  for (const name of ['a', 'b']) given.peer.world.cordon(name);
  given.peer.world.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'c' },
    spec: { taints: [{ key: 'team', value: 'blue', effect: 'NoSchedule' }] },
  });
  given.peer.world.addDeployment({ namespace: 'app', name: 'web' });
  await given.clock.advance(1_000);
  const [pod] = given.peer.pods('app');
  expect(pod?.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }]);
  given.peer.world.addNode({ name: 'd' });
  await given.peer.settle();
  expect(given.peer.podsOn('d')).toHaveLength(1);
});

it('spreads pods, and keeps mirror pods alive', async () => {
  await using given = await threeNodes();
  given.peer.world.addDeployment({ namespace: 'app', name: 'web', replicas: 9 });
  given.peer.world.addMirrorPod({ namespace: 'kube-system', name: 'proxy-a', node: 'a' });
  await given.peer.settle();
  expect(['b', 'c'].map((node) => given.peer.podsOn(node).length).every((count) => count >= 3)).toBe(true);
  await given.ask('/api/v1/namespaces/kube-system/pods/proxy-a', { method: 'DELETE' });
  await given.clock.advance(31_000);
  expect(given.peer.pods('kube-system')).toHaveLength(1);
});

it('leaves pods of a dead node terminating until it is out of service', async () => {
  await using given = await threeNodes();
  given.peer.world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 1, volume: true, nodes: ['a'] });
  given.peer.world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
  await given.peer.settle();
  given.peer.world.stopKubelet('a');
  await given.clock.advance(41_000);
  const node = given.peer.node('a');
  expect(node?.status.conditions).toMatchObject([{ type: 'Ready', status: 'Unknown' }]);
  expect(node?.spec.taints?.map(({ key }) => key)).toContain('node.kubernetes.io/unreachable');
  expect(given.readyPods()).toEqual([]);
  expect((await given.evict('db-0')).status).toBe(201);
  await given.clock.advance(120_000);
  expect(given.peer.podsOn('a')).toHaveLength(2);
  const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
  await given.patch('/api/v1/nodes/a', 'json-patch', [{ op: 'add', path: '/spec/taints/-', value: taint }]);
  await given.clock.advance(5_000);
  expect(given.peer.podsOn('a').map(({ metadata }) => metadata.namespace)).toEqual(['kube-system']);
  expect(given.readyPods()).toEqual(['db-0']);
  expect(given.peer.store.list(volumeAttachments).map(({ spec }) => spec.nodeName)).not.toContain('a');
});

it('removes the pods of a machine that ended, and says that they were killed', async () => {
  await using given = await threeNodes();
  given.peer.world.addDeployment({ namespace: 'app', name: 'web', replicas: 2, nodes: ['a'] });
  await given.peer.settle();
  given.peer.terminateMachine('a');
  await given.clock.advance(120_000);
  expect(given.peer.node('a')).toBeUndefined();
  expect(given.peer.podsOn('a')).toEqual([]);
  expect(given.readyPods()).toHaveLength(2);
  expect(given.peer.timeline.lives.filter(({ killed }) => killed !== undefined)).toHaveLength(2);
});

it('collects what an owner leaves behind, or keeps it when told', async () => {
  await using given = await threeNodes();
  for (const name of ['web', 'api']) given.peer.world.addDeployment({ namespace: 'app', name, replicas: 2 });
  await given.peer.settle();
  const path = '/apis/apps/v1/namespaces/app/deployments';
  await given.ask(`${path}/web?propagationPolicy=Foreground`, { method: 'DELETE' });
  await given.ask(`${path}/api?propagationPolicy=Orphan`, { method: 'DELETE' });
  await given.clock.advance(2_000);
  expect((await given.ask(`${path}/web`)).status).toBe(404);
  expect(only(given.peer.store.list(replicaSets)).metadata).toMatchObject({
    labels: { app: 'api' },
    ownerReferences: [],
  });
  expect(given.peer.pods('app')).toHaveLength(2);
});

it('puts a pod on the node that it would rather have, and elsewhere when that one takes no pods', async () => {
  await using given = await threeNodes();
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: ['b'] }];
  const preferred = [{ weight: 100, preference: { matchFields } }];
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
  const add = (name: string) =>
    given.ask('/api/v1/namespaces/default/pods', {
      method: 'POST',
      body: { metadata: { name }, spec: { containers: [{ name: 'main', image: 'any' }], affinity } },
    });
  for (const name of ['p1', 'p2']) await add(name);
  await given.peer.settle();
  given.peer.world.cordon('b');
  await add('p3');
  await given.peer.settle();
  expect(given.peer.podsOn('b').map(({ metadata }) => metadata.name)).toEqual(['p1', 'p2']);
  expect(given.peer.pods()).toHaveLength(3);
});

it('ends a namespace with all that is in it, and refuses evictions meanwhile', async () => {
  await using given = await threeNodes();
  given.peer.world.addBarePod({ namespace: 'app', name: 'slow', node: 'a', shutdownSeconds: 5 });
  await given.peer.settle();
  await given.ask('/api/v1/namespaces/app', { method: 'DELETE' });
  expect((await given.evict('slow')).body).toMatchObject({
    code: 403,
    message: 'pods "slow" is forbidden: unable to create new content in namespace app because it is being terminated',
    details: { causes: [{ reason: 'NamespaceTerminating' }] },
  });
  await given.clock.advance(6_000);
  expect(given.peer.store.get(namespaces, { name: 'app' })).toBeUndefined();
});
