/** What a durable execution has cost so far, in the units that AWS bills (platform 2.4, 6). */
import type { Execution, InvocationRecord } from './execution.ts';

export interface Usage {
  /**
   * Durable operations as metered: one for the start, what counts towards the limit (`Execution.operationCount`), and one
   * for each run that repeats one without an answer.
   */
  readonly operations: number;
  readonly invocations: number;
  /** Driven milliseconds from each invoke to its answer, each rounded up; a run under way counts until now. */
  readonly billedMs: number;
  /** Driven milliseconds of its life in which no run was under way. */
  readonly suspendedMs: number;
  /** Runs that ended because their sandbox died: killed, or timed out. */
  readonly kills: number;
  /** Bytes of its input and of all that it checkpointed, and of the largest thing that it checkpointed. */
  readonly storedBytes: number;
  readonly largestCheckpoint: number;
}

const DEATHS = ['Runtime.ExitError', 'Sandbox.Timedout'];

/** @param now epoch milliseconds */
export function usageOf(execution: Execution, now: number): Usage {
  const { invocations, stoppedAt, operationCount, storedBytes, largestCheckpoint } = execution;
  const lived = (stoppedAt?.getTime() ?? now) - execution.start.startedAt.getTime();
  const run = sumOf(invocations, (each) => durationOf(each, now));
  return {
    operations: 1 + operationCount + invocations.slice(0, -1).filter(({ error }) => error !== undefined).length,
    invocations: invocations.length,
    billedMs: sumOf(invocations, (each) => Math.max(1, Math.ceil(durationOf(each, now)))),
    suspendedMs: Math.max(0, lived - run),
    kills: invocations.filter(({ error }) => DEATHS.includes(error?.ErrorType ?? '')).length,
    storedBytes,
    largestCheckpoint,
  };
}

function durationOf({ startedAt, endedAt }: InvocationRecord, now: number): number {
  return (endedAt ?? now) - startedAt;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
