import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { FunctionUrlAuthType, type Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { GROUP_READ_ACTIONS } from '../../lambdas/adapters/auto-scaling/groups.ts';
import { LIFECYCLE_READ_ACTIONS } from '../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { TAG_ACTIONS } from '../../lambdas/adapters/aws/resource-tags.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../../lambdas/adapters/eks/access.ts';
import { RESULT_ACTIONS } from '../../lambdas/adapters/lambda/retirement-results.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../../lambdas/adapters/lambda/retirements.ts';
import { RUN_READ_ACTIONS } from '../../lambdas/adapters/lambda/rotations.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { OperatorSettings } from '../../lambdas/entry/configuration/settings.ts';
import { clusterNetwork } from '../cluster-network.ts';
import type { ClusterParameters } from '../cluster-parameters.ts';
import type { ClusterRotation } from '../cluster-rotation.ts';
import { EbbFunction } from '../ebb-function.ts';
import type { NodeRetirement } from '../node-retirement.ts';
import { onEksClusters } from '../permissions/eks-clusters.ts';
import type { GrantedStatement } from '../permissions/granted-statement.ts';
import { onKubeconfigs } from '../permissions/secrets.ts';

export interface OperatorProps {
  readonly configuration: Configuration;
  readonly operator: NonNullable<Configuration['operator']>;
  readonly parameters: ClusterParameters;
  readonly retirement: NodeRetirement;
  readonly rotation: ClusterRotation;
}

/** Time for one request: nothing in it waits, but a cluster or AWS may be slow, and each call has its tries. */
const TIMEOUT = Duration.seconds(90);

const ALL_RUNS = 'The runs of all versions of the function are read, whose names are not known.';

/** The function that takes requests of people and programs, its URL if there is one, and its rights (contract 10.6). */
export class Operator extends Construct {
  readonly alias: Alias;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: OperatorProps) {
    super(scope, id);
    const { configuration, operator, parameters, retirement, rotation } = props;
    const settings: OperatorSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_HOOK_NAME: configuration.hookName,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
      EBB_RETIREMENT_FUNCTION: retirement.alias.functionArn,
      EBB_ROTATION_PARAMETERS: rotation.controlPrefix,
      EBB_ROTATION_FUNCTION: rotation.alias.functionArn,
    };
    const { alias, role } = new EbbFunction(this, 'Operator', {
      entry: 'operator',
      description: 'Ebb: takes requests of rotations and of single nodes',
      settings,
      memorySize: 512,
      timeout: TIMEOUT,
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements(props),
      ...clusterNetwork(this, configuration),
    });
    this.alias = alias;
    this.role = role;
    new CfnOutput(Stack.of(this), 'OperatorFunction', { value: alias.functionArn, description: 'For ebb rotate' });
    if (!operator.url) return;
    const { url } = alias.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
    new CfnOutput(Stack.of(this), 'OperatorUrl', { value: url, description: 'POST rotations there, signed' });
  }

  #statements({ configuration, parameters, retirement, rotation }: OperatorProps): GrantedStatement[] {
    const retiring = retirement.alias.version.lambda.functionArn;
    const rotating = rotation.alias.version.lambda.functionArn;
    return [
      {
        actions: [...new Set([...GROUP_READ_ACTIONS, ...LIFECYCLE_READ_ACTIONS, ...TAG_ACTIONS])],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      parameters.reading,
      parameters.listing,
      rotation.controlling,
      { actions: START_ACTIONS, resources: [retirement.alias.functionArn, rotation.alias.functionArn] },
      { actions: LIST_ACTIONS, resources: [retiring, rotating] },
      { actions: RUN_READ_ACTIONS, resources: [`${rotating}:*`], wildcardReason: ALL_RUNS },
      { actions: RESULT_ACTIONS, resources: [`${retiring}:*`], wildcardReason: ALL_RUNS },
      ...onEksClusters(this, configuration, CLUSTER_ACCESS_ACTIONS),
      ...onKubeconfigs(this, configuration),
    ];
  }
}
