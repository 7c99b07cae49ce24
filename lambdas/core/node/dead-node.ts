/**
 * When a node is dead (contract 4.9): its kubelet ends no pod any more, so waiting for them would only hold the instance
 * until the deadline. Pure.
 */

/** What EC2 says of the instance; `ending`: stops or shuts down; `absent`: it knows none of that id. */
export type Machine = 'up' | 'ending' | 'stopped' | 'terminated' | 'absent';

/** How many nodes there are besides the one in question, and how many of them are Ready. */
export interface OtherNodes {
  readonly nodes: number;
  readonly ready: number;
}

export interface Death {
  readonly reason: string;
  /** EC2 says that the instance is terminated: nothing of it runs or writes any more, so its pods may be removed at once. */
  readonly machineGone: boolean;
}

/** How long Ready may be something other than True, milliseconds (contract 4.9, `deadAfter`). */
const DEAD_AFTER_MS = 300_000;

/** How long the pods of a dead node are waited for, milliseconds (contract 4.9). */
export const PODS_OF_DEAD_NODE_MS = 30_000;

/** Of the others so many must be Ready: else it is the network or the control plane that fails, not this node. */
const FINE_SHARE = 0.5;

/** When a node that is not Ready has been so for too long, epoch milliseconds. */
export function deadFrom(notReadySince: number): number {
  return notReadySince + DEAD_AFTER_MS;
}

/** Undefined while its pods may still run, or EC2 does not say. */
export function deathOfMachine(machine: Machine | undefined): Death | undefined {
  if (machine === undefined || machine === 'up' || machine === 'ending') return undefined;
  const says = machine === 'absent' ? 'knows no such instance' : `says that the instance is ${machine}`;
  return { reason: `EC2 ${says}`, machineGone: machine === 'terminated' };
}

/** Undefined when too few of the others are Ready to blame this one. */
export function deathBySilence(notReadySince: number, others: OtherNodes): Death | undefined {
  if (others.nodes === 0 || others.ready / others.nodes < FINE_SHARE) return undefined;
  const since = new Date(notReadySince).toISOString();
  return {
    reason: `it has not been Ready since ${since}, while ${others.ready} of ${others.nodes} others are`,
    machineGone: false,
  };
}
