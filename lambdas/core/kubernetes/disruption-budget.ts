/**
 * PodDisruptionBudgets as the server keeps them, and what they let through (contract 4.4).
 *
 * The server decides; this only keeps us from asking for what it would refuse, because a refused ask costs a request
 * and tells nothing that the watched status does not.
 */
import { isFinished, type Pod } from './pod.ts';
import { matchesSelector, type Selector } from './selector.ts';

export interface DisruptionBudget {
  readonly namespace: string;
  readonly name: string;
  /** Absent: matches no pod. */
  readonly selector?: Selector;
  /** What it asks for, as its owner wrote it: `maxUnavailable 1`, `minAvailable 75%`. */
  readonly rule?: string;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Names of pods whose eviction the server has granted and the disruption controller has not yet seen. */
  readonly disruptedPods: readonly string[];
  /** unhealthyPodEvictionPolicy is AlwaysAllow. */
  readonly alwaysAllowsUnhealthy: boolean;
  /** Why its controller cannot tell what it allows, in its words: until that is mended it allows nothing. */
  readonly failure?: string;
}

export interface Coverage {
  readonly budgets: readonly DisruptionBudget[];
  /** A selector of the namespace could not be matched locally: only the server knows. */
  readonly uncertain: boolean;
}

/**
 * The budgets that cover a pod. More than one is a misconfiguration that the eviction API refuses (contract 4.3); a pod
 * without labels has none, whatever a selector says, by the server's own rule.
 */
export function coverage(pod: Pod, budgets: readonly DisruptionBudget[]): Coverage {
  if (Object.keys(pod.labels).length === 0) return { budgets: [], uncertain: false };
  const near = budgets
    .filter((budget) => budget.namespace === pod.namespace)
    .map((budget) => ({ budget, matches: matchesSelector(budget.selector, pod.labels) }));
  return {
    budgets: near.filter(({ matches }) => matches === true).map(({ budget }) => budget),
    uncertain: near.some(({ matches }) => matches === undefined),
  };
}

/**
 * Whether the server would let the pod go without using the budget up: it is Pending or finished, or it is not Ready and
 * the budget's unhealthy-pod policy lets it go.
 */
export function passesBudgetFree(pod: Pod, budget: DisruptionBudget): boolean {
  if (pod.phase === 'Pending' || isFinished(pod)) return true;
  if (pod.ready) return false;
  return budget.alwaysAllowsUnhealthy || (budget.desiredHealthy > 0 && budget.currentHealthy >= budget.desiredHealthy);
}

export function budgetName(budget: Pick<DisruptionBudget, 'namespace' | 'name'>): string {
  return `${budget.namespace}/${budget.name}`;
}
