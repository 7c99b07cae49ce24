/** What is promised to the pods of a node: by the budget that covers them, or by the implied one of their controller. */
import type { KubernetesConnection } from '../../../lambdas/adapters/kubernetes/api/connection.ts';
import { readController } from '../../../lambdas/adapters/kubernetes/controllers.ts';
import { knownKind } from '../../../lambdas/core/kubernetes/controller.ts';
import {
  coverage,
  passesBudgetFree,
  type DisruptionBudget,
} from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import { allowedUnready, isPaced } from '../../../lambdas/core/drain/implied-budget.ts';
import { isFinished, ownerKey, type Owner, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { matchesSelector } from '../../../lambdas/core/kubernetes/selector.ts';
import { isPodOf } from '../../../lambdas/core/kubernetes/siblings.ts';

/** Pods that share one promise. The budgets are given as they are now, because their counts change. */
export interface Promised {
  /** `shop/ReplicaSet/web-5d57b6f59b`; for a budget the workloads that it covers. */
  readonly workload: string;
  /** The budget's name, or `implied`. */
  readonly budget: string;
  readonly includes: (pod: Pod, budgets: readonly DisruptionBudget[]) => boolean;
  readonly replicas: (budgets: readonly DisruptionBudget[]) => number;
  /** The fewest serving pods that are promised. */
  readonly floor: (budgets: readonly DisruptionBudget[]) => number;
  /** Whether one of its pods could be evicted now. @param serving how many of its pods serve */
  readonly lets: (pod: Pod, serving: number, budgets: readonly DisruptionBudget[]) => boolean;
}

/** The default of the configuration (contract 4.5). */
const IMPLIED_SHARE = 0.25;

interface Standing {
  /** The pods whose promises are wanted. */
  readonly leaving: readonly Pod[];
  /** All pods of their namespaces. */
  readonly every: readonly Pod[];
  readonly budgets: readonly DisruptionBudget[];
}

/** Gives service that a budget counts: Ready and not on its way out. */
export function serves(pod: Pod): boolean {
  return pod.ready && pod.deletingUntil === undefined;
}

/** Whether a controller keeps a number of pods serving, wherever they stand: not one a node, nor pods that run to their end. */
export function isPromised(owner: Owner | undefined): owner is Owner {
  return isPaced(owner, IMPLIED_SHARE) && knownKind(owner) !== 'DaemonSet' && !isNode(owner);
}

/** A static pod's. */
function isNode({ apiVersion, kind }: Owner): boolean {
  return apiVersion === 'v1' && kind === 'Node';
}

export async function promisesOf(connection: KubernetesConnection, standing: Standing): Promise<Promised[]> {
  const covered = standing.leaving.flatMap((pod) => coverage(pod, standing.budgets).budgets);
  const byBudget = new Map(covered.map((budget) => [`${budget.namespace}/${budget.name}`, budget]));
  const bare = standing.leaving.filter((pod) => coverage(pod, standing.budgets).budgets.length === 0);
  const owners = bare.flatMap(({ owner }) => (isPromised(owner) ? [owner] : []));
  const byOwner = new Map(owners.map((owner) => [ownerKey(owner), owner]));
  return [
    ...[...byBudget.values()].map((budget) => promisedByBudget(budget, standing.every)),
    ...(await Promise.all([...byOwner.values()].map((owner) => promisedByOwner(connection, owner, standing.every)))),
  ];
}

function promisedByBudget(budget: DisruptionBudget, every: readonly Pod[]): Promised {
  const { namespace, name } = budget;
  const now = (budgets: readonly DisruptionBudget[]): DisruptionBudget | undefined =>
    budgets.find((each) => each.namespace === namespace && each.name === name);
  const includes = (pod: Pod, budgets: readonly DisruptionBudget[]): boolean =>
    pod.namespace === namespace && matchesSelector(now(budgets)?.selector, pod.labels) === true;
  return {
    workload: workloadsOf(every.filter((pod) => includes(pod, [budget]))) || `${namespace}/${name}`,
    budget: name,
    includes,
    replicas: (budgets) => now(budgets)?.expectedPods ?? 0,
    floor: (budgets) => now(budgets)?.desiredHealthy ?? 0,
    lets: (pod, _serving, budgets) => {
      const allowing = now(budgets);
      return allowing !== undefined && (allowing.disruptionsAllowed > 0 || passesBudgetFree(pod, allowing));
    },
  };
}

async function promisedByOwner(
  connection: KubernetesConnection,
  owner: Owner,
  every: readonly Pod[],
): Promise<Promised> {
  const controller = await readController(connection, owner);
  const includes = (pod: Pod): boolean =>
    pod.namespace === owner.namespace &&
    isPodOf(controller, { labels: pod.labels, ...(pod.owner && { ownerUid: pod.owner.uid }) });
  const replicas =
    'unknown' in controller ? every.filter((pod) => includes(pod) && !isFinished(pod)).length : controller.replicas;
  const floor = replicas <= 1 ? 0 : replicas - allowedUnready({ replicas, ...controller }, IMPLIED_SHARE);
  return {
    workload: workloadName(owner),
    budget: 'implied',
    includes,
    replicas: () => replicas,
    floor: () => floor,
    lets: (pod, serving) => !serves(pod) || serving - 1 >= floor,
  };
}

function workloadsOf(pods: readonly Pod[]): string {
  return [...new Set(pods.flatMap(({ owner }) => (owner === undefined ? [] : workloadName(owner))))].join(' + ');
}

function workloadName({ namespace, kind, name }: Owner): string {
  return `${namespace}/${kind}/${name}`;
}
