/**
 * Pacing: whether one pod may be evicted now, by its disruption budget, by the implied budget of its controller, and by
 * the evictions in flight (contract 4.3–4.6).
 */
import { blockedByBudget, blockedByImpliedBudget, type BlockedBy } from './blocked.ts';
import { budgetName, coverage, passesBudgetFree, type DisruptionBudget } from '../kubernetes/disruption-budget.ts';
import { isLeaving, type Ask, type Asks } from './eviction-ask.ts';
import type { ImpliedBudget } from '../settings/cluster-settings.ts';
import { impliedAllowance, isPaced, type Workload } from './implied-budget.ts';
import { ownerKey, type Pod } from '../kubernetes/pod.ts';
import type { DrainPolicy } from './verdict.ts';

/** The watched state by which a drain decides. */
export interface DrainState {
  /** Pods bound to the node. */
  readonly pods: readonly Pod[];
  readonly budgets: readonly DisruptionBudget[];
  /** Workloads that have been read, by the key of their controller (`ownerKey`). */
  readonly workloads: ReadonlyMap<string, Workload>;
}

export interface DrainTerms {
  readonly policy: DrainPolicy;
  readonly impliedBudget: ImpliedBudget;
  /** Overrides the pods' own grace, seconds. */
  readonly gracePeriodSeconds?: number;
  /** Most evictions in flight. */
  readonly maxInFlight: number;
  /** Least time between two evictions, milliseconds; 0 for none. */
  readonly pauseMs: number;
  /** Time of the last eviction in an earlier pass, epoch milliseconds. */
  readonly lastAskedAt?: number;
  readonly startedAt: number;
  readonly deadline: number;
  /** Pods are deleted past budgets from their force points on (contract 5.3). */
  readonly forces: boolean;
  /** The first half of the time is not spared: AWS has warned at short notice (contract 5.3). */
  readonly early?: boolean;
  /** The machine is terminated: nothing on it runs or writes, so every pod is removed at once (contract 4.9). */
  readonly machineGone?: boolean;
}

/** The plan's decision about one pod. `follow`: its controller must be read first. `later`: not before `at`. */
export type Permission =
  | { readonly kind: 'evict' }
  | { readonly kind: 'follow' }
  | { readonly kind: 'later'; readonly at: number }
  /** `until`: when the eviction is tried again all the same, epoch milliseconds. */
  | { readonly kind: 'blocked'; readonly by: BlockedBy; readonly until?: number };

/** Gives out permissions until budgets, implied budgets and the number in flight are used up. */
export class Pacing {
  readonly #state: DrainState;
  readonly #asks: Asks;
  readonly #terms: DrainTerms & { now: number };
  /** Allowances left, by budget and workload; counted down with each permission. */
  readonly #left = new Map<string, number>();
  #slots: number;

  constructor(state: DrainState, asks: Asks, terms: DrainTerms & { now: number }) {
    this.#state = state;
    this.#asks = asks;
    this.#terms = terms;
    this.#slots = terms.maxInFlight - [...asks.values()].filter((ask) => ask.state === 'asking').length;
  }

  permit(pod: Pod): Permission {
    const ask = this.#asks.get(pod.uid);
    const { budgets, uncertain } = coverage(pod, this.#state.budgets);
    const [budget] = budgets;
    if (budgets.length > 1 && pod.phase !== 'Pending') {
      return { kind: 'blocked', by: { kind: 'several-budgets', budgets: budgets.map(budgetName) } };
    }
    const held =
      budget !== undefined ? this.#heldByBudget(pod, budget) : uncertain ? undefined : this.#heldByImpliedBudget(pod);
    if (held !== undefined) return held;
    const again = nextTry(ask, budget);
    if (again > this.#terms.now) {
      return ask?.blockedBy === undefined
        ? { kind: 'later', at: again }
        : { kind: 'blocked', by: ask.blockedBy, until: again };
    }
    return this.#takeSlot(pod, budget);
  }

  #heldByBudget(pod: Pod, budget: DisruptionBudget): Permission | undefined {
    if (passesBudgetFree(pod, budget)) return undefined;
    const left = this.#allowance(budgetName(budget), () => budget.disruptionsAllowed - this.#uncounted(budget));
    if (left > 0) return undefined;
    return { kind: 'blocked', by: blockedByBudget(budget, budget.disruptionsAllowed - left) };
  }

  /** Number of asks that the budget's watched status cannot show yet. */
  #uncounted(budget: DisruptionBudget): number {
    return this.#state.pods.filter((pod) => {
      const ask = this.#asks.get(pod.uid);
      return (
        ask !== undefined &&
        (ask.wasReady || (!pod.ready && !passesBudgetFree(pod, budget))) &&
        !ask.forced &&
        isLeaving(ask) &&
        !budget.disruptedPods.includes(pod.name) &&
        coverage(pod, [budget]).budgets.length > 0
      );
    }).length;
  }

  #heldByImpliedBudget(pod: Pod): Permission | undefined {
    const share = this.#terms.impliedBudget;
    if (!isPaced(pod.owner, share) || share === 'off' || !pod.ready) return undefined;
    const key = ownerKey(pod.owner);
    const workload = this.#state.workloads.get(key);
    if (workload === undefined) return { kind: 'follow' };
    const left = this.#allowance(key, () => impliedAllowance(workload, share, this.#leaving()));
    return left > 0 ? undefined : { kind: 'blocked', by: blockedByImpliedBudget(workload, share, left) };
  }

  #leaving(): ReadonlySet<string> {
    return new Set([...this.#asks].filter(([, ask]) => isLeaving(ask)).map(([uid]) => uid));
  }

  #allowance(key: string, count: () => number): number {
    const known = this.#left.get(key);
    if (known !== undefined) return known;
    const counted = count();
    this.#left.set(key, counted);
    return counted;
  }

  #takeSlot(pod: Pod, budget: DisruptionBudget | undefined): Permission {
    const next = this.#nextSlotAt();
    if (next > this.#terms.now) return { kind: 'later', at: next };
    this.#slots -= 1;
    if (budget !== undefined && !passesBudgetFree(pod, budget)) this.#spend(budgetName(budget));
    if (budget === undefined && pod.ready) this.#spend(pod.owner && ownerKey(pod.owner));
    return { kind: 'evict' };
  }

  #spend(key: string | undefined): void {
    const left = key === undefined ? undefined : this.#left.get(key);
    if (key !== undefined && left !== undefined) this.#left.set(key, left - 1);
  }

  /** Time of the next eviction, after the configured pause; Infinity while no slot is free (contract 4.6). */
  #nextSlotAt(): number {
    if (this.#slots <= 0) return Infinity;
    const { now, pauseMs, maxInFlight, lastAskedAt = 0 } = this.#terms;
    if (pauseMs === 0) return now;
    const inThisPlan =
      maxInFlight - this.#slots - [...this.#asks.values()].filter((ask) => ask.state === 'asking').length;
    const last = Math.max(lastAskedAt, ...[...this.#asks.values()].map((ask) => ask.askedAt));
    return inThisPlan > 0 ? now + pauseMs : Math.max(now, last + pauseMs);
  }
}

/** Least time between two asks when the budget's watched status is late. Otherwise that status says when to ask. */
const LATE_STATUS_MS = 500;

function nextTry(ask: Ask | undefined, budget: DisruptionBudget | undefined): number {
  if (ask === undefined) return -Infinity;
  return budget !== undefined && ask.refusal === 'over-budget'
    ? Math.min(ask.notBefore, ask.askedAt + LATE_STATUS_MS)
    : ask.notBefore;
}
