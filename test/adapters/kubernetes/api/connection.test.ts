import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { createServer } from 'node:https';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { kubernetesCluster } from '../../../../lambdas/adapters/kubernetes/cluster.ts';
import type { TokenSource } from '../../../../lambdas/adapters/eks/access.ts';
import { ClusterAway, ClusterRefused } from '../../../../lambdas/core/kubernetes/cluster-error.ts';
import { isolation } from '../../../../lambdas/core/node/isolation.ts';
import { aNode, HOUR, NOON, TAINT_KEY } from '../../../given.ts';
import { makeCertificates } from '../../../peers/kubernetes/access/tls.ts';
import { io, KubernetesGiven, USER } from '../given.ts';
import { TcpProxy } from './tcp-proxy.ts';

const NODES = '/api/v1/nodes';

describe('the pool', () => {
  test('serves reads one after the other over one connection', async () => {
    await using given = await withNode();
    await using proxy = await TcpProxy.before(given.peer.url);
    const connection = given.connect({ server: proxy.url });
    for (let count = 0; count < 20; count += 1) await connection.read(NODES);
    expect(given.requests('list')).toHaveLength(20);
    // A connection is free again a moment after its answer has been read: two may take turns.
    expect(proxy.accepted).toBeLessThanOrEqual(2);
  });

  test('serves fifty requests at once beside an open watch, and keeps their connections for the next fifty', async () => {
    await using given = await withNode();
    await using proxy = await TcpProxy.before(given.peer.url);
    const connection = given.connect({ server: proxy.url });
    const end = new AbortController();
    await connection.stream(NODES, {}, end.signal);
    const fifty = (): Promise<unknown> => Promise.all(Array.from({ length: 50 }, () => connection.read(NODES)));
    await fifty();
    const before = proxy.accepted;
    await fifty();
    expect(before).toBeLessThanOrEqual(52);
    expect(proxy.accepted).toBeLessThanOrEqual(before + 2);
    end.abort();
  });

  test('lets go of the connection of a watch that ends', async () => {
    await using given = await withNode();
    const end = new AbortController();
    await given.connect().stream(NODES, {}, end.signal);
    expect(given.peer.faults.watches.size).toBe(1);
    end.abort();
    await given.until(() => given.peer.faults.watches.size === 0);
  });

  test('closed, has no connection left', async () => {
    await using given = await withNode();
    await using proxy = await TcpProxy.before(given.peer.url);
    const connection = given.connect({ server: proxy.url });
    await connection.read(NODES);
    await connection.close();
    await given.until(() => proxy.openConnections === 0);
  });
});

/**
 * A real API server offers HTTP/2, and the pool does not take it: over HTTP/2 an aborted watch ended the process once its
 * session had been idle (platform 5.1). The Kubernetes peer speaks HTTP/1.1 only.
 */
describe('a server that offers HTTP/2', () => {
  test('is read and watched over HTTP/1.1, and keeps no watch that has ended', async () => {
    await using given = await KubernetesGiven.start();
    await using server = await Http2Server.start();
    const connection = given.connect({ server: server.url, ca: server.ca });
    const end = new AbortController();
    for (let count = 0; count < 10; count += 1) await connection.stream(NODES, {}, end.signal);
    await Promise.all(Array.from({ length: 50 }, () => connection.read(NODES)));
    expect(server.openWatches).toBe(10);
    expect(server.versions).toEqual(new Set(['1.1']));
    end.abort();
    await given.until(() => server.openWatches === 0);
  });
});

