/** Configuration of Ebb for one node of the user's own cluster. */
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import type { ClusterConfiguration, Configuration } from '../../../lambdas/entry/configuration/configuration.ts';
import type { DrainPolicy } from '../../../lambdas/core/drain/verdict.ts';

export const OWN_GROUP = 'own-nodes';

/** Long enough that a hundred of them, AWS's limit, are longer than the longest drain. */
export const HEARTBEAT_SECONDS = 1_800;

export interface OwnConfiguration {
  readonly whole: Configuration;
  /** Its one cluster. */
  readonly cluster: ClusterConfiguration;
  /** How its pods are judged. */
  readonly policy: DrainPolicy;
}

/** All defaults but the deadline. @param context of the kubeconfig, which names the cluster */
export function ownConfiguration(context: string, drainTimeoutSeconds: number): OwnConfiguration {
  const whole = parseConfiguration({
    clusters: [
      {
        name: eksName(context),
        groups: [{ name: OWN_GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }],
        drain: { timeoutSeconds: drainTimeoutSeconds },
      },
    ],
  });
  const [cluster] = whole.clusters;
  if (cluster === undefined) throw new Error('the configuration has lost its cluster');
  // The instance is said to go, so a pod that nobody makes again is evicted, as the retirement does.
  return { whole, cluster, policy: { ...cluster.drain, taintKey: cluster.taint.key, blockUncontrolled: false } };
}

/** EKS's rule for names is stricter than a kubeconfig's. */
function eksName(context: string): string {
  const name = context.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name.slice(0, 100) || 'own-cluster';
}
