/**
 * Status of a retirement: its stage, since when, what holds it, and how much time it has left. It is read from the
 * history of its durable execution; there is no other record.
 */
import type { Event } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import type { Holder } from '../../lambdas/core/drain/holders.ts';

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

const verifySchema = z.object({
  course: z.object({
    subject: z.object({ cluster: z.string(), group: z.string() }),
    deadline: z.number(),
  }),
});

const roundSchema = z.object({
  outcome: z.object({
    waitingFor: z._default(z.array(z.string()), []),
    heldBy: z._default(z.array(z.object({ by: z.string(), pods: z.number() })), []),
  }),
});

const nodeSchema = z.object({
  outcome: z.object({ value: z.object({ names: z.object({ node: z.string() }) }) }),
});
const isolatedSchema = z.object({ outcome: z.object({ value: z.object({ deadline: z.number() }) }) });

/**
 * @param events.first the history's first events, oldest first
 * @param events.last its last events, newest first
 */
export function retirementStatus(
  run: Pick<RetirementStatus, 'execution' | 'startedAt' | 'paused'>,
  events: { first: readonly Event[]; last: readonly Event[] },
): RetirementStatus {
  return { ...run, ...whose(events.first), ...doing(events, run.startedAt) };
}

type Whose = Pick<RetirementStatus, 'cluster' | 'group' | 'node' | 'deadline'>;

/** Returns what the first steps have found. */
function whose(first: readonly Event[]): Whose {
  const { course } = resultOf(first, 'verify', verifySchema) ?? {};
  const node = resultOf(first, 'find-node', nodeSchema)?.outcome.value.names.node;
  // The deadline may come from another retirement, whose nearer one was taken over.
  const deadline = resultOf(first, 'isolate', isolatedSchema)?.outcome.value.deadline ?? course?.deadline;
  return { cluster: course?.subject.cluster, group: course?.subject.group, node, deadline };
}

function doing(
  events: { first: readonly Event[]; last: readonly Event[] },
  startedAt: number,
): Omit<RetirementStatus, keyof Whose | 'execution' | 'startedAt' | 'paused'> {
  const newest = events.last.find(({ Name: name }) => name !== undefined);
  const stage = newest?.Name ?? 'starting';
  const round = resultOf(events.last, stage, roundSchema);
  const ofStage = [...events.first, ...events.last].filter(({ Name: name }) => name === stage);
  return {
    stage,
    stageSince: ofStage.length === 0 ? startedAt : Math.min(...ofStage.map(timeOf)),
    ...(round?.outcome ?? { waitingFor: [], heldBy: [] }),
    suspendedUntil: newest?.WaitStartedDetails?.ScheduledEndTimestamp?.getTime(),
  };
}

function timeOf({ EventTimestamp: at }: Event): number {
  return at?.getTime() ?? Infinity;
}

/** Returns the result of the first step of that name, if it has the expected form. */
function resultOf<Schema extends z.ZodMiniType>(
  events: readonly Event[],
  name: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  for (const event of events) {
    const payload = event.Name === name ? event.StepSucceededDetails?.Result?.Payload : undefined;
    const parsed = payload === undefined ? undefined : schema.safeParse(JSON.parse(payload));
    if (parsed?.success) return parsed.data;
  }
  return undefined;
}
