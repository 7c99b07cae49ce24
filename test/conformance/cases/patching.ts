/** The three patches, and what of an object they reach. */
import { expect } from 'vitest';

import type { Node } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import { nodeReady } from '../manifests.ts';

const api = cases('api');
const taint = (key: string) => ({ key, value: 'x', effect: 'NoSchedule' });

/** The taints by key that are not of the server's own making. */
async function taintsOf({ client }: Given, path: string): Promise<string[]> {
  const { spec } = await client.get<Node>(path);
  return (spec.taints ?? []).map(({ key }) => key).filter((key) => !key.startsWith('node.kubernetes.io/'));
}

export const patching = [
  api('applies a JSON patch when its tests hold, all of it or nothing', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a', labels: { team: 'blue' } });
    const add = { op: 'add', path: '/metadata/labels/ebb~1retiring', value: 'spot' };
    const test = (value: string) => ({ op: 'test', path: '/metadata/labels/team', value });
    const failed = await client.patch(path, 'json-patch', [add, test('red')]);
    expect(failed.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect((await client.get<Node>(path)).metadata.labels?.['ebb/retiring']).toBeUndefined();
    const { metadata } = await client.change<Node>(path, 'json-patch', [test('blue'), add]);
    expect(metadata.labels?.['ebb/retiring']).toBe('spot');
    const remove = { op: 'remove', path: '/metadata/labels/ebb~1retiring' };
    const after = await client.change<Node>(path, 'json-patch', [remove]);
    expect(after.metadata.labels).not.toHaveProperty('ebb/retiring');
    expect((await client.patch(path, 'json-patch', [remove])).status).toBe(422);
    expect((await client.patch(path, 'json-patch', { op: 'remove' })).status).toBe(400);
  }),

  api('applies a merge patch: null removes, lists are replaced', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a', labels: { team: 'blue' }, taints: [taint('one'), taint('two')] });
    const body = { metadata: { labels: { team: null, size: 'xl' } }, spec: { taints: [taint('three')] } };
    const { metadata } = await client.change<Node>(path, 'merge-patch', body);
    expect(metadata.labels).toMatchObject({ size: 'xl' });
    expect(metadata.labels).not.toHaveProperty('team');
    expect(await taintsOf(given, path)).toEqual(['three']);
  }),

  api('applies a strategic merge patch: taints are replaced whole, conditions merged by type', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a', taints: [taint('one'), taint('two')] });
    await client.change(path, 'strategic-merge-patch', { spec: { unschedulable: true, taints: [taint('three')] } });
    expect(await taintsOf(given, path)).toEqual(['three']);
    const condition = { ...nodeReady(true), type: 'Draining' };
    await client.change(`${path}/status`, 'strategic-merge-patch', { status: { conditions: [condition] } });
    const { spec, status } = await client.get<Node>(path);
    expect(spec.unschedulable).toBe(true);
    expect(status.conditions?.map(({ type }) => type).sort()).toEqual(['Draining', 'Ready']);
    await client.change(path, 'strategic-merge-patch', { spec: { unschedulable: null, taints: null } });
    expect((await client.get<Node>(path)).spec.unschedulable).toBeUndefined();
    expect(await taintsOf(given, path)).toEqual([]);
  }),

  api('keeps the status out of reach of the object, and the spec out of reach of the status', async (given) => {
    const { client, ground } = given;
    const path = await ground.addNode({ name: 'a' });
    await client.change(path, 'merge-patch', { status: { capacity: { pods: '1' } } });
    await client.change(`${path}/status`, 'merge-patch', { spec: { unschedulable: true } });
    const { spec, status } = await client.get<Node>(path);
    expect([status.capacity?.pods, spec.unschedulable]).toEqual(['110', undefined]);
  }),

  api('refuses a patch of a type that it does not know with 415', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a' });
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await client.ask(path, { method: 'PATCH', body: {}, headers });
    expect([status, body.reason, body.message]).toEqual([415, 'UnsupportedMediaType', '415: Unsupported Media Type']);
  }),

  api('does not move a pod that is bound, nor take a name or uid from a patch', async ({ client, ground }) => {
    for (const name of ['a', 'b']) await ground.addNode({ name });
    await ground.addPod({ name: 'p1', node: 'a' });
    const patch = (body: object) => client.patch(ground.path('pods/p1'), 'merge-patch', body);
    const moved = await patch({ spec: { nodeName: ground.nodeName('b') } });
    expect(moved.body).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(moved.body.message).toContain('pod updates may not change fields other than');
    expect((await patch({ metadata: { name: 'other' } })).status).toBe(400);
    expect((await ground.pod('p1'))?.spec.nodeName).toBe(ground.nodeName('a'));
  }),
];
