import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { NODE_GROUP_ACTIONS } from '../../lambdas/adapters/auto-scaling/group-changes.ts';
import type { ClusterConfiguration, Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

type Clusters = Pick<Configuration, 'clusters'>;

/** Returns the clusters that are found in EKS by their names. About the others EKS is not asked (contract 15.1). */
export function eksClusters({ clusters }: Clusters): readonly ClusterConfiguration[] {
  return clusters.filter(({ access }) => access === undefined);
}

/** Allows these actions on the configured clusters of EKS; nothing where there are none. */
export function onEksClusters(
  scope: Construct,
  configuration: Clusters,
  actions: readonly string[],
): GrantedStatement[] {
  const resources = arnsOf(scope, configuration, { resource: 'cluster', after: '' });
  return resources.length === 0 ? [] : [{ actions, resources }];
}

/** Allows reading whether a managed node group is being updated (contract 9.7), and whether EKS repairs it (contract 1.2). */
export function onNodeGroups(scope: Construct, configuration: Clusters): GrantedStatement[] {
  const resources = arnsOf(scope, configuration, { resource: 'nodegroup', after: '/*' });
  const wildcardReason = 'Names and ids of the clusters’ node groups are not known.';
  return resources.length === 0 ? [] : [{ actions: NODE_GROUP_ACTIONS, resources, wildcardReason }];
}

/** @param what.after what follows the cluster's name */
function arnsOf(scope: Construct, configuration: Clusters, what: { resource: string; after: string }): string[] {
  return eksClusters(configuration).map(({ name }) =>
    Stack.of(scope).formatArn({ service: 'eks', resource: what.resource, resourceName: name + what.after }),
  );
}
