/** Starts and finds retirements: named durable executions of the retirement function. */
import {
  InvokeCommand,
  paginateListDurableExecutionsByFunction,
  type Execution,
  type ExecutionStatus,
  type LambdaClient,
  type ListDurableExecutionsByFunctionRequest,
} from '@aws-sdk/client-lambda';
import type { StartedRetirement } from '../../core/retirement/orphaned-hook.ts';
import type { RetirementHistory, Retirements, RunningRetirements } from '../../workflow/ports/lambda.ts';

export const LIST_ACTIONS = ['lambda:ListDurableExecutionsByFunction'] as const;
export const START_ACTIONS = ['lambda:InvokeFunction'] as const;

/**
 * @param functionArn qualified by an alias or version, as durable functions must be invoked
 */
export function retirements(client: LambdaClient, functionArn: string): Retirements {
  return { start: (name, notice) => startRun(client, functionArn, { name, payload: notice }) };
}

/**
 * Starts a durable run of that name. If one runs or ran under it with the same payload, nothing starts, and the answer is
 * `started` too. `already`: the name has another payload.
 */
export async function startRun(
  client: LambdaClient,
  functionArn: string,
  { name, payload }: { readonly name: string; readonly payload: unknown },
): Promise<'started' | 'already'> {
  try {
    await client.send(
      new InvokeCommand({
        FunctionName: functionArn,
        InvocationType: 'Event',
        DurableExecutionName: name,
        Payload: JSON.stringify(payload),
      }),
    );
    return 'started';
  } catch (error) {
    if (error instanceof Error && error.name === 'DurableExecutionAlreadyStartedException') return 'already';
    throw error;
  }
}

/** Statuses of an execution that has ended. */
export const ENDED: readonly ExecutionStatus[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED'];

/**
 * Yields the executions that have not ended. A paused one counts: it goes on when it is resumed. Its status, PAUSING or
 * PAUSED, is newer than the SDK, and a region may not know it yet, so all are listed and the ended ones left out.
 *
 * @param functionName of the retirement function; the runs of all its versions count
 */
export async function* aliveExecutions(
  client: LambdaClient,
  functionName: string,
  filter: Pick<ListDurableExecutionsByFunctionRequest, 'DurableExecutionName'> = {},
): AsyncGenerator<Execution> {
  const request = { FunctionName: functionName, MaxItems: LONGEST_PAGE, ...filter };
  for await (const { DurableExecutions = [] } of paginateListDurableExecutionsByFunction({ client }, request)) {
    yield* DurableExecutions.filter(({ Status }) => Status === undefined || !ENDED.includes(Status));
  }
}

/** @param functionName of the retirement function; the runs of all its versions count */
export function runningRetirements(client: LambdaClient, functionName: string): RunningRetirements {
  const running = async (name?: string): Promise<StartedRetirement[]> => {
    const found: StartedRetirement[] = [];
    const filter = name === undefined ? {} : { DurableExecutionName: name };
    for await (const run of aliveExecutions(client, functionName, filter)) {
      if (run.DurableExecutionName !== undefined) found.push(startedRetirement(run));
    }
    return found;
  };
  const names = async (name?: string): Promise<string[]> => (await running(name)).map((run) => run.name);
  return {
    isRunning: async (name) => (await names(name)).includes(name),
    names: () => names(),
    started: () => running(),
  };
}

/** @param functionName of the retirement function; the runs of all its versions count */
export function retirementHistory(client: LambdaClient, functionName: string): RetirementHistory {
  const listed = async (filter: Pick<ListDurableExecutionsByFunctionRequest, 'Statuses' | 'StartedAfter'>) => {
    const found: Execution[] = [];
    const request = { FunctionName: functionName, MaxItems: LONGEST_PAGE, ...filter };
    for await (const { DurableExecutions = [] } of paginateListDurableExecutionsByFunction({ client }, request)) {
      found.push(...DurableExecutions);
    }
    return found;
  };
  return {
    async started(since) {
      // A millisecond earlier: AWS leaves out runs that started at exactly that time.
      const found = await listed({ StartedAfter: new Date(since - 1) });
      return found.map(startedRetirement);
    },
    async ended(since) {
      const found = await listed({ Statuses: [...ENDED], StartedAfter: new Date(since) });
      // Sorted here: the API's order has changed its meaning once (ReverseOrder).
      const latestFirst = found.toSorted((a, b) => startOf(b) - startOf(a));
      return latestFirst.map((run) => ({
        ...startedRetirement(run),
        endedAt: run.EndTimestamp?.getTime() ?? startOf(run),
        succeeded: run.Status === 'SUCCEEDED',
      }));
    },
  };
}

/** The most executions in one answer. */
export const LONGEST_PAGE = 1_000;

function startedRetirement(run: Execution): StartedRetirement {
  return { name: run.DurableExecutionName ?? '', startedAt: startOf(run) };
}

function startOf({ StartTimestamp }: Execution): number {
  return StartTimestamp?.getTime() ?? 0;
}

/** Returns the ARN of the function, without alias or version. */
export function unqualified(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
}
