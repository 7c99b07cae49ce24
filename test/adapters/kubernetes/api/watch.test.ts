import type { V1ConfigMap } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { watch, type WatchedCollection, type WatchSource } from '../../../../lambdas/adapters/kubernetes/api/watch.ts';
import { ClusterAway, ClusterRefused } from '../../../../lambdas/core/kubernetes/cluster-error.ts';
import type { WatchStream } from '../../../peers/kubernetes/api/watch-stream.ts';
import { Heard, io, KubernetesGiven } from '../given.ts';

const PATH = '/api/v1/namespaces/app/configmaps';

describe.each(['list', 'watch'] as const)('a collection that starts with a %s', (start) => {
  test('has what is there, and follows what is added, changed and deleted', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { values, heard } = await watching(given, { start });
    await given.until(() => values() === 'a=1');
    given.put('b', '2');
    await given.until(() => values() === 'a=1 b=2');
    given.put('a', '3');
    await given.until(() => values() === 'a=3 b=2');
    given.take('a');
    await given.until(() => values() === 'b=2');
    expect(heard.changes).toBe(4);
    expect(heard.failures).toEqual([]);
  });

  test('costs one request to watch, and one more to list', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { values } = await watching(given, { start });
    await given.until(() => values() === 'a=1' && given.peer.faults.watches.size === 1);
    expect(given.requests().map(({ verb }) => verb)).toEqual(start === 'list' ? ['list', 'watch'] : ['watch']);
  });

  test('keeps what it knew of an object apart by uid when the name is taken again', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { collection, values } = await watching(given, { start });
    await given.until(() => values() === 'a=1');
    given.take('a');
    given.put('a', '2');
    await given.until(() => values() === 'a=2');
    expect(collection.items.size).toBe(1);
  });

  test('ends when it is closed: no watch is left open, and nothing is told any more', async () => {
    await using given = await KubernetesGiven.start();
    const { collection, heard } = await watching(given, { start });
    await given.until(() => given.peer.faults.watches.size === 1);
    collection.close();
    await given.until(() => given.peer.faults.watches.size === 0);
    const told = heard.changes;
    given.put('a', '1');
    await given.pass(15_000, 500);
    expect(given.requests('watch')).toHaveLength(1);
    expect(heard.changes).toBe(told);
    expect(heard.failures).toEqual([]);
  });

  test('ends when it is closed while the server is away', async () => {
    await using given = await KubernetesGiven.start();
    const { collection, heard } = await watching(given, { start });
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.answer({}, 503);
    given.peer.faults.toOpenWatches(cut);
    await given.pass(1_000);
    collection.close();
    const asked = given.requests().length;
    await given.pass(30_000, 500);
    expect(given.requests().length).toBe(asked);
    expect(heard.failures).toEqual([]);
  });
});

describe('a list', () => {
  test('of more than 500 comes in pages, all of one version', async () => {
    await using given = await KubernetesGiven.start();
    for (let count = 0; count < 1_001; count += 1) given.put(`a${count}`, '1');
    const { collection } = await watching(given);
    expect(collection.items.size).toBe(1_001);
    const queries = given.requests('list').map(({ query }) => new URLSearchParams(query));
    expect(queries.map((query) => query.get('limit'))).toEqual(['500', '500', '500']);
    // A read of the present, not of a cache that may lag (faults 42).
    expect(queries.map((query) => query.get('resourceVersion'))).toEqual([null, null, null]);
  });

  test('what changes between its pages is caught up with by the watch', async () => {
    await using given = await KubernetesGiven.start();
    for (let count = 0; count < 501; count += 1) given.put(`a${count}`, '1');
    slowSecondPage(given);
    const opening = watching(given);
    await given.until(() => given.requests('list').length === 2);
    given.take('a0');
    given.put('b', '2');
    const { collection, values } = await given.during(opening);
    await given.until(() => values().includes('b=2'));
    expect(collection.items.size).toBe(501);
    expect(values().includes('a0=1')).toBe(false);
  });

  test('whose pages have expired before they were read is begun anew (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    for (let count = 0; count < 501; count += 1) given.put(`a${count}`, '1');
    slowSecondPage(given);
    const opening = watching(given);
    await given.until(() => given.requests('list').length === 2);
    given.peer.compact();
    const { collection } = await given.during(opening);
    expect(collection.items.size).toBe(501);
  });

  test('that is refused is ClusterRefused, naming verb and resource (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    const connection = given.connectWith([]);
    const error = await watch<string>(connection, source(), new Heard()).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('cannot list resource "configmaps"');
    expect(given.requests('watch')).toEqual([]);
  });

  test('that fails for good is ClusterAway', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.answer({ verb: 'list' }, 503);
    const opening = watch<string>(given.connect(), source(), new Heard()).catch((cause: unknown) => cause);
    expect(await given.during(opening)).toBeInstanceOf(ClusterAway);
  });
});

