/** What a drain of the user's own node is asked to do, and before whom it does it. */
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
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

export interface CommandStage {
  /** Something for people, beside what else is told. */
  say(line: string): void;
  /** Whether the user wants it; `interrupted` when they would rather stop. */
  confirm(question: string): Promise<'yes' | 'no' | 'interrupted'>;
  /** Aborted when the user wants to stop. */
  readonly interrupted: AbortSignal;
  readonly patience?: Patience;
}

/** Milliseconds. */
export interface Patience {
  /** How long the API server may be silent. */
  readonly away: number;
  /** Between two looks whether it answers. */
  readonly look: number;
  /** How long putting the node back is tried. */
  readonly restore: number;
  /** How long the event may take to start the retirement. */
  readonly start: number;
}

export const PATIENCE: Patience = { away: 30_000, look: 2_000, restore: 30_000, start: 60_000 };

/** As shells report a program that an interrupt ended. */
export const INTERRUPTED = 130;

/** Whatever fails because the user wants to stop is no failure; what still has to be done by hand is said. */
export async function interruptible({ interrupted }: CommandStage, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (interrupted.aborted && !(error instanceof OwnClusterFault)) return INTERRUPTED;
    throw error;
  }
}
