/** The additional instances of a managed node group whose size others change too (contract 10.2). */
import { describe, expect, test } from 'vitest';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import { begunSurge, replannedSurge, surgeOf, unusedOf } from '../../../lambdas/core/rotation/surge.ts';
import { NOON } from '../../given.ts';

function groupOf(desired: number, states: Readonly<Record<string, string>> = {}): Group {
  const members = Object.entries(states).map(([instance, state]) => {
    return { instance, group: 'workers', state, zone: 'a', type: 'm7g.large' };
  });
  const launch = { overrides: [], byRequirements: false };
  return { name: 'workers', desired, tags: {}, suspended: [], launch, members };
}

const planned = surgeOf(groupOf(3), 2, NOON);
const raised = { ...planned, raised: true };

describe('a surge from 3 to 5', () => {
  test.each([
    ['that is planned', planned, 3, undefined],
    ['that a run raised which died then', planned, 5, undefined],
    ['whose group somebody raised before', planned, 7, [7, 9]],
    ['whose group somebody lowered before', planned, 2, [2, 4]],
    ['that is raised', raised, 5, undefined],
    ['that is raised, and more by somebody', raised, 8, undefined],
    ['of which somebody took a part', raised, 4, [3, 5]],
    ['of which somebody took all', raised, 3, [3, 5]],
    ['of which somebody took more than all', raised, 1, [1, 3]],
  ])('%s is planned anew only if it must be', (_, surge, desired, sizes) => {
    const { base, to, ...rest } = replannedSurge(surge, groupOf(desired)) ?? {};
    expect(base === undefined ? undefined : [base, to]).toEqual(sizes);
    // What it was planned for, and when, stays: so that it is given up in time.
    if (sizes !== undefined) expect(rest).toMatchObject({ at: NOON, raised: false });
  });

  const begun = begunSurge(
    raised,
    new Map([
      ['i-1', 'workers'],
      ['i-2', 'workers'],
      ['i-3', 'gpu'],
    ]),
  );

  test.each([
    ['both of its batch have gone', 3, {}, 0],
    ['both have gone, and somebody raised the group', 20, {}, 0],
    ['one of its batch stays', 4, { 'i-2': 'InService' }, 1],
    ['one stays, and somebody raised the group', 9, { 'i-2': 'InService' }, 1],
    ['one is on its way out', 3, { 'i-2': 'Terminating:Wait' }, 0],
    ['both stay, and somebody has lowered the group', 4, { 'i-1': 'InService', 'i-2': 'InService' }, 1],
    ['both stay, and somebody has lowered it further', 2, { 'i-1': 'InService', 'i-2': 'InService' }, 0],
  ])('takes back what was not used: %s', (_, desired, states, unused) => {
    expect(unusedOf(begun, groupOf(desired, states))).toBe(unused);
  });

  test('is taken back whole when its batch has not begun', () => {
    expect(unusedOf(raised, groupOf(5))).toBe(2);
  });
});
