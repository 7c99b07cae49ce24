import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  paginateGetDurableExecutionHistory,
  StopDurableExecutionCommand,
  type Event,
} from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DurableGiven, functionFolder, FUNCTION } from './durable-given.ts';
import type { Execution } from './execution.ts';

let folder: Awaited<ReturnType<typeof functionFolder>>;
let given: DurableGiven;

beforeAll(async () => {
  folder = await functionFolder();
});
afterAll(() => {
  folder.remove();
});
beforeEach(async () => {
  given = await DurableGiven.with(folder.directory);
});
afterEach(async () => {
  await given.stop();
});

async function historyOf(execution: Execution): Promise<Event[]> {
  const input = { DurableExecutionArn: execution.arn };
  const { Events = [] } = await given.client.send(new GetDurableExecutionHistoryCommand(input));
  return Events;
}

describe('the history of an execution', () => {
  test('tells every operation, retry, poll and run, each at its driven time', async () => {
    const execution = await given.run('one');
    const events = await historyOf(execution);
    expect(events.map(({ EventType, Name }) => [EventType, Name])).toEqual([
      ['ExecutionStarted', 'one'],
      ['StepStarted', 'look'],
      ['StepSucceeded', 'look'],
      ['WaitStarted', 'pause'],
      ['InvocationCompleted', undefined],
      ['WaitSucceeded', 'pause'],
      ['StepStarted', 'flaky'],
      ['StepFailed', 'flaky'],
      ['InvocationCompleted', undefined],
      ['StepStarted', 'flaky'],
      ['StepSucceeded', 'flaky'],
      ['StepStarted', 'poll'],
      ['StepSucceeded', 'poll'],
      ['InvocationCompleted', undefined],
      ['StepStarted', 'poll'],
      ['StepSucceeded', 'poll'],
      ['ContextStarted', 'child'],
      ['StepStarted', 'inner'],
      ['StepSucceeded', 'inner'],
      ['ContextSucceeded', 'child'],
      ['InvocationCompleted', undefined],
      ['ExecutionSucceeded', 'one'],
    ]);
    expect(events.map(({ EventId }) => EventId)).toEqual(events.map((_, index) => index + 1));
    /** From the event before a run that only waited to the event after it. */
    const pauses = events.flatMap(({ EventType }, index) => {
      const [before, after] = [events[index - 1], events[index + 1]];
      if (EventType !== 'InvocationCompleted' || after?.EventType === 'ExecutionSucceeded') return [];
      return [(Number(after?.EventTimestamp) - Number(before?.EventTimestamp)) / 1000];
    });
    for (const [index, least] of [60, 30, 10].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least);
      expect(pauses[index]).toBeLessThan(least + 8);
    }
  });

  test('has the details of the SDK’s model', async () => {
    const execution = await given.run('one', { seconds: 70 });
    const events = await historyOf(execution);
    const [begun, , look, wait, run, waited, , failed] = events;
    const runId = execution.arn.split('/').at(-1);
    expect(begun).toMatchObject({
      Id: runId,
      ExecutionStartedDetails: { Input: { Payload: '{"seconds":70}', Truncated: false }, ExecutionTimeout: 86_400 },
    });
    expect(look).toMatchObject({
      SubType: 'Step',
      StepSucceededDetails: { Result: { Payload: expect.any(String) as string }, RetryDetails: { CurrentAttempt: 1 } },
    });
    const ScheduledEndTimestamp = new Date(Number(wait?.EventTimestamp) + 70_000);
    expect(wait).toMatchObject({ SubType: 'Wait', WaitStartedDetails: { Duration: 70, ScheduledEndTimestamp } });
    expect(run?.InvocationCompletedDetails).toEqual({
      StartTimestamp: expect.any(Date) as Date,
      EndTimestamp: run?.EventTimestamp,
      RequestId: execution.invocations[0]?.requestId,
    });
    expect(waited).toMatchObject({ Id: wait?.Id, WaitSucceededDetails: { Duration: 70 } });
    expect(failed?.StepFailedDetails).toEqual({
      Error: { Payload: { ErrorMessage: 'not yet', ErrorType: 'Error' }, Truncated: false },
      RetryDetails: { CurrentAttempt: 1, NextAttemptDelaySeconds: 30 },
    });
    const inner = events.find(({ Name }) => Name === 'inner');
    expect(inner?.ParentId).toBe(events.find(({ Name }) => Name === 'child')?.Id);
    expect(events.at(-1)).toMatchObject({ Id: runId, ExecutionSucceededDetails: { Result: { Payload: '"done"' } } });
  });

  test('tells a failure, and a run that was killed', async () => {
    given.peer.lambda.killAtCheckpoint({ function: 'durable' });
    const killed = await historyOf(await given.run('killed'));
    expect(killed[1]?.InvocationCompletedDetails?.Error?.Payload?.ErrorType).toBe('Runtime.ExitError');
    const failed = await historyOf(await given.run('failed', { fail: true }));
    expect(failed.map(({ EventType }) => EventType)).toEqual([
      'ExecutionStarted',
      'InvocationCompleted',
      'ExecutionFailed',
    ]);
    expect(failed[1]?.InvocationCompletedDetails?.Error).toBeUndefined();
    expect(failed[2]?.ExecutionFailedDetails?.Error?.Payload).toMatchObject({ ErrorMessage: 'refused' });
  });

  test('comes in pages, from either end, and without its data', async () => {
    const execution = await given.run('one');
    const input = { DurableExecutionArn: execution.arn, ReverseOrder: true, IncludeExecutionData: false };
    const pages: Event[][] = [];
    for await (const { Events = [] } of paginateGetDurableExecutionHistory(
      { client: given.client, pageSize: 10 },
      input,
    )) {
      pages.push(Events);
    }
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 2]);
    const ids = pages.flat().map(({ EventId }) => EventId);
    expect(ids).toEqual([...ids].sort((a, b) => Number(b) - Number(a)));
    expect(pages[0]?.[0]?.ExecutionSucceededDetails).toEqual({ Result: {} });
    expect(pages[0]?.[1]?.InvocationCompletedDetails).not.toHaveProperty('Error');
    expect(JSON.stringify(pages)).not.toContain('Payload');
  });
});

