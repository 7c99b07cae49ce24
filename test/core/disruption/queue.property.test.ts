/** What holds whoever is to go: budgets are kept, nobody is forgotten, and the order of asking changes nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowancesIn, type Allowances } from '../../../lambdas/core/disruption/allowance.ts';
import { queueNodes, nodesToCount, type Candidate } from '../../../lambdas/core/disruption/queue.ts';
import { limitOf, readBudget, UNWRITTEN_CLUSTER, UNWRITTEN_NODES } from '../../../lambdas/core/disruption/budget.ts';
import { aCluster, aCrew, fleetOf, upTo, type Peculiar } from '../../fleet-given.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

const GROUPS = ['one', 'two', 'three'];
const ZONES = ['a', 'b', 'c'];

const candidates: fc.Arbitrary<Candidate[]> = fc
  .array(
    fc.record({
      group: fc.constantFrom(...GROUPS, 'unknown'),
      zone: fc.constantFrom(...ZONES),
      createdAt: fc.nat(4 * 60).map((minutes) => NOON - minutes * MINUTE),
      rested: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined, freq: 4 }),
    }),
    { maxLength: 30 },
  )
  .map((list) =>
    list.map(({ rested, ...each }, index) => ({
      ...each,
      name: `n${String(index).padStart(2, '0')}`,
      ...(rested !== undefined && { coolDownUntil: NOON + rested * HOUR }),
    })),
  );

const allowance = fc.nat(6).map((count) => ({ count, why: 'a reason' }));
const allowances: fc.Arbitrary<Allowances> = fc
  .record({ cluster: allowance, each: fc.array(allowance, { minLength: 3, maxLength: 3 }) })
  .map(({ cluster, each }) => ({
    cluster,
    groups: new Map(GROUPS.map((name, index) => [name, each[index] ?? { count: 0 }])),
  }));

const pods = fc
  .array(fc.nat(3), { minLength: 30, maxLength: 30 })
  .map((counts) => new Map(counts.map((count, index) => [`n${String(index).padStart(2, '0')}`, count])));

const hourOf = ({ createdAt }: Candidate): number => Math.floor(createdAt / HOUR);

describe('of all turns', () => {
  const given = fc.record({ all: candidates, allowances, pods });

  test('no group and no cluster exceeds its room, and none that rests goes', () => {
    fc.assert(
      fc.property(given, ({ all, allowances: within, pods: counted }) => {
        const { now } = queueNodes(all, within, { pods: counted, now: NOON });
        expect(now.length).toBeLessThanOrEqual(within.cluster.count);
        for (const [name, { count }] of within.groups) {
          expect(now.filter(({ group }) => group === name).length).toBeLessThanOrEqual(count);
        }
        for (const { group, coolDownUntil = 0 } of now) {
          expect(within.groups.has(group)).toBe(true);
          expect(coolDownUntil).toBeLessThanOrEqual(NOON);
        }
      }),
    );
  });

  test('each candidate goes or waits, once, and who waits is told why', () => {
    fc.assert(
      fc.property(given, ({ all, allowances: within, pods: counted }) => {
        const { now, later } = queueNodes(all, within, { pods: counted, now: NOON });
        const told = [...now, ...later.map(({ candidate }) => candidate)].map(({ name }) => name);
        expect(told.toSorted()).toEqual(all.map(({ name }) => name));
        for (const { why } of later) expect(why).not.toBe('');
      }),
    );
  });

  test('room is not left while somebody could go', () => {
    fc.assert(
      fc.property(given, ({ all, allowances: within, pods: counted }) => {
        const { now, later } = queueNodes(all, within, { pods: counted, now: NOON });
        if (now.length === within.cluster.count) return;
        for (const { candidate } of later.filter(({ candidate: { coolDownUntil = 0 } }) => coolDownUntil <= NOON)) {
          const taken = now.filter(({ group }) => group === candidate.group).length;
          expect(taken).toBe(within.groups.get(candidate.group)?.count ?? 0);
        }
      }),
    );
  });

  test('nobody goes before somebody of its group who is older by hours, unless that one has rested', () => {
    fc.assert(
      fc.property(given, ({ all, allowances: within, pods: counted }) => {
        const { now, later } = queueNodes(all, within, { pods: counted, now: NOON });
        const fresh = ({ coolDownUntil }: Candidate): boolean => coolDownUntil === undefined;
        for (const { candidate } of later.filter((each) => fresh(each.candidate))) {
          for (const first of now.filter(({ group }) => group === candidate.group)) {
            expect(fresh(first)).toBe(true);
            expect(hourOf(first)).toBeLessThanOrEqual(hourOf(candidate));
          }
        }
      }),
    );
  });

  test('the order in which they are asked for changes nothing', () => {
    const shuffled = given.chain(({ all, ...rest }) =>
      fc.record({
        all: fc.constant(all),
        other: fc.shuffledSubarray(all, { minLength: all.length }),
        rest: fc.constant(rest),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ all, other, rest }) => {
        const terms = { pods: rest.pods, now: NOON };
        expect(queueNodes(other, rest.allowances, terms)).toEqual(queueNodes(all, rest.allowances, terms));
        expect([...nodesToCount(other, rest.allowances)].toSorted()).toEqual(
          [...nodesToCount(all, rest.allowances)].toSorted(),
        );
      }),
    );
  });

  test('of equals, no zone gives two more than another that has some left', () => {
    const equals = fc.record({ zones: fc.array(fc.constantFrom(...ZONES), { maxLength: 20 }), count: fc.nat(10) });
    fc.assert(
      fc.property(equals, ({ zones, count }) => {
        const all = zones.map((zone, index) => ({ name: `n${index}`, group: 'one', zone, createdAt: NOON }));
        const within: Allowances = { cluster: { count: 100 }, groups: new Map([['one', { count }]]) };
        const { now, later } = queueNodes(all, within, { pods: new Map(), now: NOON });
        const from = (zone: string): number => now.filter((each) => each.zone === zone).length;
        const most = Math.max(0, ...ZONES.map(from));
        for (const { candidate } of later) expect(from(candidate.zone)).toBeGreaterThanOrEqual(most - 1);
      }),
    );
  });

  test('at most five pods counts are asked for per free place', () => {
    fc.assert(
      fc.property(given, ({ all, allowances: within }) => {
        const free = [...within.groups.values()].reduce(
          (sum, { count }) => sum + Math.min(count, within.cluster.count),
          0,
        );
        expect(nodesToCount(all, within).length).toBeLessThanOrEqual(5 * free);
      }),
    );
  });
});

describe('of all rooms', () => {
  const peculiar: fc.Arbitrary<Peculiar> = fc.constantFrom<Peculiar[]>(
    {},
    {},
    {},
    { node: { notReadySince: NOON - MINUTE } },
    { node: { unschedulable: true } },
    { node: { retiring: true, unschedulable: true } },
    { absent: true },
    { member: { state: 'Terminating:Wait' } },
  );
  const share = fc.oneof(
    fc.nat(12),
    fc.nat(100).map((percent) => `${percent}%`),
  );
  const scene = fc.record({
    size: fc.integer({ min: 1, max: 20 }),
    desired: fc.integer({ min: 0, max: 24 }),
    quirks: fc.array(peculiar, { minLength: 20, maxLength: 20 }),
    nodes: share,
    cluster: share,
  });

  test('who is out and who may go out are together no more than the budget, of the group and of the cluster', () => {
    fc.assert(
      fc.property(scene, ({ size, desired, quirks, nodes, cluster }) => {
        const numbers = upTo(size);
        const crew = aCrew(numbers, Object.fromEntries(numbers.map((number) => [number, quirks[number] ?? {}])), {
          desired,
        });
        const written = { nodes, cluster };
        const settings = aCluster({ budget: written, drift: { unhealthyLimit: '100%' } });
        const fleet = fleetOf(crew);
        const found = allowancesIn(fleet, settings, {
          now: NOON,
          cause: 'drift',
          groups: [crew.group],
          isUnavailable: () => false,
          stopped: new Map(),
        });
        const budget = readBudget(written);
        if ('fault' in budget) throw new Error(budget.fault);
        const serving = fleet.placed.filter(
          ({ node, member }) =>
            node.notReadySince === undefined && !node.unschedulable && !node.retiring && member.state === 'InService',
        ).length;
        const out = Math.max(fleet.placed.length - serving, desired - serving);
        for (const [group, limit] of [
          [found.groups.get('workers'), budget.nodes ?? UNWRITTEN_NODES.drift],
          [found.cluster, budget.cluster ?? UNWRITTEN_CLUSTER.drift],
        ] as const) {
          const most = limitOf(limit, desired);
          if (group === undefined) continue;
          expect(group.count).toBe(Math.max(0, most - out));
          if (group.count === 0) expect(group.why).toBeTruthy();
        }
      }),
    );
  });
});
