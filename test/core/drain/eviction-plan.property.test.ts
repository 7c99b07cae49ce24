/**
 * What holds of every plan, whatever the cluster: a model cluster is drained by it, with views that are late, answers
 * that take their time and throttling. Each promise is tried on a planner with a bug as well, to show that it can fail.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverage } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import { planEvictions } from '../../../lambdas/core/drain/eviction-plan.ts';
import type { App } from './model-cluster.ts';
import { drainModel, type AskRecord, type DrainRecord, type Planner, type Scenario } from './model-drain.ts';

const DEADLINE_SECONDS = 900;

const apps: fc.Arbitrary<App> = fc
  .record({
    kind: fc.constantFrom<App['kind'][]>('ReplicaSet', 'ReplicaSet', 'StatefulSet', 'Job', 'DaemonSet'),
    here: fc.integer({ min: 1, max: 6 }),
    elsewhere: fc.nat(6),
    unready: fc.nat(2),
    spare: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    alwaysAllowsUnhealthy: fc.boolean(),
    graceSeconds: fc.integer({ min: 1, max: 15 }),
    startSeconds: fc.integer({ min: 1, max: 15 }),
    isProtected: fc.nat(5).map((n) => n === 0),
    isCritical: fc.nat(3).map((n) => n === 0),
  })
  .map(({ spare, kind, ...app }) => ({
    ...app,
    kind,
    unready: Math.min(app.unready, app.here),
    // Nobody puts a budget on pods that are not made again, and `spare` keeps it possible: contract 4.4.
    ...(spare !== undefined &&
      (kind === 'ReplicaSet' || kind === 'StatefulSet') && {
        minAvailable: Math.max(0, app.here + app.elsewhere - spare),
      }),
  }));

function scenarios(given: { app?: Partial<App>; scenario?: Partial<Scenario> } = {}): fc.Arbitrary<Scenario> {
  return fc
    .record({
      apps: fc.array(apps, { minLength: 1, maxLength: 4 }),
      lags: fc.array(fc.nat(5), { minLength: 1, maxLength: 7 }),
      answerSeconds: fc.nat(3),
      throttleEvery: fc.constantFrom(0, 3, 5),
      forces: fc.boolean(),
      seconds: fc.constant(DEADLINE_SECONDS),
      impliedBudget: fc.constantFrom(0, 0.25, 0.5, 1),
      maxInFlight: fc.constantFrom(1, 3, 50),
      pauseSeconds: fc.constantFrom(0, 0, 4),
    })
    .map((scenario) => ({
      ...scenario,
      ...given.scenario,
      apps: scenario.apps.map((app) => ({ ...app, ...given.app })),
    }));
}

const ANY = scenarios();

/** Without a force point in the way: what holds before it. */
const UNFORCED = scenarios({ scenario: { forces: false } });

/** All pods are Ready at the start, so the server's view of who is Ready can differ from ours in nothing but time. */
const ALL_READY = scenarios({ app: { unready: 0 }, scenario: { forces: false } });

/** Every pod may go, given time. */
const UNHINDERED = scenarios({ app: { isProtected: false }, scenario: { forces: false } });

/** So little time that most pods are still there at their force point. */
const HURRIED = scenarios({ scenario: { forces: true, seconds: 40, throttleEvery: 0, pauseSeconds: 20 } });

/** A promise that a record of a drain keeps, or a reason why not. */
type Kept = (drain: DrainRecord, scenario: Scenario) => string | undefined;

interface Case {
  readonly promise: string;
  readonly kept: Kept;
  readonly among: fc.Arbitrary<Scenario>;
  /** A planner that breaks it. */
  readonly bug: string;
  readonly buggy: Planner;
}

const blindToBudgets: Planner = (state, asks, terms) =>
  planEvictions({ ...state, budgets: [] }, asks, { ...terms, impliedBudget: 'off' });

const forgetful: Planner = (state, _asks, terms) => planEvictions(state, new Map(), terms);

