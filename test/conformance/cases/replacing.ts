/** Workload controllers: when the pod that goes is replaced, and where. */
import { expect } from 'vitest';

import type { Pod, StatefulSet } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import { workloadManifest } from '../manifests.ts';

const controllers = cases('controllers');
const apps = 'apis/apps/v1';

const evict = ({ client, ground }: Given, name: string) => client.evict({ namespace: ground.namespace, name });

/** The pods of `app`, once there are as many and all run. */
async function running(given: Given, app: string, count: number): Promise<Pod[]> {
  await given.eventually(`${count} pods of ${app} run`, async () => {
    const started = await given.ground.startPods(app);
    return started.length === count;
  });
  return given.ground.pods(app);
}

export const replacing = [
  controllers('a ReplicaSet replaces a pod as soon as it is marked', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    const { nodeSelector } = ground;
    const manifest = workloadManifest('Deployment', { name: 'web', replicas: 2, nodeSelector });
    await client.create(ground.path('deployments', apps), manifest);
    const [old] = await running(given, 'web', 2);
    const name = old?.metadata.name ?? '';
    expect(old?.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', controller: true }]);
    expect((await evict(given, name)).status).toBe(201);
    const pods = await running(given, 'web', 2);
    expect(pods).toHaveLength(3);
    expect(pods.find(({ metadata }) => metadata.name === name)?.metadata.deletionTimestamp).toBeDefined();
  }),

  controllers('a StatefulSet makes its pod again only when the old one is gone', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    const { nodeSelector } = ground;
    const manifest = workloadManifest('StatefulSet', { name: 'db', replicas: 2, nodeSelector });
    await client.create(ground.path('statefulsets', apps), manifest);
    const pods = await running(given, 'db', 2);
    expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(['db-0', 'db-1']);
    const old = pods.find(({ metadata }) => metadata.name === 'db-1');
    if (old === undefined) throw new Error('there is no db-1');
    expect((await evict(given, 'db-1')).status).toBe(201);
    await given.pass(3);
    expect((await ground.pods('db')).find(({ metadata }) => metadata.name === 'db-1')?.metadata.uid).toBe(
      old.metadata.uid,
    );
    await ground.confirmEnd(old);
    const next = await given.eventually('db-1 is there again', () => ground.pod('db-1'));
    expect(next.metadata.uid).not.toBe(old.metadata.uid);
    await running(given, 'db', 2);
    const path = ground.path('statefulsets/db', apps);
    await given.eventually('the set counts both', async () => {
      return (await client.get<StatefulSet>(path)).status.readyReplicas === 2;
    });
  }),

  controllers('a DaemonSet runs on a cordoned node, and comes back to it', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a', unschedulable: true });
    await ground.addNode({ name: 'b', taints: [{ key: 'team', value: 'blue', effect: 'NoSchedule' }] });
    const { nodeSelector } = ground;
    await client.create(
      ground.path('daemonsets', apps),
      workloadManifest('DaemonSet', { name: 'agent', nodeSelector }),
    );
    const [old] = await running(given, 'agent', 1);
    if (old === undefined) throw new Error('there is no agent');
    expect(old.spec.nodeName).toBe(ground.nodeName('a'));
    expect((await evict(given, old.metadata.name)).status).toBe(201);
    await ground.confirmEnd(old);
    const [next] = await running(given, 'agent', 1);
    expect(next?.spec.nodeName).toBe(ground.nodeName('a'));
    expect(next?.metadata.uid).not.toBe(old.metadata.uid);
  }),

  controllers('the pods of a workload that is deleted are deleted', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    const { nodeSelector } = ground;
    const manifest = workloadManifest('Deployment', { name: 'web', replicas: 2, nodeSelector });
    await client.create(ground.path('deployments', apps), manifest);
    await running(given, 'web', 2);
    await client.delete(ground.path('deployments/web?propagationPolicy=Background', apps));
    await given.eventually('both pods are marked', async () => {
      const pods = await ground.pods('web');
      return pods.length === 2 && pods.every(({ metadata }) => metadata.deletionTimestamp !== undefined);
    });
  }),
];
