import { describe, expect, test } from 'vitest';
import { coverage, type DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { aBudget, aPod, NOON, SECOND, TAINT_KEY } from '../../given.ts';
import { FreeToGo, type Moment } from './free-to-go.ts';
import type { Promised } from './promised-pods.ts';

const POLICY = { taintKey: TAINT_KEY, blockEmptyDir: false, blockUncontrolled: false, spareNamespaces: [] };

/** One pod of a Deployment of four, which keeps three. */
const POD = aPod({ name: 'web-1' });
const OTHERS = ['web-2', 'web-3', 'web-4'].map((name) => aPod({ name }));

const IMPLIED: Promised = {
  workload: 'shop/ReplicaSet/web',
  budget: 'implied',
  includes: ({ owner }) => owner?.uid === POD.owner?.uid,
  replicas: () => 4,
  floor: () => 3,
  lets: (pod, serving) => !pod.ready || serving - 1 >= 3,
};

const BUDGETED: Promised = {
  ...IMPLIED,
  budget: 'web',
  includes: (pod, budgets) => coverage(pod, budgets).budgets.length > 0,
  lets: (_pod, _serving, budgets) => budgets.every(({ disruptionsAllowed }) => disruptionsAllowed > 0),
};

function heldFor(steps: readonly (Partial<Moment> & { seconds: number })[], pod: Pod = POD, from = NOON): number {
  const free = new FreeToGo([pod], POLICY);
  for (const { seconds, ...moment } of steps) {
    const pods = new Map([pod, ...OTHERS].map((each) => [each.uid, each]));
    free.look({ at: NOON + seconds * SECOND, promises: [IMPLIED], budgets: [], pods, ...moment });
  }
  return free.heldFor(pod, from) / SECOND;
}

const GONE = { pods: new Map(OTHERS.map((each) => [each.uid, each])) };
const DELETED = { pods: new Map([[POD.uid, { ...POD, deletingUntil: NOON }], ...GONE.pods]) };
const SHORT = { pods: new Map([POD, ...OTHERS.slice(1)].map((each) => [each.uid, each])) };
const NOTHING_ALLOWED: readonly DisruptionBudget[] = [aBudget({ disruptionsAllowed: 0 })];

describe('how long a pod could have gone before it went', () => {
  test.each<[string, Parameters<typeof heldFor>[0], number]>([
    ['all the time, by its controller’s pace', [{ seconds: 0 }, { seconds: 172, ...GONE }], 172],
    ['until it is being deleted', [{ seconds: 0 }, { seconds: 5, ...DELETED }, { seconds: 35, ...GONE }], 5],
    ['since enough of its like serve', [{ seconds: 0, ...SHORT }, { seconds: 60 }, { seconds: 72, ...GONE }], 12],
    [
      'never while too few do',
      [
        { seconds: 0, ...SHORT },
        { seconds: 72, ...GONE },
      ],
      0,
    ],
    [
      'from the last time that it could',
      [{ seconds: 0 }, { seconds: 20, ...SHORT }, { seconds: 30 }, { seconds: 34, ...GONE }],
      4,
    ],
    [
      'never while its budget allows nothing',
      [
        { seconds: 0, promises: [BUDGETED], budgets: NOTHING_ALLOWED },
        { seconds: 60, promises: [BUDGETED], budgets: NOTHING_ALLOWED, ...GONE },
      ],
      0,
    ],
    [
      'never under two budgets',
      [
        { seconds: 0, promises: [IMPLIED, IMPLIED] },
        { seconds: 60, ...GONE },
      ],
      0,
    ],
    ['nothing yet, while it stays', [{ seconds: 0 }, { seconds: 60 }], 0],
  ])('%s', (_when, steps, seconds) => {
    expect(heldFor(steps)).toBe(seconds);
  });

  test('counts from when evictions could begin', () => {
    expect(heldFor([{ seconds: 0 }, { seconds: 60, ...GONE }], POD, NOON + 50 * SECOND)).toBe(10);
  });

  test('is nothing for a pod that is protected', () => {
    const kept = { ...POD, annotations: { 'ebb/evict': 'never' } };
    expect(heldFor([{ seconds: 0 }, { seconds: 60, ...GONE }], kept)).toBe(0);
  });
});
