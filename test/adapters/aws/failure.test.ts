/** What an error says of AWS (contract 7.4: 502 or 504). */
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { awsFailure } from '../../../lambdas/adapters/aws/failure.ts';
import { instanceFinder } from '../../../lambdas/adapters/ec2/finder.ts';
import { AwsGiven } from './given.ts';

async function errorWith(endpoint?: string, kind: 'throttle' | 'reset' | 'error' = 'error'): Promise<unknown> {
  await using given = await AwsGiven.start();
  given.aws.faults.inject({ kind, action: 'DescribeInstances', times: Infinity });
  const config = { ...given.aws.clientConfig(), maxAttempts: 1 };
  const finder = instanceFinder(new EC2Client({ ...config, ...(endpoint !== undefined && { endpoint }) }));
  return await finder.find({ id: 'i-0123456789abcdef0' }).catch((error: unknown) => error);
}

test.each([
  ['an error of AWS', undefined, 'error', 'failed'],
  ['throttling', undefined, 'throttle', 'failed'],
  ['a connection that is cut', undefined, 'reset', 'unanswered'],
  ['a connection that is refused', 'http://127.0.0.1:1', 'error', 'unanswered'],
  ['a name that there is not', 'http://ec2.invalid', 'error', 'unanswered'],
] as const)('%s', async (_, endpoint, fault, kind) => {
  expect(awsFailure(await errorWith(endpoint, fault))).toMatchObject({ kind });
});

const failed = Object.assign(new Error('no'), { $metadata: { httpStatusCode: 500 } });
const unanswered = Object.assign(new Error('late'), { $metadata: { attempts: 4 } });

test.each([
  ['all unanswered', [unanswered, unanswered], 'unanswered'],
  ['one failed', [unanswered, failed], 'failed'],
  ['one not of AWS', [failed, new TypeError('ours')], undefined],
])('several: %s', (_, errors, kind) => {
  expect(awsFailure(new AggregateError(errors, 'several'))?.kind).toBe(kind);
});

test.each([[new Error('ours')], ['text'], [undefined]])('%j is not of AWS', (error) => {
  expect(awsFailure(error)).toBeUndefined();
});
