import { afterEach, describe, expect, test, vi } from 'vitest';
import { retryStep } from '../../../lambdas/entry/durable-run/step-retry.ts';
import { StillTerminating } from '../../../lambdas/workflow/notice/verify-notice.ts';

const THROTTLED = new Error('Throttling: Rate exceeded');

/** Seconds between the tries of a step that fails each time. @param random what jitter is drawn from, 0–1 */
function pausesOf(error: Error, random: number): number[] {
  vi.spyOn(Math, 'random').mockReturnValue(random);
  const pauses: number[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const { shouldRetry, delay } = retryStep(error, attempt);
    if (!shouldRetry) return pauses;
    pauses.push(Number(delay?.seconds));
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a step that fails is tried again', () => {
  test.each([0, 0.5, 0.999])('for a quarter of an hour to 40 minutes, a minute apart at most (chance %d)', (random) => {
    const pauses = pausesOf(THROTTLED, random);
    expect(sum(pauses)).toBeGreaterThan(15 * 60);
    expect(sum(pauses)).toBeLessThan(40 * 60);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60);
  });

  test('after a pause that is no longer than what has passed before, whatever the chances are', () => {
    const shortest = pausesOf(THROTTLED, 0);
    for (const [index, longest] of pausesOf(THROTTLED, 0.999).entries()) {
      if (index > 0) expect(longest).toBeLessThanOrEqual(sum(shortest.slice(0, index)) + 1);
    }
  });

  test('within seconds while AWS has not brought the instance to its hook, however often it has been tried', () => {
    expect(Math.max(...pausesOf(new StillTerminating('i-1'), 0.999))).toBe(5);
  });
});

test.each(['AccessDenied', 'WrongParameter'])('a step that fails of %s is not tried again', (name) => {
  expect(retryStep(Object.assign(new Error('no'), { name }), 1)).toEqual({ shouldRetry: false });
});
