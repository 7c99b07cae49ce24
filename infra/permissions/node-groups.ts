import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { NODE_GROUP_ACTIONS } from '../../lambdas/adapters/auto-scaling/group-changes.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Allows reading whether a managed node group of a cluster is being updated (contract 9.7). */
export function onNodeGroups(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): GrantedStatement {
  return {
    actions: NODE_GROUP_ACTIONS,
    resources: clusters.map(({ name }) =>
      Stack.of(scope).formatArn({ service: 'eks', resource: 'nodegroup', resourceName: `${name}/*` }),
    ),
    wildcardReason: 'Names and ids of the clusters’ node groups are not known.',
  };
}
