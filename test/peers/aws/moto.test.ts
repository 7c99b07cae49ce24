/** The shapes that moto gets right, asked of it and of the peer; run when MOTO_URL is set. */
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { both, errorName, MOTO_URL, type Endpoint } from './moto-given.ts';

/** The names of an object's fields that the code under test may read. */
function fieldsOf(value: object | undefined, wanted: readonly string[]): string[] {
  return wanted.filter((name) => name in (value ?? {}));
}

describe.skipIf(MOTO_URL === undefined)('peer and moto agree on', () => {
  test('DescribeInstances', async () => {
    const wanted = ['InstanceId', 'PrivateDnsName', 'State', 'Placement', 'LaunchTime', 'InstanceType'];
    const [ours, theirs] = await both(async (config, peer) => {
      const client = new EC2Client(config);
      const started = peer?.instances.launch().instanceId ?? (await runInstance(client));
      const found = await client.send(new DescribeInstancesCommand({ InstanceIds: [started] }));
      const unknown = errorName(client.send(new DescribeInstancesCommand({ InstanceIds: ['i-0123456789abcdef0'] })));
      return [fieldsOf(found.Reservations?.[0]?.Instances?.[0], wanted), await unknown];
    });
    expect(ours).toEqual(theirs);
  });

  test('SSM parameters', async () => {
    const wanted = ['Name', 'Type', 'Value', 'Version', 'ARN', 'LastModifiedDate', 'DataType'];
    const [ours, theirs] = await both(async (config) => {
      const client = new SSMClient(config);
      await client.send(new PutParameterCommand({ Name: '/ebb/x', Value: '1', Type: 'String', Overwrite: true }));
      const { Parameter } = await client.send(new GetParameterCommand({ Name: '/ebb/x' }));
      return [fieldsOf(Parameter, wanted), await errorName(client.send(new GetParameterCommand({ Name: '/none' })))];
    });
    expect(ours).toEqual(theirs);
  });

  test('an unknown EKS cluster', async () => {
    const ask = (config: Endpoint): Promise<unknown> =>
      errorName(new EKSClient(config).send(new DescribeClusterCommand({ name: 'none' })));
    const [ours, theirs] = await both(ask);
    expect(ours).toEqual(theirs);
  });
});

async function runInstance(client: EC2Client): Promise<string> {
  const { Instances } = await client.send(
    new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1 }),
  );
  return Instances?.[0]?.InstanceId ?? '';
}
