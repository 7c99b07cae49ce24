/**
 * Dead nodes (contract 4.9). The kubelet of a dead node ends no pods, so waiting for its pods would only hold the
 * instance until the deadline. Pure.
 */

/** State of the instance in EC2. `ending`: stopping or shutting down. `absent`: EC2 knows no instance of that id. */
export type Machine = 'up' | 'ending' | 'stopped' | 'terminated' | 'absent';

/** Numbers of the cluster's other nodes: all, and those that are Ready. */
export interface OtherNodes {
  readonly nodes: number;
  readonly ready: number;
}

export interface Death {
  readonly reason: string;
  /** EC2 says that the instance is terminated: nothing on it runs or writes, so its pods may be removed at once. */
  readonly machineGone: boolean;
}

/** A node is dead when its Ready condition has not been True for longer, milliseconds (contract 4.9, `deadAfter`). */
const DEAD_AFTER_MS = 300_000;

/** How long a retirement waits for the pods of a dead node, milliseconds (contract 4.9). */
export const PODS_OF_DEAD_NODE_MS = 30_000;

/** Least share of the other nodes that must be Ready: with fewer, the network or the control plane has failed. */
const FINE_SHARE = 0.5;

/** Returns when a node that is not Ready counts as dead, epoch milliseconds. */
export function deadFrom(notReadySince: number): number {
  return notReadySince + DEAD_AFTER_MS;
}

/** Finds the node dead by the state of its instance; undefined while its pods may run, or when EC2 does not answer. */
export function deathOfMachine(machine: Machine | undefined): Death | undefined {
  if (machine === undefined || machine === 'up' || machine === 'ending') return undefined;
  const says = machine === 'absent' ? 'knows no such instance' : `says that the instance is ${machine}`;
  return { reason: `EC2 ${says}`, machineGone: machine === 'terminated' };
}

/** Finds the node dead because it is not Ready; undefined when too few of the other nodes are Ready. */
export function deathBySilence(notReadySince: number, others: OtherNodes): Death | undefined {
  if (others.nodes === 0 || others.ready / others.nodes < FINE_SHARE) return undefined;
  const since = new Date(notReadySince).toISOString();
  return {
    reason: `it has not been Ready since ${since}, while ${others.ready} of ${others.nodes} others are`,
    machineGone: false,
  };
}
