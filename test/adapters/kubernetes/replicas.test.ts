/** The pods of a node, and controllers' own counts of their pods. */
import { expect, test } from 'vitest';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Owner } from '../../../lambdas/core/kubernetes/pod.ts';
import { KubernetesGiven } from './given.ts';

/** A node with three pods of a Deployment and one of a StatefulSet, and another node. */
async function given(): Promise<KubernetesGiven> {
  const scene = await KubernetesGiven.start();
  const { world } = scene.peer;
  world.addNode({ name: 'a' });
  world.addNode({ name: 'b' });
  world.addDeployment({ namespace: 'app', name: 'web', replicas: 3, nodes: ['a'] });
  world.addStatefulSet({ namespace: 'app', name: 'db', nodes: ['a'] });
  world.addDeployment({ namespace: 'app', name: 'other', nodes: ['b'] });
  await scene.peer.settle();
  return scene;
}

async function ownerOf(scene: KubernetesGiven, kind: string): Promise<Owner> {
  const owner = (await scene.cluster.podsOn('a')).find((pod) => pod.owner?.kind === kind)?.owner;
  if (owner === undefined) throw new Error(`no pod of a ${kind}`);
  return owner;
}

test('the pods of a node are read with their owners, and those of other nodes are not', async () => {
  await using scene = await given();
  const pods = await scene.cluster.podsOn('a');
  expect(pods.map(({ owner }) => owner?.kind).toSorted()).toEqual([
    'ReplicaSet',
    'ReplicaSet',
    'ReplicaSet',
    'StatefulSet',
  ]);
  expect(pods.every(({ ready }) => ready)).toBe(true);
  expect(await scene.cluster.podsOn('nowhere')).toEqual([]);
});

test('a controller says how many pods it wants, and how many are Ready', async () => {
  await using scene = await given();
  const [web, db] = [await ownerOf(scene, 'ReplicaSet'), await ownerOf(scene, 'StatefulSet')];
  expect(await scene.cluster.replicasOf(web)).toEqual({ wanted: 3, ready: 3 });
  expect(await scene.cluster.replicasOf(db)).toEqual({ wanted: 1, ready: 1 });
  const [pod] = (await scene.cluster.podsOn('a')).filter(({ owner }) => owner?.kind === 'ReplicaSet');
  scene.peer.world.setReady({ namespace: 'app', name: pod?.name ?? '' }, false);
  await scene.pass(1_000);
  expect(await scene.cluster.replicasOf(web)).toEqual({ wanted: 3, ready: 2 });
});

test('a controller that has gone, that another has replaced under its name, or of another kind has no count', async () => {
  await using scene = await given();
  const web = await ownerOf(scene, 'ReplicaSet');
  expect(await scene.cluster.replicasOf({ ...web, name: 'gone' })).toBeUndefined();
  expect(await scene.cluster.replicasOf({ ...web, uid: 'another' })).toBeUndefined();
  expect(
    await scene.cluster.replicasOf({ ...web, kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1' }),
  ).toBeUndefined();
});

test('without the right to read controllers the refusal names it; a server that fails is ClusterAway', async () => {
  await using scene = await given();
  const web = await ownerOf(scene, 'ReplicaSet');
  const cluster = kubernetesCluster(scene.connectWith([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]));
  const refused = await cluster.replicasOf(web).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ClusterRefused);
  expect((refused as Error).message).toContain('cannot get resource "replicasets" in API group "apps"');
  scene.peer.faults.answer({ verb: 'list', resource: 'pods' }, 503, 'no leader');
  const away = await scene.during(scene.cluster.podsOn('a').catch((error: unknown) => error));
  expect(away).toBeInstanceOf(ClusterAway);
});
