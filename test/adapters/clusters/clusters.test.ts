import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, test } from 'vitest';
import { clusters } from '../../../lambdas/adapters/clusters/clusters.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Clusters } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { AwsGiven } from '../aws/given.ts';
import { TcpProxy } from '../kubernetes/api/tcp-proxy.ts';

const BLUE = { name: 'blue' };

describe('a cluster of EKS, by its name', () => {
  test('is reached with a token that it takes', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(BLUE);
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(given.kubernetes.requests.entries.map(({ user, status }) => [user, status])).toEqual([
      ['arn:aws:iam::123456789012:user/administrator', 200],
    ]);
  });

  test('is opened once, for whoever asks at the same time or later', async () => {
    await using given = await withCluster();
    const [first, second] = await Promise.all([given.clusters.open(BLUE), given.clusters.open(BLUE)]);
    expect(second).toBe(first);
    expect(await given.clusters.open(BLUE)).toBe(first);
    expect(given.count('DescribeCluster')).toBe(1);
  });

  test('that could not be opened is tried again the next time', async () => {
    await using given = await withCluster();
    given.aws.eks.clusters.delete('blue');
    await expect(given.clusters.open(BLUE)).rejects.toBeInstanceOf(ClusterRefused);
    given.aws.eks.addCluster(addressOf(given.kubernetes));
    expect(await (await given.clusters.open(BLUE)).readNode('a')).toMatchObject({ name: 'a' });
  });

  test('goes on past the life of a token (faults 33)', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(BLUE);
    await cluster.readNode('a');
    await given.clock.advance(20 * 60_000);
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(given.kubernetes.requests.entries.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('whose authority was changed is refused, then looked up once more by the next pass (faults 39)', async () => {
    await using given = await withCluster();
    await using proxy = await TcpProxy.before(given.kubernetes.url);
    given.aws.eks.addCluster({ ...addressOf(given.kubernetes), endpoint: proxy.url });
    const before = await given.clusters.open(BLUE);
    await before.readNode('a');
    const rotated = await startKubernetes(given);
    given.aws.eks.addCluster({ ...addressOf(rotated), endpoint: proxy.url });
    proxy.leadTo(rotated.url);
    proxy.reset();
    const error = await given.during(before.readNode('a').catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ClusterAway);
    expect((error as Error).message).toMatch(/certificate/);
    expect(rotated.requests.entries).toEqual([]);
    const again = await given.clusters.open(BLUE);
    const node = await given.during(again.readNode('a').catch((cause: unknown) => cause));
    await rotated.stop();
    expect(node).toMatchObject({ name: 'a' });
    expect(given.count('DescribeCluster')).toBe(2);
  });
});

type Given = AwsGiven & { readonly clusters: Clusters; readonly kubernetes: KubernetesPeer };

/** EKS cluster `blue`, which takes the tokens that the AWS peer finds good, with node `a`. */
async function withCluster(): Promise<Given> {
  const given = await AwsGiven.start();
  const kubernetes = await startKubernetes(given);
  given.aws.eks.addCluster(addressOf(kubernetes));
  const stopAws = given[Symbol.asyncDispose].bind(given);
  return Object.assign(given, {
    clusters: clusters({ eks: new EKSClient(given.aws.clientConfig()) }),
    kubernetes,
    async [Symbol.asyncDispose](): Promise<void> {
      await kubernetes.stop();
      await stopAws();
    },
  });
}

async function startKubernetes({ aws, clock }: AwsGiven): Promise<KubernetesPeer> {
  const kubernetes = await KubernetesPeer.start({
    clock,
    authenticate: async (bearer) => {
      const verdict = await aws.sts.verifyEksToken(bearer, 'blue');
      return verdict.ok ? verdict.identity : undefined;
    },
  });
  kubernetes.world.addNode({ name: 'a' });
  return kubernetes;
}

function addressOf(kubernetes: KubernetesPeer) {
  return { name: 'blue', endpoint: kubernetes.url, ca: kubernetes.ca };
}
