/** The per-cluster settings that workflows work by; entry/configuration.ts validates them and says their defaults. */
import type { ImpliedBudget } from './implied-budget.ts';
import type { IsolationTaint } from './isolation.ts';
import type { DrainPolicy } from './verdict.ts';

export interface ClusterSettings {
  readonly name: string;
  readonly groups: readonly GroupSettings[];
  readonly taint: IsolationTaint;
  readonly drain: DrainSettings;
}

export interface GroupSettings {
  readonly name: string;
  /** Overrides the cluster's. */
  readonly drainTimeoutSeconds?: number;
}

export interface DrainSettings extends Omit<DrainPolicy, 'taintKey' | 'blockUncontrolled'> {
  readonly timeoutSeconds: number;
  readonly impliedBudget: ImpliedBudget;
  readonly maxEvictionsInFlight: number;
  readonly pauseBetweenEvictionsSeconds: number;
  /** Overrides every pod's own grace. */
  readonly gracePeriodSeconds?: number;
  readonly detachTimeoutSeconds: number;
}
