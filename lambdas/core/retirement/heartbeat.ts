/** Heartbeats of the lifecycle hook: when the next one is due (contract 6.1). */
import { HOOK_MARGIN_SECONDS } from '../drain/deadline-times.ts';

/** Fraction of the hook's timeout after which a heartbeat is sent, and its spread. */
const AT_FRACTION = 0.5;
const JITTER = 0.2;

/** Least time between two heartbeats, as a fraction of the hook's timeout. */
export const SHORTEST_HEARTBEAT = AT_FRACTION * (1 - JITTER);

/** Returns half of the hook's timeout ± 20 %, milliseconds. The spread keeps many retirements from calling in step. */
export function heartbeatInterval(hookTimeoutSeconds: number, random: number): number {
  return hookTimeoutSeconds * 1000 * AT_FRACTION * (1 - JITTER + 2 * JITTER * random);
}

/** Time before the hook's deadline at which the last heartbeat is sent, so that it arrives before it. */
const LAST_BEFORE_MS = 2_000;

/**
 * Returns when the heartbeat after one at `now` is due, epoch milliseconds. If the hook would expire within the margin
 * after its deadline, the last one is sent right before the deadline: a slow last pass ends in that margin.
 *
 * @param hook.until the hook's deadline, epoch milliseconds: no heartbeat is sent after it (contract 6.3)
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
