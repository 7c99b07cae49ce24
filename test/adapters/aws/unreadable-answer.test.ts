/** Answers that come from somewhere on the way to AWS, and not from AWS. */
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, expect, test, vi } from 'vitest';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import { awsFailure } from '../../../lambdas/adapters/aws/failure.ts';
import type { FaultPlan } from '../../peers/aws/faults.ts';
import { AwsGiven } from './given.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

type Call = () => Promise<unknown>;

/** A call of each protocol, on a client that is made by the factory. */
const CALLS: Readonly<Record<string, () => Call>> = {
  'AutoScalingClient DescribeAutoScalingGroupsCommand': () => {
    const client = createClient(AutoScalingClient);
    return () => client.send(new DescribeAutoScalingGroupsCommand({}));
  },
  'EC2Client DescribeInstancesCommand': () => {
    const client = createClient(EC2Client);
    return () => client.send(new DescribeInstancesCommand({}));
  },
  'SSMClient GetParameterCommand': () => {
    const client = createClient(SSMClient);
    return () => client.send(new GetParameterCommand({ Name: 'a' }));
  },
  'EKSClient DescribeClusterCommand': () => {
    const client = createClient(EKSClient);
    return () => client.send(new DescribeClusterCommand({ name: 'blue' }));
  },
  'LambdaClient InvokeCommand': () => {
    const client = createClient(LambdaClient);
    return () => client.send(new InvokeCommand({ FunctionName: 'a:b' }));
  },
};
const [[, AUTO_SCALING] = ['', () => () => Promise.resolve()]] = Object.entries(CALLS);

/** What the call comes to where every try of it meets the fault. */
async function answered(prepare: () => Call, fault: FaultPlan) {
  await using given = await AwsGiven.start();
  for (const [name, value] of Object.entries(given.aws.environment())) vi.stubEnv(name, value);
  const call = prepare();
  // Once without the fault: the client reads its settings from files, in real time.
  await call().catch((cause: unknown) => cause);
  const before = given.aws.requests.length;
  given.aws.faults.inject({ ...fault, times: Infinity });
  const error = await given.during(call().catch((cause: unknown) => cause));
  return { error, tries: given.aws.requests.length - before };
}

test.each(Object.entries(CALLS))(
  'tells of a page of HTML by its status, after as many tries as for 503: %s',
  async (name, prepare) => {
    const { error, tries } = await answered(prepare, { kind: 'html' });
    expect(tries).toBe(4);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 503 } });
    const reason = `UnreadableAnswer: ${name} was answered with HTTP status 503 and text/html, which is no answer of AWS's`;
    expect(awsFailure(error)).toEqual({ kind: 'failed', reason });
  },
);

test('tells of a page with a status that is not tried again', async () => {
  const { error, tries } = await answered(AUTO_SCALING, { kind: 'html', status: 403 });
  expect(tries).toBe(1);
  expect(String(error)).toContain('HTTP status 403 and text/html');
});

test('leaves an error in AWS’s own words as it is', async () => {
  const { error } = await answered(AUTO_SCALING, { kind: 'error' });
  expect(error).toMatchObject({ name: 'InternalFailure', message: 'We encountered an internal error.' });
});
