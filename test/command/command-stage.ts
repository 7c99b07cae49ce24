/** Stage of a command that changes somebody's cluster: where it speaks and asks, and how it is interrupted. */
import { OwnClusterFault } from '../peers/own-cluster/fault.ts';

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

/** Exit status of a program that Ctrl-C ended, as shells report it. */
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
