import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CLUSTER_ACCESS_ACTIONS } from '../../lambdas/adapters/eks/access.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../../lambdas/adapters/lambda/retirements.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { EvacuationSettings, HypervisorSyncSettings } from '../../lambdas/entry/configuration/settings.ts';
import { METRICS } from '../../lambdas/entry/reporting/metric-names.ts';
import { alarmOnAny, alarmOnSilence, countedBy } from '../alarms/alarm.ts';
import { clusterNetwork } from '../cluster-network.ts';
import type { ClusterParameters } from '../cluster-parameters.ts';
import { EbbFunction } from '../ebb-function.ts';
import { FrequentRun, runInterval, runTimeout } from '../frequent-run.ts';
import { onEksClusters } from '../permissions/eks-clusters.ts';
import type { GrantedStatement } from '../permissions/granted-statement.ts';
import { onClouds, onKubeconfigs } from '../permissions/secrets.ts';

export interface HypervisorsProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
}

/** Longest run of an evacuation: its longest timeout, a minute to settle, and time to begin. */
const EXECUTION_TIMEOUT = Duration.hours(26);

/** How long it is known what an evacuation came to. */
const RETENTION = Duration.days(14);

/** Time limit of one invocation: a round watches for a minute; the rest is for a slow Nova. */
const INVOCATION_TIMEOUT = Duration.minutes(10);

/** Minutes between runs of the sync (contract 11.4), and the first: not together with the sweep. */
const EVERY_MINUTES = 5;
const FROM_MINUTE = 4;

/**
 * Creates the functions, where a cluster has nodes that are compute hosts.
 *
 * @param group Kubernetes group of those who only read nodes
 * @returns their roles with that group, by purpose; empty without such a cluster
 */
export function hypervisorRoles(
  scope: Construct,
  props: HypervisorsProps,
  group: string,
): Readonly<Record<string, { readonly role: Role; readonly group: string }>> {
  if (props.configuration.clusters.every(({ openstack }) => openstack === undefined)) return {};
  const { evacuation, sync } = new Hypervisors(scope, 'Hypervisors', props);
  return { Evacuation: { role: evacuation.role, group }, ...(sync && { HypervisorSync: { role: sync.role, group } }) };
}

/** The evacuation of compute hosts: the durable function, and the sync that follows cordons where it is wanted. */
export class Hypervisors extends Construct {
  readonly evacuation: { readonly alias: Alias; readonly role: Role };
  readonly sync: { readonly alias: Alias; readonly role: Role } | undefined;

  constructor(scope: Construct, id: string, props: HypervisorsProps) {
    super(scope, id);
    this.evacuation = this.#evacuation(props);
    const follows = props.configuration.clusters.some(({ openstack }) => openstack?.followCordons === true);
    this.sync = follows ? this.#sync(props, this.evacuation.alias) : undefined;
    new CfnOutput(Stack.of(this), 'EvacuationFunction', {
      value: this.evacuation.alias.functionArn,
      description: 'For ebb evacuate',
    });
  }

  #evacuation({ configuration, parameters }: HypervisorsProps): { alias: Alias; role: Role } {
    const settings: EvacuationSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
    };
    const { alias, role } = new EbbFunction(this, 'HypervisorEvacuation', {
      entry: 'hypervisor-evacuation',
      description: 'Ebb: migrates the OpenStack guests of one compute host away',
      settings: { ...settings },
      memorySize: 512,
      timeout: INVOCATION_TIMEOUT,
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: RETENTION },
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements(configuration, [parameters.reading]),
      ...clusterNetwork(this, configuration),
    });
    alarmOnAny(this, 'FailedAlarm', {
      metric: countedBy('hypervisor-evacuation', configuration, METRICS.evacuationFailed),
      means: 'a compute host was not evacuated: Keystone, Nova or the cluster refuses Ebb, or was away too long',
    });
    alarmOnAny(this, 'StayedAlarm', {
      metric: countedBy('hypervisor-evacuation', configuration, METRICS.guestStayed),
      means: 'guests stay on a compute host that was to be evacuated; its log names each, with the reason',
    });
    return { alias, role };
  }

  #sync({ configuration, parameters }: HypervisorsProps, evacuation: Alias): { alias: Alias; role: Role } {
    const settings: HypervisorSyncSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
      EBB_EVACUATION_FUNCTION: evacuation.functionArn,
    };
    const { alias, role } = new EbbFunction(this, 'HypervisorSync', {
      entry: 'hypervisor-sync',
      description: 'Ebb: evacuates compute hosts whose nodes are cordoned, and enables them again',
      settings: { ...settings },
      memorySize: 512,
      timeout: runTimeout(EVERY_MINUTES),
      maxEventAge: runInterval(EVERY_MINUTES),
      logRetentionDays: configuration.logRetentionDays,
      statements: this.#statements(configuration, [
        parameters.reading,
        parameters.listing,
        { actions: START_ACTIONS, resources: [evacuation.functionArn] },
        { actions: LIST_ACTIONS, resources: [evacuation.version.lambda.functionArn] },
      ]),
      ...clusterNetwork(this, configuration),
    });
    new FrequentRun(this, 'Run', {
      alias,
      everyMinutes: EVERY_MINUTES,
      fromMinute: FROM_MINUTE,
      description: 'Ebb: cordons of compute hosts',
      undelivered: 'syncs of compute hosts that never began',
    });
    alarmOnSilence(this, 'SilenceAlarm', {
      lambda: alias.version.lambda,
      everyMinutes: EVERY_MINUTES,
      means: 'the sync has stopped: cordons of compute hosts are not followed',
    });
    alarmOnAny(this, 'UnsyncedAlarm', {
      metric: countedBy('hypervisor-sync', configuration, METRICS.cloudUnsynced),
      means: 'compute services were not looked at, or a node fits none; the log of the sync has the reason',
    });
    return { alias, role };
  }

  #statements(configuration: Configuration, own: readonly GrantedStatement[]): GrantedStatement[] {
    return [
      ...own,
      ...onEksClusters(this, configuration, CLUSTER_ACCESS_ACTIONS),
      ...onKubeconfigs(this, configuration),
      ...onClouds(this, configuration),
    ];
  }
}
