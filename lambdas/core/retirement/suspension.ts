/**
 * How long a retirement suspends between two turns (contract 4; the function costs nothing meanwhile), within the durable
 * operations that a run may take.
 */
import { SHORTEST_HEARTBEAT } from './heartbeat.ts';

/** The first minute is watched in process, and the minute after each step forward: most drains end there. */
export const WATCHED_MS = 60_000;

/** Later passes look this long before they suspend again: long enough for the answers to what they asked. */
export const WATCHED_LATER_MS = 5_000;

/** With less time than this from its start to its deadline a retirement never suspends: a Spot instance has two minutes. */
const SUSPENDS_FROM_MS = 300_000;

const FIRST_SECONDS = 15;
const GROWTH = 1.5;

/** A budget that frees is used within three minutes. */
const LONGEST_SECONDS = 180;

/**
 * Lambda ends a run at 3,000 durable operations. A turn takes two, its step and its suspension; the rest is for the
 * other steps of the run and for steps that are tried again.
 */
const MOST_ROUNDS = 1_240;

/** When the retirement must have ended, and when its hook's heartbeats begin to be due; both told by its start. */
export interface Span {
  readonly startedAt: number;
  readonly deadline: number;
  /** Until when the run may go on without its hook, once the deadline has passed; absent: it ends by the deadline. */
  readonly lastsUntil?: number;
  /** Infinity when no hook holds the instance. */
  readonly hookTimeoutSeconds: number;
}

export interface Rounds {
  /** How many turns the whole run has had, this one included. */
  readonly rounds: number;
  /** How many of the stage since it last got on, 1 for the first. */
  readonly round: number;
  readonly now: number;
  /** The nearest of the next heartbeat, the stage's end and what the stage says is due, epoch milliseconds. */
  readonly dueAt: number;
}

/** Whether a run of this span suspends at all. */
export function suspends({ startedAt, deadline }: Span): boolean {
  return deadline - startedAt >= SUSPENDS_FROM_MS;
}

/**
 * Whether the run can afford a turn before the longest pace brings one: where a stage asks for so many that the run could
 * not last until its deadline, it is made to wait.
 */
export function mayRoundEarly({ rounds, now }: Pick<Rounds, 'rounds' | 'now'>, span: Span): boolean {
  return rounds + roundsFor(span, now) < MOST_ROUNDS;
}

/**
 * Whole seconds, 0 for not at all, to suspend after a turn: growing, but never past the next thing that is due.
 */
export function suspensionSeconds({ rounds, round, now, dueAt }: Rounds, span: Span): number {
  if (!suspends(span)) return 0;
  const wanted = Math.min(LONGEST_SECONDS, FIRST_SECONDS * GROWTH ** (round - 1));
  const backoff = mayRoundEarly({ rounds, now }, span) ? wanted : LONGEST_SECONDS;
  return Math.max(0, Math.floor(Math.min(backoff, (dueAt - now) / 1000)));
}

/** How many turns the rest of the run needs at the longest pace; each heartbeat may cut a suspension in two. */
function roundsFor({ deadline, lastsUntil = deadline, hookTimeoutSeconds }: Span, now: number): number {
  const pace = LONGEST_SECONDS + WATCHED_LATER_MS / 1000;
  const paced = Math.ceil(secondsUntil(Math.max(lastsUntil, deadline), now) / pace);
  return paced + Math.ceil(secondsUntil(deadline, now) / (hookTimeoutSeconds * SHORTEST_HEARTBEAT));
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, time - now) / 1000;
}
