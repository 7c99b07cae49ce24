import { describe, expect, test } from 'vitest';
import {
  blockedByBudget,
  blockedByImpliedBudget,
  blockKey,
  explain,
  keysOfUse,
  waitsForPods,
  type BlockedBy,
} from '../../../lambdas/core/drain/blocked.ts';
import type { BlockReason } from '../../../lambdas/core/drain/verdict.ts';
import { aBudget, anOwner, aPod, aWorkload } from '../../given.ts';

const missing = {
  count: 1,
  pods: [{ pod: 'shop/web-7', uid: 'u', reason: 'Unschedulable', message: '0/3 nodes are available' }],
};

describe('an explanation names what stands in the way and what would help (contract 13.2)', () => {
  const policy = (reason: BlockReason): BlockedBy => ({ kind: 'policy', reason });

  test.each<[string, BlockedBy, readonly (string | RegExp)[]]>([
    [
      'a budget that is used up: its name, what it needs and has, and to wait',
      blockedByBudget(aBudget({ currentHealthy: 2, disruptionsAllowed: 0 }), 0),
      ['shop/web', 'needs 2', 'has 2', /waits until another is Ready/],
    ],
    [
      'a budget that can never allow any: its name, why, and to change it (faults 52)',
      blockedByBudget(aBudget({ desiredHealthy: 3, disruptionsAllowed: 0 }), 0),
      ['shop/web', '3 of 3', 'never', /relax it or add a replica/],
    ],
    ...['maxUnavailable 0', 'maxUnavailable 0%', 'minAvailable 100%'].map((rule): [string, BlockedBy, RegExp[]] => [
      `one that no replica helps, ${rule}: only to change it`,
      blockedByBudget(aBudget({ rule, desiredHealthy: 3, disruptionsAllowed: 0 }), 0),
      [new RegExp(`shop/web \\(${rule}\\) .*: relax it$`)],
    ]),
    [
      'one that its controller cannot count: the controller’s words',
      blockedByBudget(aBudget({ failure: 'found no controllers for pod "web-1"', disruptionsAllowed: 0 }), 0),
      ['shop/web', 'found no controllers for pod "web-1"', /correct or delete it$/],
    ],
    [
      'a budget that is used up, when its pods have been asked about: which it misses',
      { ...blockedByBudget(aBudget({ disruptionsAllowed: 0, currentHealthy: 2 }), 0), unready: missing },
      ['needs 2', 'has 2', /: shop\/web-7 cannot be scheduled: .*: add capacity/],
    ],
    [
      'one none of whose pods is unready: that its controller makes no more',
      { ...blockedByBudget(aBudget({ disruptionsAllowed: 0 }), 0), unready: { count: 0, pods: [] } },
      [/all that exist are Ready: look why its controller makes no more$/],
    ],
    [
      'an implied budget, when its pods are known: which it misses',
      { ...blockedByImpliedBudget(aWorkload({ replicas: 8 }), 0.25, -2), unready: missing },
      ['4 of 8', /: shop\/web-7 cannot be scheduled: .*: add capacity/],
    ],
    [
      'an implied budget: its workload, how many are and may be unready, and to wait',
      blockedByImpliedBudget(aWorkload({ replicas: 8 }), 0.25, -2),
      ['ReplicaSet shop/web', '4 of 8', 'at most 2', /waits until another is Ready/],
    ],
    [
      'several budgets: all of them, and to delete all but one (faults 51)',
      { kind: 'several-budgets', budgets: ['shop/a', 'shop/b'] },
      ['shop/a', 'shop/b', /delete all but one/],
    ],
    [
      'an annotation: to remove it or wait',
      policy('protected by annotation'),
      [/remove the annotation/, /force point/],
    ],
    [
      'emptyDir: to change the policy or delete the pod',
      policy('emptyDir'),
      ['emptyDir', /change the policy or delete/],
    ],
    ['no controller: likewise', policy('no controller'), ['no controller', /change the policy or delete/]],
    [
      'a webhook: its own words (faults 49)',
      { kind: 'webhook', message: '"guard.acme" says no' },
      ['webhook', 'guard.acme'],
    ],
    ['the server: its own words', { kind: 'server', message: 'Cannot evict pod' }, ['Cannot evict pod']],
  ])('%s', (_what, by, parts) => {
    const sentence = explain(by);
    for (const part of parts) expect(sentence).toMatch(part);
    expect(sentence).not.toMatch(/undefined|\[object|\n/);
  });
});

describe('a budget never allows an eviction', () => {
  test.each([
    ['when it needs all of its pods', { desiredHealthy: 3, expectedPods: 3 }, true],
    ['when it needs more than there are', { desiredHealthy: 4, expectedPods: 3 }, true],
    ['not when it can spare one', { desiredHealthy: 2, expectedPods: 3 }, false],
    ['not while it knows of no pods', { desiredHealthy: 0, expectedPods: 0 }, false],
    ['not because too few are healthy now', { desiredHealthy: 2, expectedPods: 3, currentHealthy: 0 }, false],
  ])('%s', (_when, budget, never) => {
    expect(blockedByBudget(aBudget(budget), 0)).toMatchObject({ never });
  });
});

describe('the healthy pods that a block tells count what we have asked for (contract 13.2)', () => {
  test.each([
    ['all that the status counts', { currentHealthy: 2, disruptionsAllowed: 0 }, 0, 2],
    ['less than needed, when so few are', { currentHealthy: 1, disruptionsAllowed: 0 }, 0, 1],
    ['less what the server has granted and not yet seen go', { currentHealthy: 3, disruptionsAllowed: 0 }, 0, 2],
    ['less what the status cannot show yet', { currentHealthy: 3, disruptionsAllowed: 1 }, 1, 2],
  ])('%s', (_which, budget, nodesToCount, healthy) => {
    expect(blockedByBudget(aBudget(budget), nodesToCount)).toMatchObject({ healthy, needed: 2 });
  });

  test.each([
    [0, 6],
    [-1, 5],
    [-2, 4],
  ])('of 8 pods, with an allowance of %d of 2: %d', (allowance, ready) => {
    expect(blockedByImpliedBudget(aWorkload({ replicas: 8 }), 0.25, allowance)).toMatchObject({ ready });
  });
});

describe('the key of a block: what is no news is not told again', () => {
  const spent = aBudget({ disruptionsAllowed: 0, currentHealthy: 2 });
  const web = aWorkload({ replicas: 8 });

  test('is the same while only counts change', () => {
    expect(blockKey(blockedByBudget({ ...spent, currentHealthy: 1, expectedPods: 9 }, 1))).toBe(
      blockKey(blockedByBudget(spent, 0)),
    );
    expect(blockKey(blockedByImpliedBudget(web, 0.25, -6))).toBe(blockKey(blockedByImpliedBudget(web, 0.25, 0)));
  });

  test('is another when a budget turns out to never allow anything, or cannot be counted', () => {
    const never = blockKey(blockedByBudget({ ...spent, desiredHealthy: 3 }, 0));
    const failed = blockKey(blockedByBudget({ ...spent, failure: 'found no controllers' }, 0));
    expect(new Set([blockKey(blockedByBudget(spent, 0)), never, failed]).size).toBe(3);
  });

  test('of a used-up budget is what an eviction under it uses', () => {
    expect(keysOfUse(aPod(), [spent, aBudget({ namespace: 'bank' })])).toEqual([
      blockKey(blockedByBudget(spent, 0)),
      blockKey(blockedByImpliedBudget(web, 0.25, 0)),
    ]);
    expect(keysOfUse(aPod({ owner: undefined }), [])).toEqual([]);
  });

  test('is the same in whatever order budgets are listed', () => {
    const key = (...budgets: string[]) => blockKey({ kind: 'several-budgets', budgets });
    expect(key('shop/b', 'shop/a')).toBe(key('shop/a', 'shop/b'));
  });

  test('is another for everything else', () => {
    const blocks: BlockedBy[] = [
      blockedByBudget(spent, 0),
      blockedByBudget({ ...spent, name: 'other' }, 0),
      blockedByBudget({ ...spent, namespace: 'bank' }, 0),
      blockedByImpliedBudget(web, 0.25, 0),
      blockedByImpliedBudget({ ...web, owner: anOwner({ name: 'api' }) }, 0.25, 0),
      blockedByImpliedBudget({ ...web, owner: anOwner({ kind: 'StatefulSet' }) }, 0.25, 0),
      { kind: 'several-budgets', budgets: ['shop/a', 'shop/b'] },
      { kind: 'several-budgets', budgets: ['shop/a', 'shop/c'] },
      { kind: 'policy', reason: 'protected by annotation' },
      { kind: 'policy', reason: 'emptyDir' },
      { kind: 'policy', reason: 'no controller' },
      { kind: 'webhook', message: 'guard' },
      { kind: 'server', message: 'Cannot evict' },
    ];
    expect(new Set(blocks.map(blockKey)).size).toBe(blocks.length);
  });
});

describe('a block waits for pods', () => {
  const spent = aBudget({ disruptionsAllowed: 0, currentHealthy: 2 });

  test.each<[string, BlockedBy, boolean]>([
    ['of a budget that is used up', blockedByBudget(spent, 0), true],
    ['of an implied budget', blockedByImpliedBudget(aWorkload(), 0.25, 0), true],
    ['not of a budget that never allows anything', blockedByBudget({ ...spent, desiredHealthy: 3 }, 0), false],
    ['not of one that cannot be counted', blockedByBudget({ ...spent, failure: 'f' }, 0), false],
    ['not of two budgets', { kind: 'several-budgets', budgets: ['shop/a', 'shop/b'] }, false],
    ['not of a webhook', { kind: 'webhook', message: 'm' }, false],
  ])('%s', (_which, by, expected) => {
    expect(waitsForPods(by)).toBe(expected);
  });
});
