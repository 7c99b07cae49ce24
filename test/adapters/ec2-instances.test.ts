import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { ec2Instances, INSTANCE_ACTIONS } from '../../lambdas/adapters/ec2-instances.ts';
import type { Instances } from '../../lambdas/workflow/ports.ts';
import { AwsGiven } from './aws-given.ts';

describe('the private DNS name of an instance (contract 2.1)', () => {
  test('is the one that it joined its cluster under', async () => {
    await using given = await withInstance();
    expect(await given.port.privateDnsName(given.instance)).toMatch(
      /^ip-10-0-\d+-\d+\.eu-central-1\.compute\.internal$/,
    );
  });

  test('is found on a later page than the first', async () => {
    await using given = await withInstance();
    given.aws.instances.emptyPages = 1;
    expect(await given.port.privateDnsName(given.instance)).toMatch(/^ip-/);
    expect(await given.port.machine(given.instance)).toBe('up');
  });

  test('is undefined for an instance that there is not (faults.md 17)', async () => {
    await using given = await withInstance();
    expect(await given.port.privateDnsName('i-0fedcba9876543210')).toBeUndefined();
  });

  test('is undefined once the instance has terminated (faults.md 17)', async () => {
    await using given = await withInstance();
    given.aws.instances.setState(given.instance, 'terminated');
    expect(await given.port.privateDnsName(given.instance)).toBeUndefined();
  });

  test('throttled twice, is answered (faults.md 16)', async () => {
    await using given = await withInstance();
    given.aws.faults.inject({ kind: 'throttle', action: 'DescribeInstances', times: 2 });
    expect(await given.during(given.port.privateDnsName(given.instance))).toMatch(/^ip-/);
  });

  test('refused, names the action that is missing (faults.md 28)', async () => {
    await using given = await withInstance();
    const port = ec2Instances(new EC2Client(given.aws.clientConfig(given.credentialsFor())));
    await expect(port.privateDnsName(given.instance)).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringContaining(INSTANCE_ACTIONS[0]) as string,
    });
  });

  test('the declared IAM actions are enough', async () => {
    await using given = await withInstance();
    const port = ec2Instances(new EC2Client(given.aws.clientConfig(given.credentialsFor(...INSTANCE_ACTIONS))));
    expect(await port.privateDnsName(given.instance)).toMatch(/^ip-/);
  });
});

describe('the machine of an instance (contract 4.9)', () => {
  test.each([
    ['pending', 'up'],
    ['running', 'up'],
    ['stopping', 'ending'],
    ['shutting-down', 'ending'],
    ['stopped', 'stopped'],
    ['terminated', 'terminated'],
  ] as const)('that is %s, is %s', async (state, machine) => {
    await using given = await withInstance();
    given.aws.instances.setState(given.instance, state);
    expect(await given.port.machine(given.instance)).toBe(machine);
  });

  test('that there is not, is absent', async () => {
    await using given = await withInstance();
    expect(await given.port.machine('i-0fedcba9876543210')).toBe('absent');
  });
});

async function withInstance(): Promise<AwsGiven & { readonly port: Instances; readonly instance: string }> {
  const given = await AwsGiven.start();
  const { instanceId: instance } = given.aws.instances.launch();
  return Object.assign(given, { port: ec2Instances(new EC2Client(given.aws.clientConfig())), instance });
}
