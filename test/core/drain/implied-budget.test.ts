import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowedUnready, impliedAllowance, isPaced } from '../../../lambdas/core/drain/implied-budget.ts';
import { anOwner, aWorkload, uidsOf } from '../../given.ts';

const NONE = uidsOf();

describe('pods are paced by an implied budget (contract 4.5)', () => {
  test.each([
    ['of a ReplicaSet', anOwner(), 0.25, true],
    ['of a StatefulSet', anOwner({ kind: 'StatefulSet' }), 0.25, true],
    ['of a kind that nobody knows', anOwner({ kind: 'GameServer' }), 0.25, true],
    ['not of a Job: finishing is its point', anOwner({ kind: 'Job' }), 0.25, false],
    ['of a Job of another group', anOwner({ kind: 'Job', apiVersion: 'evil.example/v1' }), 0.25, true],
    ['of a kind that is a word of the language', anOwner({ kind: 'constructor' }), 0.25, true],
    ['not without a controller', undefined, 0.25, false],
    ['not when it is off', anOwner(), 'off' as const, false],
    ['at a share of nothing still', anOwner(), 0, true],
  ])('%s', (_which, owner, share, paced) => {
    expect(isPaced(owner, share)).toBe(paced);
  });
});

describe('how many pods may be unready at once (contract 4.5)', () => {
  test.each([
    [1, 1],
    [2, 1],
    [4, 1],
    [5, 2],
    [8, 2],
    [9, 3],
    [30, 8],
    [100, 25],
    [0, 1],
  ])('25 %% of %d replicas, rounded up and at least 1: %d', (replicas, allowed) => {
    expect(allowedUnready(aWorkload({ replicas }), 0.25)).toBe(allowed);
  });

  test.each([
    ['ReplicaSet', 25],
    ['ReplicationController', 25],
    ['StatefulSet', 1],
    ['GameServer', 1],
    ['__proto__', 1],
  ])('of 100 pods of a %s: %d', (kind, allowed) => {
    expect(allowedUnready(aWorkload({ owner: anOwner({ kind }), replicas: 100 }), 0.25)).toBe(allowed);
  });

  test('of 100 pods of a ReplicaSet of another group: 1', () => {
    const owner = anOwner({ apiVersion: 'evil.example/v1' });
    expect(allowedUnready(aWorkload({ owner, replicas: 100 }), 0.25)).toBe(1);
  });

  test('of 100 pods of a ReplicaSet that is gone: 1', () => {
    expect(allowedUnready(aWorkload({ replicas: 100, unknown: 'it is gone' }), 0.25)).toBe(1);
  });

  test('a share of 0 lets one go at a time, or nothing would ever end', () => {
    expect(allowedUnready(aWorkload({ replicas: 100 }), 0)).toBe(1);
  });

  test('a share of 1 lets all of them go', () => {
    expect(allowedUnready(aWorkload({ replicas: 30 }), 1)).toBe(30);
  });
});

describe('how many more Ready pods may be evicted now (contract 4.5)', () => {
  const eight = {
    replicas: 8,
    readyPods: uidsOf('web-1', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6', 'web-7', 'web-8'),
  };

  test.each([
    ['the share, while all are Ready', eight, NONE, 2],
    ['less those that we have asked for', eight, uidsOf('web-1'), 1],
    ['none, once the share is asked for', eight, uidsOf('web-1', 'web-2'), 0],
    ['a pod that was not Ready when it was asked for costs nothing more', eight, uidsOf('crashing'), 2],
    ['less those that are unready by themselves', { replicas: 9, readyPods: eight.readyPods }, NONE, 2],
    ['a single replica goes at once', { replicas: 1, readyPods: uidsOf('web-1') }, NONE, 1],
    ['a single replica goes at once whatever the view of it', { replicas: 1, readyPods: NONE }, NONE, 1],
    ['a surplus of a rolling update does not raise the share', { ...eight, replicas: 4 }, NONE, 1],
    ['a controller that wants none any more', { replicas: 0, readyPods: uidsOf('web-1') }, NONE, 1],
  ])('%s', (_what, workload, leaving, allowance) => {
    expect(impliedAllowance(aWorkload(workload), 0.25, leaving)).toBe(allowance);
  });

  test('is nothing when more are unready than the share: it never goes round to a positive number', () => {
    expect(impliedAllowance(aWorkload({ replicas: 8, readyPods: NONE }), 0.25, NONE)).toBeLessThanOrEqual(0);
  });

  test('taking all that is allowed leaves at least replicas − the share Ready', () => {
    const numbers = fc.record({
      replicas: fc.integer({ min: 2, max: 60 }),
      unready: fc.nat(60),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(numbers, ({ replicas, unready, share }) => {
        const ready = Math.max(0, replicas - unready);
        const workload = aWorkload({
          replicas,
          readyPods: new Set(Array.from({ length: ready }, (_, n) => String(n))),
        });
        const taken = Math.max(0, impliedAllowance(workload, share, NONE));
        expect(taken === 0 || ready - taken >= replicas - allowedUnready(workload, share)).toBe(true);
      }),
    );
  });
});
