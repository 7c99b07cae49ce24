/** What AWS refuses for its size, in AWS's words (contract 14.1). */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutParameterCommand, SSMClient, type ParameterTier } from '@aws-sdk/client-ssm';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../clock.ts';
import { bundle } from './bundling.ts';
import { AwsPeer } from './peer.ts';

/** Two steps, each with a result of so many bytes. */
const CODE = `
  import { withDurableExecution } from '@aws/durable-execution-sdk-js';
  export const handler = withDurableExecution(async ({ bytes }, context) => {
    await context.step('first', async () => 'x'.repeat(bytes - 2));
    await context.step('second', async () => 'x'.repeat(bytes - 2));
  });
`;

let directory: string;
let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'aws-peer-quotas-'));
  await bundle(CODE, join(directory, 'index.mjs'));
  const clock = new DrivenClock();
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
  uninstall();
  rmSync(directory, { recursive: true, force: true });
});

describe('a durable execution', () => {
  const client = (): LambdaClient => new LambdaClient({ ...peer.clientConfig(), maxAttempts: 1 });

  async function run(bytes: number) {
    const durable = { executionTimeout: 86_400 };
    peer.lambda.addFunction({ name: 'durable', directory, alias: 'live', timeout: 60, durable });
    const input = { FunctionName: 'durable', Qualifier: 'live', InvocationType: 'Event' as const };
    await client().send(new InvokeCommand({ ...input, Payload: JSON.stringify({ bytes }) }));
    const [execution] = peer.lambda.executions;
    if (execution === undefined) throw new Error('nothing runs');
    await peer.driveUntil(execution.ended);
    return execution;
  }

  test('keeps 262,144 bytes of each step', async () => {
    expect(await run(262_144)).toMatchObject({ status: 'SUCCEEDED', storedBytes: 2 * 262_144 + 16 });
  });

  test('fails of a step whose result has 262,145 bytes', async () => {
    expect(await run(262_145)).toMatchObject({
      status: 'FAILED',
      error: {
        ErrorMessage: expect.stringContaining(
          'STEP output payload size must be less than or equal to 262144 bytes',
        ) as string,
      },
    });
  });

  test('keeps 100 MB in all, and fails of more', async () => {
    expect(peer.lambda.durable.storageLimit).toBe(104_857_600);
    peer.lambda.durable.storageLimit = 1_000;
    const execution = await run(600);
    expect(execution).toMatchObject({ status: 'FAILED', error: { ErrorType: 'InvalidParameterValueException' } });
    expect(execution.storedBytes).toBeLessThan(1_000);
  });

  test('takes no asynchronous payload of more than 1 MB', async () => {
    await expect(run(0).catch(() => undefined)).resolves.toBeDefined();
    const Payload = JSON.stringify({ text: 'x'.repeat(1_048_576) });
    const asked = { FunctionName: 'durable', Qualifier: 'live', InvocationType: 'Event' as const, Payload };
    await expect(client().send(new InvokeCommand(asked))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
  });
});

describe('a parameter', () => {
  const put = (length: number, Tier?: ParameterTier) =>
    new SSMClient({ ...peer.clientConfig(), maxAttempts: 1 }).send(
      new PutParameterCommand({ Name: '/ebb/clusters/blue', Value: 'x'.repeat(length), Type: 'String', Tier }),
    );

  test.each<[ParameterTier | undefined, number]>([
    [undefined, 4_096],
    ['Standard', 4_096],
    ['Advanced', 8_192],
  ])('of tier %s holds %i characters, and not one more', async (tier, longest) => {
    await expect(put(longest + 1, tier)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(`support a maximum parameter value of ${longest} characters.`) as string,
    });
    await expect(put(longest, tier)).resolves.toMatchObject({ Tier: tier ?? 'Standard' });
  });
});
