import { Annotations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { GROUP_READ_ACTIONS } from '../lambdas/adapters/auto-scaling/groups.ts';
import { CONTROL_PLANE_ACTIONS } from '../lambdas/adapters/eks/control-plane-version.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../lambdas/adapters/eks/access.ts';
import { REFRESH_ACTIONS } from '../lambdas/adapters/auto-scaling/group-changes.ts';
import { LAUNCH_ACTIONS } from '../lambdas/adapters/launch/launch-plans.ts';
import { looksOnly, LOOKS_ONLY } from '../lambdas/core/disruption/budget.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import type { DriftSettings } from '../lambdas/entry/configuration/settings.ts';
import { alarmOnAny, countedBy } from './alarms/alarm.ts';
import { clusterNetwork } from './cluster-network.ts';
import type { ClusterParameters } from './cluster-parameters.ts';
import { MEMORY_MEGABYTES, NODE_OPTIONS } from './bundling/drift-memory.ts';
import { EbbFunction } from './ebb-function.ts';
import { FrequentRun, runInterval, runTimeout } from './frequent-run.ts';
import { onEksClusters, onNodeGroups } from './permissions/eks-clusters.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';
import { onImageParameters } from './permissions/image-parameters.ts';
import { onKubeconfigs } from './permissions/secrets.ts';
import { statusCheckActions } from './permissions/status-checks.ts';
import { zonalShiftActions } from './permissions/zonal-shifts.ts';

export interface DriftTainterProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
}

/** Minutes between scans. A node that may go waits at most this long after the node before it has been replaced. */
const EVERY_MINUTES = 5;

/** The drift tainter: the scan for nodes that are out of date, its schedule and its rights (contract 9). */
export class DriftTainter extends Construct {
  readonly alias: Alias;
  readonly role: Role;

  constructor(scope: Construct, id: string, { configuration, parameters }: DriftTainterProps) {
    super(scope, id);
    const settings: DriftSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
    };
    const { alias, role } = new EbbFunction(this, 'DriftTainter', {
      entry: 'drift-tainter',
      description: 'Ebb: finds nodes that are out of date, and taints as many as may go',
      settings,
      memorySize: MEMORY_MEGABYTES,
      nodeOptions: NODE_OPTIONS,
      timeout: runTimeout(EVERY_MINUTES),
      maxEventAge: runInterval(EVERY_MINUTES),
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements({ configuration, parameters }),
      ...clusterNetwork(this, configuration),
    });
    reportLookingOnly(this, configuration);
    this.alias = alias;
    this.role = role;
    new FrequentRun(this, 'Run', {
      alias,
      everyMinutes: EVERY_MINUTES,
      description: 'Ebb: nodes that are out of date',
      undelivered: 'scans for nodes out of date that never began',
    });
    alarmOnAny(this, 'BudgetAlarm', {
      metric: countedBy('drift-tainter', configuration, METRICS.budgetUnreadable),
      means: 'a budget cannot be read, so no node that it is about may go',
    });
    alarmOnAny(this, 'UnsweptAlarm', {
      metric: countedBy('drift-tainter', configuration, METRICS.clusterUnswept),
      means: 'the nodes of a cluster were not looked at: it cannot be reached, or refuses the tainter',
    });
  }

  #statements({ configuration, parameters }: DriftTainterProps): GrantedStatement[] {
    return [
      {
        actions: [
          ...new Set([
            ...GROUP_READ_ACTIONS,
            ...LAUNCH_ACTIONS,
            ...REFRESH_ACTIONS,
            ...statusCheckActions(configuration),
            ...zonalShiftActions(configuration),
          ]),
        ],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...onNodeGroups(this, configuration),
      parameters.reading,
      parameters.listing,
      ...onImageParameters(this, configuration),
      ...onEksClusters(this, configuration, [...new Set([...CLUSTER_ACCESS_ACTIONS, ...CONTROL_PLANE_ACTIONS])]),
      ...onKubeconfigs(this, configuration),
    ];
  }
}

/** Reports at synth the clusters whose old nodes are only marked, and not replaced. */
function reportLookingOnly(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): void {
  const looking = clusters.filter(
    (cluster) =>
      cluster.drift.enabled &&
      ['', ...cluster.groups.map(({ name }) => name)].every((group) => looksOnly(cluster, group)),
  );
  if (looking.length === 0) return;
  const names = looking.map(({ name }) => name).join(', ');
  Annotations.of(scope).addInfoV2('ebb:looksOnly', `Old nodes of ${names} are marked and not replaced. ${LOOKS_ONLY}`);
}
