import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { bundle } from '../bundling.ts';
import { AwsPeer } from '../peer.ts';

const DURABLE = `
  import { withDurableExecution } from '@aws/durable-execution-sdk-js';
  import middy from '@middy/core';
  import { executionModeDurableContext } from '@middy/core/DurableContext';
  let runs = 0;
  export const handler = middy({ executionMode: executionModeDurableContext, timeoutEarlyInMillis: 0 })
    .handler(async (event, context) => {
      runs += 1;
      if (event.fail) throw new Error('refused');
      const first = await context.step('first', async () => ({ at: Date.now(), sandboxRuns: runs }));
      console.log('first ' + event.name);
      for (let pass = 0; pass < (event.waits ?? 0); pass += 1) await context.wait('pause', { seconds: event.seconds });
      let tries = 0;
      const flaky = await context.step('flaky', async () => {
        if (Date.now() < first.at + (event.failFor ?? 0)) throw new Error('not yet');
        return 'done';
      });
      const hung = await context.step('hang', async () => {
        if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
        return 'slept';
      });
      return { flaky, hung, waited: Date.now() - first.at, arn: context.lambdaContext?.invokedFunctionArn };
    });
`;

/** With \`work\` it is asked how its work ends that takes real time, beside a timer of 50 s that would end it. */
const PLAIN = `
  import { readFile } from 'node:fs/promises';
  const compute = (resolve) => { for (const end = performance.now() + 100; performance.now() < end;); resolve('done'); };
  const work = {
    'in its thread': (resolve) => setImmediate(compute, resolve),
    'with a large file': (resolve) => readFile(process.execPath).then(() => resolve('done')),
  };
  const outlast = (kind) => Promise.race([
    new Promise((resolve) => setTimeout(resolve, 50_000, 'timed out')), new Promise(work[kind]),
  ]);
  export const handler = async (event, context) => {
    if (event.fail) throw new TypeError('cannot');
    if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
    if (event.work) console.log(await outlast(event.work));
    process.stdout.write('a line\\nhalf');
    return { event, environment: process.env, name: context.functionName, arn: context.invokedFunctionArn,
      left: context.getRemainingTimeInMillis() };
  };
`;

let directory: string;
let clock: DrivenClock;
let peer: AwsPeer;
let client: LambdaClient;
let uninstall: () => void;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'aws-peer-'));
  for (const [name, contents] of Object.entries({ durable: DURABLE, plain: PLAIN })) {
    mkdirSync(join(directory, name));
    if (name === 'plain') writeFileSync(join(directory, name, 'index.mjs'), contents);
    else await bundle(contents, join(directory, name, 'index.mjs'));
  }
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  clock = new DrivenClock();
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new LambdaClient({ ...peer.clientConfig(), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
  uninstall();
});

function addPlain(extra: { timeout?: number } = {}): void {
  const deadLetterArn = peer.addQueue('plain-failures');
  const environment = { COLOUR: 'blue' };
  peer.lambda.addFunction({
    name: 'plain',
    directory: join(directory, 'plain'),
    alias: 'live',
    environment,
    deadLetterArn,
    ...extra,
  });
}

function addDurable(): void {
  peer.lambda.addFunction({
    name: 'durable',
    directory: join(directory, 'durable'),
    alias: 'live',
    timeout: 60,
    durable: { executionTimeout: 86_400 },
    deadLetterArn: peer.addQueue('durable-failures'),
  });
}

function invoke(name: string, payload: object, extra: object = {}): Promise<InvokeCommandOutput> {
  return client.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload), ...extra }));
}

function bodyOf(answer: InvokeCommandOutput): Record<string, unknown> {
  return JSON.parse(answer.Payload?.transformToString() ?? '{}') as Record<string, unknown>;
}

describe('an ordinary function', () => {
  test('runs with its own environment and context, and its output is captured line by line', async () => {
    addPlain();
    const lines: string[] = [];
    peer.lambda.onLog(({ line }) => lines.push(line));
    const answer = await invoke('plain', { a: 1 }, { Qualifier: 'live' });
    const body = bodyOf(answer);
    expect(body).toMatchObject({
      event: { a: 1 },
      name: 'plain',
      arn: 'arn:aws:lambda:eu-central-1:123456789012:function:plain:live',
    });
    expect(body.environment).toMatchObject({ COLOUR: 'blue', AWS_LAMBDA_FUNCTION_VERSION: '1' });
    expect(body.environment).not.toHaveProperty('PATH');
    expect(body.left).toBeGreaterThan(2000);
    expect(lines).toEqual(['a line', 'half']);
  });

  test('answers its error, and times out', async () => {
    addPlain({ timeout: 2 });
    const failed = await invoke('plain', { fail: true });
    expect(failed.FunctionError).toBe('Unhandled');
    expect(bodyOf(failed)).toMatchObject({ errorType: 'TypeError', errorMessage: 'cannot' });
    const slow = invoke('plain', { sleep: 60_000 });
    await new Promise((resolve) => setImmediate(resolve));
    await peer.driveUntil(() => !peer.lambda.invocations.idle);
    await clock.advance(3000);
    expect(bodyOf(await slow).errorMessage).toMatch(/Task timed out after 2.00 seconds/);
  });

  test.each(['in its thread', 'with a large file'])('that works %s is not jumped over', async (work) => {
    addPlain({ timeout: 60 });
    const lines: string[] = [];
    peer.lambda.onLog(({ line }) => lines.push(line));
    await invoke('plain', { work }, { InvocationType: 'Event' });
    await peer.driveUntil(() => lines.length > 0, { whileRunning: true });
    expect(lines[0]).toBe('done');
  });

  test('asynchronously: two retries after 1 and 2 minutes, then the dead-letter queue', async () => {
    addPlain();
    const started = clock.now();
    const answer = await invoke('plain', { fail: true }, { InvocationType: 'Event' });
    expect(answer.StatusCode).toBe(202);
    await peer.driveUntil(() => peer.lambda.deadLetters.length > 0);
    expect(peer.lambda.deadLetters).toMatchObject([{ body: '{"fail":true}', attributes: { ErrorMessage: 'cannot' } }]);
    expect((clock.now() - started) / 1000).toBeGreaterThanOrEqual(180);
    expect((clock.now() - started) / 1000).toBeLessThan(190);
  });
});

