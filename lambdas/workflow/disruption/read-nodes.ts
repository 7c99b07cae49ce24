/** Reads all nodes of a cluster, for the decisions of the drift tainter and the sweep. */
import { fleetNode, type FleetNode } from '../../core/disruption/fleet.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { FleetView } from '../ports/kubernetes.ts';

/**
 * Reads all nodes and keeps only the facts that decisions need: a cluster may have thousands of nodes.
 *
 * @param look called with each page, whose nodes are whole
 */
export async function readFleetNodes(
  view: Pick<FleetView, 'allNodes'>,
  { tainted }: Pick<ClusterSettings, 'tainted'>,
  look?: (page: readonly Node[]) => void,
): Promise<FleetNode[]> {
  const at = { now: Date.now(), longestCoolDownMs: tainted.retryAfterSeconds * 1000 };
  const nodes: FleetNode[] = [];
  for await (const page of view.allNodes()) {
    look?.(page);
    nodes.push(...page.map((node) => fleetNode(node, at)));
  }
  return nodes;
}
