/** The fields of taints that Ebb puts on nodes, and the keys that it uses unless it is told others. */
import { oneOf, text } from './fields.ts';

/** Prefix of taints that Cluster Autoscaler leaves out of its template of a group. */
const STATUS_TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/';

/** Keys of the taints that Ebb puts on nodes, unless the configuration names others. */
export const TAINT_KEYS = {
  retiring: `${STATUS_TAINT}ebb-retiring`,
  drifted: `${STATUS_TAINT}ebb-drifted`,
  drain: `${STATUS_TAINT}ebb-drain`,
} as const;

/** The key of a taint. */
export const taintKey = text(
  /^(?=[^]{1,317}$)([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  'a taint key such as example.com/retiring',
);
/** Effects of taints. NoExecute is not allowed: Kubernetes deletes pods for it, whatever their budgets. */
export const taintEffect = oneOf(['NoSchedule', 'PreferNoSchedule'], 'NoExecute deletes pods past their budgets');