describe('the token', () => {
  test('goes with every request and watch', async () => {
    await using given = await withNode();
    const end = new AbortController();
    await given.cluster.readNode('a');
    await given.connection.stream('/api/v1/pods', {}, end.signal);
    end.abort();
    await given.until(() => given.requests().every(({ user }) => user !== ''));
    expect(given.requests().map(({ user }) => user)).toEqual([USER, USER]);
  });

  test('that is not taken is renewed once and the same request replayed (faults 33)', async () => {
    await using given = await withAuthority();
    const tokens = new Tokens('stale', 'good');
    expect(await kubernetesCluster(given.connect({ tokens })).readNode('a')).toMatchObject({ name: 'a' });
    expect(given.requests().map(({ status }) => status)).toEqual([401, 200]);
    expect(tokens.renewals).toBe(1);
  });

  test('is renewed for a request with a body as well, which is done once', async () => {
    await using given = await withAuthority();
    const cluster = kubernetesCluster(given.connect({ tokens: new Tokens('stale', 'good') }));
    expect(await cluster.evict(given.pod('p'))).toEqual({ kind: 'granted' });
    expect(given.peer.evictions).toMatchObject([{ pod: 'p', user: 'somebody', status: 201 }]);
  });

  test('is renewed for a watch as well', async () => {
    await using given = await withAuthority();
    const connection = given.connect({ tokens: new Tokens('stale', 'good') });
    const end = new AbortController();
    await connection.stream(NODES, {}, end.signal);
    expect(given.peer.faults.watches.size).toBe(1);
    end.abort();
  });

  test.each(['read', 'eviction', 'watch'] as const)(
    'that is not taken when fresh either ends the %s, saying what to check: no loop (faults 33, contract 6.3)',
    async (kind) => {
      await using given = await withAuthority();
      const tokens = new Tokens('stale', 'stale too');
      const connection = given.connect({ tokens });
      const pod = given.pod('p');
      const ask = {
        read: () => connection.read(NODES),
        eviction: () => kubernetesCluster(connection).evict(pod),
        watch: () => connection.stream(NODES, {}, new AbortController().signal),
      };
      const refused = await ask[kind]().catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ClusterRefused);
      expect(refused).toMatchObject({ message: expect.stringContaining('access entry of the cluster') as string });
      expect(given.requests().map(({ status }) => status)).toEqual([401, 401]);
      expect(tokens.renewals).toBe(1);
    },
  );
});

describe('a server that is away (contract 6.3)', () => {
  test.each(['GET', 'PATCH'])('no answer to a %s within 15 s is ClusterAway', async (method) => {
    await using given = await withNode();
    given.peer.faults.delay({ method }, 20_000);
    const began = given.clock.now();
    const error = await given.during(failure(given, method), 250);
    expect(error).toBeInstanceOf(ClusterAway);
    expect(error).toMatchObject({ message: `the API server ${given.peer.url} does not answer: no answer within 15 s` });
    expect(given.clock.now() - began).toBeLessThan(16_000);
  });

  test('an answer that takes 10 s is waited for', async () => {
    await using given = await withNode();
    given.peer.faults.delay({}, 10_000);
    expect(await given.during(given.cluster.readNode('a'), 250)).toMatchObject({ name: 'a' });
  });

  test.each(['GET', 'PATCH'])('a reset %s is ClusterAway, with endpoint and reason', async (method) => {
    await using given = await withNode();
    given.peer.faults.reset({ method });
    const error = await given.during(failure(given, method));
    expect(error).toBeInstanceOf(ClusterAway);
    const { message } = error as Error;
    expect(message.startsWith(`the API server ${given.peer.url} does not answer: `)).toBe(true);
    expect(message).not.toContain('fetch failed');
  });

  test('a refused connection is ClusterAway, with endpoint and reason (faults 38)', async () => {
    await using given = await withNode();
    const proxy = await TcpProxy.before(given.peer.url);
    const server = proxy.url;
    await proxy[Symbol.asyncDispose]();
    const error = await given.during(kubernetesCluster(given.connect({ server })).readNode('a').catch(itself));
    expect(error).toBeInstanceOf(ClusterAway);
    const { port } = new URL(server);
    const message = `the API server ${server} does not answer: connect ECONNREFUSED 127.0.0.1:${port}`;
    expect(error).toMatchObject({ message });
  });

  test('a name that does not resolve is ClusterAway after a bounded number of tries (faults 38)', async () => {
    await using given = await withNode();
    const connection = given.connect({ server: 'https://cluster.invalid' });
    const error = await given.during(kubernetesCluster(connection).readNode('a').catch(itself));
    expect(error).toBeInstanceOf(ClusterAway);
    expect((error as Error).message).toMatch(
      /https:\/\/cluster\.invalid does not answer: (getaddrinfo \w+|no answer within 15 s)/,
    );
  });

  test('an answer that breaks off is ClusterAway, never half an object', async () => {
    await using given = await withNode();
    const { ca, key, cert } = await makeCertificates();
    const server = createServer({ key, cert }, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"kind":"Node",', () => response.destroy());
    });
    await using listening = await Listening.start(server);
    const error = await given.during(given.connect({ server: listening.url, ca }).read(NODES).catch(itself));
    expect(error).toBeInstanceOf(ClusterAway);
  });

  test('one reset among reads goes unnoticed: they are repeated', async () => {
    await using given = await withNode();
    given.peer.faults.reset({ times: 2 });
    expect(await given.during(given.cluster.readNode('a'))).toMatchObject({ name: 'a' });
  });

  test('reads find the server again after all connections were reset under them', async () => {
    await using given = await withNode();
    await using proxy = await TcpProxy.before(given.peer.url);
    const cluster = kubernetesCluster(given.connect({ server: proxy.url }));
    await cluster.readNode('a');
    proxy.reset();
    await io();
    expect(await given.during(cluster.readNode('a'))).toMatchObject({ name: 'a' });
  });
});

