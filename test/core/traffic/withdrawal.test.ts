import { describe, expect, test } from 'vitest';
import { WITHDRAWAL_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import {
  asking,
  canAllLook,
  credibleWithdrawal,
  leads,
  looksFrom,
  withdrawalOf,
  withdrawalText,
  withdrawn,
  type Withdrawal,
} from '../../../lambdas/core/traffic/withdrawal.ts';
import { aNode, aPool, HOUR, MINUTE, NOON } from '../../given.ts';

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

describe('what the annotation says is not believed (contract 3.5)', () => {
  const node = (given: Partial<Withdrawal>) =>
    aNode({
      createdAt: NOON - HOUR,
      annotations: { [WITHDRAWAL_ANNOTATION]: withdrawalText({ ...WITHDRAWAL, ...given }) },
    });
  const now = NOON + MINUTE;

  test.each<[string, Partial<Withdrawal>, boolean]>([
    ['unless it can be true', {}, true],
    ['when it was before the node', { at: NOON - 2 * HOUR }, false],
    ['when it is to come', { at: now + 1, until: now + MINUTE }, false],
    ['when targets have drained before they were deregistered', { until: NOON - 1 }, false],
    ['when they drain for longer than AWS lets any', { until: NOON + HOUR + 1 }, false],
    ['unless they drain as long as AWS lets them', { until: NOON + HOUR }, true],
  ])('%s', (_when, given, isBelieved) => {
    expect(credibleWithdrawal(node(given), now) !== undefined).toBe(isBelieved);
  });
});

test('each node looks itself as long as half a minute of the account’s questions lasts for all', () => {
  expect(canAllLook({ nodes: 1, pools: 150 })).toBe(true);
  expect(canAllLook({ nodes: 150, pools: 1 })).toBe(true);
  expect(canAllLook({ nodes: 151, pools: 1 })).toBe(false);
  expect(canAllLook({ nodes: 5_000, pools: 400 })).toBe(false);
});

describe('nodes that leave together', () => {
  const first = { name: 'a' };

  test('are withdrawn by the retirement of the first', () => {
    expect(leads('a', first, { since: NOON, now: NOON })).toBe(true);
    expect(leads('b', undefined, { since: NOON, now: NOON })).toBe(true);
  });

  test('are left to it by the others, for five minutes', () => {
    expect(leads('b', first, { since: NOON, now: NOON + 5 * MINUTE - 1 })).toBe(false);
    expect(leads('b', first, { since: NOON, now: NOON + 5 * MINUTE })).toBe(true);
  });

  test('ask by a label, which goes when it has been done', () => {
    const node = aNode({ taints: [{ key: 'theirs', effect: 'NoSchedule' }] });
    expect(asking(node)).toEqual({
      metadata: {
        resourceVersion: node.resourceVersion,
        labels: { 'ebb/withdraw': 'asked' },
        annotations: { [WITHDRAWAL_ANNOTATION]: null },
      },
      spec: { taints: node.taints },
    });
    const { metadata, spec } = withdrawn(node, WITHDRAWAL);
    expect(metadata.labels).toEqual({ 'ebb/withdraw': null });
    expect(withdrawalOf({ annotations: metadata.annotations as Record<string, string> })).toEqual(WITHDRAWAL);
    expect(spec).toEqual({ taints: node.taints });
  });
});

test('few nodes are looked at while they drain, many once they must have', () => {
  expect(looksFrom({ ...WITHDRAWAL, nodes: 25 })).toBe(WITHDRAWAL.at);
  expect(looksFrom({ ...WITHDRAWAL, nodes: 26 })).toBe(WITHDRAWAL.until);
});
