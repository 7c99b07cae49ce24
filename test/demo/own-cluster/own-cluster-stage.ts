/** Drain of the user's own node: what is asked for, and before whom it is done. */
import type { CommandStage } from '../../command/command-stage.ts';
import type { Telling } from '../scenario.ts';

export interface OwnClusterOptions {
  /** The kubeconfig's path. */
  readonly kubeconfig: string;
  readonly node: string;
  readonly drainTimeoutSeconds: number;
  /** Leaves the node isolated at the end. */
  readonly keepIsolated: boolean;
}

export interface OwnClusterStage extends CommandStage {
  readonly telling: Telling;
}