describe('a certificate that the cluster’s authority did not sign (faults 39)', () => {
  test.each(['GET', 'PATCH'])('is refused: the %s never arrives', async (method) => {
    await using given = await withNode();
    const { ca } = await makeCertificates();
    const cluster = kubernetesCluster(given.connect({ ca }));
    const ask = method === 'GET' ? cluster.readNode('a') : cluster.patchNode('a', aPatch('1'));
    const error = await given.during(ask.catch(itself));
    expect(error).toBeInstanceOf(ClusterAway);
    expect((error as Error).message).toMatch(/certificate/);
    expect(given.requests()).toEqual([]);
  });

  test('is refused for a watch as well', async () => {
    await using given = await withNode();
    const { ca } = await makeCertificates();
    const error = await given.connect({ ca }).stream(NODES, {}, new AbortController().signal).catch(itself);
    expect(error).toBeInstanceOf(ClusterAway);
    expect(given.requests()).toEqual([]);
  });
});

describe('a server that is overloaded or restarting', () => {
  test.each([429, 500, 502, 503, 504])('%i once: the read is repeated and succeeds (faults 36)', async (status) => {
    await using given = await withNode();
    given.peer.faults.answer({ times: 1 }, status, 'try again');
    expect(await given.during(given.cluster.readNode('a'))).toMatchObject({ name: 'a' });
  });

  test.each([1, 3, 8])('Retry-After: %i is honoured (faults 35)', async (seconds) => {
    await using given = await withNode();
    given.peer.faults.tooManyRequests({ times: 1 }, seconds);
    expect(await given.during(given.cluster.readNode('a'))).toMatchObject({ name: 'a' });
    const [first, second] = given.requests();
    const waited = (second?.at ?? 0) - (first?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(seconds * 1_000);
    expect(waited).toBeLessThan(seconds * 1_000 + 1_000);
  });

  test.each([429, 503])('%i for good is ClusterAway after four tries, with the server’s words', async (status) => {
    await using given = await withNode();
    given.peer.faults.answer({}, status, { kind: 'Status', message: 'the server is on its knees', code: status });
    const error = await given.during(given.cluster.readNode('a').catch(itself));
    expect(error).toBeInstanceOf(ClusterAway);
    expect(error).toMatchObject({ message: 'the server is on its knees' });
    expect(given.requests()).toHaveLength(4);
  });

  test('read() itself leaves the refusal as the server gave it', async () => {
    await using given = await withNode();
    const error = await given.connection.read('/api/v1/nodes/none').catch(itself);
    expect(error).toBeInstanceOf(ApiException);
    expect(error).toMatchObject({ code: 404 });
  });

  test('a page that is no Status is quoted', async () => {
    await using given = await withNode();
    given.peer.faults.answer({}, 502, '<html>bad gateway</html>');
    const error = await given.during(given.cluster.readNode('a').catch(itself));
    expect((error as Error).message).toBe('HTTP 502 <html>bad gateway</html>');
  });
});

describe('what changes something is sent once by the pool, whatever happens', () => {
  const faults = ['answer 429', 'answer 503', 'reset', 'lost answer'] as const;
  test.each(faults.flatMap((fault) => [['PATCH', fault] as const, ['POST', fault] as const]))(
    '%s with %s',
    async (method, fault) => {
      await using given = await withNode();
      const injected = {
        'answer 429': () => given.peer.faults.tooManyRequests({ method }),
        'answer 503': () => given.peer.faults.answer({ method }, 503),
        reset: () => given.peer.faults.reset({ method }),
        'lost answer': () => given.peer.faults.loseAnswer({ method }),
      }[fault]();
      await given.during(method === 'PATCH' ? failure(given, method) : given.cluster.evict(given.pod('p')));
      await given.pass(3_000);
      expect(injected.hits).toBe(1);
    },
  );
});

async function withNode(plan: Parameters<typeof KubernetesGiven.start>[0] = {}): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start(plan);
  given.peer.world.addNode({ name: 'a' });
  given.peer.world.addBarePod({ namespace: 'app', name: 'p', node: 'a' });
  await given.peer.settle();
  return given;
}

