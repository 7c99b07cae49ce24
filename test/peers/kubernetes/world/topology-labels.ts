/**
 * The PodTopologyLabels plugin, on by default since 1.35: a pod that is bound, or made for a node, takes the node's zone and
 * region as labels of its own, in the place of what it had.
 */
import type { Node } from '../storage/objects.ts';

const COPIED = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** Empty without a node: a pod may be made for one that is not there. */
export function topologyLabels(node: Node | undefined): Record<string, string> {
  const labels = Object.entries(node?.metadata.labels ?? {});
  return Object.fromEntries(labels.filter(([key]) => COPIED.includes(key)));
}
