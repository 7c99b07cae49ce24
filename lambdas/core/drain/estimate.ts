/**
 * Estimate of a drain before it starts: how long it takes at most, and whether that fits its time (contract 5.2). It
 * assumes that pods use all of their grace, and that replacements need a while. Pure.
 */
import { budgetName, coverage, type DisruptionBudget } from '../kubernetes/disruption-budget.ts';
import { firstForceTime, graceOf } from './eviction-plan.ts';
import { allowedUnready, isPaced } from './implied-budget.ts';
import type { DrainState, DrainTerms } from './pacing.ts';
import { podName, type Pod } from '../kubernetes/pod.ts';
import { judge } from './verdict.ts';
import { waveOf, type Wave } from './wave.ts';

export interface DrainEstimate {
  /** Number of pods that are to leave. */
  readonly pods: number;
  /** Absent when the drain does not end by itself. */
  readonly seconds?: number;
  readonly fits: boolean;
  /** The pods that take longest, in words. */
  readonly reason: string;
  /** When the first pod is forced, epoch milliseconds; absent when none ever is. */
  readonly forceAt?: number;
}

/** Seconds until a replacement is Ready, as a guess: image, start and probe of an ordinary service. */
const REPLACEMENT_SECONDS = 30;

/** Pods that are paced together. `atOnce`: how many leave at once, 0 when they do not leave by themselves. */
interface Lot {
  readonly what: string;
  readonly pods: readonly Pod[];
  readonly atOnce: number;
}

export function estimateDrain(state: DrainState, terms: DrainTerms & { now: number }): DrainEstimate {
  const judged = state.pods.map((pod) => ({ pod, verdict: judge(pod, terms.policy, terms.now) }));
  const leaving = judged.filter(({ verdict }) => verdict.action !== 'spare');
  const held = leaving.filter(({ verdict }) => verdict.action === 'blocked' || verdict.reason === 'finishing first');
  const lots = [
    ...held.map(({ pod, verdict }): Lot => ({ what: `${podName(pod)} (${verdict.reason})`, pods: [pod], atOnce: 0 })),
    ...lotsOf(
      leaving.filter((each) => !held.includes(each)).map(({ pod }) => pod),
      state,
      terms,
    ),
  ].map((lot) => ({ ...lot, seconds: secondsOf(lot, terms) }));
  const longestOf = (wave: Wave) =>
    lots.filter(({ pods: [first] }) => first && waveOf(first) === wave).toSorted((a, b) => b.seconds - a.seconds)[0];
  const longest = (['ordinary', 'system-critical'] as const).map(longestOf).filter((lot) => lot !== undefined);
  const seconds = longest.reduce((sum, lot) => sum + lot.seconds, 0);
  const forceAt = firstForceTime(
    leaving.map(({ pod }) => pod),
    terms,
  );
  return {
    pods: leaving.length,
    ...(Number.isFinite(seconds) && { seconds }),
    fits: terms.now + seconds * 1000 <= Math.min(forceAt, terms.deadline),
    reason: longest.map(inWords).join(', then ') || 'nothing has to leave',
    ...(Number.isFinite(forceAt) && { forceAt }),
  };
}

function lotsOf(pods: readonly Pod[], { budgets }: DrainState, terms: DrainTerms): Lot[] {
  const lots = new Map<string, Lot>();
  for (const pod of pods) {
    const { what, atOnce } = heldBy(pod, budgets, terms);
    // Waves go one after the other.
    const key = `${what} ${waveOf(pod)}`;
    lots.set(key, { what, atOnce, pods: [...(lots.get(key)?.pods ?? []), pod] });
  }
  return [...lots.values()].map((lot) =>
    lot.atOnce === IMPLIED ? { ...lot, atOnce: impliedAtOnce(lot, terms) } : lot,
  );
}

/** Placeholder for `atOnce` until all pods of the controller are known. */
const IMPLIED = -1;

function heldBy(pod: Pod, budgets: readonly DisruptionBudget[], { impliedBudget }: DrainTerms): Omit<Lot, 'pods'> {
  const covering = coverage(pod, budgets).budgets;
  const [budget] = covering;
  if (covering.length > 1) return { what: `budgets ${covering.map(budgetName).join(' and ')}`, atOnce: 0 };
  if (budget !== undefined) {
    return { what: `budget ${budgetName(budget)}`, atOnce: Math.max(0, budget.expectedPods - budget.desiredHealthy) };
  }
  if (!isPaced(pod.owner, impliedBudget)) return { what: 'pods without budget', atOnce: Infinity };
  return { what: `${pod.owner.kind} ${pod.owner.namespace}/${pod.owner.name}`, atOnce: IMPLIED };
}

/** Pods that leave at once by the implied budget. Pods on other nodes are not known yet, and could only raise it. */
function impliedAtOnce({ pods }: Lot, { impliedBudget }: DrainTerms): number {
  const owner = pods[0]?.owner;
  if (owner === undefined || impliedBudget === 'off') return Infinity;
  return allowedUnready({ owner, replicas: pods.length }, impliedBudget);
}

function secondsOf({ pods, atOnce }: Lot, terms: DrainTerms): number {
  if (atOnce === 0) return Infinity;
  const rounds = Math.ceil(pods.length / atOnce) || 1;
  const grace = Math.max(...pods.map((pod) => graceOf(pod, terms)));
  return rounds * grace + (rounds - 1) * REPLACEMENT_SECONDS;
}

function inWords({ what, pods, atOnce }: Lot): string {
  if (atOnce === 0) return `${what}: does not leave by itself`;
  return Number.isFinite(atOnce)
    ? `${what}: ${pods.length} pods, ${atOnce} at once`
    : `${what}: ${pods.length} at once`;
}
