/** Facts by which the drift of a cluster is decided. Pure. */
import type { Group, LaunchPlan } from '../aws/group.ts';
import type { Impairment } from '../aws/status-check.ts';
import type { FleetState } from '../disruption/fleet-state.ts';
import type { PlacedNode } from '../disruption/fleet.ts';

export interface ClusterFacts extends FleetState {
  /** When the nodes were read, epoch milliseconds. */
  readonly now: number;
  /** What each group would launch, by its name. `fault`: why that is unknown. */
  readonly plans: ReadonlyMap<string, LaunchPlan | { readonly fault: string }>;
  /** Status checks that instances of the account and region fail, of those kinds that the settings name. */
  readonly impaired: readonly Impairment[];
  /** The control plane's minor version, `1.33`; absent when no setting needs it. */
  readonly controlPlane?: string;
}

/** Nodes that Ebb may replace: Karpenter and EKS Auto Mode replace theirs themselves. */
export function replaceableNodes({ fleet }: Pick<FleetState, 'fleet'>): readonly PlacedNode[] {
  return fleet.placed.filter(({ node }) => node.owner === undefined);
}

/** Replaceable nodes whose group is this cluster's: only these are compared with what their group would launch. */
export function comparedNodes(state: Pick<FleetState, 'fleet' | 'foreign'>): readonly PlacedNode[] {
  return replaceableNodes(state).filter(({ group }) => !state.foreign.has(group.name));
}

/** Groups whose launch plans are needed. */
export function comparedGroups(state: Pick<FleetState, 'cluster' | 'fleet' | 'foreign'>): readonly Group[] {
  return state.cluster.drift.enabled ? [...new Set(comparedNodes(state).map(({ group }) => group))] : [];
}
