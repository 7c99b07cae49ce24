/** Keeps the status of PodDisruptionBudgets, as upstream's disruption controller does. */
import { allowance } from '../eviction/budget-arithmetic.ts';
import { podsOfBudget, scaleOf } from '../eviction/budget-pods.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Budget, Pod } from '../storage/objects.ts';
import { isServing, isTerminating, withCondition } from '../world/pod-state.ts';
import { budgets, deployments, pods, replicaSets, statefulSets } from '../storage/resources.ts';
import { matches } from '../api/selectors.ts';
import { type Change, isOf } from '../storage/store.ts';
import { timestamp } from '../storage/timestamp.ts';
import { keyOf, parseKey } from './object-key.ts';

/** How long an eviction that was allowed and did not happen keeps its disruption (upstream, recorded: 120 s). */
const DELETION_TIMEOUT = 120_000;

export function runBudgets(cluster: Cluster): void {
  const { store } = cluster;
  const queue = cluster.queue((key) => {
    const budget = store.get(budgets, parseKey(key));
    const recheck = budget === undefined ? undefined : reconcile(cluster, budget);
    if (recheck !== undefined) queue.addLater(key, recheck - cluster.clock.now());
  });
  store.onChange((change) => {
    for (const budget of affected(cluster, change)) queue.add(keyOf(budget));
  });
}

function affected({ store }: Cluster, change: Change): Budget[] {
  const { namespace, labels } = change.object.metadata;
  if (isOf(budgets, change)) return change.type === 'DELETED' ? [] : [change.object];
  if (isOf(pods, change)) return store.list(budgets, namespace).filter(({ spec }) => matches(spec.selector, labels));
  const scales = isOf(deployments, change) || isOf(replicaSets, change) || isOf(statefulSets, change);
  return scales ? store.list(budgets, namespace) : [];
}

/** Writes the status; returns when to look again, for a disruption that runs out then. */
function reconcile({ store, clock }: Cluster, budget: Budget): number | undefined {
  const members = podsOfBudget(store, budget);
  const { scale, unknown } = scaleOf(store, members);
  const now = clock.now();
  const disrupted = stillDisrupted(budget, members, now);
  const healthy = members.filter((pod) => isServing(pod) && !(pod.metadata.name in disrupted)).length;
  const counted = allowance(budget.spec, { pods: members.length, scale, healthy });
  const needsScale = budget.spec.maxUnavailable !== undefined || typeof budget.spec.minAvailable === 'string';
  const failure = needsScale && unknown !== undefined ? `found no controllers for pod "${unknown}"` : undefined;
  store.change(budgets, budget.metadata, (draft) => {
    const { generation = 1 } = draft.metadata;
    const allowed = failure === undefined ? counted.disruptionsAllowed : 0;
    const condition = { ...conditionOf(allowed, failure), observedGeneration: generation, lastTransitionTime: '' };
    draft.status = {
      conditions: withCondition(draft.status.conditions, condition, timestamp(now)),
      ...(failure === undefined ? counted : { ...draft.status, disruptionsAllowed: 0 }),
      observedGeneration: generation,
    };
    if (Object.keys(disrupted).length > 0) draft.status.disruptedPods = disrupted;
  });
  const ends = Object.values(disrupted).map((since) => Date.parse(since) + DELETION_TIMEOUT);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function stillDisrupted({ status }: Budget, members: readonly Pod[], now: number): Record<string, string> {
  const waiting = members.filter((pod) => !isTerminating(pod)).map(({ metadata }) => metadata.name);
  const entries = Object.entries(status.disruptedPods ?? {});
  return Object.fromEntries(
    entries.filter(([name, since]) => waiting.includes(name) && Date.parse(since) + DELETION_TIMEOUT > now),
  );
}

function conditionOf(allowed: number, failure: string | undefined) {
  const type = 'DisruptionAllowed';
  if (failure !== undefined) return { type, status: 'False', reason: 'SyncFailed', message: failure };
  if (allowed > 0) return { type, status: 'True', reason: 'SufficientPods', message: '' };
  return { type, status: 'False', reason: 'InsufficientPods', message: '' };
}
