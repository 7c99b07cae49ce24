/** Clients of AWS: made in one place, so that none waits for ever. */
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { ESLint, Linter } from 'eslint';
import { resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import { AwsGiven } from './given.ts';

const SECOND = 1_000;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A call that AWS takes and answers only after an hour. */
async function callUnanswered(options?: { answerWithin: number }) {
  await using given = await AwsGiven.start();
  for (const [name, value] of Object.entries(given.aws.environment())) vi.stubEnv(name, value);
  const client = createClient(AutoScalingClient, options);
  // Once without the fault: the client reads its settings from files, in real time.
  await client.send(new DescribeAutoScalingGroupsCommand({}));
  given.aws.faults.inject({ kind: 'delay', delay: 3600 * SECOND, times: Infinity });
  const since = given.clock.now();
  const call = client.send(new DescribeAutoScalingGroupsCommand({}));
  const error = await given.during(call.catch((cause: unknown) => cause));
  return { error, seconds: (given.clock.now() - since) / SECOND };
}

test('a call that AWS does not answer is tried four times, and ends within a minute', async () => {
  const { error, seconds } = await callUnanswered();
  expect(error).toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 4 } });
  expect(seconds).toBeGreaterThanOrEqual(40);
  expect(seconds).toBeLessThan(60);
});

test('a client whose answers take long waits for as long as it is told to', async () => {
  const { seconds } = await callUnanswered({ answerWithin: 120 });
  expect(seconds).toBeGreaterThanOrEqual(480);
  expect(seconds).toBeLessThan(500);
});

describe('the lint rule', () => {
  const PROJECT = resolve(import.meta.dirname, '../../..');

  async function faultsOf(code: string, file: string): Promise<string[]> {
    const { rules } = (await new ESLint({ cwd: PROJECT }).calculateConfigForFile(file)) as Linter.Config;
    const { 'no-restricted-syntax': rule = 'off' } = rules ?? {};
    return new Linter().verify(code, { rules: { 'no-restricted-syntax': rule } }).map(({ message }) => message);
  }

  test.each([
    ['a client that is made bare', 'lambdas/node-sweep.ts', 'new EKSClient();', 1],
    ['one with a configuration', 'infra/cli/functions/dry-run.ts', 'new LambdaClient({ maxAttempts: 2 });', 1],
    ['one of a namespace', 'lambdas/adapters/secrets/secrets.ts', 'new sdk.SecretsManagerClient({});', 1],
    ['none that the factory makes', 'lambdas/node-sweep.ts', 'createClient(EKSClient);', 0],
    ['none of a test', 'test/adapters/aws/secrets.test.ts', 'new SecretsManagerClient({});', 0],
  ])('finds %s', async (_, file, code, faults) => {
    expect(await faultsOf(code, file)).toHaveLength(faults);
  });
});
