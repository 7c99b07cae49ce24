import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, test } from 'vitest';
import { CLUSTER_ACCESS_ACTIONS, clusterAddress, eksTokens } from '../../../lambdas/adapters/eks/access.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import { MINUTE, SECOND } from '../../given.ts';
import { AwsGiven } from '../aws/given.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('the address of a cluster', () => {
  test('is its endpoint, and its authority as PEM', async () => {
    await using given = await withClusters();
    expect(await clusterAddress(given.eks, 'blue')).toEqual({ server: 'https://blue.eks.example', ca: PEM });
  });

  test('of no such cluster is ClusterRefused, and says what to check', async () => {
    await using given = await withClusters();
    const error = await clusterAddress(given.eks, 'none').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect(error).toMatchObject({ message: 'there is no EKS cluster none here: check the name in the configuration' });
  });

  test('of a cluster that is being made is ClusterAway: it has none yet', async () => {
    await using given = await withClusters();
    // The API leaves out what a cluster does not have yet.
    const cluster = given.aws.eks.addCluster({ name: 'new', endpoint: undefined as unknown as string, ca: '' });
    cluster.status = 'CREATING';
    const error = await clusterAddress(given.eks, 'new').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterAway);
    expect(error).toMatchObject({ message: 'EKS cluster new is CREATING: it has no endpoint yet' });
  });

  test('throttled twice, is answered', async () => {
    await using given = await withClusters();
    given.aws.faults.inject({ kind: 'throttle', action: 'DescribeCluster', times: 2 });
    expect(await given.during(clusterAddress(given.eks, 'blue'))).toMatchObject({ ca: PEM });
  });

  test('refused, names itself and the action that is missing (faults 28)', async () => {
    await using given = await withClusters();
    const eks = new EKSClient(given.aws.clientConfig(given.credentialsFor('ec2:DescribeInstances')));
    await expect(clusterAddress(eks, 'blue')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(CLUSTER_ACCESS_ACTIONS[0]) as string,
    });
  });
});

describe('a token', () => {
  test('is taken by its cluster, as who we are (contract 15.1)', async () => {
    await using given = await withClusters();
    const verdict = await given.aws.sts.verifyEksToken(await eksTokens(given.eks, 'blue').current(), 'blue');
    expect(verdict).toMatchObject({ ok: true, identity: { username: 'arn:aws:iam::123456789012:user/administrator' } });
  });

  test('is taken from a function’s role that has an access entry, and from no other', async () => {
    await using given = await withClusters();
    const eks = new EKSClient(given.aws.clientConfig(given.credentialsFor()));
    const token = await eksTokens(eks, 'blue').current();
    expect(await given.aws.sts.verifyEksToken(token, 'blue')).toMatchObject({ ok: false });
    const principalArn = 'arn:aws:iam::123456789012:role/limited';
    given.aws.eks.addAccessEntry({ clusterName: 'blue', principalArn, groups: ['ebb'] });
    const verdict = await given.aws.sts.verifyEksToken(token, 'blue');
    expect(verdict).toMatchObject({ ok: true, identity: { groups: ['ebb', 'system:authenticated'] } });
  });

  test('is not taken by another cluster', async () => {
    await using given = await withClusters();
    const verdict = await given.aws.sts.verifyEksToken(await eksTokens(given.eks, 'blue').current(), 'green');
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringContaining('signature') as string });
  });

  test('costs no call to AWS', async () => {
    await using given = await withClusters();
    await eksTokens(given.eks, 'blue').current();
    expect(given.aws.requests).toEqual([]);
  });

  test('serves for 10 minutes, and is good for 5 more wherever its last request waits', async () => {
    await using given = await withClusters();
    const tokens = eksTokens(given.eks, 'blue');
    const first = await tokens.current();
    await given.clock.advance(10 * MINUTE - SECOND);
    expect(await tokens.current()).toBe(first);
    await given.clock.advance(5 * MINUTE - SECOND);
    expect(await given.aws.sts.verifyEksToken(first, 'blue')).toMatchObject({ ok: true });
  });

  test('is another after 10 minutes, and that one serves as long', async () => {
    await using given = await withClusters();
    const tokens = eksTokens(given.eks, 'blue');
    const first = await tokens.current();
    await given.clock.advance(10 * MINUTE + SECOND);
    const second = await tokens.current();
    expect(second).not.toBe(first);
    expect(await given.aws.sts.verifyEksToken(second, 'blue')).toMatchObject({ ok: true });
    await given.clock.advance(9 * MINUTE);
    expect(await tokens.current()).toBe(second);
  });

  test('renewed is another at once, and the one that serves from then on (faults 33)', async () => {
    await using given = await withClusters();
    const tokens = eksTokens(given.eks, 'blue');
    const first = await tokens.current();
    await given.clock.advance(2 * SECOND);
    const second = await tokens.renew();
    expect(second).not.toBe(first);
    expect(await tokens.current()).toBe(second);
  });

  test('is signed with the credentials of that time', async () => {
    await using given = await withClusters();
    const others = given.credentialsFor();
    const answers = [given.aws.administrator, others];
    const expiring = () => {
      const next = answers.shift() ?? others;
      return Promise.resolve({ ...next, expiration: new Date(Date.now() + 60 * MINUTE) });
    };
    const tokens = eksTokens(new EKSClient({ ...given.aws.clientConfig(), credentials: expiring }), 'blue');
    expect(decoded(await tokens.current()).searchParams.get('X-Amz-Credential')).toContain(
      given.aws.administrator.accessKeyId,
    );
    await given.clock.advance(61 * MINUTE);
    expect(decoded(await tokens.current()).searchParams.get('X-Amz-Credential')).toContain(others.accessKeyId);
  });

  test.each([
    ['eu-central-1', 'sts.eu-central-1.amazonaws.com'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    // Newer than the SDK.
    ['eusc-de-west-7', 'sts.eusc-de-west-7.amazonaws.eu'],
  ])('of region %s is for %s', async (region, host) => {
    await using given = await withClusters();
    const eks = new EKSClient({ ...given.aws.clientConfig(), region });
    const url = decoded(await eksTokens(eks, 'blue').current());
    expect(url.host).toBe(host);
    expect(url.searchParams.get('X-Amz-Credential')).toContain(`/${region}/sts/`);
  });

  test('has the form that EKS wants: no padding, the cluster signed as a header and not in the address', async () => {
    await using given = await withClusters();
    const token = await eksTokens(given.eks, 'blue').current();
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const url = decoded(token);
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(url.href).not.toContain('blue');
  });
});

type Given = AwsGiven & { readonly eks: EKSClient };

async function withClusters(): Promise<Given> {
  const given = await AwsGiven.start();
  for (const name of ['blue', 'green'])
    given.aws.eks.addCluster({ name, endpoint: `https://${name}.eks.example`, ca: PEM });
  return Object.assign(given, { eks: new EKSClient(given.aws.clientConfig()) });
}

function decoded(token: string): URL {
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
}
