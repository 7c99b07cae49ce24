/** Clusters that are reached by a kubeconfig in Secrets Manager, over the wire to both peers (contract 15.1). */
import { EKSClient } from '@aws-sdk/client-eks';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readSecret, SECRET_ACTIONS } from '../../../lambdas/adapters/secrets/secrets.ts';
import { clusters } from '../../../lambdas/adapters/clusters/clusters.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Fleets } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import { kubeconfig, type Credentials as Identity, type Place } from '../../peers/kubernetes/access/kubeconfig.ts';
import { makeCertificates, makeClientAuthority } from '../../peers/kubernetes/access/tls.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { AwsGiven } from '../aws/given.ts';

const SECRET = 'ebb/k8s';
const OWN = { name: 'k8s.example.com', access: { kubeconfigSecret: SECRET } };

describe('a cluster by its kubeconfig', () => {
  test('is reached with the token in it, and EKS is not asked', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(OWN);
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(await cluster.controlPlaneVersion()).toBe('1.36');
    expect(given.statuses()).toEqual([200, 200]);
    expect(given.aws.requests.map(({ service, action }) => [service, action])).toEqual([
      ['secretsmanager', 'GetSecretValue'],
    ]);
  });

  test('is reached with the client certificate in it, whose name and organisations say who Ebb is', async () => {
    await using given = await withCluster();
    given.put(await certified(given.kubernetes, 'ebb'));
    expect(await (await given.clusters.open(OWN)).readNode('a')).toMatchObject({ name: 'a' });
    expect(given.kubernetes.requests.entries.map(({ user }) => user)).toEqual(['ebb']);
  });

  test('needs no more than the declared action', async () => {
    await using given = await withCluster();
    const own = given.clustersFor(given.credentialsFor(...SECRET_ACTIONS));
    expect(await (await own.open(OWN)).readNode('a')).toMatchObject({ name: 'a' });
  });

  test('is opened once, and anew where its settings name another context', async () => {
    await using given = await withCluster();
    const first = await given.clusters.open(OWN);
    expect(await given.clusters.open({ ...OWN })).toBe(first);
    const other = { ...OWN, access: { ...OWN.access, context: 'peer' } };
    expect(await given.clusters.open(other)).not.toBe(first);
    expect(given.count('GetSecretValue')).toBe(2);
  });

  test('may stand behind a path of its server, in reads, typed calls and watches', async () => {
    await using given = await withCluster();
    const { ca, key, cert } = await makeCertificates();
    const asked: string[] = [];
    const server = createServer({ key, cert }, ({ url = '' }, response) => {
      asked.push(url);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'NodeList', metadata: {}, items: [], major: '1', minor: '33+' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/clusters/c-1`;
    given.aws.secrets.put(SECRET, kubeconfig({ url, ca }, 'ebb', { token: 't' }));
    const cluster = await given.clusters.open(OWN);
    expect(await cluster.controlPlaneVersion()).toBe('1.33');
    await cluster.countNodes();
    (await cluster.watchVolumes('a', { changed: () => undefined, failed: () => undefined })).close();
    await new Promise((resolve) => server.close(resolve));
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.filter((path) => !/^\/k8s\/clusters\/c-1\/(version|api|apis)/.test(path))).toEqual([]);
  });
});

describe('a kubeconfig that is changed in its secret', () => {
  test('counts from the first 401 on: the same request is sent once more with what it says now (faults 33)', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(OWN);
    await cluster.readNode('a');
    given.kubernetes.forgetToken(given.token);
    given.put({ token: given.kubernetes.addUser('ebb-2', ['system:masters']) });
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(given.statuses()).toEqual([200, 401, 200]);
    expect(given.count('GetSecretValue')).toBe(2);
  });

  test('may bring another client certificate, and a certificate in place of a token', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(OWN);
    await cluster.readNode('a');
    given.kubernetes.forgetToken(given.token);
    given.put(await certified(given.kubernetes, 'first'));
    await cluster.readNode('a');
    given.kubernetes.replaceClientAuthority(await makeClientAuthority());
    given.put(await certified(given.kubernetes, 'second'));
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(given.kubernetes.requests.entries.map(({ user, status }) => [user, status])).toEqual([
      ['ebb', 200],
      ['', 401],
      ['first', 200],
      ['', 401],
      ['second', 200],
    ]);
  });

  test('is read once for all the requests that are refused at the same time', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(OWN);
    given.kubernetes.forgetToken(given.token);
    given.put({ token: given.kubernetes.addUser('ebb-2', ['system:masters']) });
    await Promise.all(Array.from({ length: 20 }, () => cluster.readNode('a')));
    expect(given.count('GetSecretValue')).toBe(2);
  });

  test('may bring another authority of the server', async () => {
    await using given = await withCluster();
    const { ca } = await makeCertificates();
    given.put({ token: given.token }, { ca });
    const cluster = await given.clusters.open(OWN);
    given.put({ token: given.token });
    expect(await cluster.readNode('a')).toMatchObject({ name: 'a' });
    expect(given.count('GetSecretValue')).toBe(2);
  });

  test('may bring another address, once the server has not answered for a minute', async () => {
    await using given = await withCluster();
    given.put({ token: given.token }, { url: 'https://127.0.0.1:1' });
    const cluster = await given.clusters.open(OWN);
    given.put({ token: given.token });
    const ask = (): Promise<unknown> => given.during(cluster.readNode('a').catch((error: unknown) => error));
    expect(await ask()).toBeInstanceOf(ClusterAway);
    await given.clock.advance(60_000);
    expect(await ask()).toBeInstanceOf(ClusterAway);
    expect(await ask()).toMatchObject({ name: 'a' });
    expect(given.count('GetSecretValue')).toBe(2);
  });
});

describe('is refused, with what to do and before anything is changed (contract 6.3, 15.1):', () => {
  test.each<[string, (given: Given) => void, RegExp]>([
    [
      'a secret that does not exist',
      ({ aws }) => {
        aws.secrets.remove(SECRET);
      },
      /^there is no secret ebb\/k8s with a current version here: put the kubeconfig in it$/,
    ],
    [
      'a secret without a value',
      ({ aws }) => aws.secrets.put(SECRET),
      /^there is no secret ebb\/k8s with a current version here: put the kubeconfig in it$/,
    ],
    ['a secret without text', ({ aws }) => aws.secrets.put(SECRET, '\n'), /^the secret ebb\/k8s has no text: put the/],
    [
      'a secret that is marked for deletion',
      ({ aws }) => {
        aws.secrets.delete(SECRET);
      },
      /^the secret ebb\/k8s must not be read \(InvalidRequestException: .*\): check that it exists, in this account/,
    ],
    [
      'a kubeconfig that is no YAML',
      ({ aws }) => aws.secrets.put(SECRET, 'users: [s3cret'),
      /^the kubeconfig in the secret ebb\/k8s has 1 fault: it is no YAML \(line 1\)$/,
    ],
    [
      'a kubeconfig with a plugin and a file',
      (given) => {
        given.put({ exec: { command: 'aws' } }, { ca: '' });
      },
      /^the kubeconfig in the secret ebb\/k8s has 2 faults: clusters\[0\]\.cluster\.certificate-authority-data must be .*; users\[0\]\.user\.exec must be left out: a Lambda runs no plugin; /,
    ],
  ])('%s', async (_what, spoil, words) => {
    await using given = await withCluster();
    spoil(given);
    const error = await given.clusters.open(OWN).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).not.toContain('s3cret');
    expect(given.statuses()).toEqual([]);
  });

  test('a secret that the role may not read', async () => {
    await using given = await withCluster();
    const own = given.clustersFor(given.credentialsFor('eks:DescribeCluster'));
    const error = await own.open(OWN).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toMatch(
      /^the secret ebb\/k8s must not be read \(AccessDeniedException: .*secretsmanager:GetSecretValue.*\): check that/,
    );
  });

  test('credentials that the server does not take, also when they are read anew: no loop (faults 33)', async () => {
    await using given = await withCluster();
    const cluster = await given.clusters.open(OWN);
    given.kubernetes.forgetToken(given.token);
    const error = await cluster.readNode('a').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toBe(
      `the API server ${given.kubernetes.url} does not take the token of the kubeconfig in the secret ebb/k8s: it has expired or been withdrawn, put a new one in`,
    );
    expect(given.statuses()).toEqual([401, 401]);
  });

  test('a client certificate of another authority', async () => {
    await using given = await withCluster();
    given.put(await certified(given.kubernetes, 'ebb'));
    given.kubernetes.replaceClientAuthority(await makeClientAuthority());
    const error = await (await given.clusters.open(OWN)).readNode('a').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('does not take the client certificate of the kubeconfig');
  });

  test.each([
    ['an authority that has not signed for the server', async () => ({ ca: (await makeCertificates()).ca })],
    ['a name that the server’s certificate does not have', () => ({ serverName: 'api.example.com' })],
    ['no authority, where none that is known has signed for the server', () => ({ ca: undefined })],
  ])('%s', async (_what, place) => {
    await using given = await withCluster();
    given.put({ token: given.token }, await place());
    const cluster = await given.clusters.open(OWN);
    const error = await given.during(cluster.readNode('a').catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toMatch(
      /^the kubeconfig in the secret ebb\/k8s does not trust the API server https:\/\/127.0.0.1:\d+ \(.*\): correct certificate-authority-data, or tls-server-name/,
    );
    expect(given.statuses()).toEqual([]);
  });
});

test.each(['throttle', 'error', 'reset'] as const)(
  'a Secrets Manager that fails (%s) is waited for, as a cluster is that is away',
  async (kind) => {
    await using given = await withCluster();
    const end = given.aws.faults.inject({ kind, action: 'GetSecretValue', times: Infinity });
    const error = await given.during(given.clusters.open(OWN).catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ClusterAway);
    expect((error as Error).message).toMatch(/^the secret ebb\/k8s with the kubeconfig cannot be read: /);
    end();
    expect(await given.during((await given.clusters.open(OWN)).readNode('a'))).toMatchObject({ name: 'a' });
  },
);

interface Given extends AwsGiven {
  readonly kubernetes: KubernetesPeer;
  /** Of an administrator; in the secret at first. */
  readonly token: string;
  readonly clusters: Fleets;
  clustersFor(credentials: Credentials): Fleets;
  /** Puts a kubeconfig into the secret. */
  put(identity: Identity, place?: Partial<Place>): void;
  /** What the API server answered. */
  statuses(): number[];
}

async function withCluster(): Promise<Given> {
  const given = await AwsGiven.start();
  const { aws, clock } = given;
  const kubernetes = await KubernetesPeer.start({ clock });
  kubernetes.world.addNode({ name: 'a' });
  const stopAws = given[Symbol.asyncDispose].bind(given);
  const clustersFor = (credentials = aws.administrator): Fleets => {
    const config = aws.clientConfig(credentials);
    const client = new SecretsManagerClient(config);
    return clusters({ eks: new EKSClient(config), readSecret: (id) => readSecret(client, id) });
  };
  const { url, ca } = kubernetes;
  const put = (identity: Identity, place: Partial<Place> = {}): void => {
    aws.secrets.put(SECRET, kubeconfig({ url, ca, ...place }, 'ebb', identity));
  };
  const token = kubernetes.addUser('ebb', ['system:masters']);
  put({ token });
  return Object.assign(given, {
    kubernetes,
    token,
    clusters: clustersFor(),
    clustersFor,
    put,
    statuses: () => kubernetes.requests.entries.map(({ status }) => status),
    async [Symbol.asyncDispose](): Promise<void> {
      await kubernetes.stop();
      await stopAws();
    },
  });
}

/** A client certificate that makes its bearer an administrator of that name. */
async function certified(kubernetes: KubernetesPeer, name: string): Promise<Identity> {
  const { cert, key } = await kubernetes.addCertificateUser(name, ['system:masters']);
  return { certificate: cert, key };
}
