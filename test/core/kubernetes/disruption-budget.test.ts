import { describe, expect, test } from 'vitest';
import {
  budgetName,
  coverage,
  passesBudgetFree,
  type DisruptionBudget,
} from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { aBudget, aPod } from '../../given.ts';

const UNMATCHABLE = { matchExpressions: [{ key: 'app', operator: 'Like', values: ['w*'] }] };

describe('the budgets that cover a pod', () => {
  const rows: readonly [string, readonly DisruptionBudget[], { covers: string[]; uncertain: boolean }][] = [
    ['none of none', [], { covers: [], uncertain: false }],
    ['one that selects it', [aBudget()], { covers: ['web'], uncertain: false }],
    [
      'not one that selects others',
      [aBudget({ selector: { matchLabels: { app: 'api' } } })],
      { covers: [], uncertain: false },
    ],
    ['not one of another namespace', [aBudget({ namespace: 'bank' })], { covers: [], uncertain: false }],
    ['not one without a selector', [aBudget({ selector: undefined })], { covers: [], uncertain: false }],
    ['one with an empty selector: every pod', [aBudget({ selector: {} })], { covers: ['web'], uncertain: false }],
    [
      'all that select it',
      [aBudget({ name: 'a' }), aBudget({ name: 'b', selector: {} })],
      { covers: ['a', 'b'], uncertain: false },
    ],
    [
      'only the server knows of a selector that cannot be matched here (contract 4.4)',
      [aBudget({ selector: UNMATCHABLE })],
      { covers: [], uncertain: true },
    ],
    [
      'such a selector does not hide the others',
      [aBudget({ name: 'odd', selector: UNMATCHABLE }), aBudget()],
      { covers: ['web'], uncertain: true },
    ],
    [
      'such a selector in another namespace is no matter',
      [aBudget({ namespace: 'bank', selector: UNMATCHABLE })],
      { covers: [], uncertain: false },
    ],
  ];

  test.each(rows)('%s', (_name, budgets, { covers, uncertain }) => {
    const found = coverage(aPod(), budgets);
    expect({ covers: found.budgets.map(({ name }) => name), uncertain: found.uncertain }).toEqual({
      covers,
      uncertain,
    });
  });

  test('a pod without labels has none, whatever a selector says: the server’s own rule', () => {
    const budgets = [aBudget({ selector: {} }), aBudget({ selector: UNMATCHABLE })];
    expect(coverage(aPod({ labels: {} }), budgets)).toEqual({ budgets: [], uncertain: false });
  });

  test('a budget is called namespace/name', () => {
    expect(budgetName(aBudget())).toBe('shop/web');
  });
});

describe('a pod is asked for without budget (contract 4.4)', () => {
  const PENDING = { phase: 'Pending', ready: false } as const;
  const UNREADY = { ready: false };
  const HEALTHY = { currentHealthy: 2, desiredHealthy: 2 };
  const UNHEALTHY = { currentHealthy: 1, desiredHealthy: 2 };
  const WANTS_NONE = { currentHealthy: 0, desiredHealthy: 0 };
  const ALWAYS = { alwaysAllowsUnhealthy: true };

  test.each<[string, Partial<Pod>, Partial<DisruptionBudget>, boolean]>([
    ['Ready, healthy budget', {}, HEALTHY, false],
    ['Ready, unhealthy budget', {}, UNHEALTHY, false],
    ['Ready, AlwaysAllow', {}, { ...HEALTHY, ...ALWAYS }, false],
    ['not Ready, healthy budget', UNREADY, HEALTHY, true],
    ['not Ready, more than healthy budget', UNREADY, { currentHealthy: 3, desiredHealthy: 2 }, true],
    ['not Ready, unhealthy budget', UNREADY, UNHEALTHY, false],
    ['not Ready, a budget that wants none healthy', UNREADY, WANTS_NONE, false],
    ['not Ready, a budget that wants none and has some', UNREADY, { currentHealthy: 1, desiredHealthy: 0 }, false],
    ['not Ready, unhealthy budget, AlwaysAllow', UNREADY, { ...UNHEALTHY, ...ALWAYS }, true],
    ['not Ready, a budget that wants none, AlwaysAllow', UNREADY, { ...WANTS_NONE, ...ALWAYS }, true],
    ['Unknown and not Ready, unhealthy budget', { phase: 'Unknown', ready: false }, UNHEALTHY, false],
    ['Succeeded, unhealthy budget', { phase: 'Succeeded', ready: false }, UNHEALTHY, true],
    ['Failed, a budget that wants none', { phase: 'Failed', ready: false }, WANTS_NONE, true],
    ['Pending, healthy budget', PENDING, HEALTHY, true],
    ['Pending, unhealthy budget', PENDING, UNHEALTHY, true],
    ['Pending, a budget that wants none', PENDING, WANTS_NONE, true],
  ])('%s', (_when, pod, budget, passes) => {
    expect(passesBudgetFree(aPod(pod), aBudget(budget))).toBe(passes);
  });
});
