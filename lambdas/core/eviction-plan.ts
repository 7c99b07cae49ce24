/**
 * The eviction plan: of a node's pods, which to ask for now, which to force, and what holds the others (contract 4).
 *
 * Pure, and made anew from the watched state at every change, so it can be computed twice, late, or after a crash and
 * never asks twice for one pod.
 */
import { blockedByBudget, blockedByImpliedBudget, type Blocked, type BlockedBy } from './blocked.ts';
import { clampedGrace, forcePoint } from './deadline.ts';
import { budgetName, coverage, passesBudgetFree, type DisruptionBudget } from './disruption-budget.ts';
import { isLeaving, type Ask, type Asks } from './eviction-ask.ts';
import { impliedAllowance, isPaced, type ImpliedBudget, type Workload } from './implied-budget.ts';
import { isBeingDeleted, type Pod } from './pod.ts';
import { judge, type DrainPolicy, type Verdict } from './verdict.ts';
import { criticalWaveBegins, waveOf } from './wave.ts';

/** The watched state of everything that a drain decides by. */
export interface DrainState {
  /** Pods bound to the node. */
  readonly pods: readonly Pod[];
  readonly budgets: readonly DisruptionBudget[];
  /** Workloads by the uid of their controller, those that have been asked for and read. */
  readonly workloads: ReadonlyMap<string, Workload>;
}

export interface DrainTerms {
  readonly policy: DrainPolicy;
  readonly impliedBudget: ImpliedBudget;
  /** Evictions in flight at most. */
  readonly maxInFlight: number;
  /** Least time between two evictions, milliseconds; 0 for none. */
  readonly pauseMs: number;
  readonly startedAt: number;
  readonly deadline: number;
  /** Delete past budgets from each pod's force point on (contract 5.3). */
  readonly forces: boolean;
}

export interface EvictionPlan {
  readonly evict: readonly Pod[];
  readonly force: readonly Forced[];
  readonly blocked: readonly Blocked[];
  /** Pods that are still to go, whatever holds them; none left means drained. */
  readonly remaining: readonly Pod[];
  /** Pods that stay on the node. */
  readonly spared: readonly Pod[];
  /** Pods whose controller must be read before they can be paced. */
  readonly follow: readonly Pod[];
  /** When the plan can change although nothing else does, epoch milliseconds; Infinity if never. */
  readonly wakeAt: number;
}

export interface Forced {
  readonly pod: Pod;
  readonly graceSeconds: number;
}

interface Judged {
  readonly pod: Pod;
  readonly verdict: Verdict;
}

/** What the plan says of one pod of the wave that may leave by itself. */
type Permission =
  | { readonly kind: 'evict' }
  | { readonly kind: 'follow' }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'blocked'; readonly by: BlockedBy };

export function planEvictions(state: DrainState, asks: Asks, terms: DrainTerms & { now: number }): EvictionPlan {
  const judged = state.pods.map((pod): Judged => ({ pod, verdict: judge(pod, terms.policy, terms.now) }));
  const left = judged.filter(({ verdict }) => verdict.action !== 'spare');
  const force = terms.forces ? forcedNow(left, asks, terms) : [];
  const forcing = new Set(force.map(({ pod }) => pod.uid));
  const wave = currentWave(left, terms).filter(({ pod }) => !isBeingDeleted(pod) && !forcing.has(pod.uid));
  const open = wave.filter(({ pod }) => !isLeaving(asks.get(pod.uid)));
  const pacing = new Pacing(state, asks, terms);
  const decided = inOrder(open).map(({ pod, verdict }) => ({ pod, permission: permit(pod, verdict, pacing) }));
  const of = <Kind extends Permission['kind']>(kind: Kind) =>
    decided.flatMap(({ pod, permission }) =>
      permission.kind === kind ? [{ pod, permission: permission as Extract<Permission, { kind: Kind }> }] : [],
    );
  return {
    evict: of('evict').map(({ pod }) => pod),
    force,
    blocked: of('blocked').map(({ pod, permission }) => ({ pod, by: permission.by })),
    remaining: left.map(({ pod }) => pod),
    spared: judged.filter(({ verdict }) => verdict.action === 'spare').map(({ pod }) => pod),
    follow: of('follow').map(({ pod }) => pod),
    wakeAt: nextWake(
      [
        ...of('later').map(({ permission }) => permission.at),
        ...left.map(({ pod }) => asks.get(pod.uid)?.notBefore),
        ...left.map(({ pod }) => pod.deletingUntil),
        ...(terms.forces ? left.map(({ pod }) => forceTime(pod, terms)) : []),
      ],
      terms.now,
    ),
  };
}

function nextWake(times: readonly (number | undefined)[], now: number): number {
  return Math.min(...times.filter((time) => time !== undefined).filter((time) => time > now));
}

