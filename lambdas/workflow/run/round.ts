/**
 * A round of a stage: one pass as one durable step, and the suspension after it. A run keeps each round's record, so that a
 * replay goes on as the round did. stage-runner.ts decides whether the run suspends, by core/retirement/suspension.ts. The
 * schema of what people are shown of a round is in round-record.ts.
 */
import { firstOf, type Holder } from '../../core/drain/holders.ts';
import { mergePatch, patched } from '../../core/retirement/merge-patch.ts';
import type { Pass, StageEnd } from './stage.ts';

/** The record of a round, as its step returns it. Suspended runs replay it: its shape is fixed. */
export interface Round<Value> {
  readonly outcome: Exclude<StageEnd<Value, unknown>, { kind: 'late' }> | Again;
  /** When the round ended, epoch milliseconds. */
  readonly at: number;
  /** When the next heartbeat is due, epoch milliseconds; absent once no hook is held any more. */
  readonly heartbeatAt?: number;
}

/** The outcome of a round after which the stage needs another one. */
export interface Again {
  readonly kind: 'again';
  /** The memory after it, as a merge patch to the one before: what a run keeps is bounded (contract 14.1). */
  readonly changed?: unknown;
  readonly waitingFor: readonly string[];
  readonly heldBy?: readonly Holder[];
  readonly away: boolean;
  readonly suspendSeconds: number;
  /** When the stage last got on, epoch milliseconds: in this pass or in one before. */
  readonly progressAt: number;
  /** Since when every pass has failed, epoch milliseconds; absent when the last one has not. */
  readonly failingSince?: number;
}

/** What a round begins with. */
export interface RoundStart<Memory> {
  readonly memory: Memory;
  /** How many rounds the stage has had since it last got on. */
  readonly idleRounds: number;
  /** When the stage last got on, epoch milliseconds; undefined in its first round. */
  readonly progressAt: number | undefined;
  /** The cluster was out of reach in the round before, which has been reported. */
  readonly wasAway: boolean;
  /** Since when every pass has failed, epoch milliseconds. */
  readonly failingSince: number | undefined;
}

/** The start of a stage's first round. */
export function firstStart<Memory>(memory: Memory): RoundStart<Memory> {
  return { memory, idleRounds: 0, progressAt: undefined, wasAway: false, failingSince: undefined };
}

/** The start of the round that follows one. */
export function nextStart<Memory>(
  before: RoundStart<Memory>,
  { changed, progressAt, away, failingSince }: Again,
): RoundStart<Memory> {
  return {
    memory: patched(before.memory, changed) as Memory,
    idleRounds: progressAt === before.progressAt ? before.idleRounds + 1 : 0,
    progressAt,
    wasAway: away,
    failingSince,
  };
}

/**
 * What is kept of a pass that has not come to the stage's end.
 *
 * @param began when the pass began, epoch milliseconds
 */
export function keptOf<Memory>(
  { memory: after, waitingFor, heldBy, away, failed, progressAt }: Extract<Pass<never, Memory>, { state: 'waiting' }>,
  start: RoundStart<Memory>,
  began: number,
): Omit<Again, 'suspendSeconds'> {
  return {
    kind: 'again',
    changed: mergePatch(start.memory, after),
    waitingFor: firstOf(waitingFor),
    ...(heldBy && { heldBy }),
    away: away === true,
    progressAt: progressAt ?? start.progressAt ?? began,
    ...(failed && { failingSince: start.failingSince ?? began }),
  };
}
