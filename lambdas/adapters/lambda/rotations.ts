/** Starts and finds rotations: named durable executions of the rotation function. AWS keeps what they were asked for and came to. */
import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  paginateListDurableExecutionsByFunction,
  type Execution,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Home } from '../../core/notice/notice.ts';
import { rotationOrderSchema, rotationsOf } from '../../core/rotation/rotation-order.ts';
import { endRecordSchema, roundRecordSchema, ROUND_STEP } from '../../core/rotation/rotation-record.ts';
import type { RotationHistory, RotationRun, Rotations } from '../../workflow/ports/rotation.ts';
import { ENDED, LONGEST_PAGE, startRun } from './retirements.ts';

/** IAM actions for reading what a run was asked for and what it came to. */
export const RUN_READ_ACTIONS = ['lambda:GetDurableExecution', 'lambda:GetDurableExecutionHistory'] as const;

/** Events read from the end of a history: enough for the last round. */
const EVENTS_READ = 20;

/** @param functionArn qualified by an alias or version, as durable functions must be invoked */
export function rotations(client: LambdaClient, functionArn: string): Rotations {
  return { start: (name, order) => startRun(client, functionArn, { name, payload: order }) };
}

/** @param functionName of the rotation function; the runs of all its versions count */
export function rotationHistory(client: LambdaClient, functionName: string, home: Home): RotationHistory {
  const listed = async (isWanted: (name: string) => boolean): Promise<Execution[]> => {
    const found: Execution[] = [];
    const request = { FunctionName: functionName, MaxItems: LONGEST_PAGE };
    for await (const { DurableExecutions = [] } of paginateListDurableExecutionsByFunction({ client }, request)) {
      found.push(...DurableExecutions.filter(({ DurableExecutionName: name = '' }) => isWanted(name)));
    }
    // Sorted here: the API's order has changed its meaning once (ReverseOrder).
    return found.toSorted((a, b) => startOf(b) - startOf(a));
  };
  const latest = async (
    isWanted: (name: string) => boolean,
    counts: (run: RotationRun) => boolean = () => true,
  ): Promise<RotationRun | undefined> => {
    for (const execution of await listed(isWanted)) {
      const run = await readRun(client, execution);
      if (run !== undefined && counts(run)) return run;
    }
    return undefined;
  };
  return {
    last: (cluster) =>
      latest(
        (name) => name.startsWith(rotationsOf(cluster, home)),
        ({ order, result }) => !order.request.dryRun && result !== 'refused',
      ),
    find: (rotation) => latest((name) => name.includes(`-${rotation}-`)),
    async running(cluster) {
      const all = await listed((name) => name.startsWith(rotationsOf(cluster, home)));
      const open = all.filter(({ Status }) => Status === undefined || !ENDED.includes(Status));
      const runs = await Promise.all(open.map((execution) => readRun(client, execution)));
      return runs.flatMap((run) => (run?.isRunning === true && !run.order.request.dryRun ? [run] : []));
    },
  };
}

/** Undefined for a run whose payload is no order: a request that was sent to the function itself. */
async function readRun(
  client: LambdaClient,
  { DurableExecutionArn: arn, DurableExecutionName: name = '' }: Execution,
): Promise<RotationRun | undefined> {
  const found = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
  const order = rotationOrderSchema.safeParse(jsonOf(found.InputPayload));
  if (!order.success) return undefined;
  const isRunning = found.Status === undefined || !ENDED.includes(found.Status);
  const end = endRecordSchema.safeParse(jsonOf(found.Result));
  const { progress, ...ended } = end.success ? end.data : { progress: await lastProgress(client, arn) };
  const endedAt = found.EndTimestamp?.getTime();
  const startedAt = found.StartTimestamp?.getTime() ?? order.data.at;
  return { name, order: order.data, isRunning, startedAt, endedAt, progress, ...ended };
}

async function lastProgress(client: LambdaClient, arn: string | undefined): Promise<RotationRun['progress']> {
  const { Events = [] } = await client.send(
    new GetDurableExecutionHistoryCommand({
      DurableExecutionArn: arn,
      IncludeExecutionData: true,
      ReverseOrder: true,
      MaxItems: EVENTS_READ,
    }),
  );
  for (const { Name, StepSucceededDetails } of Events) {
    if (Name !== ROUND_STEP) continue;
    const round = roundRecordSchema.safeParse(jsonOf(StepSucceededDetails?.Result?.Payload));
    if (round.success) return round.data.progress;
  }
  return undefined;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}

function startOf({ StartTimestamp }: Execution): number {
  return StartTimestamp?.getTime() ?? 0;
}
