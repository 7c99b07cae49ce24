/** How many more nodes may go out: budgets, what uses them up, and brakes (contract 9.3, 9.4). */
import { describe, expect, test } from 'vitest';
import { LOOKS_ONLY, type Cause } from '../../../lambdas/core/disruption/budget.ts';
import { allowancesIn, type Circumstances, type Allowance } from '../../../lambdas/core/disruption/allowance.ts';
import { parseClusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import { aCluster, aCrew, fleetOf, instanceId, nodeName, upTo, type Peculiar } from '../../fleet-given.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

type Given = Partial<Circumstances> & { readonly cluster?: object };
type Crew = ReturnType<typeof aCrew>;

function roomsOf(crews: readonly Crew[], { cluster = {}, ...at }: Given = {}) {
  return allowancesIn(fleetOf(...crews), aCluster(cluster), {
    now: NOON,
    cause: 'drift',
    groups: crews.map(({ group }) => group),
    isUnavailable: () => false,
    stopped: new Map(),
    ...at,
  });
}

/** Room of the group `workers`. */
function allowanceOf(crew: Crew, given: Given = {}): Allowance {
  const allowance = roomsOf([crew], given).groups.get('workers');
  if (allowance === undefined) throw new Error('the group has no room');
  return allowance;
}

const TEN = upTo(10);
const NOT_READY: Peculiar = { node: { notReadySince: NOON - MINUTE } };
const RETIRING: Peculiar = { node: { retiring: true, unschedulable: true } };
const CORDONED: Peculiar = { node: { unschedulable: true } };

describe('a group', () => {
  test.each<[string, unknown, number]>([
    ['of a number', { nodes: 3 }, 3],
    ['of percent, rounded up', { nodes: '25%' }, 3],
    ['of little percent', { nodes: '1%' }, 1],
    ['of nothing', { nodes: 0 }, 0],
    ['of no percent', { nodes: '0%' }, 0],
  ])('all of which serves has the room of its budget: %s', (_, budget, count) => {
    expect(allowanceOf(aCrew(TEN), { cluster: { budget } }).count).toBe(count);
  });

  test.each<[string, Cause, object, number]>([
    ['that says nothing lets drift only look', 'drift', {}, 0],
    ['that says nothing of nodes lets drift only look', 'drift', { cluster: 3 }, 0],
    ['of one node lets drift replace one', 'drift', { nodes: 1 }, 1],
    ['that says nothing lets whom a person tainted go, one at a time', 'taint', {}, 1],
    ['of no nodes lets nobody go, whoever tainted it', 'taint', { nodes: 0 }, 0],
    [
      'of no nodes lets drift only look, whatever the window',
      'drift',
      { windows: [{ cron: '0 0 1 1 *', durationSeconds: 60 }] },
      0,
    ],
  ])('by a budget %s', (_, cause, budget, count) => {
    const cluster = parseClusterParameter(
      JSON.stringify({ name: 'production', groups: [{ name: 'workers' }], budget }),
    );
    const crew = aCrew(TEN);
    const allowance = allowancesIn(fleetOf(crew), cluster, {
      now: NOON,
      cause,
      groups: [crew.group],
      isUnavailable: () => false,
      stopped: new Map(),
    }).groups.get('workers');
    expect(allowance?.count).toBe(count);
    if (count === 0) expect(allowance).toEqual({ count, why: LOOKS_ONLY });
  });

  test.each<[string, Peculiar, string]>([
    ['is not Ready', NOT_READY, 'node-01 is not Ready'],
    ['is cordoned', CORDONED, 'node-01 is cordoned'],
    ['retires', RETIRING, 'node-01 retires'],
    [
      'is left drained',
      { node: { retiring: true, leftDrained: true } },
      'node-01 is drained, and left to whoever removes it',
    ],
    [
      'leaves, and nobody has isolated it yet',
      { member: { state: 'Terminating:Wait' } },
      'node-01 is Terminating:Wait',
    ],
    ['stands by', { member: { state: 'Standby' } }, 'node-01 is Standby'],
    ['has not joined', { absent: true, member: { state: 'Pending:Wait' } }, '1 has yet to join'],
  ])('of which one %s has that much less', (_, peculiar, who) => {
    expect(allowanceOf(aCrew(TEN, { 1: peculiar }), { cluster: { budget: { nodes: 3 } } })).toEqual({
      count: 2,
      why: `its budget is 3 nodes, 1 of it used up: ${who}`,
    });
  });

  test('of which one bears our label, and no retirement has signed for it, has as much as without (contract 3.5)', () => {
    const crew = aCrew(TEN, { 1: { node: { retiring: true, unsigned: true } } });
    expect(allowanceOf(crew, { cluster: { budget: { nodes: 3 } } }).count).toBe(3);
  });

  test('of which one is out by the caller’s word has that much less', () => {
    const isUnavailable = ({ name }: { name: string }): boolean => name === nodeName(4);
    expect(allowanceOf(aCrew(TEN), { isUnavailable })).toMatchObject({
      count: 0,
      why: expect.stringContaining('node-04 is to be drained') as string,
    });
  });

  test('does not count a node that left and its replacement that has not joined twice', () => {
    const crew = aCrew(
      upTo(11),
      { 1: { ...RETIRING, member: { state: 'Terminating:Wait' } }, 11: { absent: true } },
      { desired: 10 },
    );
    expect(allowanceOf(crew, { cluster: { budget: { nodes: 3 } } })).toEqual({
      count: 2,
      why: 'its budget is 3 nodes, 1 of it used up: node-01 retires',
    });
  });

  test('counts the replacement that has not joined on when the node is gone', () => {
    expect(allowanceOf(aCrew(upTo(9), {}, { desired: 10 })).count).toBe(0);
  });

  test('more of which is out than it may has no room, not less', () => {
    const crew = aCrew(TEN, { 1: RETIRING, 2: RETIRING, 3: CORDONED, 4: RETIRING, 5: RETIRING });
    const { count, why } = allowanceOf(crew, { cluster: { budget: { nodes: 2 } } });
    expect(count).toBe(0);
    expect(why).toBe(
      'its budget is 2 nodes, 5 of it used up: node-01 retires, node-02 retires, node-03 is cordoned, 2 more are unavailable',
    );
  });

  test('may be smaller than its percentage of what was there: it counts what it is to have', () => {
    expect(allowanceOf(aCrew(TEN, {}, { desired: 4 }), { cluster: { budget: { nodes: '50%' } } }).count).toBe(2);
  });

  test('does not count those of its warm pool', () => {
    const warm: Peculiar = { ...NOT_READY, member: { state: 'Warmed:Stopped' } };
    expect(allowanceOf(aCrew(TEN, { 9: warm, 10: warm }, { desired: 8 })).count).toBe(1);
  });

  test('with a node that is Ready before its launch hooks are through, is not short of it twice', () => {
    const crew = aCrew(TEN, { 1: { member: { state: 'Pending:Wait' } } });
    expect(allowanceOf(crew, { cluster: { budget: { nodes: 2 } } }).count).toBe(1);
  });

  describe('whose capacity counts by weight', () => {
    const ALL = { cluster: { budget: { nodes: 9 } } };
    const weighs = (weight: number, peculiar: Peculiar = {}): Peculiar => ({
      ...peculiar,
      member: { weight, ...peculiar.member },
    });
    const four = weighs(4);

    test.each<[string, Record<number, Peculiar>, number, string]>([
      ['all of it', { 1: four, 2: four, 3: four }, 12, ''],
      ['all of it and more', { 1: four, 2: four, 3: four }, 10, ''],
      ['all but one', { 1: four, 2: four }, 12, '1 has yet to join'],
      ['all but one, which is not Ready', { 1: weighs(4, NOT_READY), 2: four, 3: four }, 12, 'node-01 is not Ready'],
      [
        'all but one that leaves, whose replacement has not joined',
        { 1: weighs(4, RETIRING), 2: four, 3: four, 4: weighs(4, { absent: true, member: { state: 'Pending' } }) },
        12,
        'node-01 retires',
      ],
      ['all but some of one', { 1: four, 2: four, 3: four }, 13, '1 has yet to join'],
      ['all of it, one far heavier', { 1: weighs(16, NOT_READY), 2: four }, 20, 'node-01 is not Ready'],
    ])('is served by nodes that make %s: %#', (_, peculiar, desired, used) => {
      const allowance = allowanceOf(aCrew(Object.keys(peculiar).map(Number), peculiar, { desired }), ALL);
      const [count, why] = used === '' ? [9, ''] : [8, `, 1 of it used up: ${used}`];
      expect(allowance).toEqual({ count, why: `its budget is 9 nodes${why}` });
    });

    test('has a percentage of its nodes, not of its capacity', () => {
      const crew = aCrew(TEN, Object.fromEntries(TEN.map((number) => [number, weighs(8)])), { desired: 80 });
      const { groups, cluster } = roomsOf([crew], { cluster: { budget: { nodes: '30%', cluster: '20%' } } });
      expect([groups.get('workers')?.count, cluster.count]).toEqual([3, 2]);
    });

    test('counts what rests in its warm pool neither as there nor as its weight', () => {
      const pooled = weighs(40, { member: { state: 'Warmed:Stopped' } });
      expect(allowanceOf(aCrew([1, 2, 3], { 1: four, 2: four, 3: pooled }, { desired: 12 }), ALL).count).toBe(8);
    });
  });

  test('that has no node in the cluster has no room there', () => {
    const allowances = roomsOf([aCrew(TEN), aCrew([], {}, { name: 'elsewhere', desired: 5 })]);
    expect([...allowances.groups.keys()]).toEqual(['workers']);
  });
});

describe('the cluster', () => {
  const two = (peculiar: Record<number, Peculiar> = {}): Crew[] => [
    aCrew(TEN, peculiar),
    aCrew(upTo(20).slice(10), peculiar, { name: 'others' }),
  ];

  test.each<[string, unknown, number]>([
    ['by default', undefined, 2],
    ['of a number', { cluster: 5 }, 5],
    ['of percent, rounded up', { cluster: '11%' }, 3],
    ['of nothing', { cluster: 0 }, 0],
  ])('has the room of its budget over all groups: %s', (_, budget, count) => {
    expect(roomsOf(two(), { cluster: { budget } }).cluster.count).toBe(count);
  });

  test('has less for every node that is out, in whichever group', () => {
    expect(roomsOf(two({ 1: RETIRING, 11: CORDONED }), { cluster: { budget: { cluster: 3 } } }).cluster).toEqual({
      count: 1,
      why: 'the cluster’s budget is 3 nodes, 2 of it used up: node-01 retires, node-11 is cordoned',
    });
  });

  test('is short of a configured group that has no node at all, and of no other cluster’s', () => {
    const gone = aCrew([], {}, { name: 'gone', desired: 2 });
    const elsewhere = aCrew([], {}, { name: 'elsewhere', desired: 2 });
    const given = { cluster: { groups: [{ name: 'workers' }, { name: 'gone' }], budget: { cluster: 3 } } };
    expect(roomsOf([aCrew(TEN), gone, elsewhere], given).cluster.count).toBe(1);
  });
});

describe('a budget that cannot be read', () => {
  test('of the cluster lets nothing through anywhere', () => {
    const { cluster, groups } = roomsOf([aCrew(TEN)], { cluster: { budget: { nodes: 'few' } } });
    const why = expect.stringContaining('budget.nodes: must be') as string;
    expect(cluster).toEqual({ count: 0, why, held: true });
    expect(groups.get('workers')).toEqual(cluster);
  });

  test('of a group lets nothing through there, and hinders no other', () => {
    const settings = { groups: [{ name: 'workers', budget: { windows: [] } }, { name: 'others' }] };
    const { cluster, groups } = roomsOf([aCrew(TEN), aCrew([11], {}, { name: 'others' })], { cluster: settings });
    expect(groups.get('workers')).toMatchObject({
      count: 0,
      why: expect.stringContaining('budget.windows: ') as string,
    });
    expect([groups.get('others')?.count, cluster.count]).toEqual([1, 2]);
  });
});

describe('a budget that is used up', () => {
  const isOne = ({ name }: { readonly name: string }): boolean => name === nodeName(1);

  test.each<[string, Crew, Given, true | undefined]>([
    ['by a node that somebody has cordoned', aCrew(TEN, { 1: CORDONED }), {}, true],
    ['by an instance that is not launched', aCrew(TEN, {}, { desired: 11 }), {}, true],
    ['by a node that retires', aCrew(TEN, { 1: RETIRING }), {}, undefined],
    ['by a node that is not Ready', aCrew(TEN, { 1: NOT_READY }), {}, undefined],
    [
      'by a node that has not been Ready for an hour',
      aCrew(TEN, { 1: { node: { notReadySince: NOON - HOUR } } }),
      {},
      true,
    ],
    ['by an instance that has not joined', aCrew(TEN, { 1: { absent: true } }), {}, undefined],
    ['by a cordoned node that is to be drained', aCrew(TEN, { 1: CORDONED }), { isUnavailable: isOne }, undefined],
    ['because it is none', aCrew(TEN), { cluster: { budget: { nodes: 0 } } }, undefined],
    [
      'while the only cordoned node waits for its turn itself',
      aCrew(TEN, { 1: CORDONED, 2: RETIRING }),
      { isExempt: isOne },
      undefined,
    ],
  ])('%s: whether a person must see to it', (_how, crew, given, held) => {
    const { cluster, groups } = roomsOf([crew], given);
    expect(groups.get('workers')).toMatchObject({ count: 0 });
    expect(groups.get('workers')?.held).toBe(held);
    if (cluster.count === 0) expect(cluster.held).toBe(held);
  });

  test('in part leaves room, and nothing to see to', () => {
    expect(allowanceOf(aCrew(TEN, { 1: CORDONED }), { cluster: { budget: { nodes: 2 } } }).held).toBeUndefined();
  });
});

describe('out of its windows', () => {
  const night = { cron: '0 2 * * *', durationSeconds: 3_600 };
  const at2 = Date.parse('2026-01-06T02:00:00Z');

  test('of the cluster nothing goes anywhere, and it is told when that changes', () => {
    const { cluster, groups } = roomsOf([aCrew(TEN)], { cluster: { budget: { windows: [night] } } });
    const why = expect.stringContaining('0 2 * * *') as string;
    expect(cluster).toEqual({ count: 0, why, closed: true, opensAt: at2 });
    expect(groups.get('workers')).toEqual(cluster);
  });

  test('of a group nothing goes there; the cluster is open', () => {
    const groups = [{ name: 'workers', budget: { windows: [night] } }];
    const allowances = roomsOf([aCrew(TEN)], { cluster: { groups } });
    expect(allowances.groups.get('workers')).toMatchObject({ count: 0, closed: true, opensAt: at2 });
    expect(allowances.cluster.count).toBe(1);
    expect(allowanceOf(aCrew(TEN), { cluster: { groups }, now: at2 }).count).toBe(1);
  });

  test('or in a freeze, likewise', () => {
    const freezes = [{ from: '2026-01-05', to: '2026-01-05' }];
    const midnight = Date.parse('2026-01-06T00:00:00Z');
    const allowance = allowanceOf(aCrew(TEN), { cluster: { budget: { freezes } } });
    expect(allowance).toMatchObject({ count: 0, closed: true, opensAt: midnight });
  });
});

describe('brakes:', () => {
  const generous = { budget: { nodes: '100%', cluster: '100%' } };

  test('a group that is stopped by the caller’s word has no room, and says so', () => {
    const allowance = allowanceOf(aCrew(TEN), { stopped: new Map([['workers', 'an instance refresh is under way']]) });
    expect(allowance).toEqual({ count: 0, why: 'an instance refresh is under way', stopped: true });
  });

  const MENDING = `terminate instance ${instanceId(10)} or mend it`;
  const launchedAt = (minutesAgo: number): ReadonlyMap<string, number> =>
    new Map([[instanceId(10), NOON - minutesAgo * MINUTE]]);
  const made = (minutesAgo: number, notReadyMinutesAgo = minutesAgo): Peculiar => ({
    node: { createdAt: NOON - minutesAgo * MINUTE, notReadySince: NOON - notReadyMinutesAgo * MINUTE },
  });

  test.each<[string, Peculiar, Given, string | undefined]>([
    [
      'without a node for longer',
      { absent: true },
      { launchedAt: launchedAt(16) },
      `its instance ${instanceId(10)} has run for 16 min and no node has joined for it: ${MENDING}`,
    ],
    ['without a node for less', { absent: true }, { launchedAt: launchedAt(14) }, undefined],
    ['without a node, who knows since when', { absent: true }, {}, undefined],
    [
      'without a node that need not serve yet',
      { absent: true, member: { state: 'Pending:Wait' } },
      { launchedAt: launchedAt(99) },
      undefined,
    ],
    [
      'never Ready for longer',
      made(16),
      {},
      `its node node-10 has not been Ready since it was made 16 min ago: ${MENDING}`,
    ],
    ['never Ready for less', made(14), {}, undefined],
    ['that was Ready for a while', made(99, 20), {}, undefined],
    ['never Ready and no longer in service', { ...made(16), member: { state: 'Terminating:Wait' } }, {}, undefined],
  ])('one instance %s than the timeout: %#', (_, peculiar, at, why) => {
    const allowance = allowanceOf(aCrew(TEN, { 10: peculiar }), { cluster: generous, ...at });
    expect([allowance.stopped, allowance.stopped && allowance.why]).toEqual(
      why === undefined ? [undefined, undefined] : [true, why],
    );
    if (why === undefined) expect(allowance.count).toBe(9);
  });

  test('the timeout is the cluster’s to choose', () => {
    const cluster = { ...generous, drift: { replacementTimeoutSeconds: 3_600 } };
    expect(allowanceOf(aCrew(TEN, { 10: made(59) }), { cluster }).count).toBe(9);
    expect(allowanceOf(aCrew(TEN, { 10: made(61) }), { cluster }).count).toBe(0);
  });

  test('a stuck replacement stops its own group alone', () => {
    const { cluster, groups } = roomsOf([aCrew(TEN, { 10: made(16) }), aCrew([11, 12], {}, { name: 'others' })], {
      cluster: generous,
    });
    expect([groups.get('workers')?.count, groups.get('others')?.count, cluster.count]).toEqual([0, 2, 11]);
  });

  test.each([
    [2, 8],
    [3, 0],
  ])('with %i of 10 nodes not Ready the cluster has room for %i: more than a fifth stops it', (sick, count) => {
    const peculiar = Object.fromEntries(upTo(sick).map((number) => [number, NOT_READY]));
    const { cluster } = roomsOf([aCrew(TEN, peculiar)], { cluster: generous });
    expect(cluster.count).toBe(count);
    expect(cluster.stopped).toBe(count === 0 ? true : undefined);
    if (count === 0) expect(cluster.why).toBe('3 of the 10 nodes are not Ready, more than 20%');
  });

  test('the limit is the cluster’s to choose, and nodes of a warm pool are not ill', () => {
    const ill = aCrew(TEN, { 1: NOT_READY, 2: NOT_READY, 3: NOT_READY });
    expect(roomsOf([ill], { cluster: { ...generous, drift: { unhealthyLimit: '30%' } } }).cluster.count).toBe(7);
    const stopped: Peculiar = { node: { notReadySince: NOON - HOUR }, member: { state: 'Warmed:Stopped' } };
    const warm = aCrew(TEN, { 1: stopped, 2: stopped, 3: stopped }, { desired: 7 });
    expect(roomsOf([warm], { cluster: generous }).cluster.count).toBe(7);
  });
});
