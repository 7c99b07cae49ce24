/** The per-cluster settings that workflows work by; entry/configuration.ts validates them and says their defaults. */
import type { ImpliedBudget } from './implied-budget.ts';
import type { IsolationTaint } from './isolation.ts';
import type { DrainPolicy } from './verdict.ts';

export interface ClusterSettings {
  readonly name: string;
  readonly groups: readonly GroupSettings[];
  readonly taint: IsolationTaint;
  readonly drain: DrainSettings;
  readonly withdraw: WithdrawSettings;
  /** How many nodes may drain at once; the others wait, isolated (contract 4.10). */
  readonly maxDrains: number;
  /** The share of the cluster's nodes that may drain at once, 0–1 (contract 4.10). */
  readonly maxLeaving: number;
}

export interface WithdrawSettings {
  /** Whether nodes are taken out of load balancers before they are drained (contract 7). */
  readonly enabled: boolean;
}

export interface GroupSettings {
  readonly name: string;
  /** Overrides the cluster's. */
  readonly drainTimeoutSeconds?: number;
  /** Overrides the cluster's. */
  readonly atDeadline?: DeadlinePolicy;
}

/**
 * What becomes of the pods that are left at the deadline (contract 5.3): they are deleted before it, they keep the
 * instance until its hook expires, or the instance is kept and drained on.
 */
export type DeadlinePolicy = 'force' | 'wait' | 'retain';

export interface DrainSettings extends Omit<DrainPolicy, 'taintKey' | 'blockUncontrolled'> {
  readonly timeoutSeconds: number;
  readonly atDeadline: DeadlinePolicy;
  readonly impliedBudget: ImpliedBudget;
  readonly maxEvictionsInFlight: number;
  readonly pauseBetweenEvictionsSeconds: number;
  /** Overrides every pod's own grace. */
  readonly gracePeriodSeconds?: number;
  readonly detachTimeoutSeconds: number;
}
