import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suspensionSeconds } from '../../lambdas/core/suspension.ts';

test('it grows by half each time, from 15 s to 180 s', () => {
  const turns = Array.from({ length: 10 }, (_, index) => suspensionSeconds(index + 1, Infinity));
  expect(turns).toEqual([15, 22, 33, 50, 75, 113, 170, 180, 180, 180]);
});

test('it stays at 180 s for ever', () => {
  expect(suspensionSeconds(100_000, Infinity)).toBe(180);
});

test.each([
  ['ends at the next due', 5, 40_000, 40],
  ['ends at whole seconds before it', 5, 40_999, 40],
  ['is not stretched to it', 1, 40_000, 15],
  ['lasts a second when that is left', 5, 1_000, 1],
  ['is not at all within the last second', 5, 999, 0],
  ['is not at all when something is overdue', 5, -3_000, 0],
])('it %s', (_what, turn, until, seconds) => {
  expect(suspensionSeconds(turn, until)).toBe(seconds);
});

test('it is a whole number of seconds, 0 to 180, never past the next due', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(1_000_000), (turn, until) => {
      const seconds = suspensionSeconds(turn, until);
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThanOrEqual(180);
      expect(seconds * 1000).toBeLessThanOrEqual(until);
    }),
  );
});

test('it never shrinks from one turn to the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1_000_000 }), (turn, until) => {
      expect(suspensionSeconds(turn + 1, until)).toBeGreaterThanOrEqual(suspensionSeconds(turn, until));
    }),
  );
});
