/**
 * Looks whether a node that is being drained is still the instance's, ours and alive (contract 1.6, 2.1, 4.9). The node
 * itself suffices while it is Ready. Otherwise EC2 comes first, then the machine's other nodes, then all other nodes.
 */
import { deadFrom, deathBySilence, deathOfMachine, type Death } from '../../core/node/dead-node.ts';
import { isAskedFor } from '../../core/node/drain-taints.ts';
import { ownershipOf } from '../../core/node/isolation.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { findNodes } from './find-node.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Cluster } from '../ports/kubernetes.ts';

export type NodeLook =
  /** `found` is absent when the node's object has gone: the control plane then ends its pods by itself (faults 44). */
  | { readonly kind: 'alive'; readonly found?: Node }
  /** Not Ready, but not for long enough to be dead. `lookAgainAt`: epoch milliseconds. */
  | { readonly kind: 'silent'; readonly found: Node; readonly lookAgainAt: number }
  | { readonly kind: 'dead'; readonly death: Death }
  /** Another machine has the node's name now. */
  | { readonly kind: 'replaced' }
  /** The machine has another node now: its kubelet has registered it anew under another name. */
  | { readonly kind: 'renamed' }
  /** Another retirement owns the node now (contract 1.6). */
  | { readonly kind: 'superseded'; readonly by: string }
  /** The taint that asked for the drain has been taken away (contract 9.5). */
  | { readonly kind: 'unasked' };

export interface NodeToLookAt {
  readonly notice: Notice;
  readonly node: string;
  readonly execution: string;
  /** Name of the machine's present node, where `node` is left over from before: it need not ask for its drain. */
  readonly now?: string;
}

interface LookPorts {
  readonly cluster: Cluster;
  readonly instances: Instances;
}

/** @throws ClusterAway, ClusterRefused */
export async function lookAtNode(order: NodeToLookAt, ports: LookPorts): Promise<NodeLook> {
  const found = await ports.cluster.readNode(order.node);
  if (found === undefined) return (await isRenamed(order, ports)) ? { kind: 'renamed' } : { kind: 'alive' };
  const lost = lossOf(found, order);
  if (lost !== undefined) return lost;
  const { notReadySince } = found;
  return notReadySince === undefined
    ? { kind: 'alive', found }
    : await lookAtUnready(order, { found, notReadySince }, ports);
}

/** Whether the node is still ours to evict pods from; costs one request. @throws ClusterAway, ClusterRefused */
export async function isStillOurs(order: NodeToLookAt, cluster: Cluster): Promise<boolean> {
  const found = await cluster.readNode(order.node);
  return found === undefined || lossOf(found, order) === undefined;
}

/** Why the node is no longer ours; undefined when it is. */
function lossOf(found: Node, { notice, execution, now }: NodeToLookAt): NodeLook | undefined {
  if (!isInstance(found, notice.instance)) return { kind: 'replaced' };
  const { execution: by = execution } = ownershipOf(found) ?? {};
  if (by !== execution) return { kind: 'superseded', by };
  return now === undefined && !isAskedFor(found, notice) ? { kind: 'unasked' } : undefined;
}

async function lookAtUnready(
  order: NodeToLookAt,
  { found, notReadySince }: { found: Node; notReadySince: number },
  ports: LookPorts,
): Promise<NodeLook> {
  const { notice, now } = order;
  if (now !== undefined)
    return { kind: 'dead', death: { reason: `its machine is node ${now} now`, machineGone: false } };
  const ended = deathOfMachine(await ports.instances.machine(notice.instance));
  if (ended !== undefined) return { kind: 'dead', death: ended };
  return (await isRenamed(order, ports))
    ? { kind: 'renamed' }
    : await lookAtSilent(found, notReadySince, ports.cluster);
}

/** Whether a kubelet serves another node of the machine. */
async function isRenamed({ notice, node, now }: NodeToLookAt, ports: LookPorts): Promise<boolean> {
  if (now !== undefined) return false;
  const { node: served } = await findNodes(notice.instance, ports);
  return served !== undefined && served.name !== node && served.notReadySince === undefined;
}

async function lookAtSilent(found: Node, notReadySince: number, cluster: Cluster): Promise<NodeLook> {
  const lookAgainAt = deadFrom(notReadySince);
  if (Date.now() < lookAgainAt) return { kind: 'silent', found, lookAgainAt };
  const death = deathBySilence(notReadySince, await cluster.otherNodes(found.name));
  return death === undefined ? { kind: 'alive', found } : { kind: 'dead', death };
}
