/** What a kubeconfig gives, as the client library reads it, and what is said of one that a Lambda cannot use. */
import { KubeConfig } from '@kubernetes/client-node';
import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { readKubeconfig } from '../../../../lambdas/adapters/kubernetes/kubeconfig/kubeconfig.ts';
import { aKubeconfig, base64, makeAuthorities, SERVER, TOKEN, type Authorities } from './kubeconfig-given.ts';

let given: Authorities;

beforeAll(async () => {
  given = await makeAuthorities();
});

function faultsOf(written: string, context?: string): readonly string[] {
  const read = readKubeconfig(written, context);
  return 'faults' in read ? read.faults : [];
}

const certified = ({ client } = given) => ({
  'client-certificate-data': base64(client.cert),
  'client-key-data': base64(client.key),
});

describe('a kubeconfig', () => {
  test('gives server, authority and token of its current context', () => {
    const written = aKubeconfig({ cluster: { 'certificate-authority-data': base64(given.ca) } });
    expect(readKubeconfig(written)).toEqual({ access: { server: SERVER, ca: given.ca, token: TOKEN } });
  });

  test('gives a client certificate and its key, and the name in the server’s certificate', () => {
    const written = aKubeconfig({ cluster: { 'tls-server-name': 'kubernetes' }, user: certified() });
    const client = { certificate: given.client.cert, key: given.client.key };
    expect(readKubeconfig(written)).toEqual({ access: { server: SERVER, serverName: 'kubernetes', client } });
  });

  test('gives the context that the configuration names, whatever its current one is', () => {
    const written = aKubeconfig({ rest: { 'current-context': 'old' } });
    expect(readKubeconfig(written, 'k8s')).toEqual({ access: { server: SERVER, token: TOKEN } });
  });

  test('keeps the path of its server, as Rancher’s have one', () => {
    const written = aKubeconfig({ cluster: { server: 'https://rancher.example.com/k8s/clusters/c-1/' } });
    expect(readKubeconfig(written)).toMatchObject({
      access: { server: 'https://rancher.example.com/k8s/clusters/c-1' },
    });
  });

  test('may be JSON, and have files beside the data that counts', () => {
    const user = { ...certified(), 'client-certificate': '/gone.crt', 'client-key': '/gone.key' };
    const cluster = { 'certificate-authority': '/gone.crt', 'certificate-authority-data': base64(given.ca) };
    expect(faultsOf(aKubeconfig({ cluster, user }))).toEqual([]);
    const json = JSON.stringify({
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: SERVER } }],
      users: [{ name: 'u', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
    expect(readKubeconfig(json)).toEqual({ access: { server: SERVER, token: TOKEN } });
  });

  test('gives what the client library reads of it', () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'B', '0', '-', '.', '_'), minLength: 1, maxLength: 20 });
    const plan = fc.record({
      host: fc.domain(),
      port: fc.option(fc.integer({ min: 1, max: 65_535 })),
      path: fc.constantFrom('', '/k8s/clusters/c-1'),
      withAuthority: fc.boolean(),
      serverName: fc.option(fc.constantFrom('kubernetes', 'api.internal')),
      token: fc.option(words),
      withCertificate: fc.boolean(),
      current: fc.constantFrom('k8s', 'other'),
    });
    fc.assert(
      fc.property(plan, ({ host, port, path, withAuthority, serverName, token, withCertificate, current }) => {
        fc.pre(token !== null || withCertificate);
        const written = aKubeconfig({
          cluster: {
            server: `https://${host}${port === null ? '' : `:${port}`}${path}`,
            ...(withAuthority && { 'certificate-authority-data': base64(given.ca) }),
            ...(serverName !== null && { 'tls-server-name': serverName }),
          },
          user: { ...(token !== null && { token }), ...(withCertificate && certified()) },
          rest: {
            'current-context': current,
            contexts: ['other', 'k8s'].map((name) => ({ name, context: { cluster: 'k8s.example.com', user: 'ebb' } })),
          },
        });
        expect(readKubeconfig(written)).toEqual({ access: asTheLibraryReads(written) });
      }),
    );
  });
});

/** What KubeConfig makes of it, in the words of access. */
function asTheLibraryReads(written: string): object {
  const config = new KubeConfig();
  config.loadFromString(written);
  const { server = '', caData, tlsServerName } = config.getCurrentCluster() ?? {};
  const { token, certData, keyData } = config.getCurrentUser() ?? {};
  const text = (data: string): string => Buffer.from(data, 'base64').toString();
  return {
    server: new URL(server).href.replace(/\/$/, ''),
    ...(caData && { ca: text(caData) }),
    ...(tlsServerName && { serverName: tlsServerName }),
    ...(token && { token }),
    ...(certData && keyData && { client: { certificate: text(certData), key: text(keyData) } }),
  };
}

const AT = 'users[1].user';
const OWN_USER = 'give Ebb a user of its own, and put its token or its client certificate here';
const NO_FILE = (field: string) => `must be left out: a Lambda has no such file; put what it holds into ${field}`;

