/** What the drain bench varies, and the world that it makes of it. */
import type { Availability } from '../../peers/kubernetes/world/availability.ts';
import type { World } from '../../peers/kubernetes/world/world.ts';

export interface DrainCase {
  /** On the node that is drained: pods of 10-replica Deployments that all stand there. */
  readonly pods: number;
  /** How long a pod takes to stop. */
  readonly shutdownSeconds: number;
  /** `none`, or the maxUnavailable of a budget for each Deployment. */
  readonly budgets: string;
}

export interface Measurement extends DrainCase, Figures {
  readonly drainer: string;
}

/** What a drain cost, and whom. */
export interface Figures {
  /** From the start of the drain, the node not yet cordoned, until the last pod has gone. */
  readonly seconds: number;
  readonly requests: number;
  /** Evictions that a budget refused. */
  readonly refused: number;
  /** The fewest Ready pods of any Deployment at any instant, of 10. */
  readonly lowestReady: number;
  /** Falls below a budget or implied budget. */
  readonly violations: number;
}

/** Room for the largest case on one node, and as much again on the others. */
export const PODS_PER_NODE = 500;

export const REPLICAS = 10;
const START_SECONDS = 0.5;

export function populate(world: World, { pods, shutdownSeconds, budgets }: DrainCase, node: string): void {
  for (let number = 0; number < pods / REPLICAS; number += 1) {
    const name = `web-${number}`;
    world.addDeployment({
      namespace: 'bench',
      name,
      replicas: REPLICAS,
      startSeconds: START_SECONDS,
      shutdownSeconds,
      nodes: [node],
    });
    const maxUnavailable = maxUnavailableOf(budgets);
    if (maxUnavailable !== undefined) world.addBudget({ namespace: 'bench', name, for: name, maxUnavailable });
  }
}

/** As a budget has it; undefined without one. */
export function maxUnavailableOf(budgets: string): number | string | undefined {
  if (budgets === 'none') return undefined;
  return budgets.endsWith('%') ? budgets : Number(budgets);
}

/** @throws Error when not all pods stand on the node: what is measured then would not be the case */
export function checkPlaced({ pods }: DrainCase, onNode: number): void {
  if (onNode !== pods) throw new Error(`${onNode} of ${pods} pods stand on the node that is to be drained`);
}

export function lowestOf(workloads: readonly Availability[]): number {
  return Math.min(...workloads.map(({ lowestReady }) => lowestReady));
}
