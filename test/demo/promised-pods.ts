/** What is promised to the pods of a node: by the budget that covers them, or by the implied one of their controller. */
import * as z from 'zod/mini';
import type { KubernetesConnection } from '../../lambdas/adapters/kubernetes-connection.ts';
import { coverage, type DisruptionBudget } from '../../lambdas/core/disruption-budget.ts';
import { allowedUnready, isPaced } from '../../lambdas/core/implied-budget.ts';
import { isFinished, type Owner, type Pod } from '../../lambdas/core/pod.ts';
import { matchesSelector } from '../../lambdas/core/selector.ts';

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
}

/** The default of the configuration (contract 4.5). */
const IMPLIED_SHARE = 0.25;

/** Controllers that no promise is made for: one pod a node, or pods that only run to their end. */
const UNPROMISED = new Set(['DaemonSet', 'Job', 'Node']);

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

/** Whether a controller keeps a number of pods serving, wherever they stand. */
export function isPromised(owner: Owner | undefined): owner is Owner {
  return isPaced(owner, IMPLIED_SHARE) && !UNPROMISED.has(owner.kind);
}

export async function promisesOf(connection: KubernetesConnection, standing: Standing): Promise<Promised[]> {
  const covered = standing.leaving.flatMap((pod) => coverage(pod, standing.budgets).budgets);
  const byBudget = new Map(covered.map((budget) => [`${budget.namespace}/${budget.name}`, budget]));
  const bare = standing.leaving.filter((pod) => coverage(pod, standing.budgets).budgets.length === 0);
  const owners = bare.flatMap(({ owner }) => (isPromised(owner) ? [owner] : []));
  const byOwner = new Map(owners.map((owner) => [owner.uid, owner]));
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
  };
}

async function promisedByOwner(
  connection: KubernetesConnection,
  owner: Owner,
  every: readonly Pod[],
): Promise<Promised> {
  const siblings = every.filter((pod) => pod.owner?.uid === owner.uid && !isFinished(pod)).length;
  const replicas = (await replicasOf(connection, owner)) ?? siblings;
  const floor = replicas <= 1 ? 0 : replicas - allowedUnready({ owner, replicas }, IMPLIED_SHARE);
  return {
    workload: workloadName(owner),
    budget: 'implied',
    includes: (pod) => pod.owner?.uid === owner.uid,
    replicas: () => replicas,
    floor: () => floor,
  };
}

/** Where the ClusterRole lets a controller's number of replicas be read. */
const SCALED: Readonly<Record<string, string>> = {
  ReplicaSet: '/apis/apps/v1/namespaces/NAMESPACE/replicasets/',
  StatefulSet: '/apis/apps/v1/namespaces/NAMESPACE/statefulsets/',
  ReplicationController: '/api/v1/namespaces/NAMESPACE/replicationcontrollers/',
};

const scaledSchema = z.object({ spec: z.object({ replicas: z._default(z.number(), 1) }) });

async function replicasOf(connection: KubernetesConnection, owner: Owner): Promise<number | undefined> {
  const path = SCALED[owner.kind];
  if (path === undefined) return undefined;
  const controller = await connection.read(path.replace('NAMESPACE', owner.namespace) + owner.name);
  return scaledSchema.parse(controller).spec.replicas;
}

function workloadsOf(pods: readonly Pod[]): string {
  return [...new Set(pods.flatMap(({ owner }) => (owner === undefined ? [] : workloadName(owner))))].join(' + ');
}

function workloadName({ namespace, kind, name }: Owner): string {
  return `${namespace}/${kind}/${name}`;
}
