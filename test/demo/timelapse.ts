/** Driven time for scenarios that last hours: it jumps whenever neither side does anything. */
import type { Installation } from '../installation.ts';

/** Real milliseconds without a sign of life after which everybody only waits for time to pass. */
const QUIET_MS = 25;

/** Drives until `goal` answers true. @throws Error when 72 driven hours do not bring it */
export async function driveUntil({ aws, kubernetes }: Installation, goal: () => boolean): Promise<void> {
  const { underWay } = kubernetes.requests;
  await aws.driveUntil(goal, { quiet: QUIET_MS, busy: () => !underWay.idle || underWay.quietFor < QUIET_MS });
}
