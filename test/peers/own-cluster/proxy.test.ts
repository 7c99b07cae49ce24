/** The proxy between the functions and somebody's cluster: whom it lets in, what it passes on, and what it hides. */
import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { base64, KubeconfigFolder } from './kubeconfig-given.ts';
import { KubeconfigFile } from './kubeconfig-file.ts';
import { OwnClusterProxy } from './proxy.ts';
import { answerJson, RecordingServer } from './recording-server.ts';
import { Upstream } from './upstream.ts';

const REAL = 'kind://docker/kind/worker';
const SHOWN = 'aws:///peer/i-0123456789abcdef0';

let server: RecordingServer;
let proxy: OwnClusterProxy;
let agent: Agent;
let upstream: Upstream;

beforeAll(async () => {
  server = await RecordingServer.start();
  using folder = new KubeconfigFolder();
  const cluster = { server: `${server.url}/base`, 'certificate-authority-data': base64(server.certificates.ca) };
  upstream = new Upstream(new KubeconfigFile(folder.kubeconfig({ cluster, user: { token: 'mine' } })));
  proxy = await OwnClusterProxy.start({
    upstream,
    disguise: { node: 'worker', providerId: SHOWN },
    isFunction: (bearer) => Promise.resolve(bearer === 'of-a-function'),
  });
  agent = new Agent({ connect: { ca: proxy.ca } });
});
afterAll(async () => {
  await agent.destroy();
  await proxy.stop();
  upstream.close();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.requests.length = 0;
  proxy.requests.length = 0;
  server.answer = (_request, response) => {
    answerJson(response, 200, { kind: 'Any' });
  };
});

interface Ask {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function send(path: string, { method = 'GET', token = 'of-a-function', headers, body }: Ask = {}) {
  return request(proxy.url + path, {
    method,
    dispatcher: agent,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body }),
  });
}

async function sent(path: string, ask?: Ask) {
  const { statusCode, body } = await send(path, ask);
  return { status: statusCode, body: await body.json() };
}

test('only the functions and the observer are let in; they are counted apart', async () => {
  expect(await sent('/api', { token: 'of-nobody' })).toMatchObject({
    status: 401,
    body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
  });
  expect(server.requests).toEqual([]);
  await sent('/api/v1/pods?limit=1');
  await sent('/api', { token: proxy.observerToken });
  expect(proxy.requests.map(({ by, method, path, status }) => [by, method, path, status])).toEqual([
    ['nobody', 'GET', '/api', 401],
    ['function', 'GET', '/api/v1/pods?limit=1', 200],
    ['observer', 'GET', '/api', 200],
  ]);
});

test('requests go on as the kubeconfig’s user, without what they say of the connection or of who they are', async () => {
  const headers = {
    'impersonate-user': 'root',
    'impersonate-group': 'system:masters',
    'impersonate-extra-scopes': 'all',
    'proxy-authorization': 'Basic x',
    te: 'trailers',
    'accept-encoding': 'gzip',
    'content-type': 'application/json',
    'user-agent': 'ebb',
  };
  await sent('/api/v1/namespaces/a/pods/b/eviction', { method: 'POST', headers, body: '{"kind":"Eviction"}' });
  const { headers: received, ...rest } = server.last ?? {};
  expect(rest).toMatchObject({
    method: 'POST',
    path: '/base/api/v1/namespaces/a/pods/b/eviction',
    body: '{"kind":"Eviction"}',
  });
  expect(received).toMatchObject({
    authorization: 'Bearer mine',
    'content-type': 'application/json',
    'user-agent': 'ebb',
  });
  expect(Object.keys(received ?? {}).filter((name) => /^(impersonate|proxy|te$|accept-encoding)/.test(name))).toEqual(
    [],
  );
});

test('statuses, headers and bodies come back as they are', async () => {
  server.answer = (_request, response) => {
    response.writeHead(429, { 'retry-after': '3', 'content-type': 'text/plain' });
    response.end('slow down');
  };
  const { statusCode, headers, body } = await send('/api/v1/nodes/worker');
  expect([statusCode, headers['retry-after'], await body.text()]).toEqual([429, '3', 'slow down']);
});

