/** The lifecycle hook's heartbeat: when the next one is due (contract 6.1). */
import { HOOK_MARGIN_SECONDS } from '../drain/deadline.ts';

/** Fraction of the hook's own timeout after which it is renewed, and how far that is spread. */
const AT_FRACTION = 0.5;
const JITTER = 0.2;

/** The fraction of the hook's timeout that two heartbeats are apart at least. */
export const SHORTEST_HEARTBEAT = AT_FRACTION * (1 - JITTER);

/** Half of the hook's timeout, ± 20 %, so that many retirements do not call in step. Milliseconds. */
export function heartbeatInterval(hookTimeoutSeconds: number, random: number): number {
  return hookTimeoutSeconds * 1000 * AT_FRACTION * (1 - JITTER + 2 * JITTER * random);
}

/** How long before the hook's deadline its last heartbeat is sent, so that it arrives before. */
const LAST_BEFORE_MS = 2_000;

/**
 * When a heartbeat is due after one at `now`, epoch milliseconds. The last one is brought forward to right before the
 * deadline where the hook would run out within the deadline's margin otherwise: a slow last pass ends in that margin.
 *
 * @param until the hook's deadline, epoch milliseconds: from then on nobody heartbeats (contract 6.3)
 * @param random from 0 to 1
 */
export function nextHeartbeat(
  now: number,
  { timeoutSeconds, until }: { readonly timeoutSeconds: number; readonly until: number },
  random: number,
): number {
  const usual = now + heartbeatInterval(timeoutSeconds, random);
  const last = until - LAST_BEFORE_MS;
  const outlasts = now + timeoutSeconds * 1000 >= until + HOOK_MARGIN_SECONDS * 1000;
  return outlasts || now >= last ? usual : Math.min(usual, last);
}