describe('a watch survives', () => {
  test('being cut: it goes on from its version, without listing (faults 36)', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { values, heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.toOpenWatches(cut);
    given.put('b', '2');
    given.take('a');
    await given.until(() => values() === 'b=2');
    expect(given.requests('list')).toHaveLength(1);
    expect(given.requests('watch')).toHaveLength(2);
    expect(heard.failures).toEqual([]);
  });

  test('being cut after each event: none is lost and none counts twice', async () => {
    await using given = await KubernetesGiven.start();
    const { values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.cutWatch({}, 1);
    given.peer.faults.toOpenWatches(cut);
    for (const name of ['a', 'b', 'c', 'd']) given.put(name, '1');
    given.take('b');
    await given.until(() => values() === 'a=1 c=1 d=1', 500);
    expect(given.requests('list')).toHaveLength(1);
  });

  test('a reset before it opens, with pauses that grow (faults 36)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.reset({ verb: 'watch', times: 4 });
    const { values } = await watching(given);
    given.put('a', '1');
    await given.until(() => values() === 'a=1');
    const at = given.requests('watch').map((entry) => entry.at);
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(pauses).toHaveLength(4);
    [200, 400, 800, 1_600].forEach((pause, index) => {
      expect(pauses[index]).toBeGreaterThanOrEqual(pause * 0.5);
      expect(pauses[index]).toBeLessThan(pause * 1.5 + 500);
    });
  });

  test('503, 429 and an expired token while it opens', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.answer({ verb: 'watch', times: 1 }, 503);
    given.peer.faults.tooManyRequests({ verb: 'watch', times: 1 });
    given.peer.faults.answer({ verb: 'watch', times: 1 }, 401);
    const { values, heard } = await watching(given);
    given.put('a', '1');
    await given.until(() => values() === 'a=1');
    expect(given.requests('list')).toHaveLength(1);
    expect(heard.failures).toEqual([]);
  });

  test('410 as an ERROR event: it lists again (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    given.put('b', '1');
    const { values, heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.toOpenWatches(cut);
    given.take('a');
    given.put('c', '1');
    given.peer.compact();
    await given.until(() => values() === 'b=1 c=1');
    expect(given.requests('list')).toHaveLength(2);
    given.put('d', '1');
    await given.until(() => values() === 'b=1 c=1 d=1');
    expect(heard.failures).toEqual([]);
  });

  test('410 on open: it lists again (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    given.peer.faults.answer({ verb: 'watch', times: 1 }, 410, { kind: 'Status', code: 410, reason: 'Expired' });
    const { values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    expect(given.requests().map(({ verb }) => verb)).toEqual(['list', 'watch', 'list', 'watch']);
    given.put('b', '1');
    await given.until(() => values() === 'a=1 b=1');
  });

  test('410 without a list: what went meanwhile is forgotten', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    given.put('b', '1');
    const { values } = await watching(given, { start: 'watch' });
    await given.until(() => values() === 'a=1 b=1');
    given.peer.faults.toOpenWatches(cut);
    given.take('a');
    given.peer.compact();
    await given.until(() => values() === 'b=1');
    expect(given.requests('list')).toEqual([]);
  });

  test('a list that fails half-way when it has to list again: it does not go on with what it had (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    for (let count = 0; count < 501; count += 1) given.put(`a${count}`, '1');
    const { values, collection } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.put('b', '1');
    await given.until(() => collection.items.size === 502);
    // The first page comes, the second does not, however often it is asked for.
    given.peer.faults.delay({ verb: 'list', times: 1 }, 0);
    given.peer.faults.answer({ verb: 'list', times: 4 }, 503);
    given.peer.faults.toOpenWatches(cut);
    given.take('a0');
    given.peer.compact();
    await given.until(() => given.requests('list').length >= 7, 200);
    await given.until(() => given.peer.faults.watches.size === 1, 200);
    given.put('c', '1');
    await given.until(() => values().includes('c=1'));
    expect(collection.items.size).toBe(502);
    expect(values().includes('a0=1')).toBe(false);
  });

  test('silence: after 65 s it goes on from its version, without listing (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.toOpenWatches((open) => {
      open.stall();
    });
    given.put('b', '2');
    await given.pass(64_000, 1_000);
    expect(values()).toBe('a=1');
    await given.pass(2_000, 1_000);
    await given.until(() => values() === 'a=1 b=2');
    expect(given.requests().map(({ verb }) => verb)).toEqual(['list', 'watch', 'watch']);
    expect(versionOf(given, 1)).toBe(versionOf(given, 0));
    await given.until(() => given.peer.faults.watches.size === 1);
  });

  test('silence from the start (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.stallWatch({ times: 2 });
    const { values } = await watching(given);
    given.put('a', '1');
    await given.until(() => values() === 'a=1', 1_000);
    expect(given.requests('watch')).toHaveLength(3);
    expect(given.requests('list')).toHaveLength(1);
  });

  test('a request to open it that is never answered (faults 40)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.delay({ verb: 'watch', times: 1 }, 3_600_000);
    const { values } = await watching(given);
    given.put('a', '1');
    await given.until(() => values() === 'a=1', 1_000);
    expect(given.requests('watch')).toHaveLength(2);
  });

  test('the end that it asked the server for: it goes on from its version', async () => {
    await using given = await KubernetesGiven.start();
    const { values } = await watching(given);
    await given.pass(291_000, 1_000);
    given.put('a', '1');
    await given.until(() => values() === 'a=1');
    expect(given.requests('watch')).toHaveLength(2);
    expect(given.requests('list')).toHaveLength(1);
  });
});

