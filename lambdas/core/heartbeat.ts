/** The lifecycle hook's heartbeat: when the next one is due (contract 6.1). */

/** Fraction of the hook's own timeout after which it is renewed, and how far that is spread. */
const AT_FRACTION = 0.5;
const JITTER = 0.2;

/** The fraction of the hook's timeout that two heartbeats are apart at least. */
export const SHORTEST_HEARTBEAT = AT_FRACTION * (1 - JITTER);

/** Half of the hook's timeout, ± 20 %, so that many retirements do not call in step. Milliseconds. */
export function heartbeatInterval(hookTimeoutSeconds: number, random: number): number {
  return hookTimeoutSeconds * 1000 * AT_FRACTION * (1 - JITTER + 2 * JITTER * random);
}