function forceTime(pod: Pod, terms: DrainTerms): number {
  return forcePoint(pod.graceSeconds, terms);
}

/**
 * Pods past their force point that have not been forced yet: protection and budgets no longer hold them, and a grace
 * that would end after the deadline is cut (contract 5.3).
 */
function forcedNow(left: readonly Judged[], asks: Asks, terms: DrainTerms & { now: number }): Forced[] {
  return left
    .filter(({ pod }) => pod.deletingUntil === undefined || pod.deletingUntil > terms.deadline)
    .filter(({ pod }) => terms.now >= forceTime(pod, terms))
    .filter(({ pod }) => asks.get(pod.uid)?.forced !== true || mayRetry(asks.get(pod.uid), terms.now))
    .map(({ pod }) => ({ pod, graceSeconds: clampedGrace(pod.graceSeconds, terms) }));
}

function mayRetry(ask: Ask | undefined, now: number): boolean {
  return ask?.state === 'refused' && ask.notBefore <= now;
}

function currentWave(left: readonly Judged[], terms: DrainTerms & { now: number }): readonly Judged[] {
  const ordinary = left.filter(({ pod }) => waveOf(pod) === 'ordinary');
  const critical = left.filter(({ pod }) => waveOf(pod) === 'system-critical');
  const firstForced = Math.min(...critical.map(({ pod }) => forceTime(pod, terms)));
  return criticalWaveBegins(ordinary.length, firstForced, terms) ? left : ordinary;
}

/** Pods that are not Ready cost no budget and go first; then those that take longest to stop. */
function inOrder(judged: readonly Judged[]): Judged[] {
  return judged.toSorted(
    (a, b) => Number(a.pod.ready) - Number(b.pod.ready) || b.pod.graceSeconds - a.pod.graceSeconds,
  );
}

function permit(pod: Pod, verdict: Verdict, pacing: Pacing): Permission {
  switch (verdict.action) {
    case 'evict':
      return pacing.permit(pod);
    case 'blocked':
      return { kind: 'blocked', by: { kind: 'policy', reason: verdict.reason } };
    case 'wait':
    case 'spare':
      return { kind: 'later', at: Infinity };
  }
}

/** Gives out permissions until budgets, implied budgets and the number in flight are used up. */
class Pacing {
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
    if (ask !== undefined && ask.notBefore > this.#terms.now) {
      return ask.blockedBy === undefined
        ? { kind: 'later', at: ask.notBefore }
        : { kind: 'blocked', by: ask.blockedBy };
    }
    return this.#takeSlot(pod, budget);
  }

  #heldByBudget(pod: Pod, budget: DisruptionBudget): Permission | undefined {
    if (passesBudgetFree(pod, budget)) return undefined;
    const left = this.#allowance(budgetName(budget), () => budget.disruptionsAllowed - this.#uncounted(budget));
    if (left > 0) return undefined;
    return { kind: 'blocked', by: blockedByBudget(budget, budget.disruptionsAllowed - left) };
  }

  /** Asks that the budget's watched status cannot show yet. */
  #uncounted(budget: DisruptionBudget): number {
    return this.#state.pods.filter((pod) => {
      const ask = this.#asks.get(pod.uid);
      return (
        ask?.wasReady === true &&
        isLeaving(ask) &&
        !budget.disruptedPods.includes(pod.name) &&
        coverage(pod, [budget]).budgets.length > 0
      );
    }).length;
  }

  #heldByImpliedBudget(pod: Pod): Permission | undefined {
    const share = this.#terms.impliedBudget;
    if (!isPaced(pod.owner, share) || share === 'off' || !pod.ready) return undefined;
    const workload = this.#state.workloads.get(pod.owner.uid);
    if (workload === undefined) return { kind: 'follow' };
    const left = this.#allowance(pod.owner.uid, () => impliedAllowance(workload, share, this.#leaving()));
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
    if (pod.ready) this.#spend(budget === undefined ? pod.owner?.uid : budgetName(budget));
    return { kind: 'evict' };
  }

  #spend(key: string | undefined): void {
    const left = key === undefined ? undefined : this.#left.get(key);
    if (key !== undefined && left !== undefined) this.#left.set(key, left - 1);
  }

  /** When the next eviction may go out: Infinity while all slots are taken, later by the configured pause (contract 4.6). */
  #nextSlotAt(): number {
    if (this.#slots <= 0) return Infinity;
    const { now, pauseMs, maxInFlight } = this.#terms;
    if (pauseMs === 0) return now;
    const inThisPlan =
      maxInFlight - this.#slots - [...this.#asks.values()].filter((ask) => ask.state === 'asking').length;
    const last = Math.max(0, ...[...this.#asks.values()].map((ask) => ask.askedAt));
    return inThisPlan > 0 ? now + pauseMs : Math.max(now, last + pauseMs);
  }
}
