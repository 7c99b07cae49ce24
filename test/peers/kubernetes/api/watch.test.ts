/** Watch streams: what they send, when they end, and what faults do to them. */
import { expect, it } from 'vitest';

import { leases } from '../storage/resources.ts';
import { TestPeer } from './wire.ts';

async function twoPods(): Promise<TestPeer> {
  const given = await TestPeer.start();
  given.peer.world.addNode({ name: 'a' });
  for (const name of ['p1', 'p2']) given.peer.world.addBarePod({ namespace: 'app', name, node: 'a' });
  await given.peer.settle();
  return given;
}

const label = (given: TestPeer, name: string, value: string | null): Promise<unknown> =>
  given.patch(`/api/v1/namespaces/app/pods/${name}`, 'merge-patch', { metadata: { labels: { team: value } } });

it('starts with what exists, then tells what changes', async () => {
  await using given = await twoPods();
  const watch = await given.watch('/api/v1/namespaces/app/pods?watch=true');
  await watch.until(2);
  await label(given, 'p2', 'blue');
  await watch.until(3);
  expect(watch.names).toEqual(['ADDED p1', 'ADDED p2', 'MODIFIED p2']);
  expect(given.peer.requests.entries[0]).toMatchObject({ verb: 'watch', resource: 'pods', status: 200 });
});

it('resumes from a version, and tells what leaves the selection as deleted', async () => {
  await using given = await twoPods();
  const version = given.peer.store.version;
  await label(given, 'p1', 'blue');
  const path = `/api/v1/pods?watch=1&labelSelector=team%3Dblue&resourceVersion=${version}`;
  const watch = await given.watch(path);
  await label(given, 'p2', 'green');
  await label(given, 'p1', 'red');
  await watch.until(2);
  expect(watch.names).toEqual(['ADDED p1', 'DELETED p1']);
  expect(Number(watch.events[1]?.object.metadata.resourceVersion)).toBe(given.peer.store.version);
});

it('answers 410 as an event when the version is forgotten', async () => {
  await using given = await twoPods();
  given.peer.compact();
  const watch = await given.watch('/api/v1/pods?watch=true&resourceVersion=2');
  expect(await watch.ended).toBe('end');
  expect(watch.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
});

it('bookmarks every minute and ends after its timeout', async () => {
  await using given = await twoPods();
  const watch = await given.watch(
    `/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=150&resourceVersion=${given.peer.store.version}`,
  );
  await given.clock.advance(151_000);
  expect(await watch.ended).toBe('end');
  expect(watch.events.map(({ type }) => type)).toEqual(['BOOKMARK', 'BOOKMARK', 'BOOKMARK']);
});

it('says when the initial events are over, if asked', async () => {
  await using given = await twoPods();
  const ask = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await given.watch(`/api/v1/pods?${ask}`);
  await watch.until(3);
  expect(watch.events[2]).toMatchObject({
    type: 'BOOKMARK',
    object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
});

it('renews leases while nothing else happens', async () => {
  await using given = await twoPods();
  const before = given.peer.store.list(leases)[0]?.spec.renewTime;
  await given.clock.advance(10_500);
  expect(given.peer.store.list(leases)[0]?.spec.renewTime).not.toBe(before);
});

it('can stall, be cut, expire and drip', async () => {
  await using given = await twoPods();
  const { faults } = given.peer;
  const path = '/api/v1/pods?watch=true';

  faults.stallWatch({ times: 1 });
  const stalled = await given.watch(path);
  faults.cutWatch({ times: 1 }, 1);
  const cut = await given.watch(path);
  expect(await cut.ended).not.toBe('end');
  expect(cut.names).toEqual(['ADDED p1']);
  faults.expireWatch({ times: 1 });
  const expired = await given.watch(path);
  expect(await expired.ended).toBe('end');
  expect(expired.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);

  await given.patch('/api/v1/namespaces/app/pods/p1', 'merge-patch', { metadata: { annotations: { note: 'größe→' } } });
  faults.dripWatch({ times: 1 });
  const dripped = await given.watch(path);
  await dripped.until(2);
  expect(dripped.chunks.some(({ length }) => length === 1)).toBe(true);
  expect(JSON.stringify(dripped.events[0])).toContain('größe→');

  const open = await given.watch(path);
  await open.until(2);
  faults.toOpenWatches((watch) => {
    watch.cut();
  });
  expect(await open.ended).not.toBe('end');
  expect(stalled.events).toEqual([]);
});
