/**
 * A dry run of a function of the stack, for people: it is invoked so that it changes nothing and says what it would do
 * (contract 9.6).
 */
import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { createClient } from '../../lambdas/adapters/aws/clients.ts';
import { NoAnswer, runFunctionCommand, type FunctionCommand } from './function-command.ts';

export interface DryRun<Report> extends Pick<FunctionCommand, 'command' | 'does' | 'output'> {
  /** Whether it is a report of that function's: what decides by the rest is not looked at. */
  readonly schema: z.ZodMiniType;
  /** The report that such an answer tells. */
  readonly read: (answer: unknown) => Report;
  readonly table: (reports: readonly Report[], columns: number) => string;
}

/** Where the output is no terminal. */
const COLUMNS = 80;

/** No function of Lambda's runs for longer. */
const LONGEST_RUN_SECONDS = 900;

/** Does what the command's arguments say. @returns the exit code */
export function printDryRun<Report>(run: DryRun<Report>, args: readonly string[]): Promise<number> {
  const command = { ...run, rights: ['lambda:InvokeFunction'], json: 'a line of JSON for each cluster' };
  return runFunctionCommand(command, args, async ({ functionName, json }) => {
    const reports = await dryRun(run, functionName);
    if (json) return reports.map((report) => JSON.stringify(report)).join('\n');
    return run.table(reports, process.stdout.isTTY ? process.stdout.columns : COLUMNS);
  });
}

async function dryRun<Report>({ does, output, schema, read }: DryRun<Report>, functionName: string): Promise<Report[]> {
  const payload = JSON.stringify({ dryRun: true });
  const client = createClient(LambdaClient, { answerWithin: LONGEST_RUN_SECONDS });
  const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
  const told = bodyOf(answer);
  if (answer.FunctionError !== undefined) {
    const { errorType = answer.FunctionError, errorMessage = '' } = failureSchema.safeParse(told).data ?? {};
    throw new NoAnswer(`${functionName} failed: ${errorType}: ${errorMessage}\nIts log says more.`);
  }
  if (!Array.isArray(told) || !told.every((answer) => schema.safeParse(answer).success)) {
    throw new NoAnswer(
      `${functionName} answers with no such report: is it ${does}? Output ${output} of the stack names it.`,
    );
  }
  return told.map(read);
}

const failureSchema = z.object({ errorType: z.optional(z.string()), errorMessage: z.optional(z.string()) });

function bodyOf({ Payload: payload }: InvokeCommandOutput): unknown {
  try {
    return JSON.parse(payload?.transformToString() ?? 'null');
  } catch {
    return undefined;
  }
}
