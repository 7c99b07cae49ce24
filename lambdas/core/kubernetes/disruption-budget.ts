/**
 * PodDisruptionBudgets as the server keeps them, and what they allow (contract 4.4).
 *
 * The server decides. This module only saves requests that the server would refuse: a refusal says nothing that the
 * watched status does not say.
 */
import { isFinished, type Pod } from './pod.ts';
import { matchesSelector, type Selector } from './selector.ts';

export interface DisruptionBudget {
  readonly namespace: string;
  readonly name: string;
  /** Absent: matches no pod. */
  readonly selector?: Selector;
  /** The rule as its owner wrote it: `maxUnavailable 1`, `minAvailable 75%`. */
  readonly rule?: string;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Names of pods whose eviction the server has granted and the disruption controller has not yet seen. */
  readonly disruptedPods: readonly string[];
  /** Its unhealthyPodEvictionPolicy is AlwaysAllow. */
  readonly alwaysAllowsUnhealthy: boolean;
  /** Why the disruption controller cannot compute the budget, in its words. Until then the budget allows nothing. */
  readonly failure?: string;
}

export interface Coverage {
  readonly budgets: readonly DisruptionBudget[];
  /** A selector of the namespace could not be matched locally: only the server knows. */
  readonly uncertain: boolean;
}

/**
 * Finds the budgets that cover a pod. More than one is a misconfiguration, and the eviction API refuses it (contract
 * 4.3). A pod without labels has none, whatever a selector says: that is the server's own rule.
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
 * Whether the server evicts the pod without using the budget up: the pod is Pending or finished, or it is not Ready and
 * the budget's unhealthyPodEvictionPolicy allows it.
 */
export function passesBudgetFree(pod: Pod, budget: DisruptionBudget): boolean {
  if (pod.phase === 'Pending' || isFinished(pod)) return true;
  if (pod.ready) return false;
  return budget.alwaysAllowsUnhealthy || (budget.desiredHealthy > 0 && budget.currentHealthy >= budget.desiredHealthy);
}

export function budgetName(budget: Pick<DisruptionBudget, 'namespace' | 'name'>): string {
  return `${budget.namespace}/${budget.name}`;
}
