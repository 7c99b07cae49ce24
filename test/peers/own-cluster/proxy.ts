/**
 * Stands between the functions and somebody's API server: it takes Ebb's EKS tokens as EKS would, passes requests on with
 * the credentials of a kubeconfig, and shows one node as an EC2 instance. Answers stream through; it counts them.
 *
 * Deliberately not: upgrades (exec, port-forward), and trust in anything that a request says of who sends it.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { makeCertificates } from '../kubernetes/access/tls.ts';
import { wordsOf } from './fault.ts';
import { disguiser, undisguised, type Disguise } from './node-disguise.ts';
import type { Upstream } from './upstream.ts';

export interface ProxyPlan {
  readonly upstream: Upstream;
  /** Without one the nodes are shown as they are. */
  readonly disguise?: Disguise;
  /** Whether a bearer is a token of the functions. */
  readonly isFunction: (bearer: string) => Promise<boolean>;
}

/** A request that was let in, or refused with 401. */
export interface ProxiedRequest {
  readonly by: 'function' | 'observer' | 'nobody';
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 until it is answered, and for one that never was. */
  status: number;
}

/** About the connection, not the request (RFC 9110, 7.6.1), and what the kubeconfig alone says. */
const NOT_PASSED_ON =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|accept-encoding|cookie|impersonate-.*)$/;
const NOT_PASSED_BACK = /^(connection|keep-alive|proxy-.*|trailer|transfer-encoding|upgrade)$/;

/** As API servers do; Node's 5 s would make resets that no API server makes. */
const KEEP_ALIVE_MS = 180_000;

export class OwnClusterProxy {
  readonly url: string;
  /** PEM of the made authority that signed the certificate. */
  readonly ca: string;
  /** The token of whoever looks on: let in too, counted apart. */
  readonly observerToken: string;
  readonly requests: ProxiedRequest[];
  readonly #server: Server;
  readonly #parts: Parts;

  private constructor(server: Server, parts: Parts, ca: string) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.ca = ca;
    this.#server = server;
    this.#parts = parts;
    this.observerToken = parts.observerToken;
    this.requests = parts.requests;
  }

  static async start(plan: ProxyPlan): Promise<OwnClusterProxy> {
    const { ca, key, cert } = await makeCertificates();
    const parts: Parts = {
      ...plan,
      observerToken: randomUUID(),
      requests: [],
      writes: new Set(),
      gate: { open: true },
    };
    const server = createServer({ key, cert, keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
      void serve(parts, incoming, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new OwnClusterProxy(server, parts, ca);
  }

  /** Lets nothing more of the functions through, and waits for the answers to what they had sent to change something. */
  async shutOut(): Promise<void> {
    this.#parts.gate.open = false;
    await Promise.allSettled(this.#parts.writes);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Parts extends ProxyPlan {
  readonly observerToken: string;
  readonly requests: ProxiedRequest[];
  /** Changes that are under way. */
  readonly writes: Set<Promise<void>>;
  readonly gate: { open: boolean };
}

async function serve(parts: Parts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '' } = incoming;
  const by = await callerOf(parts, incoming.headers);
  const entry: ProxiedRequest = { by, at: Date.now(), method, path, status: 0 };
  parts.requests.push(entry);
  if (by === 'nobody') {
    entry.status = refuse(response, 401, 'Unauthorized');
    return;
  }
  if (by === 'function' && !parts.gate.open) {
    response.destroy();
    return;
  }
  const work = passOn(parts, { incoming, response, entry }).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else entry.status = refuse(response, 502, wordsOf(error));
  });
  if (method === 'GET') return;
  parts.writes.add(work);
  await work;
  parts.writes.delete(work);
}

async function callerOf(parts: Parts, { authorization = '' }: IncomingHttpHeaders): Promise<ProxiedRequest['by']> {
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(authorization) ?? [];
  if (bearer === undefined) return 'nobody';
  if (bearer === parts.observerToken) return 'observer';
  return (await parts.isFunction(bearer)) ? 'function' : 'nobody';
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: ProxiedRequest;
}

async function passOn({ upstream, disguise }: Parts, { incoming, response, entry }: Exchange): Promise<void> {
  const { method, path } = entry;
  const disguised = disguise && disguiser(path, disguise);
  const body = await buffer(incoming);
  const hungUp = new AbortController();
  // A read that nobody waits for is given up; a change is not, because it may have been made.
  if (method === 'GET')
    response.once('close', () => {
      hungUp.abort();
    });
  const answer = await upstream.send(
    {
      method,
      path,
      headers: passedOn(incoming.headers),
      ...(body.length > 0 && { body: disguised === undefined ? body : undisguised(body) }),
    },
    hungUp.signal,
  );
  entry.status = answer.statusCode ?? 0;
  if (response.destroyed) {
    answer.resume();
    return;
  }
  const rewritten = disguised !== undefined && String(answer.headers['content-type']).startsWith('application/json');
  response.writeHead(entry.status, passedBack(answer.headers, rewritten));
  // A watch may be silent for long: its head goes out at once.
  response.flushHeaders();
  await (rewritten ? pipeline(answer, disguised(), response) : pipeline(answer, response));
}

function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.test(name)));
}

function passedBack(headers: IncomingHttpHeaders, rewritten: boolean): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !NOT_PASSED_BACK.test(name) && !(rewritten && name === 'content-length'),
    ),
  );
}

/** Answers as an API server that refuses. */
function refuse(response: ServerResponse, code: 401 | 502, message: string): number {
  const reason = code === 401 ? 'Unauthorized' : 'ServiceUnavailable';
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status));
  return code;
}
