/** Status checks that instances fail (contract 1.2). */
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { STATUS_ACTIONS } from '../../../lambdas/adapters/ec2/scheduled-changes.ts';
import { statusChecks } from '../../../lambdas/adapters/ec2/status-checks.ts';
import { STATUS_CHECKS } from '../../../lambdas/core/aws/status-check.ts';
import type { StatusChecks } from '../../../lambdas/workflow/ports/ec2.ts';
import { AwsGiven } from '../aws/given.ts';

const portOf = ({ aws }: AwsGiven, credentials = {}): StatusChecks =>
  statusChecks(new EC2Client({ ...aws.clientConfig(), ...credentials, maxAttempts: 1 }));

test.each(STATUS_CHECKS)('the check %s is told with the time since when the instance fails it', async (check) => {
  await using given = await AwsGiven.start();
  const { instances } = given.aws;
  const [one, other] = [instances.launch(), instances.launch()];
  instances.setCheck(one.instanceId, check, 'impaired');
  const since = given.clock.now();
  await given.clock.advance(60_000);
  for (const another of STATUS_CHECKS.filter((each) => each !== check))
    instances.setCheck(other.instanceId, another, 'impaired');
  expect(await portOf(given).impaired([check])).toEqual([{ instance: one.instanceId, check, since }]);
});

test.each(['ok', 'insufficient-data', 'initializing', 'not-applicable'] as const)(
  'a check that is %s is not impaired',
  async (status) => {
    await using given = await AwsGiven.start();
    const { instanceId } = given.aws.instances.launch();
    for (const check of STATUS_CHECKS) given.aws.instances.setCheck(instanceId, check, status);
    expect(await portOf(given).impaired(STATUS_CHECKS)).toEqual([]);
  },
);

test('an instance that has stopped is not checked', async () => {
  await using given = await AwsGiven.start();
  const { instanceId } = given.aws.instances.launch();
  given.aws.instances.setCheck(instanceId, 'system', 'impaired');
  given.aws.instances.setState(instanceId, 'stopped');
  expect(await portOf(given).impaired(STATUS_CHECKS)).toEqual([]);
});

test('an instance that fails several checks is told with each', async () => {
  await using given = await AwsGiven.start();
  const { instanceId } = given.aws.instances.launch();
  for (const check of STATUS_CHECKS) given.aws.instances.setCheck(instanceId, check, 'impaired');
  const found = await portOf(given).impaired(['system', 'ebs']);
  expect(found.map(({ check }) => check)).toEqual(['system', 'ebs']);
});

test('nothing is asked where no check is named, and one page of each has a thousand', async () => {
  await using given = await AwsGiven.start();
  const { instances } = given.aws;
  expect(await portOf(given).impaired([])).toEqual([]);
  expect(given.count('DescribeInstanceStatus')).toBe(0);
  for (let count = 0; count < 1_001; count += 1) instances.setCheck(instances.launch().instanceId, 'ebs', 'impaired');
  expect(await portOf(given).impaired(['ebs', 'system'])).toHaveLength(1_001);
  expect(given.count('DescribeInstanceStatus')).toBe(3);
});

test('a failure of EC2 is passed on', async () => {
  await using given = await AwsGiven.start();
  given.aws.faults.inject({ kind: 'throttle', action: 'DescribeInstanceStatus' });
  await expect(portOf(given).impaired(['ebs'])).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
});

test('the declared IAM actions are enough', async () => {
  await using given = await AwsGiven.start();
  const port = portOf(given, given.aws.clientConfig(given.credentialsFor(...STATUS_ACTIONS)));
  expect(await port.impaired(STATUS_CHECKS)).toEqual([]);
});
