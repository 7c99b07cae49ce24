/** Reads and lists: what can be selected by, pages, versions, and metadata alone. */
import { expect } from 'vitest';

import type { KubeObject, Metadata, Pod } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';

const api = cases('api');

interface List {
  kind: string;
  apiVersion: string;
  metadata: Metadata & { continue?: string; remainingItemCount?: number };
  items: KubeObject[];
}

/** Three pods on node `a`, two on `b`, with labels. */
async function fivePods({ ground }: Given): Promise<void> {
  for (const name of ['a', 'b']) await ground.addNode({ name });
  const tiers = ['web', 'web', 'db', undefined, 'cache'];
  for (const [at, tier] of tiers.entries())
    await ground.addPod({
      name: `p${at + 1}`,
      node: at < 3 ? 'a' : 'b',
      labels: { even: String(at % 2 === 1), ...(tier === undefined ? {} : { tier }) },
    });
}

async function names({ client, ground }: Given, query: Record<string, string>): Promise<string[]> {
  const { items } = await client.get<List>(ground.path(`pods?${new URLSearchParams(query).toString()}`));
  return items.map(({ metadata }) => metadata.name);
}

export const reading = [
  api('selects by spec.nodeName, metadata.name and status.phase', async (given) => {
    await fivePods(given);
    const node = given.ground.nodeName('a');
    const by = (fieldSelector: string) => names(given, { fieldSelector });
    expect(await by(`spec.nodeName=${node}`)).toEqual(['p1', 'p2', 'p3']);
    expect(await by(`spec.nodeName!=${node}`)).toEqual(['p4', 'p5']);
    expect(await by('metadata.name=p4')).toEqual(['p4']);
    expect(await by(`spec.nodeName=${node},metadata.name!=p1,status.phase=Pending`)).toEqual(['p2', 'p3']);
    const everywhere = new URLSearchParams({ fieldSelector: `spec.nodeName=${node}` });
    const { items } = await given.client.get<List>(`/api/v1/pods?${everywhere.toString()}`);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['p1', 'p2', 'p3']));
  }),

  api('refuses to select by a field that it does not know with 400', async ({ client, ground }) => {
    const { body } = await client.ask(ground.path('pods?fieldSelector=spec.priority%3D1'));
    expect(body).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(body.message).toContain('field label not supported: spec.priority');
  }),

  api('selects by labels: equality, sets, existence', async (given) => {
    await fivePods(given);
    const by = (labelSelector: string) => names(given, { labelSelector });
    expect(await by('tier=web')).toEqual(['p1', 'p2']);
    expect(await by('tier==web,even=true')).toEqual(['p2']);
    expect(await by('tier!=web')).toEqual(['p3', 'p4', 'p5']);
    expect(await by('tier in (db, cache)')).toEqual(['p3', 'p5']);
    expect(await by('tier notin (web,db)')).toEqual(['p4', 'p5']);
    expect(await by('tier')).toEqual(['p1', 'p2', 'p3', 'p5']);
    expect(await by('!tier')).toEqual(['p4']);
    expect((await given.client.ask(given.ground.path('pods?labelSelector=a%20b'))).status).toBe(400);
  }),

  api('lists items without a kind of their own', async ({ client, ground }) => {
    const { metadata } = await ground.addPod({ name: 'p1' });
    const list = await client.get<List>(ground.path('pods'));
    expect([list.kind, list.apiVersion]).toEqual(['PodList', 'v1']);
    expect(list.items[0]?.metadata.uid).toBe(metadata.uid);
    expect([list.items[0]?.kind, list.items[0]?.apiVersion]).toEqual([undefined, undefined]);
  }),

  api('gives the metadata alone when asked', async ({ client, ground }) => {
    await ground.addPod({ name: 'p1' });
    const as = (kind: string) => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` });
    const headers = as('PartialObjectMetadataList');
    const list = (await client.ask<List>(ground.path('pods'), { headers })).body;
    expect([list.kind, list.apiVersion]).toEqual(['PartialObjectMetadataList', 'meta.k8s.io/v1']);
    expect(list.items[0]).toMatchObject({
      kind: 'PartialObjectMetadata',
      metadata: { name: 'p1', labels: { app: 'p1' } },
    });
    expect(list.items[0]?.spec).toBeUndefined();
    const one = await client.ask<Pod>(ground.path('pods/p1'), { headers: as('PartialObjectMetadata') });
    expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(one.body).not.toHaveProperty('spec');
  }),

  api('pages over the state that the first page saw', async (given) => {
    const { client, ground } = given;
    await fivePods(given);
    const first = await client.get<List>(ground.path('pods?limit=2'));
    expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['p1', 'p2']);
    expect(first.metadata.remainingItemCount).toBe(3);
    await ground.addPod({ name: 'p2-late' });
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const rest = await client.get<List>(ground.path(`pods?limit=10&continue=${token}`));
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['p3', 'p4', 'p5']);
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(rest.metadata.continue ?? '').toBe('');
    const both = await client.ask(ground.path(`pods?limit=1&continue=${token}&resourceVersion=5`));
    expect(both.body).toMatchObject({ code: 400, reason: 'BadRequest' });
  }),

  api('answers a version that is not yet there with 504 Timeout', async ({ client, ground }) => {
    const { metadata } = await client.get<List>(ground.path('pods'));
    const future = Number(metadata.resourceVersion) + 1_000_000;
    const { body } = await client.ask(ground.path(`pods?resourceVersion=${future}`));
    expect(body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
    });
  }),
];
