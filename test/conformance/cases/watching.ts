/** Watches: where they begin, what they tell, how they end. */
import { expect } from 'vitest';

import type { KubeObject } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import type { OpenWatch } from '../open-watch.ts';

const api = cases('api');

async function versionOf({ client, ground }: Given, plural = 'pods'): Promise<string> {
  return (await client.get<KubeObject>(ground.path(plural))).metadata.resourceVersion;
}

/** Opens a watch of the ground's pods for as long as `use` takes. */
async function watching(given: Given, query: string, use: (watch: OpenWatch) => Promise<void>): Promise<void> {
  const watch = await given.client.watch(given.ground.path(`pods?${query}`)).catch((error: unknown) => {
    if (String(error).includes('WatchList feature gate')) given.skip('the feature WatchList is off');
    throw error;
  });
  try {
    await use(watch);
  } finally {
    watch.close();
  }
}

const told = (given: Given, watch: OpenWatch, event: string) =>
  given.eventually(`the watch tells ${event}`, () => watch.told.includes(event), 15);

const isBookmark = ({ type }: { type: string }): boolean => type === 'BOOKMARK';

const setLabel = ({ client, ground }: Given, pod: string, team: string | null) =>
  client.change(ground.path(`pods/${pod}`), 'merge-patch', { metadata: { labels: { team } } });

export const watches = [
  api('a watch without a version begins with what exists, in the order of names, not of versions', async (given) => {
    for (const name of ['p2', 'p1']) await given.ground.addPod({ name });
    await watching(given, '', async (watch) => {
      await told(given, watch, 'ADDED p2');
      await given.ground.addPod({ name: 'p3' });
      await told(given, watch, 'ADDED p3');
      expect(watch.told.filter((event) => event.startsWith('ADDED'))).toEqual(['ADDED p1', 'ADDED p2', 'ADDED p3']);
      expect(watch.events[0]?.object).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
      const [first = 0, second = 0] = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(first).toBeGreaterThan(second);
    });
  }),

  api('a watch without a version that takes bookmarks ends what exists with one that says so', async (given) => {
    for (const name of ['p2', 'p1']) await given.ground.addPod({ name });
    await watching(given, 'allowWatchBookmarks=true', async (watch) => {
      await told(given, watch, 'ADDED p2');
      await given.ground.addPod({ name: 'p3' });
      await told(given, watch, 'ADDED p3');
      if (!watch.events.some(isBookmark)) given.skip('this server does not stream lists (WatchList)');
      expect(watch.told.indexOf('ADDED p2')).toBeLessThan(watch.events.findIndex(isBookmark));
      expect(watch.told.indexOf('ADDED p3')).toBeGreaterThan(watch.events.findIndex(isBookmark));
      const mark = watch.events.find(isBookmark)?.object.metadata;
      expect(mark?.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      const versions = watch.events.slice(0, 2).map(({ object }) => Number(object.metadata.resourceVersion));
      expect(Number(mark?.resourceVersion)).toBeGreaterThanOrEqual(Math.max(...versions));
    });
  }),

  api('a watch that does not take bookmarks gets none when what exists is over', async (given) => {
    await given.ground.addPod({ name: 'p1' });
    await watching(given, '', async (watch) => {
      await told(given, watch, 'ADDED p1');
      await given.ground.addPod({ name: 'p2' });
      await told(given, watch, 'ADDED p2');
      expect(watch.events.some(isBookmark)).toBe(false);
    });
  }),

  api('a watch tells ADDED, MODIFIED and DELETED after its version, each with a version of its own', async (given) => {
    const { client, ground } = given;
    await ground.addPod({ name: 'before' });
    const version = await versionOf(given);
    await ground.addPod({ name: 'p1' });
    await watching(given, `resourceVersion=${version}&fieldSelector=metadata.name%3Dp1`, async (watch) => {
      await setLabel(given, 'p1', 'blue');
      await client.delete(ground.path('pods/p1'));
      await told(given, watch, 'DELETED p1');
      // A scheduler may have written to the pod in between.
      expect([...new Set(watch.told)]).toEqual(['ADDED p1', 'MODIFIED p1', 'DELETED p1']);
      const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
      expect(versions.every((one) => one > Number(version))).toBe(true);
    });
  }),

  api(
    'a watch with a selector tells what enters the selection as ADDED and what leaves it as DELETED',
    async (given) => {
      await given.ground.addPod({ name: 'p1' });
      const version = await versionOf(given);
      await watching(given, `resourceVersion=${version}&labelSelector=team%3Dblue`, async (watch) => {
        await setLabel(given, 'p1', 'blue');
        const { metadata } = (await setLabel(given, 'p1', 'red')) as KubeObject;
        await told(given, watch, 'DELETED p1');
        expect([watch.told[0], watch.told.at(-1)]).toEqual(['ADDED p1', 'DELETED p1']);
        expect(watch.events.at(-1)?.object.metadata.resourceVersion).toBe(metadata.resourceVersion);
      });
    },
  ),

  api('a watch sends a BOOKMARK before its timeout, when asked, and ends', async (given) => {
    const version = await versionOf(given);
    await watching(given, `resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=6`, async (watch) => {
      await given.eventually('the watch ends', () => watch.ended !== undefined, 20);
      expect(watch.ended).toBe('end');
      const bookmark = watch.events.find(({ type }) => type === 'BOOKMARK');
      expect(bookmark?.object).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
      expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(version));
      expect(bookmark?.object.metadata.name).toBeUndefined();
    });
  }),

  api('a watch says by a BOOKMARK that the initial events are over, when asked', async (given) => {
    await given.ground.addPod({ name: 'p1' });
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    await watching(given, query, async (watch) => {
      const mark = await given.eventually('the bookmark', () => watch.events.find(isBookmark));
      expect(watch.told[0]).toBe('ADDED p1');
      expect(mark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    });
  }),

  api('a watch may be of metadata alone', async (given) => {
    await given.ground.addPod({ name: 'p1' });
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
    const watch = await given.client.watch(given.ground.path('pods'), { accept });
    const first = await given.eventually('an event', () => watch.events[0]);
    watch.close();
    expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'PartialObjectMetadata', metadata: { name: 'p1' } } });
    expect(first.object.spec).toBeUndefined();
  }),

  api('a watch from a version that is forgotten gets 410 Expired as an ERROR event, and ends', async (given) => {
    await given.ground.addPod({ name: 'p1' });
    given.peer?.compact();
    await watching(given, 'resourceVersion=1', async (watch) => {
      const first = await given.eventually('an answer', () => watch.events[0]);
      if (first.type !== 'ERROR') given.skip('this server is so young that it remembers everything');
      expect(first.object).toMatchObject({ kind: 'Status', status: 'Failure', code: 410, reason: 'Expired' });
      expect(first.object.message).toMatch(/^too old resource version: 1 \(\d+\)$/);
      await given.eventually('the watch ends', () => watch.ended !== undefined);
    });
  }),
];
