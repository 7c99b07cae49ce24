/** Budgets with the disruption controller: their status, and what evictions it allows. */
import { expect } from 'vitest';

import type { Budget } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import { workloadManifest } from '../manifests.ts';

const controllers = cases('controllers');

const evict = ({ client, ground }: Given, name: string, deleteOptions: object = {}) =>
  client.evict({ namespace: ground.namespace, name }, deleteOptions);

/** A ReplicaSet `web` of Ready pods on the ground's node `a`; returns their names. */
async function replicas(given: Given, count: number): Promise<string[]> {
  const { client, ground } = given;
  await ground.addNode({ name: 'a' });
  const { nodeSelector } = ground;
  const set = workloadManifest('ReplicaSet', { name: 'web', replicas: count, nodeSelector });
  await client.create(ground.path('replicasets', 'apis/apps/v1'), set);
  await given.eventually(`${count} pods are Ready`, async () => (await ground.startPods('web')).length === count);
  return (await ground.pods('web')).map(({ metadata }) => metadata.name).sort();
}

/** The counts of a budget once its controller has seen it; waits until it allows `allowed` disruptions. */
async function allowing(given: Given, name: string, allowed: number): Promise<Budget['status']> {
  return given.eventually(`budget ${name} allows ${allowed}`, async () => {
    const { metadata, status } = await given.ground.budget(name);
    return status.observedGeneration === metadata.generation && status.disruptionsAllowed === allowed && status;
  });
}

const counts = ({ expectedPods, desiredHealthy, currentHealthy }: Budget['status']) => [
  expectedPods,
  desiredHealthy,
  currentHealthy,
];

export const budgeting = [
  controllers('counts the Ready pods of a budget: numbers and percentages, rounded up', async (given) => {
    const { client, ground } = given;
    const [first = ''] = await replicas(given, 5);
    const statuses: [Partial<Budget['spec']>, number, number[]][] = [
      [{ minAvailable: 3 }, 2, [5, 3, 5]],
      [{ minAvailable: '50%' }, 2, [5, 3, 5]],
      [{ maxUnavailable: 1 }, 1, [5, 4, 5]],
      [{ maxUnavailable: '25%' }, 2, [5, 3, 5]],
      [{ maxUnavailable: 0 }, 0, [5, 5, 5]],
    ];
    for (const [at, [spec, allowed, expected]] of statuses.entries()) {
      await ground.addBudget(`b${at}`, 'web', spec);
      const status = await allowing(given, `b${at}`, allowed);
      expect(counts(status)).toEqual(expected);
      expect(status.conditions?.[0]).toMatchObject({
        type: 'DisruptionAllowed',
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      });
    }
    // Of several budgets that cover a pod the controller counts any one anew when the pod changes.
    for (const at of statuses.keys()) {
      if (at > 0) await client.delete(ground.path(`poddisruptionbudgets/b${at}`, 'apis/policy/v1'));
    }
    await ground.setReady(first, false);
    expect(counts(await allowing(given, 'b0', 1))).toEqual([5, 3, 4]);
    await client.change(ground.path('poddisruptionbudgets/b0', 'apis/policy/v1'), 'merge-patch', {
      spec: { minAvailable: 1 },
    });
    expect(counts(await allowing(given, 'b0', 3))).toEqual([5, 1, 4]);
  }),

  controllers('counts pods without controller for minAvailable, and not for maxUnavailable', async (given) => {
    const { ground } = given;
    await ground.addNode({ name: 'a' });
    for (const name of ['p1', 'p2']) await ground.addRunningPod({ name, app: 'bare', node: 'a' });
    await ground.addBudget('bare', 'bare', { maxUnavailable: 1 });
    expect(counts(await allowing(given, 'bare', 0))).toEqual([0, 0, 2]);
    expect((await evict(given, 'p1')).status).toBe(429);
    await given.client.delete(ground.path('poddisruptionbudgets/bare', 'apis/policy/v1'));
    await ground.addBudget('bare', 'bare', { minAvailable: 1 });
    expect(counts(await allowing(given, 'bare', 1))).toEqual([2, 1, 2]);
    expect((await evict(given, 'p1')).status).toBe(201);
  }),

  controllers(
    'refuses an eviction over the budget with 429, and allows it when a replacement is Ready',
    async (given) => {
      const { ground } = given;
      const [first = '', second = ''] = await replicas(given, 3);
      await ground.addBudget('web', 'web', { maxUnavailable: 1 });
      await allowing(given, 'web', 1);
      expect((await evict(given, first)).status).toBe(201);
      await given.eventually('two are healthy', async () => (await ground.budget('web')).status.currentHealthy === 2);
      const { status, headers, body } = await evict(given, second);
      expect([status, headers['retry-after']]).toEqual([429, undefined]);
      expect(body).toMatchObject({
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        reason: 'TooManyRequests',
      });
      const message = 'The disruption budget web needs 2 healthy pods and has 2 currently';
      expect(body.details).toEqual({ causes: [{ reason: 'DisruptionBudget', message }] });
      expect((await evict(given, second, { dryRun: ['All'] })).status).toBe(429);
      expect((await evict(given, first)).status).toBe(201);
      await given.eventually('the replacement is Ready', async () => (await ground.startPods('web')).length === 3);
      await allowing(given, 'web', 1);
      // The old pod is still terminating: the budget asks for Ready pods, not for the end of others.
      expect((await ground.pod(first))?.metadata.deletionTimestamp).toBeDefined();
      expect((await evict(given, second)).status).toBe(201);
    },
  ),

  controllers('lets a pod that is not Ready go by unhealthyPodEvictionPolicy', async (given) => {
    const { client, ground } = given;
    const [first = '', second = ''] = await replicas(given, 2);
    await ground.addBudget('web', 'web', { minAvailable: 2 });
    await allowing(given, 'web', 0);
    await ground.setReady(first, false);
    await given.eventually('one is healthy', async () => (await ground.budget('web')).status.currentHealthy === 1);
    expect((await evict(given, first)).status).toBe(429);
    const path = ground.path('poddisruptionbudgets/web', 'apis/policy/v1');
    await client.change(path, 'merge-patch', { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } });
    await allowing(given, 'web', 0);
    expect((await evict(given, second)).status).toBe(429);
    expect((await evict(given, first)).status).toBe(201);
  }),

  controllers('lets a pod that is not Ready go when the budget is met without it', async (given) => {
    const { ground } = given;
    const [first = '', second = ''] = await replicas(given, 2);
    await ground.addBudget('web', 'web', { minAvailable: 1 });
    await ground.setReady(first, false);
    await allowing(given, 'web', 0);
    expect((await evict(given, second)).status).toBe(429);
    expect((await evict(given, first)).status).toBe(201);
  }),

  controllers('takes a disruption for an eviction that then fails by its uid', async (given) => {
    const { ground } = given;
    const [first = '', second = ''] = await replicas(given, 2);
    await ground.addBudget('web', 'web', { maxUnavailable: 1 });
    await allowing(given, 'web', 1);
    const uid = '11111111-1111-1111-1111-111111111111';
    expect((await evict(given, first, { preconditions: { uid } })).status).toBe(409);
    const { disruptedPods } = await allowing(given, 'web', 0);
    expect(Object.keys(disruptedPods ?? {})).toEqual([first]);
    expect((await evict(given, second)).status).toBe(429);
  }),
];
