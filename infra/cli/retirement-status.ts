/**
 * What a retirement is doing now, since when, held by what, and how much time it has left: read from its durable
 * execution's own history. There is no other record of it.
 */
import type { Event } from '@aws-sdk/client-lambda';
import type { Holder } from '../../lambdas/core/drain/holders.ts';
import { recordedRetirement, waitedFor, type StepRecord } from '../../lambdas/workflow/retirement/retirement-record.ts';

export interface RetirementStatus {
  readonly execution: string;
  /** Somebody has paused it, and it goes on when it is resumed (`aws lambda resume-durable-execution`). */
  readonly paused: boolean;
  /** What stands in the history by its first steps; undefined until they have been made. */
  readonly cluster: string | undefined;
  readonly group: string | undefined;
  readonly node: string | undefined;
  /** Epoch milliseconds, as are the times below. */
  readonly startedAt: number;
  readonly deadline: number | undefined;
  /** The stage it is in, and since when. */
  readonly stage: string;
  readonly stageSince: number;
  /** Names of what it waits for, few of many. */
  readonly waitingFor: readonly string[];
  /** What holds pods, with how many each; those that hold most. */
  readonly heldBy: readonly Holder[];
  /** When it goes on, if it is suspended. */
  readonly suspendedUntil: number | undefined;
}

/**
 * @param events.first the history's first events, oldest first
 * @param events.last its last events, newest first
 */
export function retirementStatus(
  run: Pick<RetirementStatus, 'execution' | 'startedAt' | 'paused'>,
  events: { first: readonly Event[]; last: readonly Event[] },
): RetirementStatus {
  return { ...run, ...recordedRetirement(recordsOf(events.first)), ...doing(events, run.startedAt) };
}

function doing(
  events: { first: readonly Event[]; last: readonly Event[] },
  startedAt: number,
): Pick<RetirementStatus, 'stage' | 'stageSince' | 'waitingFor' | 'heldBy' | 'suspendedUntil'> {
  const newest = events.last.find(({ Name: name }) => name !== undefined);
  const stage = newest?.Name ?? 'starting';
  const ofStage = [...events.first, ...events.last].filter(({ Name: name }) => name === stage);
  return {
    stage,
    stageSince: ofStage.length === 0 ? startedAt : Math.min(...ofStage.map(timeOf)),
    ...waitedFor(recordsOf(events.last), stage),
    suspendedUntil: newest?.WaitStartedDetails?.ScheduledEndTimestamp?.getTime(),
  };
}

function timeOf({ EventTimestamp: at }: Event): number {
  return at?.getTime() ?? Infinity;
}

/** What the steps among the events returned. */
function recordsOf(events: readonly Event[]): StepRecord[] {
  return events.flatMap(({ Name: step, StepSucceededDetails: succeeded }) => {
    const { Payload: payload } = succeeded?.Result ?? {};
    return payload === undefined ? [] : [{ step, returned: JSON.parse(payload) as unknown }];
  });
}
