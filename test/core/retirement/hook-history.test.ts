/** The retirements that one hook has had: which they are, and whether another is begun (contract 5.1, 6.3). */
import { describe, expect, test } from 'vitest';
import type { EndedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { firstStart, mayBeginAnother, runsOfHook } from '../../../lambdas/core/retirement/hook-history.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

const HOME = { account: '123456789012', region: 'eu-central-1' };
const INSTANCE = 'i-0123456789abcdef0';
const OURS = `123456789012-eu-central-1-${INSTANCE}-`;

/** One that failed at once, that many minutes after noon. */
function failed(minutes: number, given: Partial<EndedRetirement> = {}): EndedRetirement {
  const at = NOON + minutes * MINUTE;
  return { name: `${OURS}00000000`, startedAt: at, endedAt: at, succeeded: false, ...given };
}

describe('the retirements of a hook', () => {
  const about = { instance: INSTANCE, beganAt: NOON, home: HOME };

  test.each<[string, Partial<EndedRetirement>, boolean]>([
    ['one that started when it began', {}, true],
    ['one that started later', { startedAt: NOON + HOUR }, true],
    ['none from before: the instance has been back in service meanwhile', { startedAt: NOON - 1 }, false],
    ['none of another instance', { name: '123456789012-eu-central-1-i-0fedcba9876543210-00000000' }, false],
    ['none of another region', { name: `123456789012-us-east-1-${INSTANCE}-00000000` }, false],
  ])('are %s', (_which, given, counts) => {
    expect(runsOfHook([failed(0, given)], about)).toHaveLength(counts ? 1 : 0);
  });

  test.each([
    ['the earliest of their starts', [failed(30), failed(10), failed(20)], NOON + 10 * MINUTE],
    ['now, when there is none yet', [], NOON + HOUR],
  ])('tell when the first began: %s', (_when, runs, at) => {
    expect(firstStart(runs, NOON + HOUR)).toBe(at);
  });
});

describe('another retirement of a hook whose others have ended', () => {
  const deadline = NOON + HOUR;

  test.each<[string, EndedRetirement[], number, boolean]>([
    ['begins when there were none', [], 5, true],
    ['begins at once after the first failure, which may be an accident', [failed(0)], 1, true],
    ['waits 10 minutes after the second', [failed(0), failed(5)], 14, false],
    ['begins 10 minutes after the second', [failed(0), failed(5)], 15, true],
    ['waits 20 minutes after the third', [failed(0), failed(5), failed(15)], 34, false],
    ['begins 20 minutes after the third', [failed(0), failed(5), failed(15)], 35, true],
    ['waits 40 minutes after the fourth', [failed(0), failed(5), failed(15), failed(35)], 74, false],
    [
      'begins 40 minutes after the fourth, the deadline has passed',
      [failed(0), failed(5), failed(15), failed(35)],
      75,
      true,
    ],
    ['counts from the end of one that has lasted', [failed(0), failed(5, { endedAt: NOON + 30 * MINUTE })], 39, false],
    ['is not hindered by those that came to their end', [failed(0), failed(5, { succeeded: true })], 6, true],
    ['begins once after the deadline', [failed(0)], 61, true],
    ['begins no second time after the deadline', [failed(0), failed(60)], 1_000, false],
    [
      'begins no second time after the deadline, whatever came of the first',
      [failed(61, { succeeded: true })],
      62,
      false,
    ],
  ])('%s', (_what, runs, minutes, begins) => {
    expect(mayBeginAnother(runs, { deadline, now: NOON + minutes * MINUTE })).toBe(begins);
  });

  test('of which each fails at once begins four times within its hour, and once after it', () => {
    const runs: EndedRetirement[] = [];
    // The sweep looks every five minutes.
    for (let minutes = 0; minutes <= 360; minutes += 5) {
      if (mayBeginAnother(runs, { deadline, now: NOON + minutes * MINUTE })) runs.push(failed(minutes));
    }
    expect(runs.map(({ startedAt }) => (startedAt - NOON) / MINUTE)).toEqual([0, 5, 15, 35, 75]);
  });
});
