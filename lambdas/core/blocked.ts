/** Why a pod cannot be evicted now, with what a person needs to act on it (contract 13.2). */
import { budgetName, type DisruptionBudget } from './disruption-budget.ts';
import { allowedUnready, type Workload } from './implied-budget.ts';
import type { Pod } from './pod.ts';
import type { BlockReason } from './verdict.ts';

export type BlockedBy =
  /** A PodDisruptionBudget allows no more disruptions now; `never` when it cannot ever. */
  | {
      readonly kind: 'budget';
      readonly budget: string;
      readonly healthy: number;
      readonly needed: number;
      readonly expected: number;
      readonly never: boolean;
    }
  /** Too many of the controller's pods are unready already. */
  | {
      readonly kind: 'implied-budget';
      readonly workload: string;
      readonly ready: number;
      readonly replicas: number;
      readonly allowedUnready: number;
    }
  /** Several budgets cover the pod: eviction cannot work until all but one are gone. */
  | { readonly kind: 'several-budgets'; readonly budgets: readonly string[] }
  | { readonly kind: 'policy'; readonly reason: BlockReason }
  | { readonly kind: 'webhook'; readonly message: string }
  /** The server refused in words of its own. */
  | { readonly kind: 'server'; readonly message: string };

export interface Blocked {
  readonly pod: Pod;
  readonly by: BlockedBy;
}

/**
 * @param uncounted pods whose eviction we have asked for and the status does not show yet
 */
export function blockedByBudget(budget: DisruptionBudget, uncounted: number): BlockedBy {
  // A granted eviction lowers what is allowed at once, the healthy count only when the controller has looked.
  const healthy = Math.min(budget.currentHealthy, budget.desiredHealthy + budget.disruptionsAllowed) - uncounted;
  return {
    kind: 'budget',
    budget: budgetName(budget),
    healthy,
    needed: budget.desiredHealthy,
    expected: budget.expectedPods,
    never: budget.expectedPods > 0 && budget.desiredHealthy >= budget.expectedPods,
  };
}

export function blockedByImpliedBudget(workload: Workload, share: number, allowance: number): BlockedBy {
  const { kind, namespace, name } = workload.owner;
  const allowed = allowedUnready(workload, share);
  return {
    kind: 'implied-budget',
    workload: `${kind} ${namespace}/${name}`,
    ready: workload.replicas - allowed + allowance,
    replicas: workload.replicas,
    allowedUnready: allowed,
  };
}

/** What stands in the way, without the counts that change while it does: the same key is no news. */
export function blockKey(by: BlockedBy): string {
  switch (by.kind) {
    case 'budget':
      return `budget ${by.budget}`;
    case 'implied-budget':
      return `implied budget of ${by.workload}`;
    case 'several-budgets':
      return by.budgets.toSorted().join();
    case 'policy':
      return by.reason;
    case 'webhook':
    case 'server':
      return by.message;
  }
}

/** The block in one sentence: what stands in the way, and what would help. */
export function explain(by: BlockedBy): string {
  switch (by.kind) {
    case 'budget':
      return by.never
        ? `budget ${by.budget} needs ${by.needed} of ${by.expected} pods healthy and so never allows an eviction: relax it or add a replica`
        : `budget ${by.budget} needs ${by.needed} healthy pods and has ${by.healthy}: waits until another is Ready`;
    case 'implied-budget':
      return `${by.workload} has ${by.ready} of ${by.replicas} pods Ready and no budget of its own, so at most ${by.allowedUnready} may be unready: waits until another is Ready`;
    case 'several-budgets':
      return `budgets ${by.budgets.join(' and ')} cover it, and eviction supports only one: delete all but one`;
    case 'policy':
      return by.reason === 'protected by annotation'
        ? 'an annotation protects it: remove the annotation or wait for the force point'
        : `the drain policy blocks pods with ${by.reason}: change the policy or delete the pod`;
    case 'webhook':
      return `an admission webhook denies it: ${by.message}`;
    case 'server':
      return by.message;
  }
}
