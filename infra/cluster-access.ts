import { CfnOutput, Stack } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration.ts';

export interface ClusterAccessProps {
  readonly configuration: Pick<Configuration, 'clusters' | 'kubernetesGroup'>;
  /** Who is let in, by what it does. */
  readonly roles: Readonly<Record<string, IRole>>;
}

/**
 * An access entry per cluster and role, which puts the role into our Kubernetes group. No EKS access policy grants
 * evictions without granting everything, so what the group may do is a ClusterRole (cluster-role.ts).
 */
export class ClusterAccess extends Construct {
  constructor(scope: Construct, id: string, { configuration, roles }: ClusterAccessProps) {
    super(scope, id);
    for (const { name } of configuration.clusters) {
      for (const [purpose, { roleArn }] of Object.entries(roles)) {
        new CfnAccessEntry(this, `${name}-${purpose}`, {
          clusterName: name,
          principalArn: roleArn,
          type: 'STANDARD',
          kubernetesGroups: [configuration.kubernetesGroup],
        });
      }
    }
    new CfnOutput(this, 'NextStep', {
      value: 'npm run -s cluster-role | kubectl apply -f -',
      description: 'Run it once for every cluster',
    });
  }
}

/** Of the configured clusters. */
export function clusterArns(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): string[] {
  return clusters.map(({ name }) =>
    Stack.of(scope).formatArn({ service: 'eks', resource: 'cluster', resourceName: name }),
  );
}
