/** What the sweep makes of the nodes of a cluster that bear a drain taint, for people (contract 9.6). */
import type { VoluntaryRelease } from '../settings/cluster-settings.ts';

export interface SweepReport {
  readonly cluster: string;
  /** Epoch milliseconds, as is the other. */
  readonly at: number;
  /** Why the cluster could not be looked at. */
  readonly away?: string;
  /** Those that bear a drain taint. */
  readonly nodes: readonly SweptNode[];
}

export interface SweptNode {
  readonly node: string;
  readonly instance?: string;
  readonly group?: string;
  /** Its key. */
  readonly taint: string;
  readonly release: VoluntaryRelease;
  readonly decision: 'starts now' | 'under way' | 'left drained' | 'waits' | 'left alone';
  readonly why?: string;
  /** When it may go, as far as the clock alone decides. */
  readonly at?: number;
}