describe('bookmarks', () => {
  test('keep a quiet watch open, and move the version that it goes on from', async () => {
    await using given = await KubernetesGiven.start();
    const { collection, heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.world.addNode({ name: 'unrelated' });
    await given.pass(125_000, 1_000);
    expect(given.requests('watch')).toHaveLength(1);
    const moved = given.peer.store.version;
    // Past this no watch may begin before the bookmark's version.
    given.peer.compact();
    given.peer.faults.toOpenWatches(cut);
    await given.until(() => given.requests('watch').length === 2);
    expect(Number(versionOf(given, 1))).toBeGreaterThan(Number(versionOf(given, 0)));
    expect(Number(versionOf(given, 1))).toBeLessThanOrEqual(moved);
    expect(collection.items.size).toBe(0);
    // The list was told once; a bookmark is no change.
    expect(heard.changes).toBe(1);
  });
});

describe('chunks', () => {
  test('of one byte each are put together, inside characters too (faults 41)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.dripWatch({});
    const { values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.put('a', 'Grüße, 東京 🚢');
    given.put('b', 'zweiter');
    await given.until(() => values() === 'a=Grüße, 東京 🚢 b=zweiter', 1);
  });

  test('cut inside an event: the event comes again', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.dripWatch({ times: 1 });
    const { values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.put('a', 'Grüße');
    await io();
    given.peer.faults.toOpenWatches(cut);
    await given.until(() => values() === 'a=Grüße');
    expect(given.requests('list')).toHaveLength(1);
  });

  test('that are no JSON: it is opened anew', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.answer({ verb: 'watch', times: 1 }, 200, '<html>\n');
    const { values, heard } = await watching(given);
    given.put('a', '1');
    await given.until(() => values() === 'a=1');
    expect(heard.failures).toEqual([]);
  });
});

