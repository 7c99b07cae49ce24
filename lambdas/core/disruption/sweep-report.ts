/** The sweep's report about the nodes of a cluster with a drain taint, for people (contract 9.6). */
import type { VoluntaryRelease } from '../settings/cluster-settings.ts';

export interface SweepReport {
  readonly cluster: string;
  /** Epoch milliseconds, as are all times here. */
  readonly at: number;
  /** Why the cluster could not be read. */
  readonly away?: string;
  /** Nodes with a drain taint. */
  readonly nodes: readonly SweptNode[];
}

export interface SweptNode {
  readonly node: string;
  readonly instance?: string;
  readonly group?: string;
  /** Key of the drain taint. */
  readonly taint: string;
  readonly release: VoluntaryRelease;
  readonly decision: 'starts now' | 'under way' | 'left drained' | 'waits' | 'left alone';
  readonly why?: string;
  /** When it may go, if the clock alone decides. */
  readonly at?: number;
}
