/** Finds the nodes of an instance (contract 2.1), and proves that a node without a providerID is one of them. */
import { nodesOfMachine, proved, type NodesOfMachine } from '../../core/node/identity.ts';
import { isInstance, nodeOfBareMachine, type Node } from '../../core/kubernetes/node.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Cluster, Clusters } from '../ports/kubernetes.ts';

export async function findNodes(
  instance: string,
  { cluster, instances }: { cluster: Cluster; instances: Pick<Instances, 'identity'> },
): Promise<NodesOfMachine> {
  const bare = nodeOfBareMachine(instance);
  if (bare !== undefined) return await findBare(bare, instance, cluster);
  // Nearly every node says which instance it is: EC2's rates are for those that do not (faults 15).
  const known = await cluster.findNodes(instance, undefined);
  if (known.length > 0) return nodesOfMachine(known, { instance, addresses: [] });
  const machine = await instances.identity(instance);
  return nodesOfMachine(await cluster.findNodes(instance, machine.dnsName), machine);
}

async function findBare(name: string, machine: string, cluster: Cluster): Promise<NodesOfMachine> {
  const node = await cluster.readNode(name);
  return { ...(node && isInstance(node, machine) && { node }), others: [], unproven: [] };
}

/**
 * Wraps the clusters: a node without a providerID comes with the proof that it is the instance's. Only for such a node
 * EC2 is asked.
 */
export function identifying(clusters: Clusters, instance: string, instances: Pick<Instances, 'identity'>): Clusters {
  const identified = async (node: Node): Promise<Node> =>
    node.providerId === undefined ? proved(node, await instances.identity(instance)) : node;
  if (nodeOfBareMachine(instance) !== undefined) return clusters;
  const all = (nodes: readonly Node[]): Promise<readonly Node[]> => Promise.all(nodes.map(identified));
  return {
    async open(reached) {
      const cluster = await clusters.open(reached);
      const verbs: Pick<Cluster, 'readNode' | 'retiringNodes' | 'withdrawingNodes'> = {
        async readNode(node) {
          const found = await cluster.readNode(node);
          return found && (await identified(found));
        },
        retiringNodes: async () => all(await cluster.retiringNodes()),
        withdrawingNodes: async (most) => all(await cluster.withdrawingNodes(most)),
      };
      // The other methods stay on the prototype, whatever kind of object the cluster is.
      return Object.assign(Object.create(cluster) as Cluster, verbs);
    },
  };
}