const node = (name: string, kind?: string) => ({
  ...(kind !== undefined && { kind }),
  metadata: { name },
  spec: { providerID: REAL, podCIDR: '10.0.0.0/24' },
});
const providerOf = (body: unknown) => (body as { spec: { providerID: string } }).spec.providerID;

test('the node is shown as an instance when it is read, patched or listed; no other is', async () => {
  server.answer = (_request, response) => {
    answerJson(response, 200, node('worker', 'Node'));
  };
  expect(providerOf((await sent('/api/v1/nodes/worker')).body)).toBe(SHOWN);
  expect(providerOf((await sent('/api/v1/nodes/worker?fieldManager=x', { method: 'PATCH', body: '{}' })).body)).toBe(
    SHOWN,
  );
  expect(providerOf((await sent('/apis/other/v1/nodes/worker')).body)).toBe(REAL);
  server.answer = (_request, response) => {
    answerJson(response, 200, { kind: 'NodeList', items: [node('other'), node('worker')] });
  };
  const { items } = (await sent('/api/v1/nodes?limit=500')).body as { items: unknown[] };
  expect(items.map(providerOf)).toEqual([REAL, SHOWN]);
  expect(items[1]).toMatchObject({ spec: { podCIDR: '10.0.0.0/24' } });
});

test('a patch of a node never carries a providerID', async () => {
  const patch = { metadata: { labels: { a: 'b' } }, spec: { unschedulable: true, providerID: SHOWN } };
  await sent('/api/v1/nodes/worker', { method: 'PATCH', body: JSON.stringify(patch) });
  expect(JSON.parse(server.last?.body ?? '')).toEqual({
    metadata: { labels: { a: 'b' } },
    spec: { unschedulable: true },
  });
});

test('a watch streams: its head before anything has happened, its events as they come, the node disguised', async () => {
  let write: (text: string) => void = () => undefined;
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    write = (text) => response.write(text);
  };
  const { body } = await send('/api/v1/nodes?watch=true');
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const next = async () => String((await chunks.next()).value);
  const line = JSON.stringify({ type: 'MODIFIED', object: node('worker', 'Node') });
  write(`${line}\n${line.slice(0, 40)}`);
  expect(providerOf((JSON.parse(await next()) as { object: unknown }).object)).toBe(SHOWN);
  write(`${line.slice(40)}\n`);
  expect(providerOf((JSON.parse(await next()) as { object: unknown }).object)).toBe(SHOWN);
  await chunks.return?.();
});

test('a watch that nobody reads any more is ended, and one that the server breaks off is broken off', async () => {
  let ended: () => void = () => undefined;
  const upstreamEnded = new Promise<void>((resolve) => (ended = resolve));
  server.answer = (_request, response) => {
    response.writeHead(200);
    response.write('{}\n');
    response.once('close', ended);
  };
  (await send('/api/v1/pods?watch=true')).body.destroy();
  await upstreamEnded;
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{}\n', () => response.destroy());
  };
  const { body } = await send('/api/v1/pods?watch=true');
  await expect(body.text()).rejects.toThrow();
});

test('a server that breaks off without an answer is 502 in its own words', async () => {
  server.answer = (_request, response) => {
    response.destroy();
  };
  const { status, body } = await sent('/api/v1/pods');
  expect(status).toBe(502);
  expect((body as { message: string }).message).toContain('does not answer');
});

// The last: the functions are shut out for good.
test('once shut out, functions get no further; what they were changing is answered first', async () => {
  let answer: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    server.answer = (_request, response) => {
      answer = () => {
        answerJson(response, 200, {});
      };
      resolve();
    };
  });
  const change = sent('/api/v1/nodes/worker', { method: 'PATCH', body: '{}' });
  await arrived;
  const shut = proxy.shutOut().then(() => proxy.requests.map(({ status }) => status));
  answer();
  expect(await shut).toEqual([200]);
  await change;
  await expect(send('/api/v1/pods')).rejects.toThrow();
  server.answer = (_request, response) => {
    answerJson(response, 200, {});
  };
  expect((await sent('/api/v1/pods', { token: proxy.observerToken })).status).toBe(200);
});
