/**
 * One connection pool to one cluster, under the HTTP layer of the client library. All requests and watches of the
 * cluster share it. Each has a fresh token and a time limit. (The library itself opens a TLS connection per request and
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
import { ClusterAway, ClusterRefused } from '../../../core/kubernetes/cluster-error.ts';

/** Source of bearer tokens. */
export interface TokenSource {
  current(): Promise<string>;
  /** Makes a new token, because the server did not take the current one. */
  renew(): Promise<string>;
}

export interface ClusterAddress {
  /** `https://…`, without a path. */
  readonly server: string;
  /** Certificate authority that signs for the server, PEM. */
  readonly ca: string;
}

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

/** @param onUntrusted called when the authority has not signed the certificate of the server */
export function connect(
  { server, ca }: ClusterAddress,
  tokens: TokenSource,
  onUntrusted: () => void = () => undefined,
): KubernetesConnection {
  const agent = new Agent({
    connect: { ca, timeout: CONNECT_TIMEOUT_MS },
    connections: CONNECTIONS,
    // A watch may be silent for any time. Its reader decides when that is too long.
    bodyTimeout: 0,
  });
  const retrying = agent.compose(interceptors.retry(READ_RETRIES));
  const fetching = new IsomorphicFetchHttpLibrary();

  const send = async (request: RequestContext, dispatcher: Dispatcher): Promise<ResponseContext> => {
    request.setDispatcher(dispatcher);
    try {
      return await fetching.send(request).toPromise();
    } catch (cause) {
      if (isUntrusted(cause)) onUntrusted();
      throw new ClusterAway(`the API server ${server} does not answer: ${reasonOf(cause)}`, { cause });
    }
  };

  /** Sends with a token, and once more with a new one: the token may have expired in mid watch or by clock skew. */
  const authorized = async (request: RequestContext, dispatcher: Dispatcher): Promise<ResponseContext> => {
    request.setHeaderParam('Authorization', `Bearer ${await tokens.current()}`);
    const response = await send(request, dispatcher);
    if (response.httpStatusCode !== 401) return response;
    await response.body.text();
    request.setHeaderParam('Authorization', `Bearer ${await tokens.renew()}`);
    const second = await send(request, dispatcher);
    if (second.httpStatusCode !== 401) return second;
    await second.body.text();
    throw new ClusterRefused(
      `the API server ${server} does not take our token: is the function's role an access entry of the cluster?`,
    );
  };

  const whole = async (request: RequestContext): Promise<ResponseContext> => {
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`));
    }, REQUEST_TIMEOUT_MS);
    request.setSignal(limit.signal);
    try {
      const response = await authorized(request, retrying);
      return buffered(response, await bodyOf(response, server));
    } finally {
      clearTimeout(timer);
    }
  };

  const get = (path: string, query: Readonly<Record<string, string>>, accept = 'application/json'): RequestContext => {
    const request = new RequestContext(`${server}${path}`, HttpMethod.GET);
    request.setHeaderParam('Accept', accept);
    for (const [name, value] of Object.entries(query)) request.setQueryParam(name, value);
    return request;
  };

  return {
    configuration: createConfiguration({
      baseServer: new ServerConfiguration(server, {}),
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
      const response = await authorized(request, agent);
      const body = response.body.stream();
      if (response.httpStatusCode === 200 && body !== null) return body;
      throw new ApiException(response.httpStatusCode, `WATCH ${path}`, await response.body.text(), response.headers);
    },
    async close() {
      await agent.destroy();
    },
  };
}

async function bodyOf(response: ResponseContext, server: string): Promise<string> {
  try {
    return await response.body.text();
  } catch (cause) {
    throw new ClusterAway(`the API server ${server} broke off its answer: ${reasonOf(cause)}`, { cause });
  }
}

function buffered(response: ResponseContext, text: string): ResponseContext {
  return new ResponseContext(response.httpStatusCode, response.headers, {
    text: () => Promise.resolve(text),
    binary: () => Promise.resolve(Buffer.from(text)),
    stream: () => null,
  });
}

/** Parts of the error codes by which OpenSSL and Node refuse a certificate. */
const UNTRUSTED = ['CERT', 'UNABLE_TO_VERIFY', 'UNABLE_TO_GET_ISSUER'];

function isUntrusted(error: unknown): boolean {
  const { code } = (error instanceof Error ? (error.cause ?? {}) : {}) as { code?: unknown };
  return typeof code === 'string' && UNTRUSTED.some((part) => code.includes(part));
}

/** Returns what happened: fetch says only "fetch failed", and the cause has the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
