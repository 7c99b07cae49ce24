/** What people are told of nodes that are to go and do not (contract 9.7). */
import { describe, expect, test } from 'vitest';
import type { Allowance } from '../../../lambdas/core/disruption/allowance.ts';
import { stuckGroups, groupStatuses, type GroupStatus } from '../../../lambdas/core/disruption/group-status.ts';
import type { Postponed } from '../../../lambdas/core/disruption/queue.ts';
import { aCrew, fleetOf, nodeName, type Peculiar } from '../../fleet-given.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

const OPEN: Allowance = { count: 2, why: 'its budget is 2 nodes' };
const FULL: Allowance = { count: 0, why: 'node-09 retires' };
const HELD: Allowance = { count: 0, why: 'node-09 is cordoned', held: true };
const CLOSED: Allowance = { count: 0, why: 'outside the window', closed: true };
const STOPPED: Allowance = { count: 0, why: 'Launch is suspended', stopped: true };
const SICK: Allowance = { count: 0, why: '3 of the 10 nodes are not Ready', stopped: true };

function later(number: number, group = 'workers', coolDownUntil?: number): Postponed {
  const candidate = { name: nodeName(number), group, zone: 'a', createdAt: NOON - HOUR };
  return { candidate: { ...candidate, ...(coolDownUntil !== undefined && { coolDownUntil }) }, why: 'r' };
}

const TWO = [later(1), later(2)];
const RESTING = [later(1, 'workers', NOON + HOUR)];
const RESTED = [later(1, 'workers', NOON - HOUR)];

type Limits = readonly [own: Allowance, cluster: Allowance];

function found(postponed: readonly Postponed[], [own, cluster]: Limits): readonly GroupStatus[] {
  return groupStatuses({ now: [], later: postponed }, { cluster, groups: new Map([['workers', own]]) }, NOON);
}

describe('of a group', () => {
  test.each<[string, readonly Postponed[], Limits, object]>([
    ['that is stopped', TWO, [STOPPED, OPEN], { kind: 'stopped', reason: 'Launch is suspended' }],
    [
      'that is stopped, all of which rests',
      RESTING,
      [STOPPED, OPEN],
      { kind: 'stopped', reason: 'Launch is suspended' },
    ],
    [
      'in a cluster that is not well',
      TWO,
      [FULL, SICK],
      { kind: 'stopped', reason: '3 of the 10 nodes are not Ready' },
    ],
    ['whose budget others use up', TWO, [FULL, OPEN], { kind: 'waiting', reason: 'node-09 retires', nodes: 2 }],
    ['whose budget is lost', TWO, [HELD, OPEN], { kind: 'held', reason: 'node-09 is cordoned', nodes: 2 }],
    ['whose cluster’s budget is', TWO, [OPEN, HELD], { kind: 'held', reason: 'node-09 is cordoned', nodes: 2 }],
    ['one node of which has rested', RESTED, [FULL, OPEN], { kind: 'waiting', reason: 'node-09 retires', nodes: 1 }],
    [
      'of which only those count that do not rest',
      [...RESTING, later(2)],
      [FULL, OPEN],
      { kind: 'waiting', reason: 'node-09 retires', nodes: 1 },
    ],
  ])('%s it is told', (_which, postponed, allowances, expected) => {
    expect(found(postponed, allowances)).toEqual([{ group: 'workers', ...expected }]);
  });

  test.each<[string, readonly Postponed[], Limits]>([
    ['of which nothing is to go', [], [STOPPED, OPEN]],
    ['of which others go before', TWO, [OPEN, OPEN]],
    ['out of its windows', TWO, [CLOSED, OPEN]],
    ['out of its windows, in a cluster that is not well', TWO, [CLOSED, SICK]],
    ['all of which rests', RESTING, [FULL, OPEN]],
  ])('%s nothing is told', (_which, postponed, allowances) => {
    expect(found(postponed, allowances)).toEqual([]);
  });
});

test('each group is told once', () => {
  const groups = new Map([
    ['workers', FULL],
    ['batch', HELD],
  ]);
  const postponed = [later(1), later(11, 'batch'), later(2), later(12, 'batch'), later(3)];
  expect(groupStatuses({ now: [], later: postponed }, { cluster: OPEN, groups }, NOON)).toMatchObject([
    { group: 'workers', nodes: 3 },
    { group: 'batch', nodes: 2 },
  ]);
});

test('a group in which somebody goes does not stand still', () => {
  const queue = { now: [later(1).candidate], later: [later(2), later(11, 'batch')] };
  const groups = new Map([
    ['workers', FULL],
    ['batch', FULL],
  ]);
  expect(groupStatuses(queue, { cluster: OPEN, groups }, NOON)).toMatchObject([{ group: 'batch', nodes: 1 }]);
});

describe('a group whose nodes that are to go do not serve', () => {
  const at = { now: NOON, replacementTimeoutSeconds: 900 };

  test.each<[string, Peculiar, string | undefined]>([
    ['is cordoned', { node: { unschedulable: true } }, 'node-01 is cordoned'],
    ['has not been Ready for long', { node: { notReadySince: NOON - HOUR } }, 'node-01 is not Ready'],
    ['has not been Ready for a while', { node: { notReadySince: NOON - MINUTE } }, undefined],
    ['is in Standby', { member: { state: 'Standby' } }, 'node-01 is Standby'],
    ['is on its way out', { member: { state: 'Terminating:Wait' }, node: { unschedulable: true } }, undefined],
    ['retires', { node: { unschedulable: true, retiring: true } }, undefined],
    ['serves', {}, undefined],
  ])('one that %s', (_how, peculiar, reason) => {
    const { placed } = fleetOf(aCrew([1], { 1: peculiar }));
    const expected = reason === undefined ? [] : [{ kind: 'held', group: 'workers', nodes: 1, reason }];
    expect(stuckGroups(placed, new Set(), at)).toEqual(expected);
    expect(stuckGroups(placed, new Set(['workers']), at)).toEqual([]);
  });
});