test('an execution is described, with or without its data', async () => {
  const { arn, start: begun, stoppedAt } = await given.run('one');
  const get = (IncludeExecutionData?: boolean): Promise<object> =>
    given.client.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn, IncludeExecutionData }));
  const known = {
    DurableExecutionArn: arn,
    FunctionArn: `${FUNCTION}:1`,
    StartTimestamp: begun.startedAt,
    EndTimestamp: stoppedAt,
    Status: 'SUCCEEDED',
    Version: '1',
    DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 1 },
  };
  expect(await get()).toMatchObject({ ...known, InputPayload: '{}', Result: '"done"', ExecutionDataIncluded: true });
  const bare = await get(false);
  expect(bare).toMatchObject({ ...known, ExecutionDataIncluded: false });
  expect(bare).not.toHaveProperty('Result');
});

test('an execution that is stopped runs no more, and keeps its first end', async () => {
  const execution = await given.start('one');
  const Error = { ErrorType: 'Operator', ErrorMessage: 'enough' };
  const stop = (): Promise<{ StopTimestamp: Date | undefined }> =>
    given.client.send(new StopDurableExecutionCommand({ DurableExecutionArn: execution.arn, Error }));
  const { StopTimestamp } = await stop();
  await given.clock.advance(600_000);
  expect((await stop()).StopTimestamp).toEqual(StopTimestamp);
  expect(execution).toMatchObject({ status: 'STOPPED', error: Error });
  expect(execution.invocations).toHaveLength(1);
  expect((await historyOf(execution)).at(-1)).toMatchObject({
    EventType: 'ExecutionStopped',
    ExecutionStoppedDetails: { Error: { Payload: Error } },
  });
});

describe('what an execution costs', () => {
  test('is its operations with every retry and poll, its runs, and their driven time', async () => {
    const execution = await given.run('one');
    expect(execution.operationCount).toBe(8);
    const usage = given.peer.lambda.durable.usage('one');
    expect(usage).toMatchObject({ operations: 9, invocations: 4, kills: 0 });
    expect(usage.suspendedMs / 1000).toBeGreaterThan(80);
    expect(usage.suspendedMs / 1000).toBeLessThan(101);
    const lived = Number(execution.stoppedAt) - Number(execution.start.startedAt);
    expect(usage.billedMs).toBeGreaterThanOrEqual(lived - usage.suspendedMs);
    expect(usage.billedMs).toBeLessThan(40_000);
    expect(() => given.peer.lambda.durable.usage('none')).toThrow('no durable execution none');
  });

  test('counts runs that were killed, and each that repeats one as an operation', async () => {
    for (const checkpoint of [1, 3]) given.peer.lambda.killAtCheckpoint({ function: 'durable', checkpoint });
    await given.run('one');
    expect(given.peer.lambda.durable.usage('one')).toMatchObject({ operations: 11, invocations: 6, kills: 2 });
  });

  test.each([
    [8, 'SUCCEEDED'],
    [7, 'FAILED'],
  ])('is limited: with %i operations allowed it is %s', async (limit, status) => {
    expect(given.peer.lambda.durable.operationLimit).toBe(3000);
    given.peer.lambda.durable.operationLimit = limit;
    const execution = await given.run('one');
    expect(execution.status).toBe(status);
    expect(execution.operationCount).toBeLessThanOrEqual(limit);
    if (status === 'FAILED') expect(execution.error?.ErrorMessage).toMatch('limit of 7 operations');
  });
});
