import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallPace } from '../../../lambdas/adapters/aws/call-pace.ts';
import { DrivenClock } from '../../peers/clock.ts';

let clock: DrivenClock;
let uninstall: () => void;

beforeEach(() => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
});
afterEach(() => {
  uninstall();
});

/** Orders so many calls that end at once; answers when each started, in milliseconds from now, as they start. */
function order(pace: CallPace, count: number): number[] {
  const from = Date.now();
  const starts: number[] = [];
  for (let number = 0; number < count; number += 1) {
    void pace.run(() => Promise.resolve(starts.push(Date.now() - from)));
  }
  return starts;
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('calls below the rate that AWS allows', () => {
  test('start at once up to the burst, and then one by one as tokens come back', async () => {
    const starts = order(new CallPace({ burst: 5, perSecond: 0.1, inFlight: 100 }), 8);
    await settle();
    expect(starts).toHaveLength(5);
    await clock.advance(8_000);
    expect(starts).toHaveLength(5);
    await clock.advance(4_000);
    expect(starts).toHaveLength(6);
    await clock.advance(20_000);
    expect(starts).toHaveLength(8);
  });

  test('are never more than burst + rate × time, in any stretch', async () => {
    const starts = order(new CallPace({ burst: 15, perSecond: 3, inFlight: 100 }), 100);
    await settle();
    await clock.advance(40_000);
    expect(starts).toHaveLength(100);
    for (const [first, from] of starts.entries()) {
      for (const [offset, at] of starts.slice(first).entries()) {
        expect(offset + 1).toBeLessThanOrEqual(15 + (3 * (at - from + 100)) / 1000);
      }
    }
    // No slower than allowed either: 85 tokens at three a second.
    expect(starts.at(-1)).toBeLessThan(31_000);
  });

  test('may burst again after a rest, by no more than the burst', async () => {
    const pace = new CallPace({ burst: 4, perSecond: 0.1, inFlight: 100 });
    order(pace, 4);
    await clock.advance(3_600_000);
    const starts = order(pace, 6);
    await settle();
    expect(starts).toHaveLength(4);
  });

  test('are served in the order in which they came', async () => {
    const pace = new CallPace({ burst: 1, perSecond: 0.1, inFlight: 1 });
    const served: string[] = [];
    const ended = ['a', 'b', 'c'].map((name) => pace.run(() => Promise.resolve(served.push(name))));
    await clock.advance(12_000);
    expect(served).toEqual(['a', 'b']);
    await clock.advance(10_000);
    expect(await Promise.all(ended)).toEqual([1, 2, 3]);
    expect(served).toEqual(['a', 'b', 'c']);
  });
});

test('no more calls are under way at once than allowed; one that fails makes room too', async () => {
  const pace = new CallPace({ burst: 10, perSecond: 1, inFlight: 2 });
  const ends: (() => void)[] = [];
  const calls = [1, 2, 3].map(() =>
    pace.run(
      () =>
        new Promise<void>((_, reject) => {
          ends.push(() => {
            reject(new Error('AWS is away'));
          });
        }),
    ),
  );
  const outcomes = Promise.allSettled(calls);
  await settle();
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await settle();
  expect(ends).toHaveLength(3);
  ends[1]?.();
  ends[2]?.();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

test('a clock that is set back stops nothing', async () => {
  const pace = new CallPace({ burst: 1, perSecond: 1, inFlight: 1 });
  order(pace, 1);
  await settle();
  clock.offset[0] = (clock.offset[0] ?? 0) - 60_000;
  const starts = order(pace, 1);
  await clock.advance(1100);
  expect(starts).toHaveLength(1);
});
