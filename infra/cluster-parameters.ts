import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { clusterParameter, type ClusterConfiguration } from '../lambdas/entry/configuration.ts';

/** Each cluster's settings as an SSM parameter, because a function's environment ends at 4 KB. */
export class ClusterParameters extends Construct {
  /** What the name of every parameter begins with; the cluster's name follows. */
  readonly prefix = '/ebb/clusters/';
  /** ARN of every parameter under the prefix. */
  readonly arn: string;
  readonly arnReason = 'A cluster that is not configured must be not found, not forbidden.';

  constructor(scope: Construct, id: string, { clusters }: { readonly clusters: readonly ClusterConfiguration[] }) {
    super(scope, id);
    this.arn = Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: 'ebb/clusters/*' });
    for (const cluster of clusters) {
      new StringParameter(this, cluster.name, {
        parameterName: `${this.prefix}${cluster.name}`,
        description: `Ebb: how nodes of ${cluster.name} are drained`,
        stringValue: clusterParameter(cluster),
      });
    }
  }
}
