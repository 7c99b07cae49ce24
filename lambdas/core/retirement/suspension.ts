/**
 * Suspension: how long a retirement suspends after a round (contract 4), within the durable operations that a run may
 * take. A suspended function costs nothing. A stage is watched for a minute from its last progress, then suspended: the
 * stage runner asks here (`#watchEnds`, `#waitOrSuspend`).
 */
import { SHORTEST_HEARTBEAT } from './heartbeat.ts';

/** Time that a pass watches in process at first, and after each step forward: most drains end in it. */
export const WATCHED_MS = 60_000;

/** Time that later passes watch before they suspend again: enough for the answers to their requests. */
export const WATCHED_LATER_MS = 5_000;

/** Shortest span from start to deadline in which a retirement suspends: a Spot instance has two minutes. */
const SUSPENDS_FROM_MS = 300_000;

const FIRST_SECONDS = 15;
const GROWTH = 1.5;

/** Longest suspension: a budget that allows an eviction again is used within three minutes. */
const LONGEST_SECONDS = 180;

/**
 * Most rounds of a run. Lambda ends a run at 3,000 durable operations, and a round takes two: its step and its
 * suspension. The others are for further steps and for retries.
 */
const MOST_ROUNDS = 1_240;

/** The time that a retirement has, and its hook's timeout. Times are epoch milliseconds. */
export interface Span {
  readonly startedAt: number;
  readonly deadline: number;
  /** How long the run may go on without its hook after the deadline. @default the deadline */
  readonly lastsUntil?: number;
  /** Infinity when no hook holds the instance. */
  readonly hookTimeoutSeconds: number;
}

export interface RunProgress {
  /** Rounds of the whole run, with this one. */
  readonly rounds: number;
  /** Rounds of the stage since its last progress, 1 for the first. */
  readonly round: number;
  readonly now: number;
  /** The earliest of: the next heartbeat, the stage's end, and the stage's own due time, epoch milliseconds. */
  readonly dueAt: number;
}

/** Whether a run of this span suspends at all. */
export function suspends({ startedAt, deadline }: Span): boolean {
  return deadline - startedAt >= SUSPENDS_FROM_MS;
}

/**
 * Whether the run can afford a round before the longest suspension ends. A stage that asks for too many rounds must
 * wait, so that the run lasts until its deadline.
 */
export function mayRoundEarly({ rounds, now }: Pick<RunProgress, 'rounds' | 'now'>, span: Span): boolean {
  return rounds + roundsFor(span, now) < MOST_ROUNDS;
}

/** Returns the seconds to suspend after a round, 0 for none. They grow, but never go past the next due time. */
export function suspensionSeconds({ rounds, round, now, dueAt }: RunProgress, span: Span): number {
  if (!suspends(span)) return 0;
  const wanted = Math.min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** (round - 1));
  const backoff = mayRoundEarly({ rounds, now }, span) ? wanted : LONGEST_SECONDS;
  return Math.max(0, Math.floor(Math.min(backoff, (dueAt - now) / 1000)));
}

/** Rounds until the end with the longest suspensions, of which each heartbeat may cut one in two. */
function roundsFor({ deadline, lastsUntil = deadline, hookTimeoutSeconds }: Span, now: number): number {
  const pace = LONGEST_SECONDS + WATCHED_LATER_MS / 1000;
  const paced = Math.ceil(secondsUntil(Math.max(lastsUntil, deadline), now) / pace);
  return paced + Math.ceil(secondsUntil(deadline, now) / (hookTimeoutSeconds * SHORTEST_HEARTBEAT));
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, time - now) / 1000;
}
