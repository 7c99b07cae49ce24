import { LambdaClient } from '@aws-sdk/client-lambda';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  LIST_ACTIONS,
  retirementHistory,
  retirements,
  runningRetirements,
  START_ACTIONS,
  unqualified,
} from '../../../lambdas/adapters/lambda/retirements.ts';
import { executionName } from '../../../lambdas/core/notice/notice.ts';
import type { Retirements } from '../../../lambdas/workflow/ports/lambda.ts';
import { aNotice } from '../../given.ts';
import type { ExecutionStatus } from '../../peers/aws/lambda/durable/execution.ts';
import { AwsGiven } from '../aws/given.ts';

const NOTICE = aNotice();
const NAME = executionName(NOTICE);

/** The least that is a durable function: it has ended. */
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ebb-retirement-'));
  writeFileSync(
    join(directory, 'index.mjs'),
    "export const handler = async () => ({ Status: 'SUCCEEDED', Result: '1' });",
  );
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('starting a retirement (contract 1.6)', () => {
  test('starts the durable execution of that name, with the notice as payload', async () => {
    await using given = await withFunction();
    expect(await given.port.start(NAME, NOTICE)).toBe('started');
    const [execution] = given.aws.lambda.executions;
    expect(execution?.name).toBe(NAME);
    expect(JSON.parse(execution?.start.payload ?? '')).toEqual(NOTICE);
    expect(execution?.start.version).toBe('1');
  });

  test('again with the same notice is no second one, while it runs and when it has ended (faults 1)', async () => {
    await using given = await withFunction();
    const outcomes = await Promise.all([given.port.start(NAME, NOTICE), given.port.start(NAME, NOTICE)]);
    expect(outcomes).toEqual(['started', 'started']);
    await given.aws.driveUntil(() => given.aws.lambda.executions[0]?.status === 'SUCCEEDED');
    expect(await given.port.start(NAME, NOTICE)).toBe('started');
    expect(given.aws.lambda.executions).toHaveLength(1);
  });

  test('again with another notice is already started, not an error', async () => {
    await using given = await withFunction();
    await given.port.start(NAME, NOTICE);
    expect(await given.port.start(NAME, { ...NOTICE, at: NOTICE.at + 1 })).toBe('already');
    expect(given.aws.lambda.executions).toHaveLength(1);
  });

  test('whose answer was lost is repeated, and starts one', async () => {
    await using given = await withFunction();
    given.aws.faults.inject({ kind: 'lost-answer', action: 'Invoke' });
    expect(await given.during(given.port.start(NAME, NOTICE))).toBe('started');
    expect(given.aws.lambda.executions).toHaveLength(1);
  });

  test('throttled for good is an error: the event goes back to where it came from (faults 29)', async () => {
    await using given = await withFunction();
    given.aws.faults.inject({ kind: 'throttle', action: 'Invoke', times: Infinity });
    const error = await given.during(given.port.start(NAME, NOTICE).catch((cause: unknown) => cause));
    expect(error).toMatchObject({ name: 'TooManyRequestsException' });
    expect(given.aws.lambda.executions).toEqual([]);
  });

  test('refused, names itself and the action that is missing (faults 28)', async () => {
    await using given = await withFunction();
    const client = new LambdaClient(given.aws.clientConfig(given.credentialsFor()));
    await expect(retirements(client, given.arn).start(NAME, NOTICE)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(START_ACTIONS[0]) as string,
    });
  });
});

describe('retirements that run (contract 1.6, 1.7)', () => {
  const ALIVE = ['RUNNING', 'PAUSING', 'PAUSED'] as const;
  const ENDED = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED'] as const;

  test.each<[status: ExecutionStatus, alive: boolean]>([
    ...ALIVE.map((status): [ExecutionStatus, boolean] => [status, true]),
    ...ENDED.map((status): [ExecutionStatus, boolean] => [status, false]),
    // AWS has added two already.
    ['REWINDING' as ExecutionStatus, true],
  ])('are told by status: an execution that is %s is among them: %s', async (status, alive) => {
    await using given = await withFunction();
    await given.port.start(NAME, NOTICE);
    await given.aws.driveUntil(() => given.aws.lambda.executions[0]?.status === 'SUCCEEDED');
    const [execution] = given.aws.lambda.executions;
    if (execution === undefined) throw new Error('it has not begun');
    execution.status = status;
    const running = runningRetirements(new LambdaClient(given.aws.clientConfig()), unqualified(given.arn));
    expect(await running.isRunning(NAME)).toBe(alive);
    expect(await running.names()).toEqual(alive ? [NAME] : []);
    const startedAt = execution.start.startedAt.getTime();
    expect(await running.started()).toEqual(alive ? [{ name: NAME, startedAt }] : []);
  });

  test('are told to whoever may list them', async () => {
    await using given = await withFunction();
    const limited = new LambdaClient(given.aws.clientConfig(given.credentialsFor(...LIST_ACTIONS)));
    expect(await runningRetirements(limited, unqualified(given.arn)).names()).toEqual([]);
  });
});

describe('retirements that have ended (contract 1.7)', () => {
  test('are told with how, the latest first; what runs, or began before, is not', async () => {
    await using given = await withFunction();
    const { lambda } = given.aws;
    for (const name of ['before', 'good', 'bad', 'running']) {
      await given.clock.advance(1_000);
      await given.port.start(name, NOTICE);
    }
    await given.aws.driveUntil(() => lambda.executions.every(({ status }) => status === 'SUCCEEDED'));
    const [before, good, bad, running] = lambda.executions;
    if (good === undefined || before === undefined || bad === undefined || running === undefined)
      throw new Error('not all have begun');
    bad.status = 'TIMED_OUT';
    running.status = 'RUNNING';
    const since = before.start.startedAt.getTime();
    const history = retirementHistory(new LambdaClient(given.aws.clientConfig()), unqualified(given.arn));
    const times = ({ start, stoppedAt }: typeof good) => ({
      startedAt: start.startedAt.getTime(),
      endedAt: stoppedAt?.getTime(),
    });
    expect(await history.ended(since)).toEqual([
      { name: 'bad', ...times(bad), succeeded: false },
      { name: 'good', ...times(good), succeeded: true },
    ]);
    // Of those that have started, that one too which started at that very moment.
    const all = [before, good, bad, running].map((run) => ({ name: run.name, startedAt: times(run).startedAt }));
    expect(new Set(await history.started(since))).toEqual(new Set(all));
    expect(await history.started(since + 1)).toHaveLength(3);
  });

  test('are told to whoever may list them', async () => {
    await using given = await withFunction();
    const limited = new LambdaClient(given.aws.clientConfig(given.credentialsFor(...LIST_ACTIONS)));
    expect(await retirementHistory(limited, unqualified(given.arn)).ended(0)).toEqual([]);
  });
});

test('the function behind an alias is its ARN without it', () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:retirement';
  expect(unqualified(`${arn}:live`)).toBe(arn);
});

async function withFunction(): Promise<AwsGiven & { readonly port: Retirements; readonly arn: string }> {
  const given = await AwsGiven.start();
  const plan = { name: 'retirement', directory, alias: 'live', durable: { executionTimeout: 3_600 } };
  const arn = `${given.aws.lambda.addFunction(plan).arn}:live`;
  return Object.assign(given, { port: retirements(new LambdaClient(given.aws.clientConfig()), arn), arn });
}
