/**
 * Pacing: whether one pod may be asked for now, by its disruption budget, by the implied budget of its controller, and by
 * what is under way already (contract 4.3–4.6).
 */
import { blockedByBudget, blockedByImpliedBudget, type BlockedBy } from './blocked.ts';
import { budgetName, coverage, passesBudgetFree, type DisruptionBudget } from '../kubernetes/disruption-budget.ts';
import { isLeaving, type Ask, type Asks } from './eviction-ask.ts';
import type { ImpliedBudget } from '../settings/cluster-settings.ts';
import { impliedAllowance, isPaced, type Workload } from './implied-budget.ts';
import { ownerKey, type Pod } from '../kubernetes/pod.ts';
import type { DrainPolicy } from './verdict.ts';

/** The watched state of everything that a drain decides by. */
export interface DrainState {
  /** Pods bound to the node. */
  readonly pods: readonly Pod[];
  readonly budgets: readonly DisruptionBudget[];
  /** Workloads by the key of their controller (`ownerKey`), those that have been asked for and read. */
  readonly workloads: ReadonlyMap<string, Workload>;
}

export interface DrainTerms {
  readonly policy: DrainPolicy;
  readonly impliedBudget: ImpliedBudget;
  /** Overrides the pods' own grace, seconds. */
  readonly gracePeriodSeconds?: number;
  /** Evictions in flight at most. */
  readonly maxInFlight: number;
  /** Least time between two evictions, milliseconds; 0 for none. */
  readonly pauseMs: number;
  /** When the last one went out in an earlier pass, epoch milliseconds. */
  readonly lastAskedAt?: number;
  readonly startedAt: number;
  readonly deadline: number;
  /** Delete past budgets from each pod's force point on (contract 5.3). */
  readonly forces: boolean;
  /** The machine is verified to be terminated: nothing on it runs or writes, so every pod is removed at once (contract 4.9). */
  readonly machineGone?: boolean;
}

/** What the plan says of one pod of the wave that may leave by itself. */
export type Permission =
  | { readonly kind: 'evict' }
  | { readonly kind: 'follow' }
  | { readonly kind: 'later'; readonly at: number }
  /** `until`: when it is asked for again all the same, epoch milliseconds. */
  | { readonly kind: 'blocked'; readonly by: BlockedBy; readonly until?: number };

/** Gives out permissions until budgets, implied budgets and the number in flight are used up. */
export class Pacing {
  readonly #state: DrainState;
  readonly #asks: Asks;
  readonly #terms: DrainTerms & { now: number };
  /** What is left of each budget and workload, counted down as permissions are given. */
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
    const left = this.#allowance(budgetName(budget), () => budget.disruptionsAllowed - this.#nodesToCount(budget));
    if (left > 0) return undefined;
    return { kind: 'blocked', by: blockedByBudget(budget, budget.disruptionsAllowed - left) };
  }

  /** Asks that the budget's watched status cannot show yet. */
  #nodesToCount(budget: DisruptionBudget): number {
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

  /** When the next eviction may go out: Infinity while all slots are taken, later by the configured pause (contract 4.6). */
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

/** A budget whose status is watched says itself when to ask; this only keeps a late status from asking in a circle. */
const LATE_STATUS_MS = 500;

function nextTry(ask: Ask | undefined, budget: DisruptionBudget | undefined): number {
  if (ask === undefined) return -Infinity;
  return budget !== undefined && ask.refusal === 'over-budget'
    ? Math.min(ask.notBefore, ask.askedAt + LATE_STATUS_MS)
    : ask.notBefore;
}
