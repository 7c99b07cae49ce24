/** The per-cluster settings that workflows work by; entry/configuration/configuration.ts validates them and says their defaults. */
import type { ImpliedBudget } from '../drain/implied-budget.ts';
import type { IsolationTaint } from '../node/isolation.ts';
import type { DrainPolicy } from '../drain/verdict.ts';

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
  readonly tainted: TaintedSettings;
  readonly drift: DriftSettings;
  /** As written: core/disruption/budget.ts reads it, so that one that does not parse lets nothing through and harms nothing else. */
  readonly budget: unknown;
}

/** The drain of nodes that somebody has tainted for it (contract 9.5). */
export interface TaintedSettings {
  /** Taint keys of one's own, besides ours. `release` overrides the one below. */
  readonly taints: readonly { readonly key: string; readonly release?: VoluntaryRelease }[];
  readonly release: VoluntaryRelease;
  /** How long a node rests that could not be drained by its deadline (contract 5.4). */
  readonly retryAfterSeconds: number;
}

/** What becomes of an instance that was drained although nothing forced it to go (contract 8.2). */
export type VoluntaryRelease = 'terminate' | 'leave';

/** Which differences count, and what is done about them (contract 9.1–9.4). */
export interface DriftSettings {
  readonly enabled: boolean;
  readonly ami: boolean;
  readonly launchTemplate: boolean;
  readonly instanceType: boolean;
  readonly kubelet: boolean;
  /** Absent: nodes do not grow too old. */
  readonly maxAgeSeconds?: number;
  /** Says that a node has drifted. */
  readonly taint: PlainTaint;
  /** Says that it may be drained now. */
  readonly drainTaint: PlainTaint;
  /** A replacement that is not Ready after this long stops its group. */
  readonly replacementTimeoutSeconds: number;
  /** When more of the cluster's nodes than this share, 0–1, are not Ready, nothing new begins. */
  readonly unhealthyLimit: number;
}

/** A taint whose value says why. */
export interface PlainTaint {
  readonly key: string;
  readonly effect: string;
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
  /** As written, like the cluster's, which it is laid over. */
  readonly budget?: unknown;
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
