import { describe, expect, test } from 'vitest';
import { estimateDrain } from '../../../lambdas/core/drain/estimate.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { aBudget, anOwner, aPod, HOUR, MINUTE, NOON, SECOND, terms, type Terms } from '../../given.ts';

function estimate(state: Partial<DrainState>, given: Partial<Terms> = {}) {
  return estimateDrain({ pods: [], budgets: [], workloads: new Map(), ...state }, terms(given));
}

function pods(count: number, given: Partial<Pod> = {}): Pod[] {
  return Array.from({ length: count }, (_, index) => aPod({ name: `web-${index}`, ...given }));
}

const JOB = anOwner({ kind: 'Job' });

describe('what a drain takes at most (contract 5.2)', () => {
  test.each<[string, Partial<DrainState>, number | undefined, string]>([
    ['of an empty node: nothing', {}, 0, 'nothing has to leave'],
    ['of what stays: nothing', { pods: pods(3, { owner: anOwner({ kind: 'DaemonSet' }) }) }, 0, 'nothing has to leave'],
    ['without budgets: one grace', { pods: pods(30, { owner: JOB }) }, 30, 'pods without budget: 30 at once'],
    [
      'of a controller: rounds of a quarter, with a replacement each',
      { pods: pods(8) },
      4 * 30 + 3 * 30,
      'ReplicaSet shop/web: 8 pods, 2 at once',
    ],
    [
      'under a budget: as many at once as it can allow, not as it allows now',
      { pods: pods(3), budgets: [aBudget({ disruptionsAllowed: 0 })] },
      3 * 30 + 2 * 30,
      'budget shop/web: 3 pods, 1 at once',
    ],
    [
      'under a budget that never allows anything: it does not end',
      { pods: pods(2), budgets: [aBudget({ desiredHealthy: 3 })] },
      undefined,
      'budget shop/web: does not leave by itself',
    ],
    [
      'under two budgets: it does not end',
      { pods: pods(1), budgets: [aBudget(), aBudget({ name: 'all' })] },
      undefined,
      'budgets shop/web and shop/all: does not leave by itself',
    ],
    [
      'of a protected pod: it does not end',
      { pods: pods(1, { annotations: { 'ebb/evict': 'never' } }) },
      undefined,
      'shop/web-0 (protected by annotation): does not leave by itself',
    ],
    [
      'in two waves: both, one after the other',
      {
        pods: [...pods(1, { owner: JOB }), aPod({ name: 'dns', owner: JOB, priority: 2_000_000_000, graceSeconds: 5 })],
      },
      35,
      'pods without budget: 1 at once, then pods without budget: 1 at once',
    ],
  ])('%s', (_what, state, seconds, reason) => {
    const found = estimate(state);
    expect(found.seconds).toBe(seconds);
    expect(found.reason).toBe(reason);
  });

  test('counts the pods that are to leave', () => {
    expect(estimate({ pods: [...pods(3), aPod({ owner: anOwner({ kind: 'DaemonSet' }) })] }).pods).toBe(3);
  });
});

describe('whether it fits', () => {
  const slow = { pods: pods(1, { owner: JOB, graceSeconds: 600 }) };

  test('before the first pod is forced, whose time it tells', () => {
    expect(estimate(slow)).toMatchObject({ fits: true, forceAt: NOON + 50 * MINUTE });
    expect(estimate(slow, { deadline: NOON + 15 * MINUTE })).toMatchObject({
      fits: false,
      forceAt: NOON + 450 * SECOND,
    });
  });

  test('before the deadline, where nothing is forced', () => {
    const found = estimate(slow, { forces: false, deadline: NOON + 10 * MINUTE });
    expect(found.fits).toBe(true);
    expect(found).not.toHaveProperty('forceAt');
    expect(estimate(slow, { forces: false, deadline: NOON + 10 * MINUTE - 1 }).fits).toBe(false);
  });

  test('never, when it does not end by itself', () => {
    const budgets = [aBudget({ desiredHealthy: 3 })];
    expect(estimate({ pods: pods(1), budgets }, { deadline: NOON + 48 * HOUR }).fits).toBe(false);
  });
});
