import { Duration } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CAPACITY_ACTIONS } from '../lambdas/adapters/auto-scaling/capacity.ts';
import { REFRESH_ACTIONS } from '../lambdas/adapters/auto-scaling/group-changes.ts';
import { GROUP_READ_ACTIONS } from '../lambdas/adapters/auto-scaling/groups.ts';
import {
  ACTIVITY_ACTIONS,
  LIFECYCLE_COMPLETE_ACTIONS,
  LIFECYCLE_HEARTBEAT_ACTIONS,
  LIFECYCLE_READ_ACTIONS,
  TERMINATE_ACTIONS,
} from '../lambdas/adapters/auto-scaling/lifecycle.ts';
import { INSTANCE_ACTIONS } from '../lambdas/adapters/ec2/ec2-instances.ts';
import { STATUS_ACTIONS } from '../lambdas/adapters/ec2/scheduled-changes.ts';
import { LAUNCHED_ACTIONS } from '../lambdas/adapters/ec2/launched-instances.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../lambdas/adapters/eks/access.ts';
import { BALANCER_READ_ACTIONS } from '../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import { TAG_ACTIONS } from '../lambdas/adapters/aws/resource-tags.ts';
import { LIST_ACTIONS } from '../lambdas/adapters/lambda/retirements.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import type { RetirementSettings } from '../lambdas/entry/configuration/settings.ts';
import { alarmOnAny, countedBy } from './alarms/alarm.ts';
import { onClusterBalancers } from './permissions/cluster-balancers.ts';
import { clusterNetwork } from './cluster-network.ts';
import type { ClusterParameters } from './cluster-parameters.ts';
import { EbbFunction } from './ebb-function.ts';
import { onDetachedInstances } from './permissions/detached-instances.ts';
import { onEksClusters, onNodeGroups } from './permissions/eks-clusters.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';
import { onClouds, onKubeconfigs } from './permissions/secrets.ts';
import { onEnrolledGroups } from './permissions/group-arns.ts';
import { rebalanceActions } from './permissions/zonal-shifts.ts';

export interface NodeRetirementProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
}

/** Longest run: the longest time that a lifecycle hook can hold an instance, and a day to see it end. */
const EXECUTION_TIMEOUT = Duration.hours(72);

/** How long the history of a finished run is kept. */
const RETENTION = Duration.days(14);

/**
 * Time limit of one invocation. It watches for a minute, or for the time that a Spot instance has left, which is less
 * than five; the rest is for slow API servers.
 */
const INVOCATION_TIMEOUT = Duration.minutes(10);

/** IAM actions by which budgets are counted before a recommended node goes (contract 1.2). */
const BUDGET_ACTIONS = [...GROUP_READ_ACTIONS, ...LAUNCHED_ACTIONS, ...REFRESH_ACTIONS];

function rebalances({ clusters }: Pick<Configuration, 'clusters'>): boolean {
  return clusters.some(({ notices }) => notices.rebalance);
}

/** The durable function that retires one node, and its rights. */
export class NodeRetirement extends Construct {
  readonly alias: Alias;
  readonly role: Role;

  constructor(scope: Construct, id: string, { configuration, parameters }: NodeRetirementProps) {
    super(scope, id);
    const settings: RetirementSettings = {
      EBB_INSTALLATION: configuration.name,
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
      ...clusterNetwork(this, configuration),
    });
    // A policy of its own: the function waits for the policy of its role, which would then wait for the function.
    new Policy(this, 'OtherRuns', {
      roles: [role],
      statements: [new PolicyStatement({ actions: [...LIST_ACTIONS], resources: [alias.version.lambda.functionArn] })],
    });
    alarmOnAny(this, 'BreakerAlarm', {
      metric: countedBy('node-retirement', configuration, METRICS.breakerHeld),
      means: 'more of a cluster is leaving than may drain at once; the rest is held, isolated, with heartbeats',
    });
    alarmOnAny(this, 'AwayAlarm', {
      metric: countedBy('node-retirement', configuration, METRICS.clusterAway),
      means: 'a cluster cannot be reached; the retirement of its node waits for it with heartbeats, until its deadline',
    });
    alarmOnAny(this, 'RefusedAlarm', {
      metric: countedBy('node-retirement', configuration, METRICS.noticeRefused),
      means: 'a retirement was refused: AWS contradicts what started it, or two installations have its group',
    });
    alarmOnAny(this, 'OrphanedAlarm', {
      metric: countedBy('node-retirement', configuration, METRICS.instanceOrphaned),
      means: 'an instance that was detached to be replaced could not join its group again: attach or terminate it',
    });
    alarmOnAny(this, 'MarksAlarm', {
      metric: countedBy('node-retirement', configuration, METRICS.marksUnreadable),
      means: 'marks on a node that is restored cannot be read: it is put back into no load balancer',
    });
    this.alias = alias;
    this.role = role;
  }

  #statements(configuration: Configuration, parameters: ClusterParameters): GrantedStatement[] {
    return [
      {
        actions: [
          ...new Set([
            ...LIFECYCLE_READ_ACTIONS,
            ...ACTIVITY_ACTIONS,
            ...INSTANCE_ACTIONS,
            ...STATUS_ACTIONS,
            ...(configuration.rotation ? [...GROUP_READ_ACTIONS, ...LAUNCHED_ACTIONS] : []),
            ...(rebalances(configuration) ? BUDGET_ACTIONS : []),
            ...TAG_ACTIONS,
            ...BALANCER_READ_ACTIONS,
            ...rebalanceActions(configuration),
          ]),
        ],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...onEnrolledGroups(this, configuration, [
        ...LIFECYCLE_COMPLETE_ACTIONS,
        ...LIFECYCLE_HEARTBEAT_ACTIONS,
        ...TERMINATE_ACTIONS,
      ]),
      ...(configuration.rotation ? this.#replacing(configuration) : []),
      ...onClusterBalancers(this, configuration, { may: ['deregister', 'register'] }),
      parameters.reading,
      ...(rebalances(configuration) ? onNodeGroups(this, configuration) : []),
      ...onEksClusters(this, configuration, CLUSTER_ACCESS_ACTIONS),
      ...onKubeconfigs(this, configuration),
      ...onClouds(this, configuration),
    ];
  }

  /** For instances that are replaced before they go (contract 10.2). */
  #replacing(configuration: Configuration): GrantedStatement[] {
    const actions = CAPACITY_ACTIONS.filter((action) => !TERMINATE_ACTIONS.some((other) => other === action));
    return [...onEnrolledGroups(this, configuration, actions), ...onDetachedInstances(this)];
  }
}
