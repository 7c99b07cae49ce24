/** The retirements that run now, each with its status, from Lambda's record of its durable executions. */
import {
  GetDurableExecutionHistoryCommand,
  paginateListDurableExecutionsByFunction,
  type Event,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { retirementStatus, type RetirementStatus } from './retirement-status.ts';

/** Enough for the steps before the drain, and for the last turns of it. */
const EVENTS_READ = 50;

/** @param functionName of the retirement function */
export async function runningStatuses(client: LambdaClient, functionName: string): Promise<RetirementStatus[]> {
  const statuses: RetirementStatus[] = [];
  const pages = paginateListDurableExecutionsByFunction(
    { client },
    { FunctionName: functionName, Statuses: ['RUNNING'] },
  );
  for await (const { DurableExecutions: executions = [] } of pages) {
    for (const {
      DurableExecutionArn: arn,
      DurableExecutionName: execution = '',
      StartTimestamp: start,
    } of executions) {
      const history = { first: await eventsOf(client, arn, false), last: await eventsOf(client, arn, true) };
      statuses.push(retirementStatus({ execution, startedAt: start?.getTime() ?? 0 }, history));
    }
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
