/** How long a retirement suspends between two passes (contract 4; the function costs nothing meanwhile). */

/** The first minute is watched in process: most drains end there. */
export const WATCHED_FIRST_MS = 60_000;

/** Later passes look this long before they suspend again: long enough for the answers to what they asked. */
export const WATCHED_LATER_MS = 5_000;

const FIRST_SECONDS = 15;
const GROWTH = 1.5;

/** A budget that frees is used within three minutes. */
const LONGEST_SECONDS = 180;

/**
 * Whole seconds, 0 for not at all, to suspend before pass `turn` (1 for the first after the watched minute): growing, but never past the
 * next thing that is due.
 *
 * @param until milliseconds to the nearest of the next heartbeat, force point and deadline
 */
export function suspensionSeconds(turn: number, until: number): number {
  const backoff = Math.min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** (turn - 1));
  return Math.max(0, Math.floor(Math.min(backoff, until / 1000)));
}
