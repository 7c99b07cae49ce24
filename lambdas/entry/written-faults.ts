/**
 * Faults of a configuration that its schema does not see: of budgets, which stay as they were written so that one that
 * does not parse harms nothing else (contract 9.3), and of taints that would be taken for each other.
 */
import { budgetFaults } from '../core/budget.ts';
import { drainKeys } from '../core/drain-taints.ts';
import type { ClusterSettings } from '../core/cluster-settings.ts';

/** @param input as written, however wrong the rest of it may be */
export function faultsOfBudgets(input: unknown): string[] {
  return listIn(input, 'clusters').flatMap((cluster, index) => {
    const field = `ebb.clusters[${index}]`;
    return [
      ...budgetFaults(fieldOf(cluster, 'budget'), 'cluster').map((fault) => `${field}.${fault}`),
      ...listIn(cluster, 'groups').flatMap((group, place) =>
        budgetFaults(fieldOf(group, 'budget'), 'group').map((fault) => `${field}.groups[${place}].${fault}`),
      ),
    ];
  });
}

/** A node that is isolated or has drifted would be drained for that alone, and one that is restored drained again. */
export function faultsOfTaints(clusters: readonly Pick<ClusterSettings, 'taint' | 'drift' | 'tainted'>[]): string[] {
  return clusters.flatMap(({ taint, drift, tainted }, index) => {
    const field = `ebb.clusters[${index}]`;
    const drained = new Set(drainKeys({ drift, tainted }));
    const [isolates, tells] = [taint.key, drift.taint.key];
    return [
      ...(drained.has(isolates) ? [`${field}.taint.key: must not be the key of a drain taint, as ${isolates} is`] : []),
      ...(drained.has(tells) ? [`${field}.drift.taint.key: must not be the key of a drain taint, as ${tells} is`] : []),
      ...(isolates === tells ? [`${field}.drift.taint.key: must not be the key of the taint that isolates`] : []),
      ...faultsOfDrainKeys(tainted.taints, drift.drainTaint.key).map((fault) => `${field}.tainted.${fault}`),
    ];
  });
}

/** Kubernetes taints what is cordoned, not Ready or short of something: such a node is not to be drained for that. */
const KUBERNETES_KEYS = /^node(\.cloudprovider)?\.kubernetes\.io\//;

function faultsOfDrainKeys(taints: ClusterSettings['tainted']['taints'], own: string): string[] {
  return taints.flatMap(({ key }, index) => {
    const field = `taints[${index}].key`;
    if (KUBERNETES_KEYS.test(key)) return [`${field}: must not be a key that Kubernetes sets itself, as ${key} is`];
    if (key === own) return [`${field}: must not be drift.drainTaint.key, which is drained already`];
    const first = taints.findIndex((taint) => taint.key === key);
    return first === index ? [] : [`${field}: ${key} stands there twice, first as taints[${first}]`];
  });
}

function listIn(value: unknown, field: string): unknown[] {
  const list = fieldOf(value, field);
  return Array.isArray(list) ? (list as unknown[]) : [];
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}