describe('a kubeconfig that a Lambda cannot use is refused by its field, with what to do (contract 15.1)', () => {
  test.each<[string, Parameters<typeof aKubeconfig>[0], string]>([
    [
      'a plugin',
      { user: { exec: { command: 'aws' } } },
      `${AT}.exec must be left out: a Lambda runs no plugin; ${OWN_USER}`,
    ],
    [
      'an old plugin',
      { user: { 'auth-provider': { name: 'oidc' } } },
      `${AT}.auth-provider must be left out: a Lambda runs no plugin; ${OWN_USER}`,
    ],
    ['a token in a file', { user: { tokenFile: '/token' } }, `${AT}.tokenFile ${NO_FILE('token')}`],
    [
      'an authority in a file',
      { cluster: { 'certificate-authority': 'ca.crt' } },
      `clusters[1].cluster.certificate-authority ${NO_FILE('certificate-authority-data')}`,
    ],
    [
      'another user to act as',
      { user: { token: TOKEN, as: 'admin' } },
      `${AT}.as must be left out: Ebb acts as itself; ${OWN_USER}`,
    ],
    [
      'a proxy',
      { cluster: { 'proxy-url': 'socks5://proxy' } },
      'clusters[1].cluster.proxy-url must be left out: Ebb connects to the server itself; give it a VPC that reaches the server (field vpc)',
    ],
    [
      'a server that is not verified',
      { cluster: { 'insecure-skip-tls-verify': true } },
      'clusters[1].cluster.insecure-skip-tls-verify must not be true: anybody could stand in for the server; put its authority into certificate-authority-data',
    ],
    [
      'a server without TLS',
      { cluster: { server: 'http://10.0.0.1:8080' } },
      'clusters[1].cluster.server must be an https address without user, query or fragment',
    ],
    [
      'a password in the address',
      { cluster: { server: 'https://me:secret@api.example.com' } },
      'clusters[1].cluster.server must be an https address without user, query or fragment',
    ],
    [
      'no server',
      { cluster: { server: undefined } },
      'clusters[1].cluster.server must be the address of the API server such as https://api.k8s.example.com',
    ],
    [
      'an authority that is none',
      { cluster: { 'certificate-authority-data': 'bm9uZQ==' } },
      'clusters[1].cluster.certificate-authority-data must be the authority that signs for the server in PEM, encoded as base64',
    ],
    ['no credentials', { user: {} }, `${AT} must have a token, or client-certificate-data and client-key-data`],
    ['a token of two lines', { user: { token: 'a\nb' } }, `${AT}.token must be a token: one line, without blanks`],
    [
      'no context',
      { rest: { 'current-context': '' } },
      'current-context is missing: name a context there, or in access.context',
    ],
    [
      'an unknown context',
      { rest: { 'current-context': 'x' } },
      'contexts has no context x, which current-context names',
    ],
    ['an unknown cluster', { context: { cluster: 'x' } }, 'clusters has no cluster x, which context k8s names'],
    ['an unknown user', { context: { user: 'x' } }, 'users has no user x, which context k8s names'],
    ['another kind', { rest: { kind: 'Secret' } }, 'kind must be Config'],
    ['nothing in it', { rest: { clusters: null } }, 'clusters has no cluster k8s.example.com, which context k8s names'],
  ])('%s', (_what, changes, fault) => {
    expect(faultsOf(aKubeconfig(changes))).toEqual([fault]);
  });

  test('a name and a password', () => {
    expect(faultsOf(aKubeconfig({ user: { username: 'jane', password: 'secret' } }))).toEqual(
      ['username', 'password'].map(
        (field) => `${AT}.${field} must be left out: API servers take no passwords; ${OWN_USER}`,
      ),
    );
  });

  test('half a client certificate, one in files, and another’s key', () => {
    const { 'client-certificate-data': certificate, 'client-key-data': key } = certified();
    expect(faultsOf(aKubeconfig({ user: { 'client-certificate-data': certificate } }))).toEqual([
      `${AT}.client-key-data is missing: it is the key of client-certificate-data`,
    ]);
    expect(faultsOf(aKubeconfig({ user: { 'client-key-data': key } }))).toEqual([
      `${AT}.client-certificate-data is missing: it is the certificate of client-key-data`,
    ]);
    expect(faultsOf(aKubeconfig({ user: { 'client-certificate': 'a.crt', 'client-key': 'a.key' } }))).toEqual([
      `${AT}.client-certificate ${NO_FILE('client-certificate-data')}`,
      `${AT}.client-key ${NO_FILE('client-key-data')}`,
    ]);
    const others = { 'client-certificate-data': certificate, 'client-key-data': base64(given.other.key) };
    expect(faultsOf(aKubeconfig({ user: others }))).toEqual([
      `${AT}.client-key-data must be the key of client-certificate-data, and is another`,
    ]);
  });

  test('a key with a passphrase', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    });
    expect(faultsOf(aKubeconfig({ user: { ...certified(), 'client-key-data': base64(privateKey) } }))).toEqual([
      `${AT}.client-key-data must be a key without a passphrase in PEM, encoded as base64`,
    ]);
  });

  test('all faults at once, of cluster and user', () => {
    const cluster = { server: 'api', 'certificate-authority': 'ca.crt', 'proxy-url': 'http://proxy' };
    const user = { exec: {}, tokenFile: 'token' };
    expect(faultsOf(aKubeconfig({ cluster, user })).map((fault) => fault.split(' ')[0])).toEqual([
      'clusters[1].cluster.server',
      'clusters[1].cluster.proxy-url',
      'clusters[1].cluster.certificate-authority',
      `${AT}.exec`,
      `${AT}.tokenFile`,
    ]);
  });

  test.each([
    ['no YAML', 'users: [\n  token: "s3cret\n', /^it is no YAML \(line \d\)$/],
    ['an alias without an anchor', 'kind: *s3cret\n', /^it is no YAML/],
    ['text alone', 's3cret', /^it must be an object such as/],
    ['nothing', '', /^it must be an object such as/],
    ['two documents', '---\nkind: Config\n---\nkind: Config\n', /^it is no YAML/],
  ])('%s, without a word of what stands there (contract 13.3)', (_what, written, words) => {
    const faults = faultsOf(written);
    expect(faults).toEqual([expect.stringMatching(words)]);
    expect(faults.join()).not.toContain('s3cret');
  });
});
