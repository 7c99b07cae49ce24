import { describe, expect, test } from 'vitest';
import { explain } from '../../../lambdas/core/drain/blocked.ts';
import type { DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import { answered, asked, type Ask, type EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import { planEvictions, type EvictionPlan } from '../../../lambdas/core/drain/eviction-plan.ts';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import {
  aBudget,
  anOwner,
  aPod,
  aPolicy,
  aWorkload,
  HOUR,
  MINUTE,
  NOON,
  SECOND,
  TAINT_KEY,
  terms,
  uidsOf,
  type Terms,
} from '../../given.ts';

const DEADLINE = NOON + HOUR;
const CRITICAL = 2_000_000_000;

/** Past the point from which there is one wave, which every plan before wakes up at. */
const LATE = DEADLINE - 4 * MINUTE;

describe('a plan', () => {
  test('of an empty node has nothing to do, ever', () => {
    expect(plan({}, { now: LATE })).toEqual({
      evict: [],
      force: [],
      blocked: [],
      remaining: [],
      stuck: [],
      spared: [],
      follow: [],
      unknown: [],
      wakeAt: Infinity,
      dueAt: Infinity,
    });
  });

  test('evicts, waits for and spares by the verdicts of contract 4.1', () => {
    const made = plan({
      pods: [
        aPod({ name: 'bare', owner: undefined }),
        aPod({ name: 'leaving', deletingUntil: NOON + MINUTE }),
        aPod({ name: 'daemon', owner: anOwner({ kind: 'DaemonSet' }) }),
        aPod({ name: 'done', phase: 'Succeeded', ready: false }),
        aPod({ name: 'stays', tolerations: [{ key: TAINT_KEY }] }),
        aPod({ name: 'mine', annotations: { 'ebb/evict': 'never' } }),
      ],
    });
    expect(names(made.evict)).toEqual(['bare']);
    expect(names(made.remaining)).toEqual(['bare', 'leaving', 'mine']);
    expect(names(made.spared)).toEqual(['daemon', 'done', 'stays']);
    expect(whyBlocked(made)).toEqual({ mine: 'policy' });
    expect(made.force).toEqual([]);
  });

  test('names those that should have ended long ago, and wakes up when there are any (faults 63)', () => {
    const pods = [aPod({ deletingUntil: NOON - MINUTE }), aPod({ name: 'going', deletingUntil: NOON - SECOND })];
    const made = plan({ pods }, { now: NOON });
    expect(names(made.stuck)).toEqual(['web-1']);
    expect([made.wakeAt, made.dueAt]).toEqual([NOON + MINUTE - SECOND, NOON + MINUTE - SECOND]);
  });

  test('leaves its input as it is, and comes out the same from the same', () => {
    const state = { pods: jobPods(3), budgets: [aBudget()] };
    expect(plan(deeplyFrozen(state))).toStrictEqual(plan(state));
  });

  test('evicts pods that are not Ready first, then those that take longest to stop', () => {
    const pods = [
      aPod({ name: 'quick', owner: undefined, graceSeconds: 5 }),
      aPod({ name: 'slow', owner: undefined, graceSeconds: 600 }),
      aPod({ name: 'starting', owner: undefined, graceSeconds: 1, ready: false }),
    ];
    expect(names(plan({ pods }).evict)).toEqual(['starting', 'slow', 'quick']);
  });
});

describe('a PodDisruptionBudget (contract 4.4)', () => {
  test.each([0, 1, 2, 3, 9])(
    'of Ready pods no more are asked for than disruptionsAllowed, %d',
    (disruptionsAllowed) => {
      const made = plan({ pods: jobPods(3), budgets: [aBudget({ disruptionsAllowed })] });
      expect(made.evict).toHaveLength(Math.min(3, disruptionsAllowed));
      expect(made.blocked).toHaveLength(3 - made.evict.length);
      expect(made.blocked.every(({ by }) => by.kind === 'budget')).toBe(true);
    },
  );

  test.each<[string, Partial<Ask>, Partial<DisruptionBudget>, number]>([
    ['an ask under way counts until the status shows it', { state: 'asking' }, {}, 1],
    ['so does a grant', { state: 'granted' }, {}, 1],
    ['so does an outcome that is unknown', { state: 'unknown' }, {}, 1],
    ['a grant that the status shows counts no more', { state: 'granted' }, { disruptedPods: ['web-1'] }, 2],
    ['an ask that was refused does not', { state: 'refused', notBefore: NOON + MINUTE }, {}, 2],
    ['an ask for a pod that was not Ready does not', { state: 'granted', wasReady: false }, {}, 2],
  ])('%s', (_what, ask, budget, expected) => {
    const made = plan({
      pods: jobPods(4),
      budgets: [aBudget({ disruptionsAllowed: 2, ...budget })],
      asks: { 'web-1': anAsk(ask) },
    });
    expect(names(made.evict)).not.toContain('web-1');
    expect(made.evict).toHaveLength(expected);
  });

  test('pods that are not Ready use a budget up that wants no pod to be healthy', () => {
    const budgets = [aBudget({ disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 0 })];
    const pods = jobPods(3).map((pod, index) => ({ ...pod, ready: index === 2 }));
    expect(names(plan({ pods, budgets }).evict)).toEqual(['web-1']);
    const asks = { 'web-1': anAsk({ state: 'asking', wasReady: false }) };
    expect(names(plan({ pods, budgets, asks }).evict)).toEqual([]);
  });

  test('asks for pods of another budget count there, not here', () => {
    const api = { app: 'api' };
    const made = plan({
      pods: [...jobPods(2), aPod({ name: 'api-1', labels: api, owner: undefined })],
      budgets: [aBudget(), aBudget({ name: 'api', selector: { matchLabels: api } })],
      asks: { 'api-1': anAsk({ state: 'granted' }) },
    });
    expect(made.evict).toHaveLength(1);
  });

  test('budgets of one name in two namespaces are two', () => {
    const made = plan({
      pods: [aPod({ name: 'a', owner: undefined }), aPod({ name: 'b', namespace: 'bank', owner: undefined })],
      budgets: [aBudget(), aBudget({ namespace: 'bank' })],
    });
    expect(names(made.evict)).toEqual(['a', 'b']);
  });

  test('pods that are not Ready go first and leave the budget to the others', () => {
    const pods = [...jobPods(2), aPod({ name: 'crashing', ready: false })];
    expect(names(plan({ pods, budgets: [aBudget()] }).evict)).toEqual(['crashing', 'web-1']);
  });

  test.each<[string, Partial<Pod>, Partial<DisruptionBudget>, boolean]>([
    ['a Pending pod is asked for without budget', { phase: 'Pending', ready: false }, { currentHealthy: 0 }, true],
    ['a pod that is not Ready is asked for while enough are', { ready: false }, { currentHealthy: 2 }, true],
    ['a pod that is not Ready is held while too few are', { ready: false }, { currentHealthy: 1 }, false],
    [
      'AlwaysAllow lets a pod that is not Ready go (faults 53)',
      { ready: false },
      { currentHealthy: 0, alwaysAllowsUnhealthy: true },
      true,
    ],
  ])('%s', (_what, pod, budget, goes) => {
    const made = plan({ pods: [aPod(pod)], budgets: [aBudget({ disruptionsAllowed: 0, ...budget })] });
    expect(names(made.evict)).toEqual(goes ? ['web-1'] : []);
  });

  test('two budgets on a pod block it, by name (contract 4.3, faults 51)', () => {
    const made = plan({ pods: [aPod()], budgets: [aBudget({ name: 'a' }), aBudget({ name: 'b' })] });
    expect(made.evict).toEqual([]);
    expect(made.blocked.map(({ by }) => by)).toEqual([{ kind: 'several-budgets', budgets: ['shop/a', 'shop/b'] }]);
  });

  test('a Pending pod goes in spite of two budgets: the server does not look at them', () => {
    const pods = [aPod({ phase: 'Pending', ready: false })];
    expect(names(plan({ pods, budgets: [aBudget({ name: 'a' }), aBudget({ name: 'b' })] }).evict)).toEqual(['web-1']);
  });

  test('a pod that was refused is asked for again when the budget frees, not when a backoff is over', () => {
    const refused = answered(
      anAsk({ attempts: 8 }),
      { kind: 'over-budget', message: 'no' },
      { now: NOON, random: 0.5 },
    );
    const given = { pods: jobPods(1), budgets: [aBudget()], asks: { 'web-1': refused } };
    expect(names(plan(given, { now: NOON + SECOND }).evict)).toEqual(['web-1']);
    expect(names(plan(given, { now: NOON + 100 }).evict)).toEqual([]);
  });

  test('a forced pod, which the status counts as gone, does not use the budget up twice', () => {
    const forced = aPod({ name: 'forced', graceSeconds: 1_200, deletingUntil: DEADLINE });
    const asks = { forced: anAsk({ state: 'granted', forced: true }) };
    const made = plan(
      { pods: [forced, ...jobPods(1)], budgets: [aBudget()], asks },
      { now: DEADLINE - 1_000 * SECOND },
    );
    expect(names(made.evict)).toEqual(['web-1']);
  });

  test('a deadlock is told in the first plan (faults 52)', () => {
    const locked = aBudget({ disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 3 });
    const [block] = plan({ pods: [aPod()], budgets: [locked] }).blocked;
    expect(block && explain(block.by)).toMatch(/shop\/web .* never allows/);
  });

  test('what cannot be matched here is asked for, and the server decides', () => {
    const odd = aBudget({ selector: { matchExpressions: [{ key: 'app', operator: 'Like' }] }, disruptionsAllowed: 0 });
    expect(names(plan({ pods: [aPod()], budgets: [odd] }).evict)).toEqual(['web-1']);
  });

  test('a pod that a budget covers is not paced by an implied one', () => {
    const budgets = [aBudget({ disruptionsAllowed: 3 })];
    const pods = [1, 2, 3].map((n) => aPod({ name: `web-${n}` }));
    const made = plan({ pods, budgets, workloads: [aWorkload({ replicas: 3 })] });
    expect(made.evict).toHaveLength(3);
    expect(made.follow).toEqual([]);
  });
});

describe('an implied budget (contract 4.5)', () => {
  const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => aPod({ name: `web-${n}` }));
  const ready = (...gone: readonly string[]) =>
    aWorkload({
      replicas: 8,
      readyPods: new Set([...eight.map(({ uid }) => uid)].filter((uid) => !gone.includes(uid))),
    });

  test('a controller that is not known yet is to be read; its pods wait', () => {
    const made = plan({ pods: eight });
    expect(made.evict).toEqual([]);
    expect(names(made.follow)).toEqual(names(eight));
    expect(made.blocked).toEqual([]);
  });

  test('25 % of the replicas go at once, the others are blocked', () => {
    const made = plan({ pods: eight, workloads: [ready()] });
    expect(made.evict).toHaveLength(2);
    expect(made.blocked.map(({ by }) => by.kind)).toEqual(Array(6).fill('implied-budget'));
  });

  test('asks that the watched pods do not show yet count as gone', () => {
    const asks = { 'web-1': anAsk({ state: 'granted' }) };
    expect(names(plan({ pods: eight, workloads: [ready()], asks }).evict)).toEqual(['web-2']);
  });

  test('asks that they show count once', () => {
    const asks = { 'web-1': anAsk({ state: 'granted' }) };
    expect(names(plan({ pods: eight, workloads: [ready('uid of web-1')], asks }).evict)).toEqual(['web-2']);
  });

  test('pods that are not Ready go at once', () => {
    const pods = eight.map((pod) => ({ ...pod, ready: false }));
    expect(plan({ pods, workloads: [aWorkload({ replicas: 8, readyPods: uidsOf() })] }).evict).toHaveLength(8);
  });

  test('pods of a StatefulSet go one at a time', () => {
    const owner = anOwner({ kind: 'StatefulSet' });
    const pods = eight.map((pod) => ({ ...pod, owner }));
    expect(plan({ pods, workloads: [{ ...ready(), owner }] }).evict).toHaveLength(1);
  });

  test('pods of an unknown controller go one at a time, and it is named once with the first of its pods', () => {
    const owner = anOwner({ kind: 'CloneSet' });
    const pods = eight.map((pod) => ({ ...pod, owner }));
    const made = plan({ pods, workloads: [{ ...ready(), owner, unknown: 'its kind is unknown' }] });
    expect(names(made.evict)).toEqual(['web-1']);
    expect(made.unknown).toEqual([{ owner, pod: pods[0], reason: 'its kind is unknown' }]);
  });

  test('what is known of an owner paces nobody who claims its uid under another name', () => {
    const forged = aPod({ name: 'forged', owner: { ...anOwner(), namespace: 'other', name: 'other' } });
    const made = plan({ pods: [...eight, forged], workloads: [{ ...ready(), owner: forged.owner ?? anOwner() }] });
    expect(names(made.follow)).toEqual(eight.map(({ name }) => name));
  });

  test('pods of a Job go at once and its controller is not read', () => {
    const pods = eight.map((pod) => ({ ...pod, owner: anOwner({ kind: 'Job' }) }));
    const made = plan({ pods });
    expect(made.evict).toHaveLength(8);
    expect(made.follow).toEqual([]);
  });

  test('a single replica goes at once', () => {
    const made = plan({ pods: [aPod()], workloads: [aWorkload({ replicas: 1, readyPods: uidsOf('web-1') })] });
    expect(names(made.evict)).toEqual(['web-1']);
  });

  test('each workload has its own', () => {
    const api = anOwner({ name: 'api' });
    const pods = [...eight, aPod({ name: 'api-1', owner: api }), aPod({ name: 'api-2', owner: api })];
    const made = plan({
      pods,
      workloads: [ready(), { owner: api, replicas: 2, readyPods: uidsOf('api-1', 'api-2'), unreadyPods: [] }],
    });
    expect(names(made.evict).toSorted()).toEqual(['api-1', 'web-1', 'web-2']);
  });

  test('off is plain eviction', () => {
    expect(plan({ pods: eight }, { impliedBudget: 'off' }).evict).toHaveLength(8);
  });
});

describe('asking once', () => {
  test.each<[string, Partial<Ask>, boolean]>([
    ['not while it is asked for', { state: 'asking' }, false],
    ['not once it is granted', { state: 'granted' }, false],
    ['not while the outcome is unknown', { state: 'unknown', notBefore: NOON - SECOND }, false],
    ['not before a refusal’s backoff is over', { state: 'refused', notBefore: NOON + 1 }, false],
    ['when a refusal’s backoff is over', { state: 'refused', notBefore: NOON }, true],
  ])('a pod is asked for again: %s', (_when, ask, again) => {
    const made = plan({ pods: jobPods(1), asks: { 'web-1': anAsk(ask) } });
    expect(names(made.evict)).toEqual(again ? ['web-1'] : []);
    expect(names(made.remaining)).toEqual(['web-1']);
  });

  test('an ask for a pod holds for its uid, not for its name', () => {
    const reborn = aPod({ name: 'web-1', uid: 'another', owner: undefined });
    expect(plan({ pods: [reborn], asks: { 'web-1': anAsk({ state: 'granted' }) } }).evict).toEqual([reborn]);
  });

  test.each<[EvictionAnswer, string | undefined]>([
    [{ kind: 'denied-by-webhook', message: 'guard' }, 'webhook'],
    [{ kind: 'several-budgets', message: 'a and b' }, 'server'],
    [{ kind: 'over-budget', message: 'no' }, 'server'],
    [{ kind: 'throttled', retryAfterSeconds: 5 }, undefined],
    [{ kind: 'budget-pending', retryAfterSeconds: 5 }, undefined],
    [{ kind: 'namespace-terminating' }, undefined],
  ])('a refusal is a block only when it names what a person can act on (contract 4.3): %j', (answer, kind) => {
    const ask = answered(anAsk(), answer, { now: NOON, random: 0.5 });
    const made = plan({ pods: jobPods(1), asks: { 'web-1': ask } });
    expect(whyBlocked(made)).toEqual(kind === undefined ? {} : { 'web-1': kind });
    expect(made.wakeAt).toBe(ask.notBefore);
  });
});

describe('how many at once', () => {
  test('at most as many as may be in flight (contract 4.3)', () => {
    expect(plan({ pods: jobPods(80) }).evict).toHaveLength(50);
  });

  test('those in flight count, those answered do not', () => {
    const made = plan(
      {
        pods: jobPods(9),
        asks: {
          'web-1': anAsk({ state: 'asking' }),
          'web-2': anAsk({ state: 'asking' }),
          'web-3': anAsk({ state: 'granted' }),
          'web-4': anAsk({ state: 'refused', notBefore: NOON + MINUTE }),
        },
      },
      { maxInFlight: 5 },
    );
    expect(made.evict).toHaveLength(3);
  });

  test('none while all slots are taken; an answer, not the time, opens one', () => {
    const made = plan({ pods: jobPods(2), asks: { 'web-1': anAsk() } }, { maxInFlight: 1, forces: false, now: LATE });
    expect(made.evict).toEqual([]);
    expect(made.blocked).toEqual([]);
    expect(made.wakeAt).toBe(Infinity);
  });

  test('a pod that a budget holds takes no slot from one that may go', () => {
    const pods = [aPod({ name: 'held', graceSeconds: 600 }), aPod({ name: 'free', labels: {}, owner: undefined })];
    const made = plan({ pods, budgets: [aBudget({ disruptionsAllowed: 0 })] }, { maxInFlight: 1 });
    expect(names(made.evict)).toEqual(['free']);
  });
});

describe('a pause between evictions (contract 4.6)', () => {
  const pauseMs = 30 * SECOND;

  test('one at a time, the next when the pause is over', () => {
    const made = plan({ pods: jobPods(3) }, { pauseMs });
    expect(made.evict).toHaveLength(1);
    expect(made.wakeAt).toBe(NOON + pauseMs);
  });

  test.each([
    [pauseMs - 1, 0, NOON + 1],
    [pauseMs, 1, NOON + pauseMs],
  ])('%d ms after the last ask: %d more', (since, more, wakeAt) => {
    const asks = { 'web-1': anAsk({ state: 'granted', askedAt: NOON - since }) };
    const made = plan({ pods: jobPods(3), asks }, { pauseMs });
    expect(made.evict).toHaveLength(more);
    expect(made.wakeAt).toBe(wakeAt);
  });
});

describe('waves (contract 4.2)', () => {
  const dns = aPod({ name: 'dns', priority: CRITICAL, owner: undefined, graceSeconds: 600 });

  test('system-critical pods wait for ordinary ones', () => {
    const made = plan({ pods: [dns, ...jobPods(1)] });
    expect(names(made.evict)).toEqual(['web-1']);
    expect(names(made.remaining)).toEqual(['dns', 'web-1']);
  });

  test('they wait while an ordinary one is still being deleted', () => {
    expect(plan({ pods: [dns, aPod({ deletingUntil: NOON + MINUTE })] }).evict).toEqual([]);
  });

  test('they go when the ordinary ones have gone; those that stay do not count', () => {
    const pods = [dns, aPod({ owner: anOwner({ kind: 'DaemonSet' }) }), aPod({ name: 'done', phase: 'Succeeded' })];
    expect(names(plan({ pods }).evict)).toEqual(['dns']);
  });

  test.each([
    [DEADLINE - 300_000, false],
    [DEADLINE - 299_999, true],
  ])('at %d there is one wave: %s', (now, one) => {
    const quick = { ...dns, graceSeconds: 30 };
    expect(names(plan({ pods: [quick, ...jobPods(1)] }, { now }).evict).includes('dns')).toBe(one);
  });

  test('a critical pod is forced at its own force point although ordinary ones are left', () => {
    const made = plan({ pods: [dns, ...jobPods(1)] }, { now: DEADLINE - 600 * SECOND });
    expect(names(made.force.map(({ pod }) => pod))).toEqual(['dns']);
  });
});

describe('the force point (contract 5.3)', () => {
  const held = { budgets: [aBudget({ disruptionsAllowed: 0 })] };
  const forcePoint = DEADLINE - 30 * SECOND;

  test('not before it, budgets hold', () => {
    const made = plan({ pods: [aPod()], ...held }, { now: forcePoint - 1 });
    expect(made.force).toEqual([]);
    expect(whyBlocked(made)).toEqual({ 'web-1': 'budget' });
    expect(made.wakeAt).toBe(forcePoint);
  });

  test.each<[string, Partial<Pod>, Partial<Terms>, boolean?]>([
    ['a budget', {}, {}, true],
    ['an annotation', { annotations: { 'ebb/evict': 'never' } }, {}],
    ['the emptyDir option', { hasEmptyDir: true }, { policy: aPolicy({ blockEmptyDir: true }) }],
    ['a controller that is not read yet', { owner: anOwner() }, {}],
    ['that it may finish first', {}, { policy: aPolicy({ finishFirst: {} }) }],
    ['a pause between evictions', {}, { pauseMs: HOUR }],
  ])('from it on it is past %s, and the pod is no longer told as blocked', (_what, pod, given, budgeted) => {
    const made = plan({ pods: [aPod(pod)], ...(budgeted && held) }, { ...given, now: forcePoint });
    expect(made.force).toEqual([{ pod: aPod(pod), graceSeconds: 30 }]);
    expect(made.evict).toEqual([]);
    expect(made.blocked).toEqual([]);
    expect(made.follow).toEqual([]);
  });

  test.each([
    ['two budgets', [aBudget({ name: 'a' }), aBudget({ name: 'b' })]],
    ['a budget that never allows any', [aBudget({ desiredHealthy: 3, disruptionsAllowed: 0 })]],
  ])('it is past %s', (_what, budgets) => {
    expect(plan({ pods: [aPod()], budgets }, { now: forcePoint }).force).toHaveLength(1);
  });

  test('a pod with a longer grace is forced earlier, the others wait', () => {
    const pods = [aPod(), aPod({ name: 'slow', graceSeconds: 600 })];
    const made = plan({ pods, ...held }, { now: DEADLINE - 600 * SECOND });
    expect(made.force.map(({ pod, graceSeconds }) => [pod.name, graceSeconds])).toEqual([['slow', 600]]);
  });

  test.each([
    [NOON + HOUR / 2 - 1, []],
    [NOON + HOUR / 2, [['day', 1_800]]],
  ])('a grace longer than half of the time is forced half-way, clamped (faults 65)', (now, forced) => {
    const made = plan({ pods: [aPod({ name: 'day', graceSeconds: 86_400 })], ...held }, { now });
    expect(made.force.map(({ pod, graceSeconds }) => [pod.name, graceSeconds])).toEqual(forced);
  });

  test.each([
    [DEADLINE - 5_500, 5],
    [DEADLINE, 1],
    [DEADLINE + HOUR, 1],
  ])('found late, the grace is what is left, never below 1 s', (now, graceSeconds) => {
    expect(plan({ pods: [aPod()] }, { now }).force).toEqual([{ pod: aPod(), graceSeconds }]);
  });

  test.each([
    ['within the deadline is left to end by itself', DEADLINE, 0],
    ['past the deadline is cut (faults 65)', DEADLINE + 1, 1],
  ])('a deletion whose grace ends %s', (_when, deletingUntil, forced) => {
    const pods = [aPod({ graceSeconds: 3_600, deletingUntil })];
    const made = plan({ pods }, { now: forcePoint });
    expect(made.force).toHaveLength(forced);
    expect(names(made.remaining)).toEqual(['web-1']);
  });

  test.each<[string, Partial<Ask>, number]>([
    ['an eviction under way', { state: 'asking' }, 1],
    ['a refused eviction, at once', { state: 'refused', notBefore: DEADLINE }, 1],
    ['not a forced one under way', { state: 'asking', forced: true }, 0],
    ['not a forced one that was granted', { state: 'granted', forced: true }, 0],
    ['not a forced one whose backoff is not over', { state: 'refused', forced: true, notBefore: forcePoint + 1 }, 0],
    ['a forced one whose backoff is over', { state: 'refused', forced: true, notBefore: forcePoint }, 1],
  ])('it forces once: %s', (_which, ask, forced) => {
    const made = plan({ pods: jobPods(1), asks: { 'web-1': anAsk(ask) } }, { now: forcePoint });
    expect(made.force).toHaveLength(forced);
    expect(made.evict).toEqual([]);
    expect(made.blocked).toEqual([]);
  });

  test('a pod whose deletion is refused too is named as blocked by those words, and asked for again after its backoff', () => {
    const by = { kind: 'server', message: 'a policy: nobody leaves' } as const;
    const refused = anAsk({ state: 'refused', forced: true, notBefore: forcePoint + SECOND, blockedBy: by });
    const made = plan({ pods: jobPods(2), asks: { 'web-1': refused } }, { now: forcePoint });
    expect(made.blocked).toEqual([{ pod: jobPods(1)[0], by }]);
    expect(names(made.force.map(({ pod }) => pod))).toEqual(['web-2']);
    expect(made.wakeAt).toBe(forcePoint + SECOND);
  });

  test('what stays is not forced', () => {
    const pods = [
      aPod({ name: 'daemon', owner: anOwner({ kind: 'DaemonSet' }) }),
      aPod({ name: 'static', annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      aPod({ name: 'stays', tolerations: [{ key: TAINT_KEY }] }),
      aPod({ name: 'done', phase: 'Failed', ready: false }),
    ];
    const made = plan({ pods }, { now: DEADLINE });
    expect(made.force).toEqual([]);
    expect(made.remaining).toEqual([]);
  });

  test('a drain that does not force never does (contract 5.4)', () => {
    const made = plan({ pods: [aPod()], ...held }, { now: DEADLINE + HOUR, forces: false });
    expect(made.force).toEqual([]);
    expect(whyBlocked(made)).toEqual({ 'web-1': 'budget' });
  });
});

describe('when the plan can change although nothing else does', () => {
  test.each<[string, State, Partial<Terms>, number]>([
    ['at the force point of a pod that is held', { pods: [aPod()] }, { now: LATE }, DEADLINE - 30 * SECOND],
    [
      'when critical pods need wait no more for ordinary ones (contract 4.2)',
      { pods: [aPod({ name: 'dns', priority: CRITICAL }), aPod()] },
      {},
      DEADLINE - 300_000 + 1,
    ],
    [
      'at the earliest of them',
      { pods: [aPod(), aPod({ name: 'slow', graceSeconds: 600 })] },
      {},
      DEADLINE - 600 * SECOND,
    ],
    ['never, when nothing is forced', { pods: [aPod()] }, { forces: false, now: LATE }, Infinity],
    [
      'when a pod’s grace ends, which may show that only a finalizer holds it',
      { pods: [aPod({ deletingUntil: NOON + 30 * SECOND })] },
      {},
      NOON + 30 * SECOND,
    ],
    [
      'when a refusal’s backoff is over',
      { pods: jobPods(1), asks: { 'web-1': anAsk({ state: 'refused', notBefore: NOON + 1_600 }) } },
      {},
      NOON + 1_600,
    ],
    ['never for what stays', { pods: [aPod({ owner: anOwner({ kind: 'DaemonSet' }) })] }, { now: LATE }, Infinity],
    ['never in the past', { pods: [aPod({ deletingUntil: NOON - SECOND })] }, { now: DEADLINE }, Infinity],
  ])('%s', (_when, state, given, wakeAt) => {
    expect(plan(state, given).wakeAt).toBe(wakeAt);
  });
});

interface State {
  readonly pods?: readonly Pod[];
  readonly budgets?: readonly DisruptionBudget[];
  readonly workloads?: readonly Workload[];
  /** By the pod's name. */
  readonly asks?: Readonly<Record<string, Ask>>;
}

function plan({ pods = [], budgets = [], workloads = [], asks = {} }: State, given: Partial<Terms> = {}): EvictionPlan {
  return planEvictions(
    { pods, budgets, workloads: new Map(workloads.map((workload) => [ownerKey(workload.owner), workload])) },
    new Map(Object.entries(asks).map(([name, ask]) => [`uid of ${name}`, ask])),
    terms(given),
  );
}

/** `web-1` to `web-n` of a Job: no implied budget paces them. */
function jobPods(count: number): Pod[] {
  const owner = anOwner({ kind: 'Job' });
  return Array.from({ length: count }, (_, index) => aPod({ name: `web-${index + 1}`, owner }));
}

function anAsk(given: Partial<Ask> = {}): Ask {
  return { ...asked(undefined, { now: NOON, ready: true, forced: false }), ...given };
}

function names(pods: readonly Pod[]): string[] {
  return pods.map(({ name }) => name);
}

function whyBlocked({ blocked }: EvictionPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(blocked.map(({ pod, by }) => [pod.name, by.kind]));
}

function deeplyFrozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deeplyFrozen);
  return value;
}

describe('a pod that the server refused', () => {
  const refusedAt = NOON + 50;
  const planAfter = (answer: EvictionAnswer, now: number) => {
    const first = asked(undefined, { now: NOON, ready: true, forced: false });
    const ask = answered({ ...first, attempts: 8 }, answer, { now: refusedAt, random: 0.5 });
    return plan({ pods: [aPod()], budgets: [aBudget()], asks: { 'web-1': ask } }, { now });
  };

  test('is asked for again 500 ms later when its budget allows it, not after the backoff (contract 4.4)', () => {
    expect(planAfter({ kind: 'over-budget', message: 'no' }, NOON + 100)).toMatchObject({
      evict: [],
      wakeAt: NOON + 500,
    });
  });

  test('because of several budgets is asked for every 10 s only (contract 4.3)', () => {
    expect(planAfter({ kind: 'several-budgets', message: 'a and b' }, NOON + 600).evict).toEqual([]);
  });
});
