/** What a watch without a list shows of what there is: all of it or nothing, on servers that say when that is over and not. */
import type { V1ConfigMap } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { watch, type WatchedCollection, type WatchSource } from '../../../lambdas/adapters/kubernetes/api/watch.ts';
import { KubernetesGiven } from './given.ts';

describe('the first events of a watch', () => {
  test('are complete with the server’s word, at once', async () => {
    await using given = await KubernetesGiven.start();
    given.put('a', '1');
    const { collection, values } = await watching(given);
    expect([values(), collection.isComplete]).toEqual(['', false]);
    const begun = given.clock.now();
    await given.until(() => collection.isComplete, 1);
    expect(values()).toBe('a=1');
    expect(given.clock.now() - begun).toBeLessThan(100);
  });

  test('may bring nothing, which is complete too', async () => {
    await using given = await KubernetesGiven.start();
    const { collection, shown } = await watching(given);
    await given.until(() => collection.isComplete);
    expect(shown).toEqual(['']);
  });

  test('are never shown in part', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.faults.dripWatch({});
    for (const name of ['c', 'b', 'a']) given.put(name, '1');
    const { collection, shown } = await watching(given);
    await given.until(() => collection.isComplete, 1);
    expect(shown).toEqual(['a=1 b=1 c=1']);
  });

  test('that break off come anew: the version of one of them is none to go on from', async () => {
    await using given = await KubernetesGiven.start();
    // The first by name has the latest version: a watch from there would never tell of the others.
    for (const name of ['c', 'b', 'a']) given.put(name, '1');
    given.peer.faults.cutWatch({ times: 2 }, 1);
    const { collection, shown } = await watching(given);
    await given.until(() => collection.isComplete);
    expect(shown).toEqual(['a=1 b=1 c=1']);
    expect(versions(given)).toEqual([null, null, null]);
  });

  test('that are over are gone on from by the version of the bookmark', async () => {
    await using given = await KubernetesGiven.start();
    for (const name of ['b', 'a']) given.put(name, '1');
    const { collection, values } = await watching(given);
    await given.until(() => collection.isComplete);
    const version = given.peer.store.version;
    given.peer.faults.toOpenWatches((open) => {
      open.cut();
    });
    given.take('a');
    await given.until(() => values() === 'b=1');
    expect(versions(given)).toEqual([null, String(version)]);
  });
});

describe('what there is comes anew when the version has expired', () => {
  test('and what was known is shown until all has come: nothing vanishes in between, nothing that went stays', async () => {
    await using given = await KubernetesGiven.start();
    for (const name of ['c', 'b', 'a']) given.put(name, '1');
    const { values, shown } = await watching(given);
    await given.until(() => values() === 'a=1 b=1 c=1');
    given.peer.faults.toOpenWatches((open) => {
      open.cut();
    });
    given.take('b');
    given.put('d', '1');
    given.peer.compact();
    // The watch from the old version expires; the next two break off among their first events.
    given.peer.faults.cutWatch({ times: 1 }, Infinity);
    given.peer.faults.cutWatch({ times: 2 }, 2);
    await given.until(() => values() === 'a=1 c=1 d=1');
    expect(shown).toEqual(['a=1 b=1 c=1', 'a=1 c=1 d=1']);
    expect(versions(given).slice(-3)).toEqual([null, null, null]);
  });
});

describe('on a server that does not say when they are over', () => {
  test('they are believed once it has been silent for half a second', async () => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    given.put('a', '1');
    const { collection, values } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    await given.pass(400);
    expect([values(), collection.isComplete]).toEqual(['', false]);
    await given.pass(200);
    expect([values(), collection.isComplete]).toEqual(['a=1', true]);
  });

  test('they are believed as soon as there can be no more', async () => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    for (const name of ['b', 'a']) given.put(name, '1');
    const begun = given.clock.now();
    const { collection, shown } = await watching(given, { isWhole: ({ size }) => size === 2 });
    await given.until(() => collection.isComplete, 1);
    expect(given.clock.now() - begun).toBeLessThan(100);
    expect(shown).toEqual(['a=1 b=1']);
  });

  test.each([
    [
      'a change',
      (given: KubernetesGiven) => {
        given.put('a', '2');
      },
      'a=2 b=1',
    ],
    [
      'an end',
      (given: KubernetesGiven) => {
        given.take('a');
      },
      'b=1',
    ],
  ])('they are over with %s, and then there is a version to go on from', async (_what, act, expected) => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    for (const name of ['b', 'a']) given.put(name, '1');
    const { collection, shown } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    await given.pass(100);
    act(given);
    await given.until(() => collection.isComplete, 1);
    expect(shown).toEqual([expected]);
    const version = given.peer.store.version;
    given.peer.faults.toOpenWatches((open) => {
      open.cut();
    });
    await given.until(() => given.requests('watch').length === 2);
    expect(versions(given)).toEqual([null, String(version)]);
  });

  test('nothing at all is believed after five seconds of silence', async () => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    const { collection } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 1);
    await given.pass(4_500, 500);
    expect(collection.isComplete).toBe(false);
    await given.pass(1_000, 500);
    expect(collection.isComplete).toBe(true);
  });

  test('they come anew when the watch ends: it has no version to go on from', async () => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    for (const name of ['b', 'a']) given.put(name, '1');
    const { values, shown } = await watching(given);
    await given.until(() => values() === 'a=1 b=1');
    given.peer.faults.toOpenWatches((open) => {
      open.cut();
    });
    given.take('b');
    await given.until(() => values() === 'a=1');
    expect(shown).toEqual(['a=1 b=1', 'a=1']);
    expect(versions(given)).toEqual([null, null]);
  });
});

interface Watching {
  readonly collection: WatchedCollection<string>;
  /** `name=value` of each, in order. */
  readonly values: () => string;
  /** All values that were ever shown, one after the other. */
  readonly shown: string[];
}

async function watching(given: KubernetesGiven, part: Partial<WatchSource<string>> = {}): Promise<Watching> {
  const shown: string[] = [];
  const values = (): string => [...collection.items.values()].sort().join(' ');
  const collection: WatchedCollection<string> = await watch<string>(
    given.connect(),
    {
      path: '/api/v1/namespaces/app/configmaps',
      start: 'watch',
      read: (object) => `${object.metadata?.name ?? ''}=${(object as V1ConfigMap).data?.value ?? ''}`,
      ...part,
    },
    { changed: () => shown.push(values()), failed: () => undefined },
  );
  return { collection, values, shown };
}

/** The versions that the watches were opened from; null for none. */
function versions(given: KubernetesGiven): (string | null)[] {
  return given.requests('watch').map(({ query }) => new URLSearchParams(query).get('resourceVersion'));
}
