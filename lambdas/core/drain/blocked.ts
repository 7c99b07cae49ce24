/** Blocks: why a pod cannot be evicted now, with what a person needs to act on it (contract 13.2). */
import { budgetName, coverage, type DisruptionBudget } from '../kubernetes/disruption-budget.ts';
import { allowedUnready, type Workload } from './implied-budget.ts';
import { ownerName, type Pod } from '../kubernetes/pod.ts';
import { describeUnready, type UnreadyPods } from '../kubernetes/unready-pod.ts';
import type { BlockReason } from './verdict.ts';

/** A PodDisruptionBudget allows no more disruptions now. */
export interface BudgetBlock {
  readonly kind: 'budget';
  readonly budget: string;
  readonly rule?: string;
  readonly healthy: number;
  readonly needed: number;
  readonly expected: number;
  /** The budget can never allow a disruption. */
  readonly never: boolean;
  readonly failure?: string;
  /** The pods that the budget misses; absent until they are known. */
  readonly unready?: UnreadyPods;
}

/** Too many of the controller's pods are already unready. */
export interface ImpliedBudgetBlock {
  readonly kind: 'implied-budget';
  readonly workload: string;
  readonly ready: number;
  readonly replicas: number;
  readonly allowedUnready: number;
  readonly unready?: UnreadyPods;
}

export type BlockedBy =
  | BudgetBlock
  | ImpliedBudgetBlock
  /** Several budgets cover the pod: eviction cannot work until all but one are gone. */
  | { readonly kind: 'several-budgets'; readonly budgets: readonly string[] }
  | { readonly kind: 'policy'; readonly reason: BlockReason }
  | { readonly kind: 'webhook'; readonly message: string }
  /** The server refuses, in its own words. */
  | { readonly kind: 'server'; readonly message: string };

export interface Blocked {
  readonly pod: Pod;
  readonly by: BlockedBy;
}

/** @param uncounted number of pods whose eviction was asked for, and that the budget's status does not show yet */
export function blockedByBudget(budget: DisruptionBudget, uncounted: number): BudgetBlock {
  // A granted eviction lowers disruptionsAllowed at once, but currentHealthy only with the controller's next look.
  const healthy = Math.min(budget.currentHealthy, budget.desiredHealthy + budget.disruptionsAllowed) - uncounted;
  return {
    kind: 'budget',
    budget: budgetName(budget),
    ...(budget.rule !== undefined && { rule: budget.rule }),
    healthy,
    needed: budget.desiredHealthy,
    expected: budget.expectedPods,
    never: budget.expectedPods > 0 && budget.desiredHealthy >= budget.expectedPods,
    ...(budget.failure !== undefined && { failure: budget.failure }),
  };
}

export function blockedByImpliedBudget(workload: Workload, share: number, allowance: number): ImpliedBudgetBlock {
  const allowed = allowedUnready(workload, share);
  return {
    kind: 'implied-budget',
    workload: ownerName(workload.owner),
    ready: workload.replicas - allowed + allowance,
    replicas: workload.replicas,
    allowedUnready: allowed,
  };
}

/** Whether the block ends when more of the pods that its budget counts become Ready. */
export function waitsForPods(by: BlockedBy): by is BudgetBlock | ImpliedBudgetBlock {
  return by.kind === 'implied-budget' || (by.kind === 'budget' && !by.never && by.failure === undefined);
}

/** The key of a block, to report it once. Counts are left out, because they change while the block lasts. */
export function blockKey(by: BlockedBy): string {
  switch (by.kind) {
    case 'budget':
      return `${budgetKey(by.budget)}${by.never ? ', never' : ''}${by.failure === undefined ? '' : ', failed'}`;
    case 'implied-budget':
      return impliedKey(by.workload);
    case 'several-budgets':
      return by.budgets.toSorted().join();
    case 'policy':
      return by.reason;
    case 'webhook':
    case 'server':
      return by.message;
  }
}

/** The keys of blocks that the pod's own eviction may cause, because it uses those budgets up. */
export function keysOfUse(pod: Pod, budgets: readonly DisruptionBudget[]): string[] {
  const covering = coverage(pod, budgets).budgets.map((budget) => budgetKey(budgetName(budget)));
  return pod.owner === undefined ? covering : [...covering, impliedKey(ownerName(pod.owner))];
}

const budgetKey = (budget: string): string => `budget ${budget}`;
const impliedKey = (workload: string): string => `implied budget of ${workload}`;

/** Explains the block in one sentence: the reason, and what would help. */
export function explain(by: BlockedBy): string {
  switch (by.kind) {
    case 'budget':
      return explainBudget(by);
    case 'implied-budget':
      return `${by.workload} has ${by.ready} of ${by.replicas} pods Ready and no budget of its own, so at most ${by.allowedUnready} may be unready: ${wayOut(by.unready)}`;
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

/** Rules that allow no disruption with any number of replicas. */
const HOPELESS_RULES = new Set(['maxUnavailable 0', 'maxUnavailable 0%', 'minAvailable 100%']);

function explainBudget(by: BudgetBlock): string {
  const { budget, rule, needed, healthy, expected } = by;
  const name = `budget ${budget}${rule === undefined ? '' : ` (${rule})`}`;
  if (by.failure !== undefined) {
    return `${name} allows nothing, because its controller cannot tell what it allows: ${by.failure}: correct or delete it`;
  }
  if (by.never) {
    const help = rule !== undefined && HOPELESS_RULES.has(rule) ? 'relax it' : 'relax it or add a replica';
    return `${name} needs ${needed} of ${expected} pods healthy and so never allows an eviction: ${help}`;
  }
  return `${name} needs ${needed} healthy pods and has ${healthy}: ${wayOut(by.unready)}`;
}

/** Says what a used-up budget waits for. */
function wayOut(unready: UnreadyPods | undefined): string {
  if (unready === undefined) return 'waits until another is Ready';
  // All pods that exist are Ready. A quota or an admission webhook may keep the controller from making the others.
  if (unready.count === 0) return 'all that exist are Ready: look why its controller makes no more';
  return describeUnready(unready);
}
