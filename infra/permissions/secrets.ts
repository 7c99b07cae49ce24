import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { SECRET_ACTIONS } from '../../lambdas/adapters/secrets/secrets.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Allows reading these secrets and no others. @param ids names or ARNs; without any, nothing is allowed */
export function onSecrets(scope: Construct, ids: readonly string[]): GrantedStatement[] {
  const resources = [...new Set(ids)].map((id) => (id.startsWith('arn:') ? id : arnOf(scope, id)));
  return resources.length === 0 ? [] : [{ actions: SECRET_ACTIONS, resources }];
}

/** Allows reading the kubeconfigs of the clusters that are not EKS (contract 15.1). */
export function onKubeconfigs(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): GrantedStatement[] {
  return onSecrets(
    scope,
    clusters.flatMap(({ access }) => access?.kubeconfigSecret ?? []),
  );
}

/** Allows reading the credentials of the clouds whose compute hosts nodes are, and their authorities (contract 11.2). */
export function onClouds(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): GrantedStatement[] {
  return onSecrets(
    scope,
    clusters.flatMap(({ openstack }) => [openstack?.secret ?? [], openstack?.caSecret ?? []].flat()),
  );
}

/** Returns the ARN. Secrets Manager adds a hyphen and six characters to a name. */
function arnOf(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${name}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
