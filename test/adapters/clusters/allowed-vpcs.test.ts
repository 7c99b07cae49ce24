/** The VPCs of clusters, each asked for once (contract 7.4). */
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { HttpResponse, type HttpRequest } from '@smithy/protocol-http';
import { expect, test } from 'vitest';
import { allowedVpcs } from '../../../lambdas/adapters/clusters/allowed-vpcs.ts';
import { AwsGiven } from '../aws/given.ts';

/** EKS with these clusters, by their VPCs; and for which it was asked. */
function eks(vpcs: Readonly<Record<string, string>>): { client: EKSClient; asked: string[] } {
  const asked: string[] = [];
  const handle = ({ path }: HttpRequest) => {
    const name = path.split('/').at(-1) ?? '';
    asked.push(name);
    const vpcId = vpcs[name];
    const [statusCode, body] =
      vpcId === undefined
        ? [404, { message: `No cluster found for name: ${name}.` }]
        : [200, { cluster: { name, resourcesVpcConfig: { vpcId } } }];
    const headers: Record<string, string> =
      statusCode === 404 ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {};
    return Promise.resolve({
      response: new HttpResponse({ statusCode, headers, body: Buffer.from(JSON.stringify(body)) }),
    });
  };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return { client: new EKSClient({ region: 'eu-central-1', credentials, requestHandler: { handle } }), asked };
}

/** Has no region: a call would fail. */
const NOT_ASKED = new EC2Client();

test('are those of the configured clusters; one that is not there has none, and is asked for again', async () => {
  const { client, asked } = eks({ blue: 'vpc-1', green: 'vpc-2' });
  const allowed = allowedVpcs(
    { eks: client, ec2: NOT_ASKED },
    { clusters: ['blue', 'green', 'gone'], others: [], vpcs: [] },
  );
  expect(await allowed()).toEqual(new Set(['vpc-1', 'vpc-2']));
  expect(await allowed()).toEqual(new Set(['vpc-1', 'vpc-2']));
  expect(asked.toSorted()).toEqual(['blue', 'gone', 'gone', 'green']);
});

test('are the configured VPCs where there are any, and no cluster is asked for', async () => {
  const { client, asked } = eks({ blue: 'vpc-1' });
  expect(
    await allowedVpcs({ eks: client, ec2: NOT_ASKED }, { clusters: ['blue'], others: ['k8s'], vpcs: ['vpc-3'] })(),
  ).toEqual(new Set(['vpc-3']));
  expect(asked).toEqual([]);
});

test('are those of the instances that are tagged for a cluster with a kubeconfig, about which EKS is not asked (contract 15.1)', async () => {
  await using given = await AwsGiven.start();
  const { aws } = given;
  const clients = { eks: new EKSClient(aws.clientConfig()), ec2: new EC2Client(aws.clientConfig()) };
  const allowed = allowedVpcs(clients, { clusters: [], others: ['k8s.example.com', 'new.example.com'], vpcs: [] });
  const launch = (vpcId: string, cluster: string): unknown =>
    aws.instances.launch({ vpcId, tags: { [`kubernetes.io/cluster/${cluster}`]: 'owned' } });
  launch('vpc-00000000000000001', 'k8s.example.com');
  launch('vpc-00000000000000001', 'k8s.example.com');
  launch('vpc-00000000000000002', 'other.example.com');
  expect(await allowed()).toEqual(new Set(['vpc-00000000000000001']));
  launch('vpc-00000000000000003', 'new.example.com');
  expect(await allowed()).toEqual(new Set(['vpc-00000000000000001', 'vpc-00000000000000003']));
  expect(new Set(aws.requests.map(({ action }) => action))).toEqual(new Set(['DescribeInstances']));
});
