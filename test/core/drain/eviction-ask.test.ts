import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answered, asked, isLeaving, type Ask, type EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import { NOON, SECOND } from '../../given.ts';

const AT = { now: NOON + SECOND, random: 0.5 };

describe('asking', () => {
  test('the first ask is the first attempt, under way since now', () => {
    expect(asked(undefined, { now: NOON, ready: true, forced: false })).toEqual({
      state: 'asking',
      attempts: 1,
      askedAt: NOON,
      notBefore: NOON,
      wasReady: true,
      forced: false,
    });
  });

  test('asking again counts on and forgets what the last refusal named', () => {
    const refused = answered(anAsk(), { kind: 'over-budget', message: 'no' }, AT);
    const again = asked(refused, { now: NOON + 9 * SECOND, ready: false, forced: false });
    expect(again).toEqual({
      state: 'asking',
      attempts: 2,
      askedAt: NOON + 9 * SECOND,
      notBefore: NOON + 9 * SECOND,
      wasReady: false,
      forced: false,
    });
  });

  test('forcing begins anew, once: it has no time for the patience that evictions had learnt (contract 5.3)', () => {
    const refused = anAsk({ state: 'refused', attempts: 12 });
    const forced = asked(refused, { now: NOON, ready: true, forced: true });
    const again = asked(forced, { now: NOON, ready: true, forced: true });
    expect([forced.attempts, again.attempts]).toEqual([1, 2]);
  });
});

/** Each answer of contract 4.3: what the ask becomes, when it may be made again, and what it names to a person. */
const ANSWERS: readonly [EvictionAnswer, Ask['state'], afterMs: number | undefined, blockedBy?: string][] = [
  [{ kind: 'granted' }, 'granted', undefined],
  [{ kind: 'gone' }, 'granted', undefined],
  [{ kind: 'over-budget', message: 'needs 2' }, 'refused', 100, 'server: needs 2'],
  [{ kind: 'budget-pending', retryAfterSeconds: 10 }, 'refused', 10_000],
  [{ kind: 'throttled' }, 'refused', 100],
  [{ kind: 'throttled', retryAfterSeconds: 3 }, 'refused', 3_000],
  [{ kind: 'throttled', retryAfterSeconds: 0 }, 'refused', 0],
  [{ kind: 'several-budgets', message: 'a and b' }, 'refused', 10_000, 'server: a and b'],
  [{ kind: 'denied-by-webhook', message: 'guard' }, 'refused', 10_000, 'webhook: guard'],
  [{ kind: 'denied', message: 'policy' }, 'refused', 10_000, 'server: policy'],
  [{ kind: 'namespace-terminating' }, 'refused', 10_000],
  [{ kind: 'unknown', message: 'reset' }, 'unknown', 100],
];

describe('an answer (contract 4.3)', () => {
  test.each(ANSWERS)('%j makes the ask "%s"', (answer, state, afterMs, blockedBy) => {
    const ask = answered(anAsk(), answer, AT);
    expect({ state: ask.state, notBefore: ask.notBefore, blockedBy: named(ask) }).toEqual({
      state,
      notBefore: afterMs === undefined ? NOON : AT.now + afterMs,
      blockedBy,
    });
  });

  test.each(ANSWERS.map(([answer]) => [answer.kind, answer] as const))(
    '"%s" leaves what the ask was: attempts, time, readiness, force',
    (_kind, answer) => {
      const ask = anAsk({ attempts: 7, wasReady: true, forced: true });
      expect(answered(ask, answer, AT)).toMatchObject({ attempts: 7, askedAt: NOON, wasReady: true, forced: true });
    },
  );
});

describe('backoff doubles from 0.1 s to 10 s (contract 4.4)', () => {
  const steps = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map((ms, index) => [index + 1, ms] as const);

  test.each(steps)('after attempt %d: %d ms', (attempts, ms) => {
    for (const answer of [{ kind: 'over-budget', message: '' }, { kind: 'throttled' }] as const) {
      expect(answered(anAsk({ attempts }), answer, AT).notBefore).toBe(AT.now + ms);
    }
  });

  test('however often it was asked', () => {
    const answer = { kind: 'throttled' } as const;
    expect(answered(anAsk({ attempts: 100_000 }), answer, AT).notBefore).toBe(AT.now + 10_000);
  });

  test('an unknown outcome is spread by half to either side, so that a lost server is not met in step', () => {
    const from = (random: number) =>
      answered(anAsk({ attempts: 3 }), { kind: 'unknown', message: '' }, { now: NOON, random }).notBefore - NOON;
    expect([from(0), from(0.5), from(1)]).toEqual([200, 400, 600]);
  });

  test('an unknown outcome is not spread past 10 s', () => {
    const ask = answered(anAsk({ attempts: 20 }), { kind: 'unknown', message: '' }, { now: NOON, random: 1 });
    expect(ask.notBefore - NOON).toBe(10_000);
  });

  test('no answer lets the same pod be asked for in the past', () => {
    const answers = fc.constantFrom(...ANSWERS.map(([answer]) => answer));
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 50 }), random, (answer, attempts, spread) => {
        const ask = answered(anAsk({ attempts }), answer, { now: AT.now, random: spread });
        expect(isLeaving(ask) || ask.notBefore >= AT.now).toBe(true);
      }),
    );
  });
});

test.each(['denied', 'denied-by-webhook', 'several-budgets'] as const)(
  'a deletion that is refused as "%s" is asked for again from 0.1 s on: forcing has no time to lose (contract 5.3)',
  (kind) => {
    const after = (attempts: number): number =>
      answered(anAsk({ attempts, forced: true }), { kind, message: '' }, AT).notBefore - AT.now;
    expect([after(1), after(2), after(20)]).toEqual([100, 200, 10_000]);
  },
);

describe('a pod counts as leaving', () => {
  test.each<[string, Ask | undefined, boolean]>([
    ['not when nobody asked', undefined, false],
    ['while it is asked for', anAsk({ state: 'asking' }), true],
    ['once it is granted', anAsk({ state: 'granted' }), true],
    ['while the outcome is unknown: it may have happened', anAsk({ state: 'unknown' }), true],
    ['not when it was refused', anAsk({ state: 'refused' }), false],
  ])('%s', (_when, ask, leaving) => {
    expect(isLeaving(ask)).toBe(leaving);
  });
});

function anAsk(given: Partial<Ask> = {}): Ask {
  return { ...asked(undefined, { now: NOON, ready: true, forced: false }), ...given };
}

function named({ blockedBy }: Ask): string | undefined {
  if (blockedBy === undefined) return undefined;
  return 'message' in blockedBy ? `${blockedBy.kind}: ${blockedBy.message}` : blockedBy.kind;
}
