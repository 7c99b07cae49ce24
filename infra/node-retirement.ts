import { Duration, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  LIFECYCLE_COMPLETE_ACTIONS,
  LIFECYCLE_HEARTBEAT_ACTIONS,
  LIFECYCLE_READ_ACTIONS,
} from '../lambdas/adapters/auto-scaling.ts';
import { INSTANCE_ACTIONS } from '../lambdas/adapters/ec2-instances.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../lambdas/adapters/eks-access.ts';
import { PARAMETER_ACTIONS } from '../lambdas/adapters/parameters.ts';
import { TAG_ACTIONS } from '../lambdas/adapters/resource-tags.ts';
import type { Configuration } from '../lambdas/entry/configuration.ts';
import type { RetirementSettings } from '../lambdas/entry/settings.ts';
import type { ClusterParameters } from './cluster-parameters.ts';
import { EbbFunction } from './ebb-function.ts';
import type { GrantedStatement } from './granted-statement.ts';
import { onEnrolledGroups } from './group-arns.ts';

export interface NodeRetirementProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
}

/** The longest that a lifecycle hook can hold an instance, and a day to see the end of it. */
const EXECUTION_TIMEOUT = Duration.hours(72);

/** How long a finished run can be looked at. */
const RETENTION = Duration.days(14);

/** One invocation watches for a minute at most; the rest is for graces and slow API servers. */
const INVOCATION_TIMEOUT = Duration.minutes(5);

/** The durable function that takes one node out, and its reach. */
export class NodeRetirement extends Construct {
  readonly alias: Alias;
  readonly role: Role;

  constructor(scope: Construct, id: string, { configuration, parameters }: NodeRetirementProps) {
    super(scope, id);
    const settings: RetirementSettings = {
      EBB_HOOK_NAME: configuration.hookName,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
    };
    const { alias, role } = new EbbFunction(this, 'NodeRetirement', {
      entry: 'node-retirement',
      description: 'Ebb: isolates, drains and releases one node',
      settings,
      memorySize: 512,
      timeout: INVOCATION_TIMEOUT,
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: RETENTION },
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements(configuration, parameters),
      ...this.#network(configuration),
    });
    this.alias = alias;
    this.role = role;
  }

  #statements(configuration: Configuration, parameters: ClusterParameters): GrantedStatement[] {
    const clusterArns = configuration.clusters.map(({ name }) =>
      Stack.of(this).formatArn({ service: 'eks', resource: 'cluster', resourceName: name }),
    );
    return [
      {
        actions: [...LIFECYCLE_READ_ACTIONS, ...INSTANCE_ACTIONS, ...TAG_ACTIONS],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...onEnrolledGroups(this, configuration, [...LIFECYCLE_COMPLETE_ACTIONS, ...LIFECYCLE_HEARTBEAT_ACTIONS]),
      { actions: PARAMETER_ACTIONS, resources: [parameters.arn], wildcardReason: parameters.arnReason },
      { actions: CLUSTER_ACCESS_ACTIONS, resources: clusterArns },
    ];
  }

  #network({ vpc }: Configuration) {
    if (vpc === undefined) return {};
    const { securityGroupIds, ...attributes } = vpc;
    return {
      network: {
        vpc: Vpc.fromVpcAttributes(this, 'Vpc', attributes),
        securityGroups: securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(this, id, id)),
      },
    };
  }
}
