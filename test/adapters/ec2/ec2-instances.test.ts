import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { ec2Instances, INSTANCE_ACTIONS } from '../../../lambdas/adapters/ec2/ec2-instances.ts';
import type { Instances } from '../../../lambdas/workflow/ports/ec2.ts';
import { AwsGiven } from '../aws/given.ts';

describe('by what an instance is known (contract 2.1)', () => {
  test('is the name that it joined its cluster under, and the addresses of its network interfaces', async () => {
    await using given = await withInstance();
    const { instanceId } = given.aws.instances.launch({ secondaryIps: ['10.0.9.9'] });
    const { privateIp, privateDnsName } = given.aws.instances.get(instanceId);
    expect(privateDnsName).toMatch(/^ip-10-0-\d+-\d+\.eu-central-1\.compute\.internal$/);
    expect(await given.port.identity(instanceId)).toEqual({
      instance: instanceId,
      dnsName: privateDnsName,
      addresses: [privateIp, '10.0.9.9'],
    });
  });

  test('is found on a later page than the first', async () => {
    await using given = await withInstance();
    given.aws.instances.emptyPages = 1;
    expect(await given.port.identity(given.instance)).toHaveProperty('dnsName');
    expect(await given.port.machine(given.instance)).toBe('up');
  });

  test('is nothing for an instance that there is not (faults 17)', async () => {
    await using given = await withInstance();
    const instance = 'i-0fedcba9876543210';
    expect(await given.port.identity(instance)).toEqual({ instance, addresses: [] });
  });

  test('is nothing once the instance has terminated (faults 17)', async () => {
    await using given = await withInstance();
    const { instance } = given;
    given.aws.instances.setState(instance, 'terminated');
    expect(await given.port.identity(instance)).toEqual({ instance, addresses: [] });
  });

  test('throttled twice, is answered (faults 16)', async () => {
    await using given = await withInstance();
    given.aws.faults.inject({ kind: 'throttle', action: 'DescribeInstances', times: 2 });
    expect(await given.during(given.port.identity(given.instance))).toHaveProperty('dnsName');
  });

  test('refused, names the action that is missing (faults 28)', async () => {
    await using given = await withInstance();
    const port = ec2Instances(new EC2Client(given.aws.clientConfig(given.credentialsFor())));
    await expect(port.identity(given.instance)).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringContaining(INSTANCE_ACTIONS[0]) as string,
    });
  });

  test('the declared IAM actions are enough', async () => {
    await using given = await withInstance();
    const port = ec2Instances(new EC2Client(given.aws.clientConfig(given.credentialsFor(...INSTANCE_ACTIONS))));
    expect(await port.identity(given.instance)).toHaveProperty('dnsName');
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
