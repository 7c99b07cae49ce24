import { Duration, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CAPACITY_ACTIONS } from '../lambdas/adapters/auto-scaling/capacity.ts';
import { REFRESH_ACTIONS } from '../lambdas/adapters/auto-scaling/group-changes.ts';
import { GROUP_READ_ACTIONS } from '../lambdas/adapters/auto-scaling/groups.ts';
import { ALARM_ACTIONS } from '../lambdas/adapters/cloudwatch/alarms.ts';
import { PARAMETER_ACTIONS } from '../lambdas/adapters/aws/parameters.ts';
import { CONTROL_ACTIONS } from '../lambdas/adapters/aws/rotation-controls.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../lambdas/adapters/eks/access.ts';
import { CONTROL_PLANE_ACTIONS } from '../lambdas/adapters/eks/control-plane-version.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../lambdas/adapters/lambda/retirements.ts';
import { RUN_READ_ACTIONS } from '../lambdas/adapters/lambda/rotations.ts';
import { LAUNCH_ACTIONS } from '../lambdas/adapters/launch/launch-plans.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import type { RotationSettings } from '../lambdas/entry/configuration/settings.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import { alarmOnAny, countedBy } from './alarms/alarm.ts';
import { clusterNetwork } from './cluster-network.ts';
import type { ClusterParameters } from './cluster-parameters.ts';
import { EbbFunction } from './ebb-function.ts';
import type { NodeRetirement } from './node-retirement.ts';
import { onEksClusters, onNodeGroups } from './permissions/eks-clusters.ts';
import { acknowledge, type GrantedStatement } from './permissions/granted-statement.ts';
import { onEnrolledGroups } from './permissions/group-arns.ts';
import { onImageParameters } from './permissions/image-parameters.ts';
import { onKubeconfigs } from './permissions/secrets.ts';
import { statusCheckActions } from './permissions/status-checks.ts';
import { zonalShiftActions } from './permissions/zonal-shifts.ts';

export interface ClusterRotationProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
  readonly retirement: NodeRetirement;
}

/** Longest run of a part of a rotation: its rounds (rotate-cluster.ts), each with the longest pause, and time to work. */
const EXECUTION_TIMEOUT = Duration.days(3);

/** How long it is known what a rotation came to, so that the same request goes on from there. */
const RETENTION = Duration.days(30);

/** The durable function that rotates a cluster, and its rights (contract 10). */
export class ClusterRotation extends Construct {
  readonly alias: Alias;
  readonly role: Role;
  /** Prefix of the parameters that say what users want of rotations. A rotation's id follows. */
  readonly controlPrefix: string;

  constructor(scope: Construct, id: string, { configuration, parameters, retirement }: ClusterRotationProps) {
    super(scope, id);
    this.controlPrefix = `/${configuration.name}/rotations/`;
    const settings: RotationSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_HOOK_NAME: configuration.hookName,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
      EBB_RETIREMENT_FUNCTION: retirement.alias.functionArn,
      EBB_ROTATION_PARAMETERS: this.controlPrefix,
    };
    const { alias, role } = new EbbFunction(this, 'ClusterRotation', {
      entry: 'cluster-rotation',
      description: 'Ebb: replaces the old nodes of a cluster, group by group',
      settings,
      memorySize: 512,
      timeout: Duration.minutes(10),
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: RETENTION },
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements({ configuration, parameters, retirement }),
      ...clusterNetwork(this, configuration),
    });
    const { functionArn } = alias.version.lambda;
    // A policy of its own: the function waits for the policy of its role, which would then wait for the function.
    const policy = new Policy(this, 'OwnRuns', {
      roles: [role],
      statements: [
        new PolicyStatement({ actions: [...START_ACTIONS], resources: [alias.functionArn] }),
        new PolicyStatement({ actions: [...LIST_ACTIONS], resources: [functionArn] }),
        new PolicyStatement({ actions: [...RUN_READ_ACTIONS], resources: [`${functionArn}:*`] }),
      ],
    });
    acknowledge(policy, {
      resources: [`${functionArn}:*`],
      wildcardReason: 'The names of its own runs are not known.',
    });
    alarmOnAny(this, 'FailedAlarm', {
      metric: countedBy('cluster-rotation', configuration, METRICS.rotationFailed),
      means: 'a rotation has ended before all was replaced; what it began is put back, and the same request goes on',
    });
    this.alias = alias;
    this.role = role;
  }

  /** Allows reading and saying what users want of rotations. */
  get controlling(): GrantedStatement {
    const resourceName = `${this.controlPrefix.slice(1)}*`;
    return {
      actions: [...new Set([...PARAMETER_ACTIONS, ...CONTROL_ACTIONS])],
      resources: [Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName })],
      wildcardReason: 'The ids of rotations are not known.',
    };
  }

  #statements({ configuration, parameters, retirement }: ClusterRotationProps): GrantedStatement[] {
    const { alias } = retirement;
    return [
      {
        actions: [
          ...new Set([
            ...GROUP_READ_ACTIONS,
            ...LAUNCH_ACTIONS,
            ...REFRESH_ACTIONS,
            ...ALARM_ACTIONS,
            ...statusCheckActions(configuration),
            ...zonalShiftActions(configuration),
          ]),
        ],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...onEnrolledGroups(this, configuration, CAPACITY_ACTIONS),
      ...onNodeGroups(this, configuration),
      parameters.reading,
      parameters.listing,
      this.controlling,
      ...onImageParameters(this, configuration),
      { actions: START_ACTIONS, resources: [alias.functionArn] },
      { actions: LIST_ACTIONS, resources: [alias.version.lambda.functionArn] },
      ...onEksClusters(this, configuration, [...new Set([...CLUSTER_ACCESS_ACTIONS, ...CONTROL_PLANE_ACTIONS])]),
      ...onKubeconfigs(this, configuration),
    ];
  }
}
