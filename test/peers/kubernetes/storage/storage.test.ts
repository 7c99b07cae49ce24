/** Reading and writing objects, as the API conventions say. */
import { CoreV1Api, KubeConfig, PolicyV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Node } from './objects.ts';
import { pods } from './resources.ts';
import { TestPeer } from '../api/wire.ts';

interface List {
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { kind?: string; metadata: { name: string }; spec?: object }[];
}

let given: TestPeer;
const node = '/api/v1/nodes/a';

beforeAll(async () => {
  given = await TestPeer.start();
  for (const name of ['a', 'b']) given.peer.world.addNode({ name, labels: { pool: name } });
  for (const name of ['p1', 'p2', 'p3', 'p4', 'p5'])
    given.peer.world.addBarePod({ namespace: 'app', name, node: name < 'p3' ? 'a' : 'b', labels: { tier: name } });
  await given.peer.settle();
});

afterAll(() => given[Symbol.asyncDispose]());

const namesOf = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);
const query = (text: string): string => text.replaceAll(' ', '%20');

describe('lists', () => {
  it.each([
    ['labelSelector=tier=p1', ['p1']],
    ['labelSelector=tier in (p1,p2),app', ['p1', 'p2']],
    ['labelSelector=tier notin (p1,p2),app!=p3', ['p4', 'p5']],
    ['labelSelector=!tier', []],
    ['fieldSelector=spec.nodeName=b', ['p3', 'p4', 'p5']],
    ['fieldSelector=spec.nodeName!=b,status.phase=Running', ['p1', 'p2']],
    ['fieldSelector=metadata.name=p4', ['p4']],
  ])('selects by %s', async (selector, names) => {
    const { body } = await given.ask<List>(`/api/v1/namespaces/app/pods?${query(selector)}`);
    expect(namesOf(body)).toEqual(names);
  });

  it('pages over one consistent state, and ends an old token with 410', async () => {
    const first = await given.ask<List>('/api/v1/pods?limit=2');
    expect(namesOf(first.body)).toEqual(['p1', 'p2']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    given.peer.world.addBarePod({ namespace: 'app', name: 'p2-late', node: 'a' });
    const next = await given.ask<List>(`/api/v1/pods?limit=2&continue=${first.body.metadata.continue ?? ''}`);
    expect(namesOf(next.body)).toEqual(['p3', 'p4']);
    expect(next.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    given.peer.compact();
    const late = await given.ask(`/api/v1/pods?limit=2&continue=${next.body.metadata.continue ?? ''}`);
    expect(late.body).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await given.ask<List>(`/api/v1/pods?continue=${late.body.metadata.continue ?? ''}`);
    expect(namesOf(rest.body)).toEqual(['p5']);
    given.peer.store.remove(pods, { namespace: 'app', name: 'p2-late' });
  });

  it('gives metadata alone when asked', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const { body } = await given.ask<List>('/api/v1/pods', { headers: { accept } });
    expect(body.kind).toBe('PartialObjectMetadataList');
    expect(body.items[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'p1' } });
    expect(body.items[0]?.spec).toBeUndefined();
  });

  it('can lag behind for version 0 alone', async () => {
    const undo = given.peer.holdStale(pods);
    given.peer.world.addBarePod({ namespace: 'late', name: 'p6', node: 'a' });
    expect(namesOf((await given.ask<List>('/api/v1/pods?resourceVersion=0')).body)).not.toContain('p6');
    expect(namesOf((await given.ask<List>('/api/v1/pods')).body)).toContain('p6');
    undo();
    expect(namesOf((await given.ask<List>('/api/v1/pods?resourceVersion=0')).body)).toContain('p6');
  });
});

