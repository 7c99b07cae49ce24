/** The ports of rotations and retirements that run in this process, with one cluster. */
import { zonalShifts } from '../../adapters/arc/zonal-shifts.ts';
import { capacity } from '../../adapters/auto-scaling/capacity.ts';
import { groupChanges } from '../../adapters/auto-scaling/group-changes.ts';
import { groups } from '../../adapters/auto-scaling/groups.ts';
import { lifecycle } from '../../adapters/auto-scaling/lifecycle.ts';
import { instanceTags } from '../../adapters/aws/resource-tags.ts';
import { alarms } from '../../adapters/cloudwatch/alarms.ts';
import { clusters } from '../../adapters/clusters/clusters.ts';
import { detachedInstances } from '../../adapters/ec2/detached-instances.ts';
import { ec2Instances } from '../../adapters/ec2/ec2-instances.ts';
import { statusChecks } from '../../adapters/ec2/status-checks.ts';
import { openUserCluster, type UserKubeconfig } from '../../adapters/kubernetes/kubeconfig/user-kubeconfig.ts';
import { launches } from '../../adapters/launch/launch-plans.ts';
import { lazyClouds } from '../../adapters/openstack/lazy-clouds.ts';
import { loadBalancing } from '../../adapters/load-balancing/elastic-load-balancing.ts';
import type { Home } from '../../core/aws/installation.ts';
import type { DomainEvent } from '../../core/events/domain-event.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Fleets } from '../../workflow/ports/kubernetes.ts';
import type { Settings } from '../../workflow/ports/settings.ts';
import { retireNode } from '../../workflow/retirement/retire-node.ts';
import type { AwsClients } from './aws-clients.ts';
import { memoryRun } from './memory-run.ts';
import { ownGroups } from './own-groups.ts';
import { ProcessRetirements } from './process-retirements.ts';

/**
 * Name of the installation that runs in a process. Marks on nodes bear it, so that an installation in AWS leaves them
 * alone (contract 15.2), and that another process finds them again.
 */
export const LOCAL_INSTALLATION = 'ebb-local';

export interface RunTerms {
  readonly clients: AwsClients;
  readonly fleets: Fleets;
  readonly settings: ClusterSettings;
  readonly home: Home;
  /** Name of the lifecycle hook that drained instances pass. */
  readonly hookName: string;
  readonly onEvent: (event: DomainEvent) => void;
}

export type RunPorts = ReturnType<typeof runPorts>;

export function runPorts({ clients, fleets, settings, home, hookName, onEvent }: RunTerms) {
  const { autoScaling, ec2, eks, ssm, tagging } = clients;
  const found = launches({ autoScaling, ec2, ssm });
  const changes = groupChanges({ autoScaling, eks });
  const ports = {
    home,
    hookName,
    lifecycle: ownGroups(lifecycle(autoScaling), settings, LOCAL_INSTALLATION),
    instances: ec2Instances(ec2),
    balancing: loadBalancing({
      classic: clients.elasticLoadBalancing,
      v2: clients.elasticLoadBalancingV2,
      tagging,
      autoScaling,
    }),
    instanceTags: instanceTags(tagging),
    settings: theSettings(settings),
    clusters: fleets,
    clouds: lazyClouds(),
    fleets,
    groups: groups(autoScaling),
    capacity: capacity(autoScaling),
    alarms: alarms(clients.cloudWatch),
    changes,
    zonalShifts: zonalShifts(autoScaling, clients.endpoint),
    launches: found,
    statusChecks: statusChecks(ec2),
    replacing: {
      groups: groups(autoScaling),
      capacity: capacity(autoScaling),
      instances: { ...detachedInstances(ec2), launched: (instances: readonly string[]) => found.launched(instances) },
      fleets,
    },
    budgets: { groups: groups(autoScaling), fleets, changes, launches: found },
    journal: { report: onEvent },
  };
  const retirements: ProcessRetirements = new ProcessRetirements((notice) =>
    retireNode(notice, {
      ...ports,
      running: retirements.running,
      history: retirements.history,
      run: memoryRun(),
    }),
  );
  return { ...ports, retirements, running: retirements.running };
}

/** @param kubeconfig its current context is the cluster @default EKS is asked for it, by its name */
export function fleetsBy({ eks }: Pick<AwsClients, 'eks'>, kubeconfig?: UserKubeconfig): Fleets {
  if (kubeconfig === undefined) return clusters({ eks });
  // Opened once: its connections are shared.
  const opened = openUserCluster(kubeconfig);
  return { open: () => Promise.resolve(opened) };
}

function theSettings(settings: ClusterSettings): Settings {
  return {
    names: () => Promise.resolve([settings.name]),
    cluster: (name) => Promise.resolve(name === settings.name ? settings : undefined),
  };
}
