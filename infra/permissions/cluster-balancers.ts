import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  CLASSIC_DEREGISTER_ACTIONS,
  CLASSIC_REGISTER_ACTIONS,
  TARGET_DEREGISTER_ACTIONS,
  TARGET_REGISTER_ACTIONS,
} from '../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** IAM actions on targets. */
const ACTIONS = {
  deregister: [...TARGET_DEREGISTER_ACTIONS, ...CLASSIC_DEREGISTER_ACTIONS],
  register: [...TARGET_REGISTER_ACTIONS, ...CLASSIC_REGISTER_ACTIONS],
} as const;

/**
 * Allows deregistering or registering targets of load balancers that are tagged for a configured cluster, by any tag of
 * contract 7.2.
 *
 * @param untagged allows it everywhere, tagged or not
 */
export function onClusterBalancers(
  scope: Construct,
  { clusters }: Pick<Configuration, 'clusters'>,
  { may, untagged = false }: { may: readonly (keyof typeof ACTIONS)[]; untagged?: boolean },
): GrantedStatement[] {
  const statement = {
    actions: may.flatMap((what) => ACTIONS[what]),
    resources: [balancing(scope, 'targetgroup/*'), balancing(scope, 'loadbalancer/*')],
  };
  if (untagged) return [{ ...statement, wildcardReason: 'The configuration allows it: endpoint.untagged.' }];
  const wildcardReason = 'Limited by condition to what is tagged for a configured cluster.';
  const names = clusters.map(({ name }) => name);
  const conditions = [
    ...names.map((name) => ({ StringLike: { [`aws:ResourceTag/kubernetes.io/cluster/${name}`]: '*' } })),
    ...['elbv2.k8s.aws/cluster', 'ingress.k8s.aws/cluster'].map((tag) => ({
      StringEquals: { [`aws:ResourceTag/${tag}`]: names },
    })),
  ];
  return conditions.map((condition) => ({ ...statement, conditions: condition, wildcardReason }));
}

function balancing(scope: Construct, resource: string): string {
  return Stack.of(scope).formatArn({
    service: 'elasticloadbalancing',
    resource,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}
