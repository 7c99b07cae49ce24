import { describe, expect, test } from 'vitest';
import {
  looksFrom,
  WITHDRAWAL_ANNOTATION,
  withdrawalOf,
  withdrawalText,
  withdrawsNow,
  type Withdrawal,
} from '../../lambdas/core/withdrawal.ts';
import { aPool, MINUTE, NOON, SECOND } from '../given.ts';

const WITHDRAWAL: Withdrawal = { at: NOON, until: NOON + 5 * MINUTE, nodes: 3, pools: [aPool()] };

describe('what the annotation says of a node', () => {
  test('is read as it was written', () => {
    const annotations = { [WITHDRAWAL_ANNOTATION]: withdrawalText(WITHDRAWAL) };
    expect(withdrawalOf({ annotations })).toEqual(WITHDRAWAL);
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', 'withdrawn'],
    ['something else', '{"at":"yesterday"}'],
    ['a pool without a delay', withdrawalText(WITHDRAWAL).replace(/"drainSeconds":\d+,/, '')],
  ])('is nothing when there stands %s', (_what, text) => {
    const annotations: Record<string, string> = text === undefined ? {} : { [WITHDRAWAL_ANNOTATION]: text };
    expect(withdrawalOf({ annotations })).toBeUndefined();
  });
});

describe('nodes that leave together', () => {
  const nodes = [{ name: 'oldest' }, { name: 'next' }, { name: 'youngest' }];

  test('are withdrawn by the retirement of the oldest, all of them', () => {
    expect(withdrawsNow('oldest', nodes, { since: NOON, now: NOON })).toEqual(nodes);
  });

  test('are left to it by the others, for a minute', () => {
    expect(withdrawsNow('next', nodes, { since: NOON, now: NOON + 59 * SECOND })).toEqual([]);
    expect(withdrawsNow('next', nodes, { since: NOON, now: NOON + MINUTE })).toEqual(nodes);
  });
});

test('few nodes are looked at while they drain, many once they must have', () => {
  expect(looksFrom({ ...WITHDRAWAL, nodes: 25 })).toBe(WITHDRAWAL.at);
  expect(looksFrom({ ...WITHDRAWAL, nodes: 26 })).toBe(WITHDRAWAL.until);
});