describe('writes', () => {
  it('refuses an update from an old read', async () => {
    const { body } = await given.ask<Node>(node);
    await given.patch(node, 'merge-patch', { metadata: { labels: { moved: 'on' } } });
    const stale = await given.ask(node, { method: 'PUT', body });
    expect(stale.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on nodes "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('applies a JSON patch only when its tests hold', async () => {
    const { body } = await given.ask<Node>(node);
    const add = { op: 'add', path: '/metadata/annotations', value: { 'ebb/since': 'now' } };
    const test = { op: 'test', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion };
    expect((await given.patch(node, 'json-patch', [test, add])).status).toBe(200);
    expect((await given.patch(node, 'json-patch', [test, add])).body).toMatchObject({ code: 422, reason: 'Invalid' });
    await given.patch(node, 'json-patch', [{ op: 'remove', path: '/metadata/annotations/ebb~1since' }]);
    expect(given.peer.node('a')?.metadata.annotations).toEqual({});
  });

  it('replaces taints by a strategic patch, but merges conditions by type', async () => {
    const taint = (key: string) => ({ key, effect: 'NoSchedule' });
    await given.patch(node, 'strategic-merge-patch', { spec: { taints: [taint('one'), taint('two')] } });
    await given.patch(node, 'strategic-merge-patch', { spec: { taints: [taint('three')] } });
    expect(given.peer.node('a')?.spec.taints).toEqual([taint('three')]);
    const condition = { type: 'Draining', status: 'True' };
    await given.patch(`${node}/status`, 'strategic-merge-patch', { status: { conditions: [condition] } });
    expect(given.peer.node('a')?.status.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Draining']);
    await given.patch(node, 'merge-patch', { spec: { taints: null } });
    expect(given.peer.node('a')?.spec.taints).toBeUndefined();
  });

  it('keeps the status out of reach of the main resource', async () => {
    await given.patch(node, 'merge-patch', { status: { phase: 'Wrong' } });
    expect(given.peer.node('a')?.status).not.toHaveProperty('phase');
  });

  it.each([
    [
      'an unknown media type',
      { headers: { 'content-type': 'application/apply-patch+yaml' } },
      415,
      'UnsupportedMediaType',
    ],
    ['a bad label value', { body: { metadata: { labels: { a: 'b c' } } } }, 422, 'Invalid'],
    [
      'a duplicate taint',
      {
        body: {
          spec: {
            taints: [
              { key: 'k', effect: 'NoSchedule' },
              { key: 'k', effect: 'NoSchedule' },
            ],
          },
        },
      },
      422,
      'Invalid',
    ],
    ['another uid', { body: { metadata: { uid: 'other' } } }, 422, 'Invalid'],
  ])('refuses a patch with %s', async (_, ask, code, reason) => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const { body } = await given.ask(node, { method: 'PATCH', body: {}, headers, ...ask });
    expect(body).toMatchObject({ code, reason });
  });

  it('refuses preconditions that do not hold, names that are taken and paths that are not served', async () => {
    const precondition = { body: { preconditions: { uid: 'other' } } };
    expect((await given.ask(node, { method: 'DELETE', ...precondition })).body).toMatchObject({ code: 409 });
    const taken = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' } };
    expect((await given.ask('/api/v1/nodes', { method: 'POST', body: taken })).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    expect((await given.ask('/api/v1/secrets')).body).toMatchObject({ code: 404 });
    expect((await given.ask(node, { method: 'POST', body: taken })).body).toMatchObject({ code: 405 });
  });
});

describe('answers', () => {
  it('carry the driven date', async () => {
    await given.clock.advance(86_400_000);
    const { headers } = await given.ask('/version');
    expect(Math.abs(Date.parse(String(headers.date)) - given.clock.now())).toBeLessThan(2_000);
  });

  it('serve the official client', async () => {
    const config = new KubeConfig();
    config.loadFromString(given.peer.kubeconfig());
    const core = config.makeApiClient(CoreV1Api);
    expect((await core.listNode()).items.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b']);
    const pod = { metadata: { name: 'p1', namespace: 'app' } };
    await core.createNamespacedPodEviction({ name: 'p1', namespace: 'app', body: pod });
    expect((await config.makeApiClient(PolicyV1Api).listPodDisruptionBudgetForAllNamespaces()).items).toEqual([]);
  });
});
