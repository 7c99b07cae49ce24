import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heartbeatInterval } from '../../../lambdas/core/retirement/heartbeat.ts';
import {
  mayRoundEarly,
  suspends,
  suspensionSeconds,
  WATCHED_LATER_MS,
  type Span,
} from '../../../lambdas/core/retirement/suspension.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../given.ts';

const DAY: Span = { startedAt: NOON, deadline: NOON + 24 * HOUR, hookTimeoutSeconds: 900 };

/** Before turn `round` of a run that has just begun, with something due in so many milliseconds. */
function seconds(round: number, dueIn: number, span = DAY): number {
  return suspensionSeconds({ rounds: round, round, now: NOON, dueAt: NOON + dueIn }, span);
}

describe('a suspension', () => {
  test('grows by half each time, from 15 s to 180 s', () => {
    const rounds = Array.from({ length: 10 }, (_, index) => seconds(index + 1, Infinity));
    expect(rounds).toEqual([15, 22, 33, 50, 75, 113, 170, 180, 180, 180]);
  });

  test.each([
    ['ends at the next due', 5, 40_000, 40],
    ['ends at whole seconds before it', 5, 40_999, 40],
    ['is not stretched to it', 1, 40_000, 15],
    ['lasts a second when that is left', 5, 1_000, 1],
    ['is not at all within the last second', 5, 999, 0],
    ['is not at all when something is overdue', 5, -3_000, 0],
  ])('%s', (_what, round, dueIn, expected) => {
    expect(seconds(round, dueIn)).toBe(expected);
  });

  test('is a whole number of seconds, 0 to 180, never past the next due', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(1_000_000), (round, dueIn) => {
        const found = seconds(round, dueIn);
        expect(Number.isInteger(found)).toBe(true);
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(180);
        expect(found * 1000).toBeLessThanOrEqual(dueIn);
      }),
    );
  });

  test('never shrinks from one turn to the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1_000_000 }), (round, dueIn) => {
        expect(seconds(round + 1, dueIn)).toBeGreaterThanOrEqual(seconds(round, dueIn));
      }),
    );
  });
});

describe('a run with less than 300 s to its deadline never suspends', () => {
  const span = (left: number): Span => ({ startedAt: NOON, deadline: NOON + left, hookTimeoutSeconds: 900 });

  test.each([
    [120 * SECOND, false],
    [5 * MINUTE - 1, false],
    [5 * MINUTE, true],
  ])('%d ms: %s', (left, suspended) => {
    expect(suspends(span(left))).toBe(suspended);
    expect(seconds(1, Infinity, span(left)) > 0).toBe(suspended);
  });
});

/**
 * The turns that a run takes until its end: each a pass of 5 s and a suspension, which a heartbeat cuts short;
 * a heartbeat that falls due in a pass is sent there. Two durable operations each: the step and the wait.
 *
 * @param dueIn how soon after each pass there is something to do, milliseconds
 */
function operations(span: Span, random: number, dueIn = Infinity): number {
  const { startedAt, deadline, lastsUntil = deadline } = span;
  let now = startedAt;
  let rounds = 0;
  let heartbeatAt = now;
  let round = 0;
  while (now < lastsUntil) {
    rounds += 1;
    round += 1;
    const passEnds = now + WATCHED_LATER_MS;
    if (passEnds >= heartbeatAt) {
      heartbeatAt = Math.max(now, heartbeatAt) + heartbeatInterval(span.hookTimeoutSeconds, random);
    }
    now = passEnds;
    if (now >= deadline) heartbeatAt = Infinity;
    const due = mayRoundEarly({ rounds, now }, span) ? now + dueIn : Infinity;
    const dueAt = Math.min(heartbeatAt, now < deadline ? deadline : lastsUntil, due);
    const suspended = suspensionSeconds({ rounds, round, now, dueAt }, span);
    now = suspended === 0 ? Math.max(now + 1, dueAt) : now + suspended * 1000;
  }
  return rounds * 2;
}

describe('48 hours take fewer than 2,500 durable operations (contract 14.1, faults 31)', () => {
  const span = (hookTimeoutSeconds: number): Span => ({
    startedAt: NOON,
    deadline: NOON + Math.min(48 * HOUR, hookTimeoutSeconds * 100 * SECOND) - MINUTE,
    hookTimeoutSeconds,
  });

  test('with every heartbeat timeout from 60 s on, and the worst jitter', () => {
    const timeouts = Array.from({ length: 120 }, (_, index) => 60 + index * 60);
    const most = timeouts.flatMap((timeout) => [0, 0.5, 1].map((random) => operations(span(timeout), random)));
    expect(Math.max(...most)).toBeLessThan(2_500);
    // Not by a wide margin: the bound is a real one.
    expect(Math.max(...most)).toBeGreaterThan(2_000);
  });

  test('with any timeout and jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 7_200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (timeout, random) => {
          expect(operations(span(timeout), random)).toBeLessThan(2_500);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('when the instance is retained at a near deadline, and something falls due every second', () => {
    const deadlines = [10 * MINUTE, HOUR, 4 * HOUR, 24 * HOUR, 48 * HOUR - MINUTE];
    const spans = deadlines.flatMap((left) =>
      [900, 1_800, 7_200].map((hookTimeoutSeconds): Span => {
        const deadline = NOON + left;
        return { startedAt: NOON, deadline, lastsUntil: NOON + 49 * HOUR, hookTimeoutSeconds };
      }),
    );
    const most = spans.map((each) => operations(each, 0, SECOND));
    expect(Math.max(...most)).toBeLessThan(2_500);
    expect(Math.min(...most)).toBeGreaterThan(2_000);
  });

  test('a freed budget is used within 3 minutes of the pass that missed it', () => {
    expect(seconds(1_000, Infinity)).toBe(180);
  });
});
