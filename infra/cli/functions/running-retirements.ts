/** Running retirements with their status, from Lambda's record of durable executions. */
import { GetDurableExecutionHistoryCommand, type Event, type LambdaClient } from '@aws-sdk/client-lambda';
import { aliveExecutions } from '../../../lambdas/adapters/lambda/retirements.ts';
import { retirementStatus, type RetirementStatus } from './retirement-status.ts';

/** Events read from each end of the history: enough for the steps before the drain, and for its last rounds. */
const EVENTS_READ = 50;

/** @param functionName of the retirement function */
export async function runningStatuses(client: LambdaClient, functionName: string): Promise<RetirementStatus[]> {
  const statuses: RetirementStatus[] = [];
  for await (const execution of aliveExecutions(client, functionName)) {
    const { DurableExecutionArn: arn, DurableExecutionName: name = '', StartTimestamp: start } = execution;
    const history = { first: await eventsOf(client, arn, false), last: await eventsOf(client, arn, true) };
    const paused = execution.Status?.startsWith('PAUS') ?? false;
    statuses.push(retirementStatus({ execution: name, startedAt: start?.getTime() ?? 0, paused }, history));
  }
  return statuses;
}

async function eventsOf(
  client: LambdaClient,
  arn: string | undefined,
  newestFirst: boolean,
): Promise<readonly Event[]> {
  const answer = await client.send(
    new GetDurableExecutionHistoryCommand({
      DurableExecutionArn: arn,
      IncludeExecutionData: true,
      ReverseOrder: newestFirst,
      MaxItems: EVENTS_READ,
    }),
  );
  return answer.Events ?? [];
}