describe('a watch that may not be', () => {
  test('403 ends it with ClusterRefused, naming verb and resource, and is not asked again (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    const connection = given.connectWith([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }]);
    const heard = new Heard();
    await watch<string>(connection, source(), heard);
    await given.until(() => heard.failures.length === 1);
    expect(heard.failures[0]).toBeInstanceOf(ClusterRefused);
    expect(heard.failures[0]?.message).toContain('cannot watch resource "configmaps" in API group ""');
    await given.pass(20_000, 500);
    expect(given.requests('watch')).toHaveLength(1);
    expect(heard.failures).toHaveLength(1);
  });

  test('401 twice ends it with ClusterRefused (faults 33)', async () => {
    await using given = await KubernetesGiven.start();
    const { heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.answer({ verb: 'watch' }, 401);
    given.peer.faults.toOpenWatches(cut);
    await given.until(() => heard.failures.length === 1);
    expect(heard.failures[0]).toBeInstanceOf(ClusterRefused);
    expect(given.requests('watch')).toHaveLength(3);
  });
});

describe('a server that ends every watch as soon as it opens is not besieged (faults 36)', () => {
  test('by a plain end', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.answer({ verb: 'watch' }, 200);
    const { collection } = await watching(given);
    await given.pass(5_000);
    collection.close();
    expect(given.requests('watch').length).toBeLessThan(15);
  });

  test('by 410: each costs it a list', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.expireWatch({});
    const { collection } = await watching(given);
    await given.pass(5_000);
    collection.close();
    expect(given.requests('list').length).toBeLessThan(15);
  });
});

describe('listing again beside an open watch', () => {
  test('brings what the watch has missed (faults 42)', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { collection, values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    given.peer.faults.toOpenWatches((open) => {
      open.stall();
    });
    given.put('b', '2');
    given.take('a');
    await collection.relist();
    expect(values()).toBe('b=2');
  });

  test('is ClusterAway when the server is, and leaves what was known', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { collection, values } = await watching(given);
    given.peer.faults.answer({ verb: 'list' }, 503);
    const error = await given.during(collection.relist().catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ClusterAway);
    expect(values()).toBe('a=1');
  });

  test('takes back nothing that the watch has told meanwhile', async () => {
    await using given = await KubernetesGiven.start();
    for (let count = 0; count < 501; count += 1) given.put(`a${count}`, '1');
    const { collection, values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    slowSecondPage(given);
    const relisting = collection.relist();
    await given.until(() => given.requests('list').length === 4);
    given.take('a0');
    given.put('b', '2');
    await given.until(() => values().includes('b=2') && !values().includes('a0=1'));
    await given.during(relisting);
    await given.pass(1_000);
    expect(values().includes('b=2')).toBe(true);
    expect(values().includes('a0=1')).toBe(false);
    expect(collection.items.size).toBe(501);
  });
});

function source(start: 'list' | 'watch' = 'list'): WatchSource<string> {
  return {
    path: PATH,
    start,
    read: (object) => `${object.metadata?.name ?? ''}=${(object as V1ConfigMap).data?.value ?? ''}`,
  };
}

interface Watching {
  readonly collection: WatchedCollection<string>;
  readonly heard: Heard;
  /** `name=value` of each, in order. */
  readonly values: () => string;
}

async function watching(
  given: KubernetesGiven,
  { start = 'list' }: Partial<WatchSource<string>> = {},
): Promise<Watching> {
  const heard = new Heard();
  const collection = await watch<string>(given.connect(), source(start), heard);
  return { collection, heard, values: () => [...collection.items.values()].sort().join(' ') };
}

/** The first page of the next list comes at once, its second after two seconds. */
function slowSecondPage({ peer }: KubernetesGiven): void {
  peer.faults.delay({ verb: 'list', times: 1 }, 0);
  peer.faults.delay({ verb: 'list', times: 1 }, 2_000);
}

function cut(open: WatchStream): void {
  open.cut();
}

/** The version that the watch of that number was opened from. */
function versionOf(given: KubernetesGiven, watchNumber: number): string {
  const entry = given.requests('watch')[watchNumber];
  return new URLSearchParams(entry?.query).get('resourceVersion') ?? '';
}
