/** A row of the bench on somebody's cluster. */
import type { Availability } from '../../peers/kubernetes/world/availability.ts';
import { lowestOf, type DrainCase, type Figures } from '../drain/drain-case.ts';

export type OwnMeasurement = (Measured | Unmeasured) &
  Pick<DrainCase, 'pods' | 'budgets'> & { readonly drainer: string };

export interface Measured extends OwnFigures {
  /** Evictable pods on the node when the drain began, beside those of the bench. */
  readonly others: number;
}

export interface OwnFigures extends Figures {
  /** Every workload that had pods on the node, those of others too. */
  readonly workloads: readonly Availability[];
}

export interface Unmeasured {
  /** Why there is nothing measured. */
  readonly fault: string;
}

/** The fewest Ready pods of any of the bench's own Deployments, of 10. */
export function lowestOfBench(workloads: readonly Availability[], namespace: string): number {
  return lowestOf(workloads.filter(({ workload }) => workload.startsWith(`${namespace}/`)));
}
