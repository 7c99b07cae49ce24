/** Invokes a function of the stack with the credentials of whoever runs the command, and returns its answer. */
import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import { NoAnswer, type AskedFunction } from './function-command.ts';

export interface InvokedFunction {
  /** Name or ARN, as the stack's output has it. */
  readonly function: string;
  /** @default AWS_REGION, or the profile's */
  readonly region?: string | undefined;
  /** Seconds. */
  readonly answerWithin: number;
  /** Ends the wait for the answer. What was asked for is done all the same. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns the answer, parsed; undefined when it is no JSON
 * @throws NoAnswer when the function has failed; errors of AWS
 */
export async function invoke(payload: object, invoked: InvokedFunction): Promise<unknown> {
  const { function: name, region, answerWithin, signal } = invoked;
  const place = region === undefined ? {} : { region };
  const client = createClient(LambdaClient, { answerWithin, place });
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload) });
  const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
  const body = bodyOf(answer);
  if (answer.FunctionError === undefined) return body;
  const { errorType = answer.FunctionError, errorMessage = '' } = failureSchema.safeParse(body).data ?? {};
  throw new NoAnswer(`${name} failed: ${errorType}: ${errorMessage}\nIts log says more.`);
}

/** Says that the function that was named is another. @param answer what was wanted of it */
export function notIts({ is, output }: AskedFunction, functionName: string, answer: string): NoAnswer {
  return new NoAnswer(
    `${functionName} answers with no such ${answer}: is it ${is}? Output ${output} of the stack names it.`,
  );
}

const failureSchema = z.object({ errorType: z.optional(z.string()), errorMessage: z.optional(z.string()) });

function bodyOf({ Payload: payload }: InvokeCommandOutput): unknown {
  try {
    return JSON.parse(payload?.transformToString() ?? 'null');
  } catch {
    return undefined;
  }
}