const CASES: readonly Case[] = [
  {
    promise: 'a plan evicts no more Ready pods of a budget than disruptionsAllowed (contract 4.4)',
    kept: keepsToWhatBudgetsAllow,
    among: ANY,
    bug: 'does not see budgets',
    buggy: blindToBudgets,
  },
  {
    promise: 'however late the view, the server never has to refuse us by a budget (contract 4.4)',
    kept: isNeverOverBudget,
    among: ALL_READY,
    bug: 'counts no ask that the status does not show yet',
    buggy: (state, asks, terms) =>
      planEvictions(state, new Map([...asks].map(([uid, ask]) => [uid, { ...ask, wasReady: false }])), terms),
  },
  {
    promise: 'without a budget, Ready pods never fall below replicas − the share by our evictions (contract 4.5)',
    kept: keepsImpliedBudgets,
    among: UNFORCED,
    bug: 'paces nothing',
    buggy: (state, asks, terms) => planEvictions(state, asks, { ...terms, impliedBudget: 'off' }),
  },
  {
    promise: 'the same without a budget when drains are forced, before the force point (contract 4.5)',
    kept: keepsImpliedBudgets,
    among: ANY,
    bug: 'takes the pods that are Ready for all that are wanted',
    buggy: (state, asks, terms) => {
      const workloads = [...state.workloads].map(
        ([uid, workload]) => [uid, { ...workload, replicas: workload.readyPods.size }] as const,
      );
      return planEvictions({ ...state, workloads: new Map(workloads) }, asks, terms);
    },
  },
  {
    promise: 'nothing is evicted twice, nor asked for again unless it was refused (contract 4.3)',
    kept: asksOnce,
    among: ANY,
    bug: 'forgets what it has asked for',
    buggy: forgetful,
  },
  {
    promise: 'nothing that is spared is evicted or forced (contract 4.1)',
    kept: sparesDaemons,
    among: scenarios({ scenario: { forces: true } }),
    bug: 'takes every pod for a Deployment’s',
    buggy: (state, asks, terms) => planEvictions({ ...state, pods: state.pods.map(ofAJob) }, asks, terms),
  },
  {
    promise: 'nothing is forced, and nothing protected evicted, before its force point (contract 5.3)',
    kept: waitsForForcePoints,
    among: ANY,
    bug: 'takes the clock for ten minutes later',
    buggy: (state, asks, terms) => planEvictions(state, asks, { ...terms, forces: true, now: terms.now + 600_000 }),
  },
  {
    promise: 'nothing protected is ever evicted by a drain that does not force (contract 5.4)',
    kept: ({ asks }) => first(asks, ({ app }) => app.isProtected, 'protected, and asked for'),
    among: UNFORCED,
    bug: 'does not read annotations',
    buggy: (state, asks, terms) =>
      planEvictions({ ...state, pods: state.pods.map((pod) => ({ ...pod, annotations: {} })) }, asks, terms),
  },
  {
    promise: 'at most as many evictions are in flight as may be (contract 4.3)',
    kept: keepsToSlots,
    among: ANY,
    bug: 'does not count',
    buggy: (state, asks, terms) => planEvictions(state, asks, { ...terms, maxInFlight: 1_000 }),
  },
  {
    promise: 'every drain ends, if budgets allow one once all are Ready and pods become Ready again (contract 4.4)',
    kept: ({ endedAt, left }) => (endedAt === undefined ? `left: ${left.map(({ name }) => name).join()}` : undefined),
    among: UNHINDERED,
    bug: 'believes that nothing is ever allowed',
    buggy: (state, asks, terms) =>
      planEvictions(
        { ...state, budgets: state.budgets.map((budget) => ({ ...budget, disruptionsAllowed: 0 })) },
        asks,
        terms,
      ),
  },
  {
    promise:
      'a drain that forces leaves nothing at its deadline, but for a second, a late view and a late answer (5.3)',
    kept: isOverAtTheDeadline,
    among: HURRIED,
    bug: 'never forces',
    buggy: (state, asks, terms) => planEvictions(state, asks, { ...terms, forces: false }),
  },
  {
    promise: 'a system-critical pod goes only when no ordinary one is left, at the end, or at its force point (4.2)',
    kept: keepsWaves,
    among: UNFORCED,
    bug: 'sees no priority',
    buggy: (state, asks, terms) =>
      planEvictions({ ...state, pods: state.pods.map((pod) => ({ ...pod, priority: 0 })) }, asks, terms),
  },
];

const RUNS = 100;

