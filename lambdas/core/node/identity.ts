/**
 * The Node objects that stand for a machine (contract 2.1): usually one. A machine that was renamed has several, and
 * all but one are left over. A machine whose cloud controller is late has one without a providerID. Pure.
 */
import { isInstance, type Node } from '../kubernetes/node.ts';

/** A machine as EC2 knows it. */
export interface MachineIdentity {
  readonly instance: string;
  /** Its private DNS name, which is the name of its Node on EKS. Absent when EC2 returns none. */
  readonly dnsName?: string;
  /** Every private address of its network interfaces. */
  readonly addresses: readonly string[];
}

export interface NodesOfMachine {
  /** The node that the machine's kubelet serves; absent when there is none. */
  readonly node?: Node;
  /** Nodes left over from other names of the machine. */
  readonly others: readonly Node[];
  /** Names of nodes that may be the machine without proof: Ebb does not touch them. */
  readonly unproven: readonly string[];
}

/**
 * Returns the node with its instance, if it has no providerID and can be proved to be the machine: its name is the
 * machine's private DNS name, and one InternalIP is the machine's. One of these alone is no proof, because both recur.
 */
export function proved(node: Node, { instance, dnsName, addresses }: MachineIdentity): Node {
  if (node.providerId !== undefined || node.name !== dnsName) return node;
  const isIts = node.internalIps?.some((address) => addresses.includes(address)) ?? false;
  return isIts ? { ...node, provedInstance: instance } : node;
}

/** @param found nodes with the machine's providerID, and nodes with its name and without a providerID */
export function nodesOfMachine(found: readonly Node[], machine: MachineIdentity): NodesOfMachine {
  const nodes = found.map((node) => proved(node, machine));
  const [node, ...others] = nodes.filter((each) => isInstance(each, machine.instance)).toSorted(servedFirst);
  const unproven = nodes.filter(({ providerId, provedInstance }) => providerId === undefined && !provedInstance);
  return { ...(node && { node }), others, unproven: unproven.map(({ name }) => name) };
}

/** Ready nodes first: after a renaming only the new node is Ready. Then the node that was registered last. */
function servedFirst(one: Node, other: Node): number {
  const isNotReady = (node: Node): number => Number(node.notReadySince !== undefined);
  return isNotReady(one) - isNotReady(other) || other.createdAt - one.createdAt;
}
