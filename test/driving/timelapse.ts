/** Driven time for scenarios that last minutes or hours. */
import { setTimeout as realSleep } from 'node:timers/promises';
import type { Installation } from '../installation.ts';

/** How fast driven time may pass beside real time; Infinity: it jumps over whatever has nothing in it. */
export type Speed = number;

/**
 * Drives until `goal` answers true: time jumps whenever neither side does anything.
 *
 * @param speed driven seconds that pass in a real one, at most @throws Error when 72 driven hours do not bring it
 */
export async function driveUntil(
  { aws, kubernetes }: Installation,
  goal: () => boolean,
  speed: Speed = Infinity,
): Promise<void> {
  const { underWay } = kubernetes.requests;
  const isAhead = pace(aws.clock, speed);
  await aws.driveUntil(goal, { whileRunning: true, busy: () => isAhead() || !underWay.idle });
}

/** Moves driven time forward, at once or at a speed. */
export async function passTime(
  { clock }: Pick<Installation, 'clock'>,
  milliseconds: number,
  speed: Speed = Infinity,
): Promise<void> {
  const until = clock.now() + milliseconds;
  const isAhead = pace(clock, speed);
  while (speed < Infinity && clock.now() + STEP_MS < until) {
    await clock.advance(STEP_MS);
    while (isAhead()) await realSleep(1);
  }
  await clock.jumpTo(until);
}

/** Driven time that passes between two looks at the real one. */
const STEP_MS = 200;

/** @returns whether driven time has passed faster than it may since now */
export function pace(clock: { now(): number }, speed: Speed, realNow = () => performance.now()): () => boolean {
  if (speed === Infinity) return () => false;
  const [driven, real] = [clock.now(), realNow()];
  return () => clock.now() - driven > (realNow() - real) * speed;
}
