/** Deletion: preconditions, grace, finalizers. No kubelet stands for the ground's nodes, so pods on them stay. */
import { expect } from 'vitest';

import type { Node, Pod } from '../../peers/kubernetes/storage/objects.ts';
import { cases } from '../conformance-case.ts';

const api = cases('api');
const HOLD = 'ebb-conformance/hold';
const seconds = (text = ''): number => Date.parse(text) / 1000;

export const deleting = [
  api('deletes by the right uid alone', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a' });
    const { metadata } = await client.get<Node>(path);
    const other = { preconditions: { uid: '11111111-1111-1111-1111-111111111111' } };
    const refused = await client.delete(path, other);
    expect(refused.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(refused.body.message).toContain(`does not match the UID in record (${metadata.uid})`);
    const done = await client.delete(path, { preconditions: { uid: metadata.uid } });
    expect(done.body).toMatchObject({ status: 'Success', details: { kind: 'nodes', uid: metadata.uid } });
    expect((await client.ask(path)).status).toBe(404);
  }),

  api('marks a bound pod with the time of its end, and only shortens its grace', async ({ client, ground }) => {
    await ground.addNode({ name: 'a' });
    await ground.addPod({ name: 'p1', node: 'a', graceSeconds: 40 });
    const path = ground.path('pods/p1');
    const marked = await client.delete<Pod>(path);
    expect([marked.status, marked.body.kind]).toEqual([200, 'Pod']);
    const { deletionTimestamp, deletionGracePeriodSeconds } = marked.body.metadata;
    expect(deletionGracePeriodSeconds).toBe(40);
    const longer = await client.delete<Pod>(path, { gracePeriodSeconds: 60 });
    expect(longer.body.metadata.deletionTimestamp).toBe(deletionTimestamp);
    const shorter = await client.delete<Pod>(`${path}?gracePeriodSeconds=10`);
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(10);
    expect(seconds(deletionTimestamp) - seconds(shorter.body.metadata.deletionTimestamp)).toBe(30);
    expect((await ground.pod('p1'))?.status.phase).toBe('Pending');
    await client.delete(path, { gracePeriodSeconds: 0 });
    expect(await ground.pod('p1')).toBeUndefined();
  }),

  api('deletes a pod that is bound to no node, or finished, at once', async ({ client, ground }) => {
    await ground.addNode({ name: 'a' });
    await ground.addPod({ name: 'unbound' });
    await ground.addPod({ name: 'finished', node: 'a' });
    const status = { phase: 'Succeeded' };
    await client.change(ground.path('pods/finished/status'), 'merge-patch', { status });
    for (const name of ['unbound', 'finished']) {
      expect((await client.delete(ground.path(`pods/${name}`))).status).toBe(200);
      expect(await ground.pod(name)).toBeUndefined();
    }
  }),

  api('keeps what a finalizer holds, takes no new ones, and lets it go with the last', async ({ client, ground }) => {
    await ground.addPod({ name: 'p1', finalizers: [HOLD] });
    const path = ground.path('pods/p1');
    await client.delete(path);
    const held = await client.get<Pod>(path);
    expect(held.metadata.deletionTimestamp).toBeDefined();
    expect(held.metadata.deletionGracePeriodSeconds).toBe(0);
    const more = { metadata: { finalizers: [HOLD, 'ebb-conformance/other'] } };
    const refused = await client.patch(path, 'merge-patch', more);
    expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(refused.body.message).toContain('no new finalizers can be added if the object is being deleted');
    await client.change(path, 'merge-patch', { metadata: { finalizers: null } });
    expect(await ground.pod('p1')).toBeUndefined();
  }),

  api('deletes a collection by label', async ({ client, ground }) => {
    for (const name of ['p1', 'p2', 'p3']) await ground.addPod({ name, app: name === 'p3' ? 'db' : 'web' });
    const { status } = await client.delete(ground.path('pods?labelSelector=app%3Dweb'));
    expect(status).toBe(200);
    const { items } = await client.get<{ items: Pod[] }>(ground.path('pods'));
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['p3']);
  }),
];
