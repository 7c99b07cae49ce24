import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { GROUP_READ_ACTIONS } from '../lambdas/adapters/auto-scaling/groups.ts';
import {
  ACTIVITY_ACTIONS,
  LIFECYCLE_COMPLETE_ACTIONS,
  LIFECYCLE_HEARTBEAT_ACTIONS,
  LIFECYCLE_READ_ACTIONS,
} from '../lambdas/adapters/auto-scaling/lifecycle.ts';
import { INSTANCE_ACTIONS } from '../lambdas/adapters/ec2/ec2-instances.ts';
import { STATUS_ACTIONS } from '../lambdas/adapters/ec2/scheduled-changes.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../lambdas/adapters/eks/access.ts';
import { REFRESH_ACTIONS } from '../lambdas/adapters/auto-scaling/group-changes.ts';
import { LAUNCHED_ACTIONS } from '../lambdas/adapters/ec2/launched-instances.ts';
import { TAG_ACTIONS } from '../lambdas/adapters/aws/resource-tags.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../lambdas/adapters/lambda/retirements.ts';
import { TAGGED_BALANCER_ACTIONS } from '../lambdas/adapters/load-balancing/tagged-balancers.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import type { SweepSettings } from '../lambdas/entry/configuration/settings.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import { alarmOnAny, alarmOnSilence, countedBy } from './alarms/alarm.ts';
import { onClusterBalancers } from './permissions/cluster-balancers.ts';
import { clusterNetwork } from './cluster-network.ts';
import type { ClusterParameters } from './cluster-parameters.ts';
import { EbbFunction } from './ebb-function.ts';
import { FrequentRun, runInterval, runTimeout } from './frequent-run.ts';
import { onEksClusters, onNodeGroups } from './permissions/eks-clusters.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';
import { onKubeconfigs } from './permissions/secrets.ts';
import { zonalShiftActions } from './permissions/zonal-shifts.ts';
import { onEnrolledGroups } from './permissions/group-arns.ts';
import type { NodeRetirement } from './node-retirement.ts';

export interface NodeSweepProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
  readonly retirement: NodeRetirement;
}

/** Minutes between sweeps (contract 1.7). */
const EVERY_MINUTES = 5;

/** Right after the tainter, so that the nodes that it lets go are drained at once. */
const FROM_MINUTE = 2;

/** The sweep, its schedule and its rights. */
export class NodeSweep extends Construct {
  readonly alias: Alias;
  readonly role: Role;

  constructor(scope: Construct, id: string, { configuration, parameters, retirement }: NodeSweepProps) {
    super(scope, id);
    const settings: SweepSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_HOOK_NAME: configuration.hookName,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
      EBB_RETIREMENT_FUNCTION: retirement.alias.functionArn,
    };
    const sweep = new EbbFunction(this, 'NodeSweep', {
      entry: 'node-sweep',
      description: 'Ebb: finds instances and nodes that no event reported, or that a retirement left behind',
      settings,
      memorySize: 512,
      timeout: runTimeout(EVERY_MINUTES),
      maxEventAge: runInterval(EVERY_MINUTES),
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements({ configuration, parameters, retirement }),
      ...clusterNetwork(this, configuration),
    });
    this.alias = sweep.alias;
    this.role = sweep.role;
    new FrequentRun(this, 'Run', {
      alias: sweep.alias,
      everyMinutes: EVERY_MINUTES,
      fromMinute: FROM_MINUTE,
      description: 'Ebb: what no event reports',
      undelivered: 'sweeps that never began',
    });
    this.#alarms(configuration);
  }

  #alarms(configuration: Configuration): void {
    alarmOnSilence(this, 'SilenceAlarm', {
      lambda: this.alias.version.lambda,
      everyMinutes: EVERY_MINUTES,
      means: 'the sweep has stopped: what no event reports is not found',
    });
    const counted = [
      ['ForgottenAlarm', METRICS.hookForgotten, 'instances waited in our hook without a retirement: events were lost'],
      ['UnsweptAlarm', METRICS.clusterUnswept, 'a cluster was not swept: it cannot be reached, or refuses the sweep'],
      [
        'RefusedAlarm',
        METRICS.noticeRefused,
        'the sweep found an instance that AWS or another installation says is not ours',
      ],
      [
        'MarksAlarm',
        METRICS.marksUnreadable,
        'marks on a node cannot be read or cannot be true: Ebb does not act on them; find out who wrote them',
      ],
    ] as const;
    for (const [id, name, means] of counted)
      alarmOnAny(this, id, { metric: countedBy('node-sweep', configuration, name), means });
  }

  /**
   * What the sweep may do. Each list of actions stands in the adapter that it is imported from; the settings' are in
   * cluster-parameters.ts, those on groups and balancers in permissions/, and logs in ebb-function.ts.
   */
  #statements({ configuration, parameters, retirement }: NodeSweepProps): GrantedStatement[] {
    const { alias } = retirement;
    return [
      {
        actions: [
          ...new Set([
            ...GROUP_READ_ACTIONS,
            ...LIFECYCLE_READ_ACTIONS,
            ...ACTIVITY_ACTIONS,
            ...INSTANCE_ACTIONS,
            ...STATUS_ACTIONS,
            ...LAUNCHED_ACTIONS,
            ...REFRESH_ACTIONS,
            ...TAG_ACTIONS,
            ...TAGGED_BALANCER_ACTIONS,
            ...zonalShiftActions(configuration),
          ]),
        ],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...onNodeGroups(this, configuration),
      ...onEnrolledGroups(this, configuration, [...LIFECYCLE_COMPLETE_ACTIONS, ...LIFECYCLE_HEARTBEAT_ACTIONS]),
      ...onClusterBalancers(this, configuration, { may: ['register'] }),
      parameters.reading,
      parameters.listing,
      { actions: START_ACTIONS, resources: [alias.functionArn] },
      { actions: LIST_ACTIONS, resources: [alias.version.lambda.functionArn] },
      ...onEksClusters(this, configuration, CLUSTER_ACCESS_ACTIONS),
      ...onKubeconfigs(this, configuration),
    ];
  }
}
