import { CfnOutput } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration.ts';

export interface ClusterAccessProps {
  readonly configuration: Pick<Configuration, 'clusters' | 'kubernetesGroup'>;
  /** Who is let in. */
  readonly role: IRole;
}

/**
 * An access entry per cluster, which puts the retirement's role into our Kubernetes group. No EKS access policy grants
 * evictions without granting everything, so what the group may do is a ClusterRole (cluster-role.ts).
 */
export class ClusterAccess extends Construct {
  constructor(scope: Construct, id: string, { configuration, role }: ClusterAccessProps) {
    super(scope, id);
    for (const { name } of configuration.clusters) {
      new CfnAccessEntry(this, name, {
        clusterName: name,
        principalArn: role.roleArn,
        type: 'STANDARD',
        kubernetesGroups: [configuration.kubernetesGroup],
      });
    }
    new CfnOutput(this, 'NextStep', {
      value: 'npm run -s cluster-role | kubectl apply -f -',
      description: 'Run it once for every cluster',
    });
  }
}
