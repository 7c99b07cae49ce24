/** Finds the node that a request is about, in the cluster that it names or in the only one that has it (contract 10.4). */
import { fleetNode, type FleetNode } from '../../core/disruption/fleet.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import { refusal, type Refusal } from '../../core/operator/outcome.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { configured, notConfigured } from '../rotation/configured-clusters.ts';
import type { OperatorPorts } from './operator-ports.ts';

/** One of node and instance says which. */
export interface NodeWanted {
  readonly cluster?: string | undefined;
  readonly node?: string | undefined;
  readonly instance?: string | undefined;
}

export interface FoundNode {
  readonly cluster: ClusterSettings;
  readonly node: Node;
  /** The same as the sweep sees it: with a cool-down that can be true, and the controller that owns it. */
  readonly seen: FleetNode;
}

/** @throws ClusterAway, ClusterRefused */
export async function findNode(
  wanted: NodeWanted,
  ports: Pick<OperatorPorts, 'settings' | 'clusters'>,
): Promise<FoundNode | Refusal> {
  const all = await configured(ports.settings);
  const asked = wanted.cluster === undefined ? all : all.filter(({ name }) => name === wanted.cluster);
  if (wanted.cluster !== undefined && asked.length === 0) {
    return refusal('faulty', notConfigured(wanted.cluster, all));
  }
  const found = (await Promise.all(asked.map((cluster) => findIn(cluster, wanted, ports)))).flat();
  const [first, ...more] = found;
  if (first === undefined) return unknownNode(wanted, asked);
  if (more.length === 0) return first;
  return refusal('faulty', ambiguous(found, wanted));
}

async function findIn(
  cluster: ClusterSettings,
  { node: name, instance }: NodeWanted,
  { clusters }: Pick<OperatorPorts, 'clusters'>,
): Promise<FoundNode[]> {
  const view = await clusters.open(cluster);
  if (name !== undefined) {
    const node = await view.readNode(name);
    return node === undefined ? [] : [foundIn(cluster, node)];
  }
  const nodes = instance === undefined ? [] : await view.findNodes(instance, undefined);
  return nodes.filter((node) => instanceOf(node) === instance).map((node) => foundIn(cluster, node));
}

function foundIn(cluster: ClusterSettings, node: Node): FoundNode {
  const at = { now: Date.now(), longestCoolDownMs: cluster.tainted.retryAfterSeconds * 1000 };
  return { cluster, node, seen: fleetNode(node, at) };
}

function unknownNode({ node, instance }: NodeWanted, asked: readonly ClusterSettings[]): Refusal {
  const where = asked.map(({ name }) => name).toSorted();
  const what = node === undefined ? `instance: no node stands for ${instance ?? ''}` : `node: there is no ${node}`;
  return refusal('unknown', `${what} in ${where.join(', ')}: it has gone, or was never there`);
}

function ambiguous(found: readonly FoundNode[], { node, instance }: NodeWanted): string {
  const places = found.map((each) => each.cluster.name);
  const isOneCluster = new Set(places).size === 1;
  return isOneCluster
    ? `instance: nodes ${found.map((each) => each.node.name).join(' and ')} stand for ${instance ?? ''}: name one of them`
    : `cluster: ${places.toSorted().join(' and ')} have ${node ?? instance ?? ''}: name one of them`;
}
