/** Reads PodDisruptionBudgets into the domain's own shape. */
import type {
  KubernetesObject,
  V1PodDisruptionBudget,
  V1PodDisruptionBudgetSpec,
  V1PodDisruptionBudgetStatus,
} from '@kubernetes/client-node';
import type { DisruptionBudget } from '../../core/kubernetes/disruption-budget.ts';

/**
 * @param previous the same budget, as last known. Grants that its status has shown once stay counted, although the
 *   disruption controller takes them off its list as soon as it has seen the pod go
 */
export function toBudget(object: KubernetesObject, previous: DisruptionBudget | undefined): DisruptionBudget {
  const { metadata, spec, status } = object as V1PodDisruptionBudget;
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    ...(spec?.selector && { selector: spec.selector }),
    ...ruleOf(spec),
    disruptionsAllowed: status?.disruptionsAllowed ?? 0,
    currentHealthy: status?.currentHealthy ?? 0,
    desiredHealthy: status?.desiredHealthy ?? 0,
    expectedPods: status?.expectedPods ?? 0,
    disruptedPods: [...new Set([...(previous?.disruptedPods ?? []), ...Object.keys(status?.disruptedPods ?? {})])],
    alwaysAllowsUnhealthy: spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow',
    ...failureOf(status),
  };
}

function ruleOf(spec: V1PodDisruptionBudgetSpec | undefined): Pick<DisruptionBudget, 'rule'> {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) return { rule: `maxUnavailable ${maxUnavailable}` };
  return minAvailable === undefined ? {} : { rule: `minAvailable ${minAvailable}` };
}

/** Why the disruption controller allows nothing: it cannot count the pods, and says so in a condition. */
function failureOf(status: V1PodDisruptionBudgetStatus | undefined): Pick<DisruptionBudget, 'failure'> {
  const failed = status?.conditions?.find(({ reason }) => reason === 'SyncFailed');
  return failed === undefined ? {} : { failure: failed.message };
}
