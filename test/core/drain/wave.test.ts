import { describe, expect, test } from 'vitest';
import { criticalWaveBegins, waveOf } from '../../../lambdas/core/drain/wave.ts';
import { aPod, HOUR, MINUTE, NOON } from '../../given.ts';

describe('the wave of a pod (contract 4.2)', () => {
  test.each([
    [-10, 'ordinary'],
    [0, 'ordinary'],
    [1_999_999_999, 'ordinary'],
    [2_000_000_000, 'system-critical'],
    [2_000_001_000, 'system-critical'],
  ])('priority %d is %s', (priority, wave) => {
    expect(waveOf(aPod({ priority }))).toBe(wave);
  });
});

describe('system-critical pods may go (contract 4.2)', () => {
  const deadline = NOON + HOUR;
  const forcePoint = deadline - 10 * MINUTE;

  test.each([
    ['not while ordinary pods are left', { ordinaryLeft: 1, now: NOON }, false],
    ['when the ordinary ones have gone', { ordinaryLeft: 0, now: NOON }, true],
    ['not a millisecond before their own force point', { ordinaryLeft: 1, now: forcePoint - 1 }, false],
    ['at their own force point', { ordinaryLeft: 1, now: forcePoint }, true],
  ])('%s', (_when, { ordinaryLeft, now }, begins) => {
    expect(criticalWaveBegins(ordinaryLeft, forcePoint, { now, deadline })).toBe(begins);
  });

  test.each([
    ['not with 300 s to the deadline', deadline - 300_000, false],
    ['with less than 300 s to the deadline', deadline - 299_999, true],
    ['past the deadline', deadline + 1, true],
  ])('%s', (_when, now, begins) => {
    expect(criticalWaveBegins(1, Infinity, { now, deadline })).toBe(begins);
  });
});
