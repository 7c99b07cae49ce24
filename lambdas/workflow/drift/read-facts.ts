/** Reads the facts that decide a cluster's drift: its nodes, what their groups would launch, the control plane. */
import { fleetState, type Enrolment } from '../../core/disruption/fleet-state.ts';
import { comparedGroups, type ClusterFacts } from '../../core/drift/facts.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { readFleetNodes } from '../disruption/read-nodes.ts';
import type { Launches, StatusChecks } from '../ports/ec2.ts';
import type { FleetView } from '../ports/kubernetes.ts';

export interface FactPorts {
  readonly launches: Pick<Launches, 'plans'>;
  readonly statusChecks: StatusChecks;
}

/** @throws ClusterAway, ClusterRefused */
export async function readFacts(
  cluster: ClusterSettings,
  enrolment: Enrolment,
  view: Pick<FleetView, 'allNodes' | 'controlPlaneVersion'>,
  { launches, statusChecks }: FactPorts,
): Promise<ClusterFacts> {
  const state = fleetState(await readFleetNodes(view, cluster), cluster, enrolment);
  const compared = comparedGroups(state);
  const plans: ClusterFacts['plans'] = compared.length === 0 ? new Map() : await launches.plans(compared);
  const { enabled, kubelet } = cluster.drift;
  const controlPlane = enabled && kubelet ? await view.controlPlaneVersion() : undefined;
  const checks = compared.length === 0 ? [] : new Set(cluster.drift.statusChecks.map(({ check }) => check));
  const impaired = await statusChecks.impaired([...checks]);
  return { ...state, now: Date.now(), plans, impaired, ...(controlPlane !== undefined && { controlPlane }) };
}
