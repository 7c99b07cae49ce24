/**
 * The connection to one cluster, under the HTTP layer of the client library. All requests and watches of the cluster
 * share one pool. Each has fresh access and a time limit. (The library itself opens a TLS connection per request and
 * waits five minutes for an answer.)
 *
 * The library is imported by its inner modules: its root pulls in kubeconfig and OpenID code that a bundle cannot shed
 * (240 KB, platform 3).
 */
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { createConfiguration, type Configuration } from '@kubernetes/client-node/dist/gen/configuration.js';
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node/dist/gen/http/http.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { ClusterAway } from '../../../core/kubernetes/cluster-error.ts';
import { accessFailureOf, connectionFailure } from './access-failure.ts';
import type { Access, AccessFailure, AccessSource } from './access.ts';

export interface KubernetesConnection {
  /** For the library's typed APIs. */
  readonly configuration: Configuration;
  /**
   * Reads one resource as the server's own JSON.
   *
   * @param accept media type of another form, such as the metadata alone
   * @throws ApiException, ClusterAway, ClusterRefused
   */
  read(path: string, query?: Readonly<Record<string, string>>, accept?: string): Promise<unknown>;
  /** Opens a watch; it lasts until the server ends it or `signal` aborts. @throws as `read` */
  stream(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Time limit of a request and its answer, milliseconds. The API server gives up on most after 60 s. */
const REQUEST_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Connections of the pool. Over HTTP/1.1 each watch holds one, and fifty evictions may be in flight beside them. */
const CONNECTIONS = 256;

/** Retries of reads that met an overloaded or restarting server, with growing pauses or after its Retry-After. */
const READ_RETRIES = {
  maxRetries: 3,
  minTimeout: 200,
  // A longer Retry-After is not cut short: the request's own time limit ends it.
  maxTimeout: REQUEST_TIMEOUT_MS,
  methods: ['GET' as const],
  statusCodes: [429, 500, 502, 503, 504],
  throwOnError: false,
};

/** Stands in requests until they are sent: each goes to the server that the access of that time names. */
const ANY_SERVER = 'https://cluster';

interface Pool {
  readonly agent: Agent;
  /** The same connections, with retries of reads. */
  readonly retrying: Dispatcher;
}

interface Given {
  readonly access: Access;
  /** What is asked for: path and query. */
  readonly path: string;
  readonly by: keyof Pool;
}

export function connect(source: AccessSource): KubernetesConnection {
  const pools = new Map<string, Pool>();
  const fetching = new IsomorphicFetchHttpLibrary();

  /** Returns the pool of this access. Those of former client certificates are left to close when they are idle. */
  const poolOf = ({ ca, serverName, client, trustsAny }: Access): Pool => {
    const rejectUnauthorized = trustsAny === true ? false : undefined;
    const tls = { ca, servername: serverName, cert: client?.certificate, key: client?.key, rejectUnauthorized };
    const key = JSON.stringify(tls);
    const pool = pools.get(key) ?? openPool(tls);
    pools.set(key, pool);
    return pool;
  };

  const send = async (request: RequestContext, given: Given): Promise<ResponseContext | AccessFailure> => {
    const { access, path, by } = given;
    request.setUrl(access.server + path);
    authorize(request, access);
    request.setDispatcher(poolOf(access)[by]);
    try {
      const response = await fetching.send(request).toPromise();
      if (response.httpStatusCode !== 401) return response;
      await response.body.text();
      return { kind: 'unknown' };
    } catch (cause) {
      const failure = accessFailureOf(cause);
      if (failure !== undefined) return failure;
      source.unanswered?.(access);
      throw new ClusterAway(`the API server ${access.server} does not answer: ${connectionFailure(cause)}`, { cause });
    }
  };

  /** Sends, and once more with new access: a token may have expired in mid watch, or a secret have been rotated. */
  const authorized = async (request: RequestContext, by: keyof Pool): Promise<ResponseContext> => {
    const path = request.getUrl().slice(ANY_SERVER.length);
    const access = await source.current();
    const first = await send(request, { access, path, by });
    if (!('kind' in first)) return first;
    const renewed = await source.renew(access, first);
    if (renewed === undefined) throw source.errorOf(access, first);
    const second = await send(request, { access: renewed, path, by });
    if (!('kind' in second)) return second;
    throw source.errorOf(renewed, second);
  };

  const whole = async (request: RequestContext): Promise<ResponseContext> => {
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`));
    }, REQUEST_TIMEOUT_MS);
    request.setSignal(limit.signal);
    try {
      const response = await authorized(request, 'retrying');
      return buffered(response, await bodyOf(response, request));
    } finally {
      clearTimeout(timer);
    }
  };

  const get = (path: string, query: Readonly<Record<string, string>>, accept = 'application/json'): RequestContext => {
    const request = new RequestContext(`${ANY_SERVER}${path}`, HttpMethod.GET);
    request.setHeaderParam('Accept', accept);
    for (const [name, value] of Object.entries(query)) request.setQueryParam(name, value);
    return request;
  };

  return {
    configuration: createConfiguration({
      baseServer: new ServerConfiguration(ANY_SERVER, {}),
      httpApi: wrapHttpLibrary({ send: whole }),
    }),
    async read(path, query = {}, accept) {
      const response = await whole(get(path, query, accept));
      const text = await response.body.text();
      if (response.httpStatusCode === 200) return JSON.parse(text) as unknown;
      throw new ApiException(response.httpStatusCode, `GET ${path}`, text, response.headers);
    },
    async stream(path, query, signal) {
      const request = get(path, { ...query, watch: 'true' });
      request.setSignal(signal);
      const response = await authorized(request, 'agent');
      const body = response.body.stream();
      if (response.httpStatusCode === 200 && body !== null) return body;
      throw new ApiException(response.httpStatusCode, `WATCH ${path}`, await response.body.text(), response.headers);
    },
    async close() {
      await Promise.all([...pools.values()].map(({ agent }) => agent.destroy()));
    },
  };
}

interface Tls {
  readonly ca: string | undefined;
  readonly servername: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly rejectUnauthorized: boolean | undefined;
}

function openPool(tls: Tls): Pool {
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  const agent = new Agent({
    connect: { ...given, timeout: CONNECT_TIMEOUT_MS },
    connections: CONNECTIONS,
    // Over HTTP/2, which every API server offers, undici ends the process with an error that nobody can catch: an aborted
    // watch is left without a listener, and fails when its idle session is closed (platform 5.1).
    allowH2: false,
    // A watch may be silent for any time. Its reader decides when that is too long.
    bodyTimeout: 0,
  });
  return { agent, retrying: agent.compose(interceptors.retry(READ_RETRIES)) };
}

/** Sets the token of this access, in place of that of another. */
function authorize(request: RequestContext, { token }: Access): void {
  delete request.getHeaders().Authorization;
  if (token !== undefined) request.setHeaderParam('Authorization', `Bearer ${token}`);
}

async function bodyOf(response: ResponseContext, request: RequestContext): Promise<string> {
  try {
    return await response.body.text();
  } catch (cause) {
    const { origin } = new URL(request.getUrl());
    throw new ClusterAway(`the API server ${origin} broke off its answer: ${connectionFailure(cause)}`, { cause });
  }
}

function buffered(response: ResponseContext, text: string): ResponseContext {
  return new ResponseContext(response.httpStatusCode, response.headers, {
    text: () => Promise.resolve(text),
    binary: () => Promise.resolve(Buffer.from(text)),
    stream: () => null,
  });
}