/** A peer that takes the token `good` and no other of those it did not make. */
function withAuthority(): Promise<KubernetesGiven> {
  const somebody = { username: 'somebody', groups: ['system:masters'] };
  return withNode({ authenticate: (bearer) => Promise.resolve(bearer === 'good' ? somebody : undefined) });
}

class Tokens implements TokenSource {
  renewals = 0;
  #token: string;
  readonly #next: string;

  constructor(first: string, next: string) {
    this.#token = first;
    this.#next = next;
  }

  current(): Promise<string> {
    return Promise.resolve(this.#token);
  }

  renew(): Promise<string> {
    this.renewals += 1;
    this.#token = this.#next;
    return this.current();
  }
}

/** What a read or a patch of node `a` fails with. */
function failure(given: KubernetesGiven, method: string): Promise<unknown> {
  const { cluster } = given;
  const version = given.peer.node('a')?.metadata.resourceVersion ?? '';
  return (method === 'GET' ? cluster.readNode('a') : cluster.patchNode('a', aPatch(version))).catch(itself);
}

function aPatch(resourceVersion: string) {
  const takeover = { execution: 'e', kind: 'asg-terminate', now: NOON, deadline: NOON + HOUR } as const;
  return isolation(aNode({ name: 'a', resourceVersion }), takeover, { key: TAINT_KEY, effect: 'NoSchedule' });
}

function itself(error: unknown): unknown {
  return error;
}

/** A server on the loopback until the end of the block. */
class Listening implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
  }

  static async start(server: Server): Promise<Listening> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Listening(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Offers HTTP/2 and HTTP/1.1, as the API server does; answers an empty object, or a watch that says nothing. */
class Http2Server implements AsyncDisposable {
  readonly versions = new Set<string>();
  openWatches = 0;
  readonly ca: string;
  readonly #server: Http2SecureServer;

  private constructor({ ca, key, cert }: { ca: string; key: string; cert: string }) {
    this.ca = ca;
    this.#server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      this.versions.add(request.httpVersion);
      response.writeHead(200, { 'content-type': 'application/json' });
      if (!request.url.includes('watch=true')) {
        response.end('{}');
        return;
      }
      this.openWatches += 1;
      response.on('close', () => (this.openWatches -= 1));
      response.write('\n');
    });
  }

  static async start(): Promise<Http2Server> {
    const started = new Http2Server(await makeCertificates());
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
