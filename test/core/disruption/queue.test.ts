/** Whose turn it is among the nodes that are to go (contract 9.4, 5.4). */
import { describe, expect, test } from 'vitest';
import type { Room, Rooms } from '../../../lambdas/core/disruption/allowance.ts';
import { takeTurns, uncounted, type Candidate } from '../../../lambdas/core/disruption/queue.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

const OLD = NOON - 100 * HOUR;

const aCandidate = (name: string, given: Partial<Candidate> = {}): Candidate => ({
  name,
  group: 'workers',
  zone: 'a',
  createdAt: OLD,
  ...given,
});

/** Room by group; the cluster has plenty unless given. */
const rooms = (groups: Record<string, number | Room>, cluster: number | Room = 100): Rooms => ({
  cluster: toRoom(cluster),
  groups: new Map(Object.entries(groups).map(([name, room]) => [name, toRoom(room)])),
});

function toRoom(room: number | Room): Room {
  return typeof room === 'number' ? { count: room } : room;
}

interface Given {
  readonly pods?: Record<string, number>;
  readonly now?: number;
}

function turns(candidates: readonly Candidate[], room: Rooms, { pods = {}, now = NOON }: Given = {}) {
  return takeTurns(candidates, room, { pods: new Map(Object.entries(pods)), now });
}

const going = (...given: Parameters<typeof turns>): string[] => turns(...given).now.map(({ name }) => name);
const waiting = (...given: Parameters<typeof turns>): string[] =>
  turns(...given).later.map(({ candidate }) => candidate.name);

