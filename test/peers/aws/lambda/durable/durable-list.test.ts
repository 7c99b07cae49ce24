import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  paginateListDurableExecutionsByFunction,
  StopDurableExecutionCommand,
  type ExecutionStatus,
  type ListDurableExecutionsByFunctionRequest,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DurableGiven, functionFolder, FUNCTION } from './durable-given.ts';
import type { Execution } from './execution.ts';

const HOUR = 3_600_000;

let folder: Awaited<ReturnType<typeof functionFolder>>;
let given: DurableGiven;
let failed: Execution;
/** After the first execution and before the second. */
let between: Date;

/** Three executions, an hour apart: one that succeeded, one that failed, one that runs. */
beforeAll(async () => {
  folder = await functionFolder();
  given = await DurableGiven.with(folder.directory);
  await given.run('first');
  await given.clock.advance(HOUR);
  between = given.clock.date();
  failed = await given.run('second', { fail: true });
  await given.clock.advance(HOUR);
  await given.start('third', { seconds: 48 * 3600 });
});
afterAll(async () => {
  await given.stop();
  folder.remove();
});

type Filters = Omit<ListDurableExecutionsByFunctionRequest, 'FunctionName'>;

async function names(filters: Filters, FunctionName = 'durable'): Promise<(string | undefined)[]> {
  const input = { FunctionName, ...filters };
  const { DurableExecutions = [] } = await given.client.send(new ListDurableExecutionsByFunctionCommand(input));
  return DurableExecutions.map(({ DurableExecutionName }) => DurableExecutionName);
}

describe('a list of executions', () => {
  test.each<[string, () => Filters, string[]]>([
    ['the newest first', () => ({}), ['third', 'second', 'first']],
    ['the oldest first', () => ({ ReverseOrder: true }), ['first', 'second', 'third']],
    ['that have a name', () => ({ DurableExecutionName: 'second' }), ['second']],
    ['that run', () => ({ Statuses: ['RUNNING'] }), ['third']],
    ['of two statuses', () => ({ Statuses: ['SUCCEEDED', 'FAILED'] }), ['second', 'first']],
    ['that started after', () => ({ StartedAfter: between }), ['third', 'second']],
    ['that started before', () => ({ StartedBefore: between }), ['first']],
    ['of a version', () => ({ Qualifier: '1' }), ['third', 'second', 'first']],
    ['of another version', () => ({ Qualifier: '2' }), []],
    ['of the first page', () => ({ MaxItems: 2 }), ['third', 'second']],
  ])('holds those %s', async (_, filters, expected) => {
    expect(await names(filters())).toEqual(expected);
  });

  test('comes in pages, by name or ARN', async () => {
    const pages: number[] = [];
    const paging = { client: given.client, pageSize: 2 };
    for await (const page of paginateListDurableExecutionsByFunction(paging, { FunctionName: FUNCTION })) {
      pages.push(page.DurableExecutions?.length ?? 0);
    }
    expect(pages).toEqual([2, 1]);
  });

  test('says what each is', async () => {
    const command = new ListDurableExecutionsByFunctionCommand({ FunctionName: 'durable', Statuses: ['FAILED'] });
    expect((await given.client.send(command)).DurableExecutions).toEqual([
      {
        DurableExecutionArn: failed.arn,
        DurableExecutionName: 'second',
        FunctionArn: `${FUNCTION}:1`,
        Status: 'FAILED',
        StartTimestamp: failed.start.startedAt,
        EndTimestamp: failed.stoppedAt,
      },
    ]);
  });

  test('knows no function that does not exist', async () => {
    await expect(names({}, 'other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('IAM sees', () => {
  const LIST = 'ListDurableExecutionsByFunction';
  const ROLE = 'arn:aws:iam::123456789012:role/operator';

  test.each<[string, string, string, boolean]>([
    ['an unqualified list by the bare ARN', LIST, FUNCTION, true],
    ['an unqualified list not by a qualified ARN', LIST, `${FUNCTION}:*`, false],
    ['a qualified list by a qualified ARN', `${LIST} live`, `${FUNCTION}:live`, true],
    ['a qualified list not by the bare ARN', `${LIST} live`, FUNCTION, false],
    ['an execution by a qualified ARN', 'GetDurableExecution', `${FUNCTION}:*`, true],
    ['an execution not by the bare ARN', 'GetDurableExecution', FUNCTION, false],
    ['an execution not by an alias', 'GetDurableExecution', `${FUNCTION}:live`, false],
    ['a history by a qualified ARN', 'GetDurableExecutionHistory', `${FUNCTION}:1/durable-execution/*`, true],
    ['a history not by the bare ARN', 'GetDurableExecutionHistory', FUNCTION, false],
    ['a stop by a qualified ARN', 'StopDurableExecution', `${FUNCTION}:*`, true],
    ['a stop not by the bare ARN', 'StopDurableExecution', FUNCTION, false],
  ])('%s', async (_, call, Resource, allowed) => {
    const [action = '', Qualifier] = call.split(' ');
    const { peer } = given;
    const policies = [{ Statement: [{ Effect: 'Allow', Action: `lambda:${action}`, Resource }] }];
    peer.authorization.addRole(ROLE, { policies });
    const { credentials } = peer.lambda.addFunction({ name: 'operator', directory: folder.directory, roleArn: ROLE });
    const client = new LambdaClient({ ...peer.clientConfig(credentials), maxAttempts: 1 });
    const { arn: DurableExecutionArn } = failed;
    const calls: Record<string, () => Promise<unknown>> = {
      [LIST]: () => client.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'durable', Qualifier })),
      GetDurableExecution: () => client.send(new GetDurableExecutionCommand({ DurableExecutionArn })),
      GetDurableExecutionHistory: () => client.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn })),
      StopDurableExecution: () => client.send(new StopDurableExecutionCommand({ DurableExecutionArn })),
    };
    const refusal = await calls[action]?.().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.name : error),
    );
    expect(refusal).toBe(allowed ? undefined : 'AccessDeniedException');
    client.destroy();
  });
});

describe('an execution that is paused', () => {
  const PAUSED = { Statuses: ['PAUSED'] as unknown as ExecutionStatus[] };

  test('is listed as such, waits on, and is invoked again when it is resumed', async () => {
    const paused = await given.start('paused', { seconds: 60 });
    paused.pause();
    expect(await names(PAUSED)).toEqual(['paused']);
    expect(await names({ Statuses: ['RUNNING'] })).toEqual(['third']);
    await given.clock.advance(HOUR);
    expect(paused.invocations).toHaveLength(1);
    given.peer.lambda.durable.resume(paused.arn);
    await given.peer.driveUntil(paused.ended);
    expect(paused.status).toBe('SUCCEEDED');
  });

  test('while its function runs is ended at its next checkpoint, and begins there again', async () => {
    const { lambda } = given.peer;
    const pausing = await given.start('pausing', { seconds: 60 });
    await given.clock.advance(59_000);
    await given.peer.driveUntil(() => pausing.running);
    pausing.pause();
    expect(pausing.status).toBe('PAUSING');
    await given.peer.driveUntil(() => pausing.status === 'PAUSED');
    await given.clock.advance(HOUR);
    lambda.durable.resume(pausing.arn);
    await given.peer.driveUntil(pausing.ended);
    expect(pausing.status).toBe('SUCCEEDED');
  });
});

test('an execution is forgotten once its retention period is over', async () => {
  await given.clock.advance(25 * HOUR);
  expect(await names({})).toEqual(['third']);
});
