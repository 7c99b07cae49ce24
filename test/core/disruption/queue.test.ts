/** Whose turn it is among the nodes that are to go (contract 9.4, 5.4). */
import { describe, expect, test } from 'vitest';
import type { Allowance, Allowances } from '../../../lambdas/core/disruption/allowance.ts';
import { queueNodes, nodesToCount, type Candidate } from '../../../lambdas/core/disruption/queue.ts';
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
const allowances = (groups: Record<string, number | Allowance>, cluster: number | Allowance = 100): Allowances => ({
  cluster: toRoom(cluster),
  groups: new Map(Object.entries(groups).map(([name, allowance]) => [name, toRoom(allowance)])),
});

function toRoom(allowance: number | Allowance): Allowance {
  return typeof allowance === 'number' ? { count: allowance } : allowance;
}

interface Given {
  readonly pods?: Record<string, number>;
  readonly now?: number;
}

function queue(candidates: readonly Candidate[], allowance: Allowances, { pods = {}, now = NOON }: Given = {}) {
  return queueNodes(candidates, allowance, { pods: new Map(Object.entries(pods)), now });
}

const going = (...given: Parameters<typeof queue>): string[] => queue(...given).now.map(({ name }) => name);
const waiting = (...given: Parameters<typeof queue>): string[] =>
  queue(...given).later.map(({ candidate }) => candidate.name);

describe('first goes', () => {
  test('the oldest, by the hour', () => {
    const candidates = [
      aCandidate('young', { createdAt: OLD + 2 * HOUR }),
      aCandidate('old'),
      aCandidate('middle', { createdAt: OLD + HOUR }),
    ];
    expect(going(candidates, allowances({ workers: 2 }))).toEqual(['old', 'middle']);
    expect(waiting(candidates, allowances({ workers: 2 }))).toEqual(['young']);
  });

  test('of those of the same hour the emptiest, though it is younger by minutes', () => {
    const candidates = [aCandidate('older'), aCandidate('emptier', { createdAt: OLD + 30 * MINUTE })];
    expect(going(candidates, allowances({ workers: 1 }), { pods: { older: 9, emptier: 3 } })).toEqual(['emptier']);
  });

  test('of those of which the pods were counted and not, the counted', () => {
    expect(going([aCandidate('a'), aCandidate('b')], allowances({ workers: 1 }), { pods: { b: 200 } })).toEqual(['b']);
  });

  test('of those as empty, one of the zone from which fewest go', () => {
    const candidates = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => aCandidate(name, { zone: name.slice(0, 1) }));
    expect(going(candidates, allowances({ workers: 4 }))).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  test('across groups too: the zones of one count for the other', () => {
    const candidates = [
      aCandidate('a1'),
      aCandidate('a2', { group: 'others' }),
      aCandidate('b2', { group: 'others', zone: 'b' }),
    ];
    expect(going(candidates, allowances({ workers: 1, others: 1 }))).toEqual(['a1', 'b2']);
  });

  test('then by name', () => {
    expect(
      going(
        ['c', 'a', 'b'].map((name) => aCandidate(name)),
        allowances({ workers: 2 }),
      ),
    ).toEqual(['a', 'b']);
  });

  test('last one that rested before, however old', () => {
    const candidates = [
      aCandidate('rested', { coolDownUntil: NOON - MINUTE, createdAt: OLD - 1_000 * HOUR }),
      aCandidate('young', { createdAt: NOON - MINUTE }),
    ];
    expect(going(candidates, allowances({ workers: 1 }))).toEqual(['young']);
    expect(going(candidates, allowances({ workers: 2 }))).toEqual(['young', 'rested']);
  });
});

describe('who waits is told why:', () => {
  const two = [aCandidate('a'), aCandidate('b')];

  test('rest, and until when', () => {
    const coolDownUntil = NOON + HOUR;
    expect(queue([aCandidate('a', { coolDownUntil })], allowances({ workers: 1 })).later).toEqual([
      { candidate: aCandidate('a', { coolDownUntil }), why: 'cools down', at: coolDownUntil },
    ]);
    expect(going([aCandidate('a', { coolDownUntil })], allowances({ workers: 1 }), { now: coolDownUntil })).toEqual([
      'a',
    ]);
  });

  test('the reason of its group, and when it opens', () => {
    const allowance: Allowance = { count: 0, why: 'outside the window', opensAt: NOON + HOUR };
    expect(queue(two, allowances({ workers: allowance })).later).toMatchObject([
      { why: 'outside the window', at: NOON + HOUR },
      { why: 'outside the window', at: NOON + HOUR },
    ]);
  });

  test('those of its group that go before it', () => {
    expect(queue(two, allowances({ workers: { count: 1, why: 'its budget is 1 node' } })).later).toMatchObject([
      { candidate: { name: 'b' }, why: '1 of its group goes before it: its budget is 1 node' },
    ]);
  });

  test('the reason of the cluster', () => {
    expect(queue(two, allowances({ workers: 5 }, { count: 0, why: 'too much is not Ready' })).later).toMatchObject([
      { why: 'too much is not Ready' },
      { why: 'too much is not Ready' },
    ]);
  });

  test('those of the cluster that go before it', () => {
    expect(queue(two, allowances({ workers: 5 }, 1)).later).toMatchObject([{ why: '1 of the cluster goes before it' }]);
  });

  test('a group of which nothing is known', () => {
    expect(queue(two, allowances({})).later).toMatchObject([{ why: 'nothing is known of its group' }, {}]);
  });
});

describe('pods are counted', () => {
  const many = (count: number, given: Partial<Candidate> = {}): Candidate[] =>
    Array.from({ length: count }, (_, index) => aCandidate(`n${String(index).padStart(3, '0')}`, given));

  test.each<[string, readonly Candidate[], Allowances, number]>([
    ['of five per free place', many(100), allowances({ workers: 2 }), 10],
    ['of all, if they are fewer', many(7), allowances({ workers: 2 }), 7],
    ['of none, if there is nothing to choose', many(2), allowances({ workers: 2 }), 0],
    ['of none without room', many(9), allowances({ workers: 0 }), 0],
    ['of none without room in the cluster', many(9), allowances({ workers: 5 }, 0), 0],
    ['of no more than the cluster has room for', many(100), allowances({ workers: 5 }, 1), 5],
    ['of none of a group that nobody knows', many(9), allowances({}), 0],
  ])('%s', (_, candidates, allowance, count) => {
    expect(nodesToCount(candidates, allowance)).toHaveLength(count);
  });

  test('of those among whom the last place is chosen: neither of the older, who go, nor of the younger, who do not', () => {
    const candidates = [
      aCandidate('oldest'),
      aCandidate('older-1', { createdAt: OLD + HOUR }),
      aCandidate('older-2', { createdAt: OLD + HOUR }),
      aCandidate('young', { createdAt: NOON }),
    ];
    expect(nodesToCount(candidates, allowances({ workers: 2 }))).toEqual(['older-1', 'older-2']);
  });

  test('of nodes of every zone', () => {
    const candidates = ['a', 'b', 'c'].flatMap((zone) =>
      many(20).map((each) => ({ ...each, name: `${zone}-${each.name}`, zone })),
    );
    expect(nodesToCount(candidates, allowances({ workers: 1 })).map((name) => name.slice(0, 1))).toEqual([
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
    expect(nodesToCount(candidates, allowances({ workers: 1, others: 1 }))).toHaveLength(10);
  });
});