describe('first goes', () => {
  test('the oldest, by the hour', () => {
    const candidates = [
      aCandidate('young', { createdAt: OLD + 2 * HOUR }),
      aCandidate('old'),
      aCandidate('middle', { createdAt: OLD + HOUR }),
    ];
    expect(going(candidates, rooms({ workers: 2 }))).toEqual(['old', 'middle']);
    expect(waiting(candidates, rooms({ workers: 2 }))).toEqual(['young']);
  });

  test('of those of the same hour the emptiest, though it is younger by minutes', () => {
    const candidates = [aCandidate('older'), aCandidate('emptier', { createdAt: OLD + 30 * MINUTE })];
    expect(going(candidates, rooms({ workers: 1 }), { pods: { older: 9, emptier: 3 } })).toEqual(['emptier']);
  });

  test('of those of which the pods were counted and not, the counted', () => {
    expect(going([aCandidate('a'), aCandidate('b')], rooms({ workers: 1 }), { pods: { b: 200 } })).toEqual(['b']);
  });

  test('of those as empty, one of the zone from which fewest go', () => {
    const candidates = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => aCandidate(name, { zone: name.slice(0, 1) }));
    expect(going(candidates, rooms({ workers: 4 }))).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  test('across groups too: the zones of one count for the other', () => {
    const candidates = [
      aCandidate('a1'),
      aCandidate('a2', { group: 'others' }),
      aCandidate('b2', { group: 'others', zone: 'b' }),
    ];
    expect(going(candidates, rooms({ workers: 1, others: 1 }))).toEqual(['a1', 'b2']);
  });

  test('then by name', () => {
    expect(
      going(
        ['c', 'a', 'b'].map((name) => aCandidate(name)),
        rooms({ workers: 2 }),
      ),
    ).toEqual(['a', 'b']);
  });

  test('last one that rested before, however old', () => {
    const candidates = [
      aCandidate('rested', { restedUntil: NOON - MINUTE, createdAt: OLD - 1_000 * HOUR }),
      aCandidate('young', { createdAt: NOON - MINUTE }),
    ];
    expect(going(candidates, rooms({ workers: 1 }))).toEqual(['young']);
    expect(going(candidates, rooms({ workers: 2 }))).toEqual(['young', 'rested']);
  });
});

describe('who waits is told why:', () => {
  const two = [aCandidate('a'), aCandidate('b')];

  test('rest, and until when', () => {
    const restedUntil = NOON + HOUR;
    expect(turns([aCandidate('a', { restedUntil })], rooms({ workers: 1 })).later).toEqual([
      { candidate: aCandidate('a', { restedUntil }), why: 'rests', at: restedUntil },
    ]);
    expect(going([aCandidate('a', { restedUntil })], rooms({ workers: 1 }), { now: restedUntil })).toEqual(['a']);
  });

  test('the reason of its group, and when it opens', () => {
    const room: Room = { count: 0, why: 'outside the window', opensAt: NOON + HOUR };
    expect(turns(two, rooms({ workers: room })).later).toMatchObject([
      { why: 'outside the window', at: NOON + HOUR },
      { why: 'outside the window', at: NOON + HOUR },
    ]);
  });

  test('those of its group that go before it', () => {
    expect(turns(two, rooms({ workers: { count: 1, why: 'its budget is 1 node' } })).later).toMatchObject([
      { candidate: { name: 'b' }, why: '1 of its group goes before it: its budget is 1 node' },
    ]);
  });

  test('the reason of the cluster', () => {
    expect(turns(two, rooms({ workers: 5 }, { count: 0, why: 'too much is not Ready' })).later).toMatchObject([
      { why: 'too much is not Ready' },
      { why: 'too much is not Ready' },
    ]);
  });

  test('those of the cluster that go before it', () => {
    expect(turns(two, rooms({ workers: 5 }, 1)).later).toMatchObject([{ why: '1 of the cluster goes before it' }]);
  });

  test('a group of which nothing is known', () => {
    expect(turns(two, rooms({})).later).toMatchObject([{ why: 'nothing is known of its group' }, {}]);
  });
});

describe('pods are counted', () => {
  const many = (count: number, given: Partial<Candidate> = {}): Candidate[] =>
    Array.from({ length: count }, (_, index) => aCandidate(`n${String(index).padStart(3, '0')}`, given));

  test.each<[string, readonly Candidate[], Rooms, number]>([
    ['of five per free place', many(100), rooms({ workers: 2 }), 10],
    ['of all, if they are fewer', many(7), rooms({ workers: 2 }), 7],
    ['of none, if there is nothing to choose', many(2), rooms({ workers: 2 }), 0],
    ['of none without room', many(9), rooms({ workers: 0 }), 0],
    ['of none without room in the cluster', many(9), rooms({ workers: 5 }, 0), 0],
    ['of no more than the cluster has room for', many(100), rooms({ workers: 5 }, 1), 5],
    ['of none of a group that nobody knows', many(9), rooms({}), 0],
  ])('%s', (_, candidates, room, count) => {
    expect(uncounted(candidates, room)).toHaveLength(count);
  });

  test('of those among whom the last place is chosen: neither of the older, who go, nor of the younger, who do not', () => {
    const candidates = [
      aCandidate('oldest'),
      aCandidate('older-1', { createdAt: OLD + HOUR }),
      aCandidate('older-2', { createdAt: OLD + HOUR }),
      aCandidate('young', { createdAt: NOON }),
    ];
    expect(uncounted(candidates, rooms({ workers: 2 }))).toEqual(['older-1', 'older-2']);
  });

  test('of nodes of every zone', () => {
    const candidates = ['a', 'b', 'c'].flatMap((zone) =>
      many(20).map((each) => ({ ...each, name: `${zone}-${each.name}`, zone })),
    );
    expect(uncounted(candidates, rooms({ workers: 1 })).map((name) => name.slice(0, 1))).toEqual([
      'a',
      'b',
      'c',
      'a',
      'b',
    ]);
  });

  test('group by group', () => {
    const candidates = [
      ...many(9),
      ...many(9, { group: 'others' }).map((each) => ({ ...each, name: `o-${each.name}` })),
    ];
    expect(uncounted(candidates, rooms({ workers: 1, others: 1 }))).toHaveLength(10);
  });
});
