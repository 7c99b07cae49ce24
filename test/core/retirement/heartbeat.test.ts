import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heartbeatInterval, nextHeartbeat } from '../../../lambdas/core/retirement/heartbeat.ts';

test.each([
  [0, 120_000],
  [0.5, 150_000],
  [1, 180_000],
])('half of a timeout of 300 s, at luck %d: %d ms (contract 6.1)', (random, ms) => {
  expect(heartbeatInterval(300, random)).toBeCloseTo(ms, 6);
});

test('half of the hook’s timeout ± 20 %, so one lost heartbeat never costs the hook (contract 6.1)', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 30, max: 7_200 }), random, (timeout, luck) => {
      const interval = heartbeatInterval(timeout, luck) / (timeout * 1000);
      expect(interval).toBeGreaterThanOrEqual(0.4 - 1e-9);
      expect(interval).toBeLessThanOrEqual(0.6 + 1e-9);
    }),
  );
});

test('the shortest timeout that AWS allows, 30 s, is not renewed more often than every 10 s (faults 22)', () => {
  expect(heartbeatInterval(30, 0)).toBeGreaterThanOrEqual(10_000);
});

test.each([
  ['a heartbeat that falls after the deadline comes 2 s before it', 60, 570, 598],
  ['a hook that lasts through the deadline’s margin needs no other', 120, 560, 632],
  ['far from the deadline the interval is the usual one', 60, 100, 136],
  ['after the last one there is none before the deadline', 60, 598, 634],
])('%s (contract 6.3)', (_what, timeoutSeconds, now, due) => {
  expect(nextHeartbeat(now * 1000, { timeoutSeconds, until: 600_000 }, 1) / 1000).toBeCloseTo(due, 6);
});
