/**
 * The sync (contract 11.4): follows cordon and uncordon of the nodes that are compute hosts, as nova-kubernetes-drain's
 * daemon does. It starts evacuations, and enables what this installation has disabled. One idempotent pass.
 */
import { cloudUnsynced, computeEnabled, hypervisorsSynced } from '../../core/events/evacuation-events.ts';
import { DEFAULT_NAME, type Home } from '../../core/aws/installation.ts';
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import { CloudError } from '../../core/openstack/cloud-error.ts';
import { evacuationName, evacuationsOf, type EvacuationRequest } from '../../core/openstack/evacuation-request.ts';
import { planSync, type SyncStep } from '../../core/openstack/sync.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { Attempts } from '../run/attempts.ts';
import type { Journal } from '../ports/journal.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import type { Cloud, Clouds, Evacuations } from '../ports/openstack.ts';
import type { Settings } from '../ports/settings.ts';

export interface SyncPorts {
  readonly settings: Settings;
  readonly fleets: Fleets;
  readonly clouds: Clouds;
  readonly evacuations: Evacuations;
  readonly running: Pick<RunningRetirements, 'names'>;
  readonly journal: Journal;
  readonly home: Home;
}

/** What the sync does, or would do, with one compute host. */
export interface SyncedHost {
  readonly cluster: string;
  readonly node: string;
  readonly host: string;
  readonly action: SyncStep['action'];
}

/** In place of an execution's name, in events of the sync. */
const SYNC = 'hypervisor-sync';

/**
 * @param dryRun whether nothing is to be changed
 * @throws RunIncomplete when all has been tried and something has failed
 */
export async function syncHypervisors(ports: SyncPorts, { dryRun = false } = {}): Promise<readonly SyncedHost[]> {
  const attempts = new Attempts(ports.journal);
  const clusters = await attempts.clusters(ports.settings);
  const synced: SyncedHost[] = [];
  for (const cluster of clusters.filter(({ openstack }) => openstack?.followCordons === true)) {
    await attempts.attempt(async () => {
      try {
        synced.push(...(await syncCluster(cluster, ports, dryRun)));
      } catch (error) {
        if (!(error instanceof CloudError || error instanceof ClusterError)) throw error;
        ports.journal.report(cloudUnsynced({ cluster: cluster.name, reason: error.message }));
      }
    });
  }
  attempts.throwFailures();
  return synced;
}

/** @throws CloudAway, CloudRefused, ClusterAway, ClusterRefused */
async function syncCluster(
  { openstack, ...cluster }: ClusterSettings,
  ports: SyncPorts,
  dryRun: boolean,
): Promise<SyncedHost[]> {
  if (openstack === undefined) return [];
  const { fleets, clouds, running, journal, home } = ports;
  const cloud = await clouds.open(openstack);
  const [nodes, services, names] = [await nodesOf(cluster, fleets), await cloud.services(), await running.names()];
  const isEvacuating = (...those: readonly string[]): boolean =>
    those.some((one) => names.some((name) => name.startsWith(evacuationsOf(cluster.name, one, home))));
  const { steps, faults } = planSync(nodes, services, {
    installation: home.installation ?? DEFAULT_NAME,
    isEvacuating,
  });
  for (const reason of faults) journal.report(cloudUnsynced({ cluster: cluster.name, reason }));
  if (!dryRun) {
    for (const step of steps) await take(step, { cluster: cluster.name, cloud, ports });
    const count = (action: SyncStep['action']): number => steps.filter((step) => step.action === action).length;
    journal.report(
      hypervisorsSynced({
        cluster: cluster.name,
        hosts: steps.length,
        started: count('evacuate'),
        enabled: count('enable'),
      }),
    );
  }
  return steps.map(({ node, service, action }) => ({ cluster: cluster.name, node, host: service.host, action }));
}

async function nodesOf(cluster: Pick<ClusterSettings, 'name' | 'access'>, fleets: Fleets): Promise<Node[]> {
  const nodes: Node[] = [];
  for await (const page of (await fleets.open(cluster)).allNodes()) nodes.push(...page);
  return nodes;
}

async function take(
  { node, service, action }: SyncStep,
  { cluster, cloud, ports }: { cluster: string; cloud: Cloud; ports: SyncPorts },
): Promise<void> {
  switch (action) {
    case 'evacuate': {
      const request: EvacuationRequest = { cluster, node, whileCordoned: true };
      await ports.evacuations.start(evacuationName(request, Date.now(), ports.home), request);
      return;
    }
    case 'enable':
      await cloud.enable(service);
      ports.journal.report(computeEnabled({ execution: SYNC, cluster, host: service.host, node }));
      return;
    case 'none':
      return;
  }
}
