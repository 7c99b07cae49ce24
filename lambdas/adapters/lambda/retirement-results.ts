/** Tells what retirements came to, as AWS keeps it. */
import {
  GetDurableExecutionCommand,
  ListDurableExecutionsByFunctionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import type { RetirementResults } from '../../workflow/ports/lambda.ts';

/** IAM action for reading what a run came to; finding it needs `LIST_ACTIONS`. */
export const RESULT_ACTIONS = ['lambda:GetDurableExecution'] as const;

const resultSchema = z.object({ result: z.string(), reason: z.optional(z.string()) });

/** @param functionName of the retirement function; the runs of all its versions count */
export function retirementResults(client: LambdaClient, functionName: string): RetirementResults {
  return {
    async resultOf(name) {
      const { DurableExecutions: [run] = [] } = await client.send(
        new ListDurableExecutionsByFunctionCommand({ FunctionName: functionName, DurableExecutionName: name }),
      );
      if (run === undefined) return undefined;
      const { DurableExecutionArn } = run;
      const { Result } = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
      return resultSchema.safeParse(jsonOf(Result)).data;
    },
  };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}
