/**
 * Drains the model cluster by a planner, second by second, and keeps a record of what happened for the properties to
 * judge. It carries plans out to the letter; what it sees may be late, and answers take their time.
 */
import { answered, asked, type Ask, type EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { EvictionPlan, planEvictions } from '../../../lambdas/core/drain/eviction-plan.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { NOON, SECOND, terms } from '../../given.ts';
import { ModelCluster, type App, type View } from './model-cluster.ts';

export type Planner = typeof planEvictions;

export interface Scenario {
  readonly apps: readonly App[];
  /** How late the view is, seconds, turn by turn for ever; it never goes back. */
  readonly lags: readonly number[];
  /** How long an answer takes, seconds. */
  readonly answerSeconds: number;
  /** Every so many asks the API server throttles one; 0: never. */
  readonly throttleEvery: number;
  readonly forces: boolean;
  readonly seconds: number;
  readonly impliedBudget: number;
  readonly maxInFlight: number;
  readonly pauseSeconds: number;
}

export interface AskRecord {
  readonly pod: Pod;
  readonly app: App;
  readonly second: number;
  readonly forced: boolean;
  readonly answer: EvictionAnswer['kind'];
  /** Truly Ready pods of its controller just after. */
  readonly readyAfter: number;
}

export interface PlanRecord {
  readonly view: View;
  readonly asks: ReadonlyMap<string, Ask>;
  readonly plan: EvictionPlan;
}

export interface DrainRecord {
  readonly asks: readonly AskRecord[];
  readonly plans: readonly PlanRecord[];
  /** The second at which nothing was left to go; undefined if that never came. */
  readonly endedAt?: number;
  readonly left: readonly Pod[];
}

export function drainModel(scenario: Scenario, planner: Planner): DrainRecord {
  return new ModelDrain(scenario, planner).run();
}

class ModelDrain {
  readonly #scenario: Scenario;
  readonly #planner: Planner;
  readonly #cluster: ModelCluster;
  readonly #asks = new Map<string, Ask>();
  readonly #followed = new Set<string>();
  readonly #answers: { readonly at: number; readonly uid: string; readonly answer: EvictionAnswer }[] = [];
  readonly #asked: AskRecord[] = [];
  readonly #plans: PlanRecord[] = [];
  #second = 0;
  #seenSecond = 0;

  constructor(scenario: Scenario, planner: Planner) {
    this.#scenario = scenario;
    this.#planner = planner;
    this.#cluster = new ModelCluster(scenario.apps);
  }

  run(): DrainRecord {
    // Past the deadline by as much as a forced pod's last second, a late view and a late answer may take.
    const patience = this.#scenario.seconds + 60;
    for (; this.#second <= patience; this.#second += 1) {
      this.#deliverAnswers();
      const view = this.#look();
      const plan = this.#plan(view);
      if (plan.remaining.length === 0) return this.#record(this.#second, []);
      this.#carryOut(plan);
      this.#cluster.tick();
    }
    return this.#record(undefined, this.#cluster.view(0).pods);
  }

  #record(endedAt: number | undefined, left: readonly Pod[]): DrainRecord {
    return { asks: this.#asked, plans: this.#plans, left, ...(endedAt !== undefined && { endedAt }) };
  }

  /** A late view that never shows less than the one before it. */
  #look(): View {
    const { lags } = this.#scenario;
    const lag = lags[this.#second % lags.length] ?? 0;
    this.#seenSecond = Math.max(this.#seenSecond, this.#second - lag);
    return this.#cluster.view(this.#second - this.#seenSecond);
  }

  #plan(view: View): EvictionPlan {
    const { seconds, forces, impliedBudget, maxInFlight, pauseSeconds } = this.#scenario;
    const workloads = new Map([...view.controllers].filter(([uid]) => this.#followed.has(uid)));
    const state: DrainState = { pods: view.pods, budgets: view.budgets, workloads };
    const plan = this.#planner(
      state,
      new Map(this.#asks),
      terms({
        startedAt: NOON,
        deadline: NOON + seconds * SECOND,
        now: this.#cluster.now,
        forces,
        impliedBudget,
        maxInFlight,
        pauseMs: pauseSeconds * SECOND,
      }),
    );
    this.#plans.push({ view: { ...view, workloads }, asks: new Map(this.#asks), plan });
    return plan;
  }

  #carryOut({ follow, evict, force }: EvictionPlan): void {
    for (const { owner } of follow) if (owner !== undefined) this.#followed.add(ownerKey(owner));
    for (const pod of evict) this.#ask(pod, false, () => this.#cluster.evict(pod.uid));
    for (const { pod, graceSeconds } of force) {
      this.#ask(pod, true, () => this.#cluster.remove(pod.uid, graceSeconds));
    }
  }

  #ask(pod: Pod, forced: boolean, send: () => EvictionAnswer): void {
    const { throttleEvery, answerSeconds, apps } = this.#scenario;
    const isThrottled = throttleEvery > 0 && (this.#asked.length + 1) % throttleEvery === 0;
    const answer: EvictionAnswer = isThrottled ? { kind: 'throttled' } : send();
    const index = this.#cluster.appOf(pod.uid);
    const app = apps[index];
    if (app === undefined) throw new Error(`${pod.name} belongs to no app of the scenario`);
    this.#asks.set(pod.uid, asked(this.#asks.get(pod.uid), { now: this.#cluster.now, ready: pod.ready, forced }));
    this.#answers.push({ at: this.#second + answerSeconds, uid: pod.uid, answer });
    const readyAfter = this.#cluster.readyOf(index);
    this.#asked.push({ pod, app, second: this.#second, forced, answer: answer.kind, readyAfter });
  }

  #deliverAnswers(): void {
    const due = this.#answers.filter(({ at }) => at <= this.#second);
    for (const answer of due) {
      this.#answers.splice(this.#answers.indexOf(answer), 1);
      const ask = this.#asks.get(answer.uid);
      if (ask?.state !== 'asking') continue;
      this.#asks.set(answer.uid, answered(ask, answer.answer, { now: this.#cluster.now, random: 0.5 }));
    }
  }
}
