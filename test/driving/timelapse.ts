/** Driven time for scenarios that last hours: it jumps whenever neither side does anything. */
import type { Installation } from '../installation.ts';

/** Drives until `goal` answers true. @throws Error when 72 driven hours do not bring it */
export async function driveUntil({ aws, kubernetes }: Installation, goal: () => boolean): Promise<void> {
  const { underWay } = kubernetes.requests;
  await aws.driveUntil(goal, { whileRunning: true, busy: () => !underWay.idle });
}
