/**
 * Which Node objects stand for a machine (contract 2.1). Usually one does. A machine that was renamed has several, of which
 * all but one are left over; and one whose cloud controller is late has one without a providerID. Pure.
 */
import { isInstance, type Node } from '../kubernetes/node.ts';

/** A machine as EC2 knows it. */
export interface MachineIdentity {
  readonly instance: string;
  /** Its private DNS name: the name of its Node on EKS. Absent when EC2 tells none. */
  readonly dnsName?: string;
  /** Every private address of its network interfaces. */
  readonly addresses: readonly string[];
}

export interface NodesOfMachine {
  /** The one that its kubelet serves; undefined when it has none. */
  readonly node?: Node;
  /** Others that stand for it: it had another name. */
  readonly others: readonly Node[];
  /** Names of nodes that may be it and cannot be proved to be: they are not touched. */
  readonly unproven: readonly string[];
}

/**
 * The node as it is, or, if it bears no providerID, with the proof that it is the machine: its name is the machine's private
 * DNS name and an InternalIP of it the machine's. Either alone recurs.
 */
export function proved(node: Node, { instance, dnsName, addresses }: MachineIdentity): Node {
  if (node.providerId !== undefined || node.name !== dnsName) return node;
  const isIts = node.internalIps?.some((address) => addresses.includes(address)) ?? false;
  return isIts ? { ...node, provedInstance: instance } : node;
}

/** @param found nodes with its providerID, and those of its name without one */
export function nodesOfMachine(found: readonly Node[], machine: MachineIdentity): NodesOfMachine {
  const nodes = found.map((node) => proved(node, machine));
  const [node, ...others] = nodes.filter((each) => isInstance(each, machine.instance)).toSorted(servedFirst);
  const unproven = nodes.filter(({ providerId, provedInstance }) => providerId === undefined && !provedInstance);
  return { ...(node && { node }), others, unproven: unproven.map(({ name }) => name) };
}

/** Ready ones first: of a machine that was renamed only the new one is. Then the one that was registered last. */
function servedFirst(one: Node, other: Node): number {
  const isNotReady = (node: Node): number => Number(node.notReadySince !== undefined);
  return isNotReady(one) - isNotReady(other) || other.createdAt - one.createdAt;
}
