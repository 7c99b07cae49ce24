/**
 * Status of a retirement: its stage, since when, what holds it, and how much time it has left. It is read from the
 * history of its durable execution; there is no other record.
 */
import type { Event } from '@aws-sdk/client-lambda';
import type { Holder } from '../../../lambdas/core/drain/holders.ts';
import {
  recordedRetirement,
  waitedFor,
  type StepRecord,
} from '../../../lambdas/workflow/retirement/retirement-record.ts';

export interface RetirementStatus {
  readonly execution: string;
  /** Whether it is paused. It goes on when it is resumed (`aws lambda resume-durable-execution`). */
  readonly paused: boolean;
  /** Results of its first steps; undefined until these have ended. */
  readonly cluster: string | undefined;
  readonly group: string | undefined;
  readonly node: string | undefined;
  /** Epoch milliseconds, as are the times below. */
  readonly startedAt: number;
  readonly deadline: number | undefined;
  /** The stage it is in, and since when. */
  readonly stage: string;
  readonly stageSince: number;
  /** Names of what it waits for; a few of many. */
  readonly waitingFor: readonly string[];
  /** Holders of pods, with the number of pods; the largest numbers. */
  readonly heldBy: readonly Holder[];
  /** When it goes on, epoch milliseconds; undefined unless it is suspended. */
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
