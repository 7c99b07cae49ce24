/**
 * Whether the node that is being drained is still the instance's, ours and alive (contract 1.6, 2.1, 4.9). Of a node that is Ready
 * nobody else is asked; of one that is not, EC2 first, then the other nodes.
 */
import { deadFrom, deathBySilence, deathOfMachine, type Death } from '../core/dead-node.ts';
import { isAskedFor } from '../core/drain-taints.ts';
import { chargeOf } from '../core/isolation.ts';
import { isInstance } from '../core/node.ts';
import type { Notice } from '../core/notice.ts';
import type { Cluster, Instances } from './ports.ts';

export type NodeLook =
  /** Also when its object has gone: the control plane then ends its pods by itself (faults.md 44). */
  | { readonly kind: 'alive' }
  /** Not Ready, but not for long enough yet: to be looked at again then, epoch milliseconds. */
  | { readonly kind: 'silent'; readonly lookAgainAt: number }
  | { readonly kind: 'dead'; readonly death: Death }
  /** Another machine has its name now. */
  | { readonly kind: 'replaced' }
  /** Another retirement has taken charge of it (contract 1.6). */
  | { readonly kind: 'superseded'; readonly by: string }
  /** The taint that asked for the drain has been taken away (contract 9.5). */
  | { readonly kind: 'unasked' };

/** @throws ClusterAway, ClusterRefused */
export async function lookAtNode(
  { notice, node, execution }: { notice: Notice; node: string; execution: string },
  { cluster, instances }: { cluster: Cluster; instances: Instances },
): Promise<NodeLook> {
  const found = await cluster.readNode(node);
  if (found === undefined) return { kind: 'alive' };
  if (!isInstance(found, notice.instance)) return { kind: 'replaced' };
  const { execution: by = execution } = chargeOf(found) ?? {};
  if (by !== execution) return { kind: 'superseded', by };
  if (!isAskedFor(found, notice)) return { kind: 'unasked' };
  const { notReadySince } = found;
  if (notReadySince === undefined) return { kind: 'alive' };
  const ended = deathOfMachine(await instances.machine(notice.instance));
  return ended === undefined ? await lookAtSilent(notReadySince, node, cluster) : { kind: 'dead', death: ended };
}

async function lookAtSilent(notReadySince: number, node: string, cluster: Cluster): Promise<NodeLook> {
  const lookAgainAt = deadFrom(notReadySince);
  if (Date.now() < lookAgainAt) return { kind: 'silent', lookAgainAt };
  const death = deathBySilence(notReadySince, await cluster.otherNodes(node));
  return death === undefined ? { kind: 'alive' } : { kind: 'dead', death };
}
