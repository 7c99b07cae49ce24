import { describe, expect, test } from 'vitest';
import { decideOwnership, type Claim } from '../../../lambdas/core/node/ownership.ts';
import type { Ownership } from '../../../lambdas/core/node/isolation.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../given.ts';

const OURS = { execution: 'ours', kind: 'asg-terminate', deadline: NOON + HOUR } as const;

function ownership(given: Partial<Ownership> & { until?: number } = {}): Ownership {
  const { until = NOON + HOUR, ...marks } = given;
  const written = { since: new Date(NOON).toISOString(), deadline: new Date(until).toISOString() };
  return { execution: 'other', kind: 'asg-terminate', cordonedByUs: true, labelledByUs: true, ...written, ...marks };
}

const take = (deadline: number) => ({ kind: 'take', deadline });
const JOIN = { kind: 'join', execution: 'other' };

describe('who is in charge of a node (contract 1.6)', () => {
  test.each([
    ['nobody before: takes charge', undefined, false, take(NOON + HOUR)],
    ['itself, after a crash: stays in charge', ownership({ execution: 'ours' }), true, take(NOON + HOUR)],
    [
      'itself, with the nearer deadline that it took over before a crash: keeps that',
      ownership({ execution: 'ours', until: NOON + MINUTE }),
      false,
      take(NOON + MINUTE),
    ],
    ['one that has ended: takes charge', ownership(), false, take(NOON + HOUR)],
    [
      'one that has ended long ago: its deadline is not ours, which it would force at once',
      ownership({ until: NOON - 72 * HOUR }),
      false,
      take(NOON + HOUR),
    ],
    ['one that runs and has the same to bring: joins', ownership(), true, JOIN],
    ['one that runs and has less time: joins', ownership({ until: NOON + MINUTE }), true, JOIN],
    ['one that runs and has five minutes more: joins', ownership({ until: NOON + 65 * MINUTE }), true, JOIN],
    ['one that runs and has more time: takes charge', ownership({ until: NOON + 2 * HOUR }), true, take(NOON + HOUR)],
    [
      'one that has no hook: takes charge',
      ownership({ kind: 'tainted', until: NOON + 2 * HOUR }),
      true,
      take(NOON + HOUR),
    ],
    [
      'one that nothing forces, and that had less time: takes charge, and is not hurried by it',
      ownership({ kind: 'tainted', until: NOON + MINUTE }),
      true,
      take(NOON + HOUR),
    ],
    [
      'one that has no hook, has drained the node and completes the hook itself: joins',
      ownership({ kind: 'tainted', until: NOON + 2 * HOUR, completesHook: true }),
      true,
      JOIN,
    ],
    [
      'one that would have completed the hook, and has ended: takes charge',
      ownership({ kind: 'tainted', completesHook: true }),
      false,
      take(NOON + HOUR),
    ],
  ])('%s', (_who, found, rivalRuns, decision) => {
    expect(decideOwnership(found, OURS, { rivalRuns, now: NOON })).toEqual(decision);
  });

  test.each([
    ['a hook’s, however much time that has', ownership({ until: NOON + 48 * HOUR }), true, JOIN],
    ['another voluntary one', ownership({ kind: 'tainted', until: NOON + 48 * HOUR }), true, JOIN],
    ['one that has ended: takes charge', ownership(), false, take(NOON + HOUR)],
    ['nobody: takes charge', undefined, false, take(NOON + HOUR)],
  ])('one that nothing forces finds %s', (_who, found, rivalRuns, decision) => {
    expect(decideOwnership(found, { ...OURS, kind: 'tainted' }, { rivalRuns, now: NOON })).toEqual(decision);
  });

  const late: Claim = { ...OURS, deadline: NOON + 30 * SECOND, late: true };

  test.each<[string, Claim, Ownership, object]>([
    ['whose deadline has passed joins one that runs (5.1)', { ...OURS, deadline: NOON - 1 }, ownership(), JOIN],
    ['whose deadline is now joins one that runs', { ...OURS, deadline: NOON }, ownership(), JOIN],
    ['that is late joins one that runs', late, ownership(), JOIN],
    ['that is late takes over from one without a hook', late, ownership({ kind: 'tainted' }), take(NOON + 30 * SECOND)],
  ])('one %s', (_who, claim, found, decision) => {
    expect(decideOwnership(found, claim, { rivalRuns: true, now: NOON })).toEqual(decision);
  });

  test('one that is late takes charge where the one before has ended', () => {
    expect(decideOwnership(ownership(), late, { rivalRuns: false, now: NOON })).toEqual(take(NOON + 30 * SECOND));
  });
});
