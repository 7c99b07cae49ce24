/** Nodes of instances, from one list of a cluster's nodes for all who ask at the same time: storms come in batches. */
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import type { ListedNodes } from '../../workflow/notice/isolate-ahead.ts';
import type { Fleets, ReachedCluster } from '../../workflow/ports/kubernetes.ts';
import { keptFor } from '../aws/kept-answers.ts';

/** Long enough for one batch of notices. A patch of a node that has changed meanwhile is refused, and made anew. */
const KEPT_MS = 1_000;

export function listedNodes(fleets: Fleets): ListedNodes {
  const nodesOf = keptFor(KEPT_MS, async (key) => byInstance(fleets, JSON.parse(key) as ReachedCluster));
  return {
    async ofInstance({ name, access }, instance) {
      const nodes = await nodesOf(JSON.stringify({ name, access }));
      return nodes.get(instance) ?? [];
    },
    open: (cluster) => fleets.open(cluster),
  };
}

async function byInstance(fleets: Fleets, cluster: ReachedCluster): Promise<ReadonlyMap<string, readonly Node[]>> {
  const fleet = await fleets.open(cluster);
  const found = new Map<string, Node[]>();
  for await (const page of fleet.allNodes()) {
    for (const node of page) {
      const instance = instanceOf(node);
      if (instance !== undefined) found.set(instance, [...(found.get(instance) ?? []), node]);
    }
  }
  return found;
}
