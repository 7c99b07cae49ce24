import { describe, expect, test } from 'vitest';
import { decideCharge, type Claim } from '../../../lambdas/core/node/owner.ts';
import type { Charge } from '../../../lambdas/core/node/isolation.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../given.ts';

const OURS = { execution: 'ours', kind: 'asg-terminate', deadline: NOON + HOUR } as const;

function charge(given: Partial<Charge> & { until?: number } = {}): Charge {
  const { until = NOON + HOUR, ...marks } = given;
  const written = { since: new Date(NOON).toISOString(), deadline: new Date(until).toISOString() };
  return { execution: 'other', kind: 'asg-terminate', cordonedByUs: true, labelledByUs: true, ...written, ...marks };
}

const take = (deadline: number) => ({ kind: 'take', deadline });
const JOIN = { kind: 'join', execution: 'other' };

describe('who is in charge of a node (contract 1.6)', () => {
  test.each([
    ['nobody before: takes charge', undefined, false, take(NOON + HOUR)],
    ['itself, after a crash: stays in charge', charge({ execution: 'ours' }), true, take(NOON + HOUR)],
    [
      'itself, with the nearer deadline that it took over before a crash: keeps that',
      charge({ execution: 'ours', until: NOON + MINUTE }),
      false,
      take(NOON + MINUTE),
    ],
    ['one that has ended: takes charge', charge(), false, take(NOON + HOUR)],
    [
      'one that has ended long ago: its deadline is not ours, which it would force at once',
      charge({ until: NOON - 72 * HOUR }),
      false,
      take(NOON + HOUR),
    ],
    ['one that runs and has the same to bring: joins', charge(), true, JOIN],
    ['one that runs and has less time: joins', charge({ until: NOON + MINUTE }), true, JOIN],
    ['one that runs and has five minutes more: joins', charge({ until: NOON + 65 * MINUTE }), true, JOIN],
    ['one that runs and has more time: takes charge', charge({ until: NOON + 2 * HOUR }), true, take(NOON + HOUR)],
    [
      'one that has no hook: takes charge',
      charge({ kind: 'tainted', until: NOON + 2 * HOUR }),
      true,
      take(NOON + HOUR),
    ],
    [
      'one that nothing forces, and that had less time: takes charge, and is not hurried by it',
      charge({ kind: 'tainted', until: NOON + MINUTE }),
      true,
      take(NOON + HOUR),
    ],
    [
      'one that has no hook, has drained the node and completes the hook itself: joins',
      charge({ kind: 'tainted', until: NOON + 2 * HOUR, completesHook: true }),
      true,
      JOIN,
    ],
    [
      'one that would have completed the hook, and has ended: takes charge',
      charge({ kind: 'tainted', completesHook: true }),
      false,
      take(NOON + HOUR),
    ],
  ])('%s', (_who, found, rivalRuns, decision) => {
    expect(decideCharge(found, OURS, { rivalRuns, now: NOON })).toEqual(decision);
  });

  test.each([
    ['a hook’s, however much time that has', charge({ until: NOON + 48 * HOUR }), true, JOIN],
    ['another voluntary one', charge({ kind: 'tainted', until: NOON + 48 * HOUR }), true, JOIN],
    ['one that has ended: takes charge', charge(), false, take(NOON + HOUR)],
    ['nobody: takes charge', undefined, false, take(NOON + HOUR)],
  ])('one that nothing forces finds %s', (_who, found, rivalRuns, decision) => {
    expect(decideCharge(found, { ...OURS, kind: 'tainted' }, { rivalRuns, now: NOON })).toEqual(decision);
  });

  const late: Claim = { ...OURS, deadline: NOON + 30 * SECOND, late: true };

  test.each<[string, Claim, Charge, object]>([
    ['whose deadline has passed joins one that runs (5.1)', { ...OURS, deadline: NOON - 1 }, charge(), JOIN],
    ['whose deadline is now joins one that runs', { ...OURS, deadline: NOON }, charge(), JOIN],
    ['that is late joins one that runs', late, charge(), JOIN],
    ['that is late takes over from one without a hook', late, charge({ kind: 'tainted' }), take(NOON + 30 * SECOND)],
  ])('one %s', (_who, claim, found, decision) => {
    expect(decideCharge(found, claim, { rivalRuns: true, now: NOON })).toEqual(decision);
  });

  test('one that is late takes charge where the one before has ended', () => {
    expect(decideCharge(charge(), late, { rivalRuns: false, now: NOON })).toEqual(take(NOON + 30 * SECOND));
  });
});
