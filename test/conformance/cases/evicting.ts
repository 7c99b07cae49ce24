/** The eviction subresource as the API server alone answers it: budgets here have a status that nobody computes. */
import { expect } from 'vitest';

import { cases, type Given } from '../conformance-case.ts';

const api = cases('api');
const OTHER_UID = '11111111-1111-1111-1111-111111111111';

const evict = ({ client, ground }: Given, name: string, deleteOptions: object = {}) =>
  client.evict({ namespace: ground.namespace, name }, deleteOptions);

export const evicting = [
  api('evicts with 201: the pod is marked, and says why', async (given) => {
    const { ground } = given;
    await ground.addNode({ name: 'a' });
    const { metadata } = await ground.addRunningPod({ name: 'p1', node: 'a', graceSeconds: 20 });
    const { status, body } = await evict(given, 'p1', { preconditions: { uid: metadata.uid } });
    expect(status).toBe(201);
    expect(body).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    const pod = await ground.pod('p1');
    expect(pod?.metadata).toMatchObject({
      deletionGracePeriodSeconds: 20,
      deletionTimestamp: expect.any(String) as string,
    });
    expect(pod?.status.phase).toBe('Running');
    expect(pod?.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
  }),

  api('answers 404 for no pod, 409 for another uid and 400 for another name', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    const { metadata } = await ground.addRunningPod({ name: 'p1', node: 'a' });
    expect((await evict(given, 'nope')).body).toMatchObject({ code: 404, message: 'pods "nope" not found' });
    const replaced = await evict(given, 'p1', { preconditions: { uid: OTHER_UID } });
    expect(replaced.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on Pod "p1": the UID in the precondition (${OTHER_UID}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      details: { name: 'p1', kind: 'Pod' },
    });
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p2', namespace: ground.namespace } };
    const misnamed = await client.ask(ground.path('pods/p1/eviction'), { method: 'POST', body });
    expect(misnamed.body).toMatchObject({ code: 400, message: 'name in URL does not match name in Eviction object' });
    expect((await ground.pod('p1'))?.metadata.deletionTimestamp).toBeUndefined();
  }),

  api('takes the grace of the delete options', async (given) => {
    await given.ground.addNode({ name: 'a' });
    await given.ground.addRunningPod({ name: 'p1', node: 'a', graceSeconds: 600 });
    expect((await evict(given, 'p1', { gracePeriodSeconds: 7 })).status).toBe(201);
    expect((await given.ground.pod('p1'))?.metadata.deletionGracePeriodSeconds).toBe(7);
  }),

  api('evicts nothing in a dry run', async (given) => {
    await given.ground.addNode({ name: 'a' });
    await given.ground.addRunningPod({ name: 'p1', node: 'a' });
    expect((await evict(given, 'p1', { dryRun: ['All'] })).status).toBe(201);
    const pod = await given.ground.pod('p1');
    expect(pod?.metadata.deletionTimestamp).toBeUndefined();
    expect(pod?.status.conditions?.map(({ type }) => type)).not.toContain('DisruptionTarget');
  }),

  api(
    'answers 429 with Retry-After while nobody has looked at the budget',
    async (given) => {
      const { ground } = given;
      await ground.addNode({ name: 'a' });
      await ground.addRunningPod({ name: 'p1', app: 'web', node: 'a' });
      await ground.addBudget('fresh', 'web', { maxUnavailable: 1 });
      const { status, headers, body } = await evict(given, 'p1');
      expect([status, headers['retry-after']]).toEqual([429, '10']);
      expect(body).toMatchObject({
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        reason: 'TooManyRequests',
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget fresh is still being processed by the server.',
            },
          ],
          retryAfterSeconds: 10,
        },
      });
    },
    ['unwatched budgets'],
  ),

  api('answers 500 for a pod with two budgets', async (given) => {
    const { ground } = given;
    await ground.addNode({ name: 'a' });
    await ground.addRunningPod({ name: 'p1', app: 'web', node: 'a' });
    for (const name of ['one', 'two']) await ground.addBudget(name, 'web', { minAvailable: 0 });
    const { status, body } = await evict(given, 'p1');
    expect(status).toBe(500);
    expect(body.message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
    expect(body.reason).toBeUndefined();
  }),

  api('asks no budget for a pod that is Pending, finished or terminating', async (given) => {
    const { client, ground } = given;
    await ground.addNode({ name: 'a' });
    await ground.addBudget('never', 'web', { minAvailable: '100%' });
    for (const name of ['pending', 'finished']) await ground.addPod({ name, app: 'web', node: 'a' });
    const ended = { status: { phase: 'Failed' } };
    await client.change(ground.path('pods/finished/status'), 'merge-patch', ended);
    await ground.addRunningPod({ name: 'terminating', app: 'web', node: 'a' });
    await client.delete(ground.path('pods/terminating'));
    for (const name of ['pending', 'finished', 'terminating']) expect((await evict(given, name)).status).toBe(201);
    const again = await evict(given, 'terminating');
    expect(again.status).toBe(201);
    expect(await ground.pod('finished')).toBeUndefined();
    expect((await ground.pod('pending'))?.metadata.deletionTimestamp).toBeDefined();
  }),
];
