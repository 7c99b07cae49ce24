import { Sha256 } from '@aws-crypto/sha256-js';
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeTagsCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  paginateGetParametersByPath,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import type { Credentials } from '../iam/credentials.ts';
import { AwsPeer } from '../peer.ts';

let clock: DrivenClock;
let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

describe('a signature', () => {
  const wrong = { secretAccessKey: 'wrong' };
  const unknown = { accessKeyId: 'ASIAUNKNOWN' };
  const stale = { sessionToken: 'stale' };
  test.each([
    ['Auto Scaling', wrong, 'SignatureDoesNotMatch'],
    ['Auto Scaling', unknown, 'InvalidClientTokenId'],
    ['EC2', wrong, 'SignatureDoesNotMatch'],
    ['EC2', stale, 'InvalidClientTokenId'],
    ['EKS', wrong, 'SignatureDoesNotMatch'],
    ['SSM', unknown, 'InvalidClientTokenId'],
    ['Lambda', wrong, 'SignatureDoesNotMatch'],
  ])('%s with %o is refused', async (service, change, name) => {
    const config = { ...peer.clientConfig({ ...peer.administrator, ...change }), maxAttempts: 1 };
    const calls: Record<string, () => Promise<unknown>> = {
      'Auto Scaling': () => new AutoScalingClient(config).send(new DescribeAutoScalingGroupsCommand({})),
      EC2: () => new EC2Client(config).send(new DescribeInstancesCommand({})),
      EKS: () => new EKSClient(config).send(new DescribeClusterCommand({ name: 'blue' })),
      SSM: () => new SSMClient(config).send(new GetParameterCommand({ Name: 'a' })),
      Lambda: () => new LambdaClient(config).send(new InvokeCommand({ FunctionName: 'a:b' })),
    };
    await expect(calls[service]?.()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
  });

  test('of real time is refused once the driven time is ahead, unless the SDK follows the Date header', async () => {
    uninstall();
    await clock.advance(3_600_000);
    const client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 3 });
    await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(peer.requests.map(({ status }) => status)).toEqual([403, 200]);
  });

  test('missing is refused', async () => {
    const answer = await fetch(peer.url);
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationToken']);
  });
});

describe('an EKS token', () => {
  const ROLE = 'arn:aws:iam::123456789012:role/drainer';

  async function token(credentials: Credentials, cluster = 'blue', change: { host?: string } = {}): Promise<string> {
    const host = change.host ?? 'sts.eu-central-1.amazonaws.com';
    const signer = new SignatureV4({ service: 'sts', region: 'eu-central-1', credentials, sha256: Sha256 });
    const request = new HttpRequest({
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    });
    const signed = await signer.presign(request, { expiresIn: 60, unhoistableHeaders: new Set(['x-k8s-aws-id']) });
    const query = new URLSearchParams(signed.query as Record<string, string>);
    return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query.toString()}`).toString('base64url')}`;
  }

  function addFunction(): Credentials {
    peer.authorization.addRole(ROLE);
    return peer.lambda.addFunction({ name: 'drain', directory: '.', roleArn: ROLE }).credentials;
  }

  test('of a function is what its access entry says', async () => {
    const credentials = addFunction();
    peer.eks.addAccessEntry({ clusterName: 'blue', principalArn: ROLE, groups: ['ebb'] });
    const verdict = await peer.sts.verifyEksToken(`Bearer ${await token(credentials)}`, 'blue');
    expect(verdict).toMatchObject({
      ok: true,
      identity: {
        username: 'arn:aws:sts::123456789012:assumed-role/drainer/drain',
        groups: ['ebb', 'system:authenticated'],
        caller: { functionName: 'drain' },
      },
    });
  });

  test('is refused with a reason', async () => {
    const { administrator } = peer;
    const reason = async (bearer: string): Promise<string> => {
      const verdict = await peer.sts.verifyEksToken(bearer, 'blue');
      return verdict.ok ? 'accepted' : verdict.reason;
    };
    const good = await token(administrator);
    expect(await reason(good)).toBe('accepted');
    expect(await reason(await token(addFunction()))).toMatch(/^no access entry of cluster blue names .*drainer/);
    expect(await reason(await token(administrator, 'green'))).toMatch(
      /signature is not of this secret for cluster blue/,
    );
    expect(await reason(await token({ ...administrator, secretAccessKey: 'wrong' }))).toMatch(/signature/);
    expect(await reason(await token({ ...administrator, accessKeyId: 'ASIANOBODY' }))).toMatch(/unknown access key/);
    expect(await reason(await token(administrator, 'blue', { host: 'sts.amazonaws.com' }))).toMatch(/^its host is/);
    expect(await reason('k8s-aws-v2.abc')).toMatch(/^not k8s-aws-v1/);
    await clock.advance(14 * 60_000);
    expect(await reason(good)).toBe('accepted');
    await clock.advance(2 * 60_000);
    expect(await reason(good)).toMatch(/older than 15 minutes/);
  });
});