describe('of every plan', () => {
  test.each(CASES)('$promise', ({ kept, among }) => {
    fc.assert(
      fc.property(among, (scenario) => {
        expect(kept(drainModel(scenario, planEvictions), scenario)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  test('planning twice is planning once: the same input makes the same plan', () => {
    fc.assert(
      fc.property(ANY, (scenario) => {
        drainModel(scenario, (state, asks, terms) => {
          const plan = planEvictions(state, asks, terms);
          expect(planEvictions(structuredClone(state), structuredClone(asks), structuredClone(terms))).toStrictEqual(
            plan,
          );
          return plan;
        });
      }),
      { numRuns: 20 },
    );
  });

  test('no pod is in two minds: evicted, forced, blocked or to be followed, and always remaining', () => {
    fc.assert(
      fc.property(ANY, (scenario) => {
        for (const { plan } of drainModel(scenario, planEvictions).plans) {
          const decided = [
            ...plan.evict,
            ...plan.force.map(({ pod }) => pod),
            ...plan.blocked.map(({ pod }) => pod),
            ...plan.follow,
          ].map(({ uid }) => uid);
          expect(new Set(decided).size).toBe(decided.length);
          const remaining = new Set(plan.remaining.map(({ uid }) => uid));
          expect(decided.filter((uid) => !remaining.has(uid))).toEqual([]);
          expect(plan.spared.filter(({ uid }) => remaining.has(uid))).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a planner with a bug is found out', () => {
  test.each(CASES)('one that $bug: $promise', ({ kept, among, buggy }) => {
    const found = fc.check(
      fc.property(among, (scenario) => kept(drainModel(scenario, buggy), scenario) === undefined),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});

function keepsToWhatBudgetsAllow({ plans }: DrainRecord): string | undefined {
  for (const { view, plan } of plans) {
    const over = view.budgets.find((budget) => {
      const ready = plan.evict.filter((pod) => pod.ready && coverage(pod, [budget]).budgets.length > 0);
      return ready.length > budget.disruptionsAllowed;
    });
    if (over !== undefined) return `${over.name} allowed ${over.disruptionsAllowed}`;
  }
  return undefined;
}

function isNeverOverBudget({ asks }: DrainRecord): string | undefined {
  return first(asks, ({ answer }) => answer === 'over-budget', 'over budget');
}

/** Of pods that the plan saw Ready: one that it saw unready was not counted as there. */
function keepsImpliedBudgets({ asks }: DrainRecord, { impliedBudget }: Scenario): string | undefined {
  return first(
    asks,
    ({ app, pod, forced, answer, readyAfter }) =>
      isPacedByItsController(app) &&
      !forced &&
      pod.ready &&
      answer === 'granted' &&
      readyAfter < app.here + app.elsewhere - mayBeUnready(app, impliedBudget),
    'too few left Ready',
  );
}

/** By contract 4.5, told once more. */
function mayBeUnready({ kind, here, elsewhere }: App, share: number): number {
  return kind === 'StatefulSet' ? 1 : Math.max(1, Math.ceil((here + elsewhere) * share));
}

function isPacedByItsController({ kind, minAvailable }: App): boolean {
  return minAvailable === undefined && kind !== 'Job';
}

function asksOnce({ asks }: DrainRecord): string | undefined {
  return first(
    asks,
    ({ pod, forced }, index) => {
      const before = asks.slice(0, index).filter((ask) => ask.pod.uid === pod.uid);
      // A forced deletion may follow an eviction that was granted, once: it cuts its grace.
      return before.some((ask) => ask.forced === forced && (ask.answer === 'granted' || ask.answer === 'gone'));
    },
    'asked for again',
  );
}

function sparesDaemons({ asks }: DrainRecord): string | undefined {
  return first(asks, ({ app }) => app.kind === 'DaemonSet', 'spared, and asked for');
}

function waitsForForcePoints({ asks }: DrainRecord, { seconds, forces }: Scenario): string | undefined {
  return first(
    asks,
    ({ app, forced, second }) =>
      (forced || app.isProtected) &&
      !(forces && second >= Math.max(seconds - Math.max(app.graceSeconds, 10), seconds / 2)),
    'before its force point',
  );
}

function keepsToSlots({ plans }: DrainRecord, { maxInFlight }: Scenario): string | undefined {
  const over = plans.find(({ asks, plan }) => {
    const inFlight = [...asks.values()].filter(({ state }) => state === 'asking').length;
    return plan.evict.length > Math.max(0, maxInFlight - inFlight);
  });
  return over && `${over.plan.evict.length} more at once`;
}

function isOverAtTheDeadline({ endedAt }: DrainRecord, { seconds, lags, answerSeconds }: Scenario): string | undefined {
  const late = 1 + Math.max(...lags) + answerSeconds;
  return endedAt !== undefined && endedAt <= seconds + late ? undefined : `ended at ${endedAt ?? 'no time'}`;
}

function keepsWaves({ plans }: DrainRecord, { seconds }: Scenario): string | undefined {
  const early = plans.slice(0, seconds - 300).find(({ view, plan }) => {
    const critical = new Set(view.pods.filter(({ priority }) => priority > 0).map(({ uid }) => uid));
    return plan.evict.some(({ uid }) => critical.has(uid)) && plan.remaining.some(({ uid }) => !critical.has(uid));
  });
  return early && 'a critical pod went before an ordinary one';
}

function first(
  asks: readonly AskRecord[],
  isWrong: (ask: AskRecord, index: number) => boolean,
  why: string,
): string | undefined {
  const wrong = asks.find(isWrong);
  return wrong && `${wrong.pod.name} at ${wrong.second} s: ${why}`;
}

function ofAJob<Each extends { owner?: unknown }>(pod: Each): Each {
  return { ...pod, owner: { ...(pod.owner as object), kind: 'Job' } };
}
