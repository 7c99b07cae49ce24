/**
 * Requests to Keystone and Nova: one pool of connections per cloud, a time limit each, no redirects (contract 11.5). An
 * answer is its status, headers and JSON. What an answer means is for keystone.ts and nova-session.ts.
 */
import { Agent, request } from 'undici';
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import { accessFailureOf, connectionFailure } from '../kubernetes/api/access-failure.ts';
import { LinkLocal, lookupAllowed } from './endpoint.ts';

export interface Ask {
  /** Who is asked, for messages: `Keystone` or `Nova`. */
  readonly whom: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  /** By name, in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** JSON; undefined when there is no body. */
  readonly body: unknown;
}

export interface Transport {
  /** @throws CloudAway without an answer, CloudRefused for a redirect or a certificate that is not to be trusted */
  send(ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** Time limit of a request with its answer, and of a connection, milliseconds. Nova asks its cells, each up to 60 s. */
const REQUEST_TIMEOUT_MS = 65_000;
const CONNECT_TIMEOUT_MS = 5_000;

const CONNECTIONS = 8;
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** @param ca PEM of the authority of the endpoints' certificates @default the public ones */
export function transport(ca?: string): Transport {
  const agent = new Agent({
    connect: { lookup: lookupAllowed, timeout: CONNECT_TIMEOUT_MS, ...(ca !== undefined && { ca }) },
    connections: CONNECTIONS,
    // As for API servers: an aborted stream of HTTP/2 may end the process (platform 5.1).
    allowH2: false,
    maxResponseSize: LARGEST_ANSWER,
  });
  return { send: (ask) => send(ask, agent), close: () => agent.destroy() };
}

async function send({ whom, method, url, headers = {}, body }: Ask, dispatcher: Agent): Promise<Answer> {
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`));
  }, REQUEST_TIMEOUT_MS);
  try {
    const answer = await request(url, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      dispatcher,
      signal: limit.signal,
    });
    const text = await answer.body.text();
    const status = answer.statusCode;
    if (status >= 300 && status < 400)
      throw new CloudRefused(
        `${whom} at ${url.origin} redirects (${status}), which is not followed: give its own address`,
      );
    return { status, headers: answer.headers, body: jsonOf(text) };
  } catch (cause) {
    throw failureOf(cause, whom, url.origin);
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(cause: unknown, whom: string, origin: string): Error {
  if (cause instanceof CloudRefused) return cause;
  if (cause instanceof LinkLocal) return new CloudRefused(`${whom} at ${origin}: ${cause.message}`, { cause });
  const failure = accessFailureOf(new Error('', { cause }));
  if (failure?.kind === 'untrusted')
    return new CloudRefused(
      `the certificate of ${whom} at ${origin} is not to be trusted (${failure.reason}): put its authority into the secret that caSecret names`,
      { cause },
    );
  return new CloudAway(`${whom} at ${origin} does not answer: ${connectionFailure(cause)}`, { cause });
}

/** Reads JSON; an answer of a proxy, in HTML, counts as one without a body. */
function jsonOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