describe('a durable execution', () => {
  const start = (payload: object, name?: string): Promise<InvokeCommandOutput> =>
    invoke('durable', payload, { InvocationType: 'Event', Qualifier: 'live', DurableExecutionName: name });

  test('waits an hour in no time, and resumes where it was', async () => {
    addDurable();
    const lines: string[] = [];
    peer.lambda.onLog(({ line }) => lines.push(line));
    const real = performance.now();
    await start({ name: 'x', waits: 6, seconds: 600 }, 'one');
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')));
    expect(execution?.status).toBe('SUCCEEDED');
    const result = JSON.parse(execution?.result ?? '') as { waited: number };
    expect(result).toMatchObject({ flaky: 'done' });
    expect(result.waited / 1000).toBeGreaterThanOrEqual(3600);
    expect(result.waited / 1000).toBeLessThan(3610);
    expect(execution?.invocations).toHaveLength(7);
    expect(execution?.operations.filter(({ Type }) => Type === 'WAIT')).toHaveLength(6);
    expect(peer.lambda.durable.usage(execution?.name ?? '').billedMs).toBeLessThan(10_000);
    expect(performance.now() - real).toBeLessThan(4000);
  });

  test('retries a failing step when the clock says so', async () => {
    addDurable();
    await start({ name: 'x', failFor: 4000 });
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')));
    expect(execution?.status).toBe('SUCCEEDED');
    const step = execution?.operations.find(({ Name }) => Name === 'flaky');
    expect(step?.StepDetails?.Attempt).toBeGreaterThan(1);
  });

  test('is started once by name: same payload the same, another payload refused', async () => {
    addDurable();
    const first = await start({ name: 'x', waits: 1, seconds: 5 }, 'one');
    const second = await start({ name: 'x', waits: 1, seconds: 5 }, 'one');
    expect(second.DurableExecutionArn).toBe(first.DurableExecutionArn);
    await expect(start({ name: 'y' }, 'one')).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
      $metadata: { httpStatusCode: 409 },
    });
    expect(peer.lambda.executions).toHaveLength(1);
    await expect(invoke('durable', {}, { InvocationType: 'Event' })).rejects.toThrow('unqualified');
  });

  test('that fails goes to the dead-letter queue', async () => {
    addDurable();
    await start({ fail: true });
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')));
    expect(execution).toMatchObject({ status: 'FAILED', error: { ErrorMessage: 'refused' } });
    expect(peer.queues.messages('durable-failures')).toMatchObject([{ body: '{"fail":true}' }]);
  });

  test.each(['before', 'after'] as const)('survives a sandbox killed %s a checkpoint', async (when) => {
    addDurable();
    for (const checkpoint of [1, 3]) peer.lambda.killAtCheckpoint({ function: 'durable', checkpoint, when });
    await start({ name: 'x', waits: 2, seconds: 60 });
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')));
    expect(execution?.status).toBe('SUCCEEDED');
    expect(execution?.invocations.map(({ outcome }) => outcome)).toContain('Runtime.ExitError');
  });

  test('gets its state in pages', async () => {
    addDurable();
    peer.lambda.durable.statePage = 2;
    await start({ name: 'x', waits: 6, seconds: 60 });
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')));
    expect(execution?.status).toBe('SUCCEEDED');
    expect(peer.requests.filter(({ action }) => action === 'GetDurableExecutionState').length).toBeGreaterThan(3);
  });

  test('invoked synchronously answers its result', async () => {
    addDurable();
    const pending = invoke('durable', { name: 'x', waits: 1, seconds: 300 }, { Qualifier: 'live' });
    const answer = await peer.driveUntil(pending);
    expect(bodyOf(answer)).toMatchObject({ flaky: 'done' });
  });

  test('jumps over a timer inside a step when told to jump while functions run', async () => {
    addDurable();
    await start({ name: 'x', sleep: 50_000 });
    const [execution] = peer.lambda.executions;
    await peer.driveUntil(execution?.ended ?? Promise.reject(new Error('none')), { whileRunning: true });
    expect(execution?.status).toBe('SUCCEEDED');
    expect(peer.lambda.durable.usage(execution?.name ?? '').billedMs).toBeGreaterThan(50_000);
  });
});
