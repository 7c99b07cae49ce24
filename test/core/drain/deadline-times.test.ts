import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clampedGrace, forcePoint, hookDeadline, spanFrom } from '../../../lambdas/core/drain/deadline-times.ts';
import { HOUR, NOON, SECOND } from '../../given.ts';

describe('the deadline of a hook (contract 5.1)', () => {
  test.each([
    ['the drain timeout, when it is sooner', 172_800, 3_600, 3_600],
    ['the global timeout less 60 s, when that is sooner', 3_000, 3_600, 2_940],
    ['the global timeout less 60 s, just sooner', 3_659, 3_600, 3_599],
    ['both at once', 3_660, 3_600, 3_600],
  ])('is %s', (_which, globalTimeoutSeconds, drainTimeoutSeconds, seconds) => {
    const time = { beganAt: NOON, firstAt: NOON };
    expect(hookDeadline(time, { globalTimeoutSeconds, drainTimeoutSeconds })).toBe(NOON + seconds * SECOND);
  });

  test.each([
    ['an event that came an hour late has its whole drain timeout, where the hook holds for hours', 172_800, 7_200],
    ['an event that came an hour late has what the hook still has', 6_000, 5_940],
    ['an event that came an hour late has nothing where the hook has ended', 3_600, 3_540],
  ])('of %s', (_what, globalTimeoutSeconds, seconds) => {
    const time = { beganAt: NOON, firstAt: NOON + HOUR };
    expect(hookDeadline(time, { globalTimeoutSeconds, drainTimeoutSeconds: 3_600 })).toBe(NOON + seconds * SECOND);
  });

  test('of a group that waits is the hook’s own, from its begin', () => {
    const time = { beganAt: NOON, firstAt: NOON + HOUR };
    expect(hookDeadline(time, { globalTimeoutSeconds: 9_000 })).toBe(NOON + 8_940 * SECOND);
  });
});

describe('the time of a retirement (contract 1.6, 5.1)', () => {
  const firstAt = NOON - HOUR;

  test.each([
    ['an hour', HOUR],
    ['10 s', 10 * SECOND],
  ])('that has %s left lasts until its deadline, counted from the first one', (_left, left) => {
    expect(spanFrom({ firstAt }, { deadline: NOON + left, now: NOON })).toEqual({
      startedAt: firstAt,
      deadline: NOON + left,
    });
  });

  test.each([
    ['less than 10 s before it', 9_999],
    ['at it', 0],
    ['a day after it', -24 * HOUR],
  ])('that begins %s is late: it lasts 30 s, whatever needs them is forced at once', (_when, left) => {
    const span = spanFrom({ firstAt }, { deadline: NOON + left, now: NOON });
    expect(span).toMatchObject({ deadline: NOON + 30 * SECOND, late: true });
    expect([600, 30, 10].map((grace) => (forcePoint(grace, span) - NOON) / SECOND)).toEqual([0, 0, 20]);
    expect(clampedGrace(600, { now: NOON, deadline: span.deadline })).toBe(30);
  });
});

describe('the force point of a pod (contract 5.3)', () => {
  const span = { startedAt: NOON, deadline: NOON + HOUR };

  test.each([
    ['its grace before the deadline', 30, 3_570],
    ['10 s before the deadline, for a grace of 10 s', 10, 3_590],
    ['10 s before the deadline, for a shorter grace', 9, 3_590],
    ['10 s before the deadline, for a grace of 0', 0, 3_590],
    ['10 s before the deadline, for the 1 s that the API makes of a negative grace', 1, 3_590],
    ['half-way, for a grace of exactly half the time', 1_800, 1_800],
    ['half-way, for a longer grace', 1_801, 1_800],
    ['half-way, for a grace of a day', 86_400, 1_800],
  ])('is %s', (_where, grace, seconds) => {
    expect(forcePoint(grace, span)).toBe(NOON + seconds * SECOND);
  });

  test('is half-way, for a grace of 0, where less than 20 s are left in all', () => {
    expect(forcePoint(0, { startedAt: NOON, deadline: NOON + 12 * SECOND })).toBe(NOON + 6 * SECOND);
  });

  test('is never in the first half, and 10 s before the deadline or half of what there is', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(200_000), (grace, seconds) => {
        const deadline = NOON + seconds * SECOND;
        const point = forcePoint(grace, { startedAt: NOON, deadline });
        expect(point).toBeGreaterThanOrEqual(NOON + (seconds * SECOND) / 2);
        expect(point).toBeLessThanOrEqual(deadline - Math.min(10, seconds / 2) * SECOND);
      }),
    );
  });
});

describe('a clamped grace (contract 5.3)', () => {
  test.each([
    ['is the pod’s own when it fits', 30, 60_000, 30],
    ['is the pod’s own when it just fits', 30, 30_000, 30],
    ['is what is left when that is less', 30, 12_000, 12],
    ['is cut to whole seconds', 30, 12_999, 12],
    ['is a second when less is left', 30, 999, 1],
    ['is a second at the deadline', 30, 0, 1],
    ['is a second past the deadline', 30, -50_000, 1],
    ['is a second for a pod that asks for none', 0, 60_000, 1],
  ])('%s', (_what, grace, left, seconds) => {
    expect(clampedGrace(grace, { now: NOON, deadline: NOON + left })).toBe(seconds);
  });

  test('is a whole number of seconds, at least one, and ends by the deadline unless it is one', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: -100_000, max: 10_000_000 }), (grace, left) => {
        const seconds = clampedGrace(grace, { now: NOON, deadline: NOON + left });
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds === 1 || seconds * SECOND <= left).toBe(true);
      }),
    );
  });
});
