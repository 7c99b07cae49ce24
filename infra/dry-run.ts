/**
 * A dry run of a function of the stack, for people: it is invoked so that it changes nothing and says what it would do
 * (contract 9.6). Whatever may go wrong is told with what to do about it.
 */
import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';

export interface DryRun<Report> {
  /** The command, as it is typed: `npm run -s drift`. */
  readonly command: string;
  /** What the function is, in words, and the stack's output that names it. */
  readonly does: string;
  readonly output: string;
  /** Whether it is a report of that function's: what decides by the rest is not looked at. */
  readonly schema: z.ZodMiniType;
  /** The report that such an answer tells. */
  readonly read: (answer: unknown) => Report;
  readonly table: (reports: readonly Report[], columns: number) => string;
}

/** Where the output is no terminal. */
const COLUMNS = 80;

const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError'];
const STALE_CREDENTIALS = [
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
];

/** A dry run that came to nothing; the message says why, and what to do. */
class NoReport extends Error {}

/** Does what the command's arguments say. @returns the exit code */
export async function printDryRun<Report>(run: DryRun<Report>, args: readonly string[]): Promise<number> {
  const wanted = argumentsOf(run, args);
  if (wanted === undefined) return 2;
  try {
    const reports = await dryRun(run, wanted.functionName);
    if (wanted.json) for (const report of reports) console.log(JSON.stringify(report));
    else console.log(run.table(reports, process.stdout.isTTY ? process.stdout.columns : COLUMNS));
    return 0;
  } catch (error) {
    console.error(faultOf(error, run, wanted.functionName));
    return 1;
  }
}

function argumentsOf(
  { command, does, output }: Pick<DryRun<never>, 'command' | 'does' | 'output'>,
  args: readonly string[],
): { functionName: string; json: boolean } | undefined {
  const usage = `${command} -- --function NAME [--json]

  --function NAME  ${does}: output ${output} of the stack
  --json           a line of JSON for each cluster`;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { function: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    if (values.function !== undefined) return { functionName: values.function, json: values.json };
    console.error(`--function is missing\n\n${usage}`);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
  }
  return undefined;
}

async function dryRun<Report>({ does, output, schema, read }: DryRun<Report>, functionName: string): Promise<Report[]> {
  const payload = JSON.stringify({ dryRun: true });
  const answer = await new LambdaClient().send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
  const told = bodyOf(answer);
  if (answer.FunctionError !== undefined) {
    const { errorType = answer.FunctionError, errorMessage = '' } = failureSchema.safeParse(told).data ?? {};
    throw new NoReport(`${functionName} failed: ${errorType}: ${errorMessage}\nIts log says more.`);
  }
  if (!Array.isArray(told) || !told.every((answer) => schema.safeParse(answer).success)) {
    throw new NoReport(
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

function faultOf(error: unknown, { output }: Pick<DryRun<never>, 'output'>, functionName: string): string {
  const message = messageOf(error);
  const { name } = error instanceof Error ? error : { name: '' };
  if (error instanceof NoReport) return message;
  if (name === 'ResourceNotFoundException') {
    return `${message}\nOutput ${output} of the stack names the function; AWS_REGION and AWS_PROFILE say where it is looked for.`;
  }
  if (name === 'AccessDeniedException') {
    return `${message}\nGive whoever runs this the right lambda:InvokeFunction on ${functionName}.`;
  }
  if (NO_CREDENTIALS.includes(name)) return `${message}\nLog in to AWS, or set AWS_PROFILE.`;
  if (STALE_CREDENTIALS.includes(name)) return `${message}\nAWS does not take these credentials: log in again.`;
  if (message.startsWith('Region ')) return `${message}\nSet AWS_REGION to the region of the stack.`;
  return `${functionName} could not be asked: ${message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
