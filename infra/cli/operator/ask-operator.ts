/** Asks the deployed operator, by invoking its function (contract 10.6). */
import * as z from 'zod/mini';
import type { Operation } from '../../../lambdas/core/operator/operation.ts';
import {
  STATES,
  type AcceptedRetirement,
  type AcceptedRotation,
  type ControlledRotation,
  type NodeStatus,
  type RefusedInvocation,
  type RotationStatus,
} from '../../../lambdas/core/operator/outcome.ts';
import { OPERATOR } from '../functions/asked-functions.ts';
import { NoAnswer } from '../functions/function-command.ts';
import { invoke, notIts } from '../functions/invocation.ts';

/** The operator, and where it is. */
export interface OperatorPlace {
  /** Name or ARN, as the output OperatorFunction has it. */
  readonly function: string;
  readonly region?: string | undefined;
}

export type AskedOperator<Answer> = { readonly answer: Answer } | RefusedInvocation;

/** The operator's own time limit is 90 s. */
const ANSWER_SECONDS = 100;

/** Only the fields that tell an operator's answer from another function's are checked: a newer one may say more. */
const ANSWERS = {
  rotate: z.object({ id: z.string(), cluster: z.string(), goesOn: z.boolean() }),
  retire: z.object({ execution: z.string(), node: z.string(), already: z.boolean() }),
  status: z.object({ id: z.string(), state: z.enum(STATES), startedAt: z.string() }),
  pause: z.object({ id: z.string(), wanted: z.string() }),
  resume: z.object({ id: z.string(), wanted: z.string() }),
  stop: z.object({ id: z.string(), wanted: z.string() }),
  node: z.object({ node: z.string(), cluster: z.string(), marks: z.record(z.string(), z.string()) }),
} as const;

interface Answered {
  readonly rotate: AcceptedRotation;
  readonly retire: AcceptedRetirement;
  readonly status: RotationStatus;
  readonly pause: ControlledRotation;
  readonly resume: ControlledRotation;
  readonly stop: ControlledRotation;
  readonly node: NodeStatus;
}

const refusedSchema = z.object({
  refused: z.enum(['faulty', 'unknown', 'conflict', 'away']),
  faults: z.array(z.string()),
});

/**
 * @param signal ends the wait for the answer
 * @throws NoAnswer when it has failed, or is another function; errors of AWS
 */
export async function askOperator<Action extends Operation['action']>(
  operation: Operation & { readonly action: Action },
  { function: name, region }: OperatorPlace,
  signal?: AbortSignal,
): Promise<AskedOperator<Answered[Action]>> {
  const body = await invoke(operation, { function: name, region, answerWithin: ANSWER_SECONDS, signal });
  const refused = refusedSchema.safeParse(body);
  if (refused.success) return refused.data;
  if (!ANSWERS[operation.action].safeParse(body).success) throw notIts(OPERATOR, name, 'answer');
  return { answer: body as Answered[Action] };
}

/**
 * @param inWords turns the faults into the words of the command line
 * @throws NoAnswer with every fault, when it has refused
 */
export function answerOf<Answer>(
  asked: AskedOperator<Answer>,
  inWords: (faults: readonly string[]) => readonly string[] = (faults) => faults,
): Answer {
  if ('answer' in asked) return asked.answer;
  throw new NoAnswer(inWords(asked.faults).join('\n'));
}
