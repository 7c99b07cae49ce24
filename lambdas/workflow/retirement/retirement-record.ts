/**
 * Reading back what the first steps of a retirement found, from its run's history, to show it to people. No function
 * imports this. The types tie each schema to what the steps return: a field that is renamed there does not compile here.
 */
import * as z from 'zod/mini';
import type { Subject } from '../../core/events/retirement-events.ts';
import type { Isolated } from '../node/isolate-node.ts';
import { lastRound, roundShown, type RoundShown } from '../run/round-record.ts';
import type { Course } from '../run/stage.ts';
import { STEP, type NodeNames } from './retiree.ts';

/** What a step of a run returned, out of JSON. */
export interface StepRecord {
  readonly step: string | undefined;
  readonly returned: unknown;
}

/** What the first steps found. Each field is undefined until its step has been made. */
export interface RecordedRetirement {
  readonly cluster: string | undefined;
  readonly group: string | undefined;
  readonly node: string | undefined;
  /** Epoch milliseconds. Isolating the node may have taken over another retirement's nearer one. */
  readonly deadline: number | undefined;
}

const verified: z.ZodMiniType<{
  course: Pick<Course, 'deadline'> & { subject: Pick<Subject, 'cluster' | 'group'> };
}> = z.object({
  course: z.object({
    subject: z.object({ cluster: z.string(), group: z.string() }),
    deadline: z.number(),
  }),
});

const namesFound: z.ZodMiniType<{ names: Pick<NodeNames, 'node'> }> = z.object({
  names: z.object({ node: z.string() }),
});

const isolated: z.ZodMiniType<Pick<Extract<Isolated, { kind: 'isolated' }>, 'deadline'>> = z.object({
  deadline: z.number(),
});

const found = lastRound(namesFound);
const isolatedAtLast = lastRound(isolated);

/** @param first records of the run's first steps, oldest first */
export function recordedRetirement(first: readonly StepRecord[]): RecordedRetirement {
  const { course } = recordOf(first, STEP.verify, verified) ?? {};
  const node = recordOf(first, STEP.find, found)?.outcome.value.names.node;
  const deadline = recordOf(first, STEP.isolate, isolatedAtLast)?.outcome.value.deadline ?? course?.deadline;
  return { cluster: course?.subject.cluster, group: course?.subject.group, node, deadline };
}

/**
 * What a stage waits for.
 *
 * @param last records of the run's last steps, newest first
 */
export function waitedFor(last: readonly StepRecord[], stage: string): RoundShown {
  return recordOf(last, stage, roundShown)?.outcome ?? { waitingFor: [], heldBy: [] };
}

/** The first record of that step in the list that reads as expected, if there is one. */
function recordOf<Value>(
  records: readonly StepRecord[],
  name: string,
  schema: z.ZodMiniType<Value>,
): Value | undefined {
  for (const { step, returned } of records) {
    const parsed = step === name ? schema.safeParse(returned) : undefined;
    if (parsed?.success) return parsed.data;
  }
  return undefined;
}