describe('EC2', () => {
  test('describes by id and filter, and refuses an unknown id in its own shape', async () => {
    const client = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
    const one = peer.instances.launch({ tags: { team: 'x', Name: 'one' } });
    peer.instances.launch({ tags: { team: 'y' } });
    const ids = async (input: object): Promise<unknown> => {
      const { Reservations = [] } = await client.send(new DescribeInstancesCommand(input));
      return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    };
    const filter = (Name: string, ...Values: string[]): object => ({ Filters: [{ Name, Values }] });
    expect(await ids({})).toHaveLength(2);
    expect(await ids({ InstanceIds: [one.instanceId] })).toEqual([one.instanceId]);
    expect(await ids(filter('private-dns-name', one.privateDnsName ?? ''))).toEqual([one.instanceId]);
    expect(await ids(filter('tag:team', 'x', 'z'))).toEqual([one.instanceId]);
    expect(await ids(filter('instance-id', 'i-nothing'))).toEqual([]);
    const refused = (InstanceIds: string[], name: string, message: string): Promise<void> =>
      expect(ids({ InstanceIds })).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode: 400 } });
    const [first, second] = ['i-0123456789abcdef0', 'i-01234567'] as const;
    await refused([first], 'InvalidInstanceID.NotFound', `The instance ID '${first}' does not exist`);
    const both = `The instance IDs '${first}, ${second}' do not exist`;
    await refused([first, one.instanceId, second], 'InvalidInstanceID.NotFound', both);
    await refused(['i-0123'], 'InvalidInstanceID.Malformed', 'Invalid id: "i-0123"');
    const tags = await client.send(new DescribeTagsCommand(filter('key', 'Name')));
    expect(tags.Tags).toEqual([{ ResourceId: one.instanceId, ResourceType: 'instance', Key: 'Name', Value: 'one' }]);
  });

  test('terminates: shutting down, then gone with its name', async () => {
    const client = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
    const { instanceId } = peer.instances.launch();
    const answer = await client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    expect(answer.TerminatingInstances).toMatchObject([
      { CurrentState: { Name: 'shutting-down' }, PreviousState: { Name: 'running' } },
    ]);
    await clock.advance(11_000);
    const after = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    expect(after.Reservations?.[0]?.Instances?.[0]).toMatchObject({
      State: { Name: 'terminated' },
      PrivateDnsName: '',
    });
  });
});

