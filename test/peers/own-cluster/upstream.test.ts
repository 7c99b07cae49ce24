/** Asking somebody's API server: whom it is trusted to be, as whom it is asked, and what is said when it does not answer. */
import { expect, test } from 'vitest';
import { signClientCertificate } from '../kubernetes/access/tls.ts';
import { base64, KubeconfigFolder, type KubeconfigParts } from './kubeconfig-given.ts';
import { KubeconfigFile } from './kubeconfig-file.ts';
import { answerJson, RecordingServer } from './recording-server.ts';
import { Upstream } from './upstream.ts';

async function asked(parts: KubeconfigParts, path = '/api/v1/nodes?limit=1') {
  using folder = new KubeconfigFolder();
  const upstream = new Upstream(new KubeconfigFile(folder.kubeconfig(parts)));
  try {
    return await upstream.ask({ method: 'GET', path });
  } finally {
    upstream.close();
  }
}

test('the path of the server’s address comes before every request’s', async () => {
  await using server = await RecordingServer.start();
  const cluster = {
    server: `${server.url}/k8s/clusters/c-1/`,
    'certificate-authority-data': base64(server.certificates.ca),
  };
  expect((await asked({ cluster, user: { token: 'secret' } })).status).toBe(200);
  expect(server.last).toMatchObject({
    path: '/k8s/clusters/c-1/api/v1/nodes?limit=1',
    headers: { authorization: 'Bearer secret' },
  });
});

test('a server whose certificate is not trusted is not asked, unless the file says so', async () => {
  await using server = await RecordingServer.start();
  await expect(asked({ cluster: { server: server.url } })).rejects.toMatchObject({
    message: expect.stringContaining('certificate of the API server') as string,
    fix: expect.arrayContaining([expect.stringContaining('certificate-authority-data')]) as string[],
  });
  expect(server.requests).toEqual([]);
  const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
  expect((await asked({ cluster })).status).toBe(200);
  const named = { server: server.url, 'certificate-authority-data': base64(server.certificates.ca) };
  await expect(asked({ cluster: { ...named, 'tls-server-name': 'elsewhere' } })).rejects.toThrow(
    /not trusted.*elsewhere/,
  );
});

test('a client certificate is shown to the server', async () => {
  await using server = await RecordingServer.start();
  const { ca, clientAuthority } = server.certificates;
  const { cert, key } = await signClientCertificate(clientAuthority, 'jane', ['ops']);
  const cluster = { server: server.url, 'certificate-authority-data': base64(ca) };
  await asked({ cluster, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } });
  expect(server.last?.certified).toBe('jane');
});

test('a plugin is asked anew, once, when its token is not taken', async () => {
  await using server = await RecordingServer.start();
  using folder = new KubeconfigFolder();
  folder.write(
    'plugin',
    `#!/bin/sh\ncd "$(dirname "$0")"\necho x >> runs\necho '{"status":{"token":"'$(wc -l < runs)'"}}'\n`,
    0o700,
  );
  const cluster = { server: server.url, 'certificate-authority-data': base64(server.certificates.ca) };
  const upstream = new Upstream(
    new KubeconfigFile(folder.kubeconfig({ cluster, user: { exec: { command: './plugin' } } })),
  );
  server.answer = ({ headers }, response) => {
    answerJson(response, headers.authorization === 'Bearer 2' ? 200 : 401, { kind: 'Status' });
  };
  const statusOf = async () => (await upstream.ask({ method: 'GET', path: '/api' })).status;
  expect([await statusOf(), await statusOf()]).toEqual([200, 200]);
  expect(server.requests).toHaveLength(3);
  server.answer = (_request, response) => {
    answerJson(response, 401, { kind: 'Status' });
  };
  expect(await statusOf()).toBe(401);
  upstream.close();
});

test('a server that is not there, or is silent, is said to be', async () => {
  await expect(asked({ cluster: { server: 'https://127.0.0.1:1' } })).rejects.toThrow(
    /does not answer: .*ECONNREFUSED/,
  );
  await using server = await RecordingServer.start();
  server.answer = () => undefined;
  using folder = new KubeconfigFolder();
  const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
  const upstream = new Upstream(new KubeconfigFile(folder.kubeconfig({ cluster })));
  await expect(upstream.ask({ method: 'GET', path: '/' }, 100)).rejects.toThrow(
    /does not answer: no answer within 0.1 s/,
  );
  upstream.close();
});

test.each([
  ['GET', 200],
  ['POST', 'does not answer'],
])('a connection that the server has closed while it was idle: a %s comes to %s', async (method, expected) => {
  await using server = await RecordingServer.start();
  using folder = new KubeconfigFolder();
  const cluster = { server: server.url, 'certificate-authority-data': base64(server.certificates.ca) };
  const upstream = new Upstream(new KubeconfigFile(folder.kubeconfig({ cluster })));
  await upstream.ask({ method: 'GET', path: '/api' });
  let resets = 0;
  server.answer = (_request, response) => {
    resets += 1;
    if (resets === 1) response.socket?.destroy();
    else answerJson(response, 200, { kind: 'Any' });
  };
  const answer = await upstream.ask({ method, path: '/api/v1/nodes' }).then(
    ({ status }) => status,
    (error: unknown) => String(error),
  );
  expect(String(answer)).toContain(String(expected));
  upstream.close();
});
