/** Reads all nodes of a cluster, as the drift tainter and the sweep decide by them. */
import { fleetNode, type FleetNode } from '../../core/disruption/fleet.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { FleetView } from '../ports/kubernetes.ts';

/**
 * Keeps of each node only what is decided by: a cluster may have thousands.
 *
 * @param look sees each page whole
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
