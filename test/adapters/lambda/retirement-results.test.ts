import { LambdaClient } from '@aws-sdk/client-lambda';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RESULT_ACTIONS, retirementResults } from '../../../lambdas/adapters/lambda/retirement-results.ts';
import { LIST_ACTIONS, retirements, unqualified } from '../../../lambdas/adapters/lambda/retirements.ts';
import { aNotice } from '../../given.ts';
import { AwsGiven } from '../aws/given.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ebb-results-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A run that ends with that result. */
async function withRun(result: string): Promise<AwsGiven & { readonly arn: string }> {
  const ended = JSON.stringify({ Status: 'SUCCEEDED', Result: result });
  writeFileSync(join(directory, 'index.mjs'), `export const handler = async () => (${ended});`);
  const given = await AwsGiven.start();
  const plan = { name: 'retirement', directory, alias: 'live', durable: { executionTimeout: 3_600 } };
  const arn = `${given.aws.lambda.addFunction(plan).arn}:live`;
  await retirements(new LambdaClient(given.aws.clientConfig()), arn).start('one', aNotice());
  await given.aws.driveUntil(() => given.aws.lambda.executions[0]?.status === 'SUCCEEDED');
  return Object.assign(given, { arn });
}

test.each([
  ['{"result":"restored","reason":"a budget blocked it"}', { result: 'restored', reason: 'a budget blocked it' }],
  ['{"result":"drained"}', { result: 'drained' }],
  ['1', undefined],
])('a run that ended with %s is told so, to whoever may read it', async (written, told) => {
  await using given = await withRun(written);
  const limited = new LambdaClient(given.aws.clientConfig(given.credentialsFor(...LIST_ACTIONS, ...RESULT_ACTIONS)));
  const results = retirementResults(limited, unqualified(given.arn));
  expect(await results.resultOf('one')).toEqual(told);
  expect(await results.resultOf('another')).toBeUndefined();
});