test('EKS describes a cluster, or does not find it', async () => {
  const client = new EKSClient({ ...peer.clientConfig(), maxAttempts: 1 });
  peer.eks.addCluster({ name: 'blue', endpoint: 'https://127.0.0.1:6443', ca: 'PEM' });
  const { cluster } = await client.send(new DescribeClusterCommand({ name: 'blue' }));
  expect(cluster).toMatchObject({
    name: 'blue',
    endpoint: 'https://127.0.0.1:6443',
    status: 'ACTIVE',
    certificateAuthority: { data: Buffer.from('PEM').toString('base64') },
    accessConfig: { authenticationMode: 'API' },
  });
  expect(cluster?.createdAt).toBeInstanceOf(Date);
  await expect(client.send(new DescribeClusterCommand({ name: 'red' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

test('SSM keeps parameters', async () => {
  const client = new SSMClient({ ...peer.clientConfig(), maxAttempts: 1 });
  const put = (Name: string, Value: string, Type: 'String' | 'SecureString' = 'String'): Promise<unknown> =>
    client.send(new PutParameterCommand({ Name, Value, Type }));
  await put('/ebb/a', '1');
  await put('/ebb/deep/b', 'secret', 'SecureString');
  const { Parameter } = await client.send(new GetParameterCommand({ Name: '/ebb/deep/b', WithDecryption: true }));
  expect(Parameter).toMatchObject({ Type: 'SecureString', Value: 'secret', Version: 1 });
  const several = await client.send(new GetParametersCommand({ Names: ['/ebb/a', '/none'] }));
  expect([several.Parameters?.length, several.InvalidParameters]).toEqual([1, ['/none']]);
  const byPath = await client.send(new GetParametersByPathCommand({ Path: '/ebb', Recursive: true }));
  expect(byPath.Parameters?.map(({ Name }) => Name)).toEqual(['/ebb/a', '/ebb/deep/b']);
  await expect(put('/ebb/a', '2')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  await expect(client.send(new GetParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
    name: 'ParameterNotFound',
  });
});

test('SSM lists parameters by path in pages of ten at most', async () => {
  const client = new SSMClient({ ...peer.clientConfig(), maxAttempts: 1 });
  for (let index = 10; index < 33; index += 1) peer.ssm.put(`/ebb/${index % 2 === 0 ? 'even' : 'odd'}/${index}`, 'x');
  const counts = async (input: { Path: string; Recursive?: boolean }): Promise<number[]> => {
    const pages: number[] = [];
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, input))
      pages.push(Parameters.length);
    return pages;
  };
  expect(await counts({ Path: '/ebb', Recursive: true })).toEqual([10, 10, 3]);
  expect(await counts({ Path: '/ebb' })).toEqual([0]);
  expect(await counts({ Path: '/ebb/odd/' })).toEqual([10, 1]);
  const eleven = new GetParametersByPathCommand({ Path: '/ebb', MaxResults: 11 });
  await expect(client.send(eleven)).rejects.toMatchObject({ name: 'ValidationException' });
});

describe('a fault', () => {
  test.each([
    ['throttle', 2, [400, 400, 200]],
    ['error', 1, [500, 200]],
    ['reset', 1, [0, 200]],
    ['lost-answer', 1, [0, 200]],
  ] as const)('%s is what the SDK retries', async (kind, times, statuses) => {
    const client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 5 });
    peer.autoScaling.addGroup({ name: 'a', max: 5 });
    peer.faults.inject({ service: 'autoscaling', action: 'SetDesiredCapacity', kind, times });
    const call = client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'a', DesiredCapacity: 3 }));
    await peer.driveUntil(call);
    expect(peer.requests.map(({ status }) => status)).toEqual(statuses);
    expect(peer.requests[0]).toMatchObject({ service: 'autoscaling', action: 'SetDesiredCapacity' });
  });

  test('delay is of driven time', async () => {
    const client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 1 });
    peer.faults.inject({ kind: 'delay', delay: 60_000, action: 'DescribeAutoScalingGroups' });
    const call = client.send(new DescribeAutoScalingGroupsCommand({}));
    const started = clock.now();
    await peer.driveUntil(call);
    expect(clock.now() - started).toBeGreaterThanOrEqual(60_000);
    expect(peer.requests).toHaveLength(1);
  });
});

test('an action that the peer does not have says so', async () => {
  const client = new SSMClient({ ...peer.clientConfig(), maxAttempts: 1 });
  const { DescribeParametersCommand } = await import('@aws-sdk/client-ssm');
  await expect(client.send(new DescribeParametersCommand({}))).rejects.toThrow(
    'does not implement ssm DescribeParameters',
  );
});
