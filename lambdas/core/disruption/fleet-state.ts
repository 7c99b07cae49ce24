/** The state of a whole cluster as it was read: its nodes in their groups. Pure. */
import type { Group } from '../aws/group.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import { placeNodes, type Fleet, type FleetNode } from './fleet.ts';
import { foreignGroups } from './foreign-group.ts';

export interface FleetState {
  readonly cluster: ClusterSettings;
  readonly fleet: Fleet;
  /** Every enrolled group, with those of other clusters. */
  readonly groups: readonly Group[];
  /** Foreign groups by name, and why they are left alone (foreign-group.ts). */
  readonly foreign: ReadonlyMap<string, string>;
}

/** Clusters and groups that take part. */
export interface Enrolment {
  /** Every configured cluster. */
  readonly clusters: readonly ClusterSettings[];
  /** Every enrolled group. */
  readonly groups: readonly Group[];
}

/** @param nodes every node of the cluster */
export function fleetState(
  nodes: readonly FleetNode[],
  cluster: ClusterSettings,
  { clusters, groups }: Enrolment,
): FleetState {
  return { cluster, fleet: placeNodes(nodes, groups), groups, foreign: foreignGroups(cluster, { groups, clusters }) };
}
