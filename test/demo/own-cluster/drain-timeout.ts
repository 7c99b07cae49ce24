/** `--drain-timeout SECONDS`: how long budgets hold a drain. */
import { WrongUsage } from '../../command/command.ts';

export const DEFAULT_DRAIN_TIMEOUT = '3600';

/** What the configuration takes. */
export const SHORTEST_DRAIN = 60;
export const LONGEST_DRAIN = 172_800;

/** @throws WrongUsage */
export function drainTimeout(text = DEFAULT_DRAIN_TIMEOUT): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (seconds >= SHORTEST_DRAIN && seconds <= LONGEST_DRAIN) return seconds;
  throw new WrongUsage(
    `--drain-timeout takes ${SHORTEST_DRAIN} to ${LONGEST_DRAIN} seconds, not ${JSON.stringify(text)}`,
  );
}
