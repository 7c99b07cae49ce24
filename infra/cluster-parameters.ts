import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { PARAMETER_ACTIONS, PARAMETER_LIST_ACTIONS } from '../lambdas/adapters/aws/parameters.ts';
import { clusterParameter, type Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { parametersOf } from '../lambdas/entry/configuration/parameter-parts.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';

/** SSM parameters with each cluster's settings. A function's environment ends at 4 KB. */
export class ClusterParameters extends Construct {
  /** Prefix of the name of every parameter. The cluster's name follows. */
  readonly prefix: string;
  readonly #path: string;

  constructor(scope: Construct, id: string, { name, clusters }: Pick<Configuration, 'name' | 'clusters'>) {
    super(scope, id);
    this.#path = `${name}/clusters`;
    this.prefix = `/${this.#path}/`;
    for (const cluster of clusters) {
      for (const { suffix, value } of parametersOf(clusterParameter(cluster))) {
        new StringParameter(this, `${cluster.name}${suffix}`, {
          parameterName: `${this.prefix}${cluster.name}${suffix}`,
          description: `Ebb: how nodes of ${cluster.name} are drained`,
          stringValue: value,
        });
      }
    }
  }

  /** Allows reading one cluster's settings. */
  get reading(): GrantedStatement {
    return {
      actions: PARAMETER_ACTIONS,
      resources: [this.#arn(`${this.#path}/*`)],
      wildcardReason: 'A cluster that is not configured must be not found, not forbidden.',
    };
  }

  /** Allows listing the clusters. For that, IAM wants the path itself as well as what is under it. */
  get listing(): GrantedStatement {
    const { resources, ...reading } = this.reading;
    return { ...reading, actions: PARAMETER_LIST_ACTIONS, resources: [this.#arn(this.#path), ...resources] };
  }

  #arn(resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName });
  }
}
