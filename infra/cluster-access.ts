import { CfnOutput } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { eksClusters } from './permissions/eks-clusters.ts';

export interface ClusterAccessProps {
  readonly configuration: Pick<Configuration, 'clusters'>;
  /** Roles that get access, each with its Kubernetes group, by purpose. */
  readonly holders: Readonly<Record<string, { readonly role: IRole; readonly group: string }>>;
}

/**
 * Access entries, one per cluster of EKS and role. An entry puts the role into its Kubernetes group. A ClusterRole says what
 * the group may do (cluster-role.ts), because no EKS access policy grants evictions without granting everything.
 */
export class ClusterAccess extends Construct {
  constructor(scope: Construct, id: string, { configuration, holders }: ClusterAccessProps) {
    super(scope, id);
    for (const { name } of eksClusters(configuration)) {
      for (const [purpose, { role, group }] of Object.entries(holders)) {
        new CfnAccessEntry(this, `${name}-${purpose}`, {
          clusterName: name,
          principalArn: role.roleArn,
          type: 'STANDARD',
          kubernetesGroups: [group],
        });
      }
    }
    new CfnOutput(this, 'NextStep', {
      value: 'npm run -s cluster-role | kubectl apply -f -',
      description: 'Needed in every cluster, before its first node is to go, and again after updates',
    });
  }
}
