/** Somebody's API server, asked with the credentials of their kubeconfig. */
import { createHash } from 'node:crypto';
import { request as plainRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { OwnClusterFault, wordsOf } from './fault.ts';
import type { Access, KubeconfigFile } from './kubeconfig-file.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** With its query, as a client of the cluster writes it: `/api/v1/nodes?limit=1`. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** A whole answer. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Parsed, when it is JSON; else the text. */
  readonly body: unknown;
}

/** For an answer that the demo itself waits for. */
const ANSWER_MS = 10_000;

/** Connections that are idle for longer are closed here, before the server does it under a request. */
const IDLE_MS = 30_000;

export class Upstream {
  readonly #kubeconfig: KubeconfigFile;
  readonly #agents = new Map<string, Agent>();

  constructor(kubeconfig: KubeconfigFile) {
    this.#kubeconfig = kubeconfig;
  }

  /**
   * Sends one request; resolves with the head of the answer, whose body is still to come. Credentials that the server
   * does not take are renewed once.
   *
   * @throws OwnClusterFault when there is no answer, or the credentials cannot be made
   */
  async send(request: UpstreamRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const first = await this.#sendOnce(request, signal);
    if (first.statusCode !== 401) return first;
    first.resume();
    this.#kubeconfig.renew();
    return this.#sendOnce(request, signal);
  }

  /** Asks and reads the whole answer, within `within` milliseconds. @throws OwnClusterFault */
  ask(request: UpstreamRequest, within = ANSWER_MS): Promise<UpstreamAnswer> {
    return this.#within(within, async (limit) => read(await this.#open(request, limit)));
  }

  /** Asks and reads no more than why it was refused, so that a watch can be asked for too. @throws OwnClusterFault */
  look(request: UpstreamRequest): Promise<UpstreamAnswer> {
    return this.#within(ANSWER_MS, async (limit) => {
      const answer = await this.#open(request, limit);
      const { statusCode: status = 0 } = answer;
      if (status >= 400) return read(answer);
      answer.destroy();
      return { status, body: undefined };
    });
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #open(request: UpstreamRequest, limit: AbortSignal): Promise<IncomingMessage> {
    return this.send({ ...request, headers: { accept: 'application/json', ...request.headers } }, limit);
  }

  async #within<Answer>(milliseconds: number, work: (limit: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const limit = AbortSignal.timeout(milliseconds);
    try {
      return await work(limit);
    } catch (error) {
      if (limit.aborted) throw this.#silent(`no answer within ${milliseconds / 1000} s`, error);
      throw error instanceof OwnClusterFault ? error : this.#silent(wordsOf(error), error);
    }
  }

  async #sendOnce(request: UpstreamRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const { method, path, headers, body } = request;
    const access = await this.#kubeconfig.access();
    const { server } = this.#kubeconfig;
    const { headers: credentials, agent, ...tls } = access;
    const options = {
      ...urlToHttpOptions(server),
      ...tls,
      method,
      path: server.pathname.replace(/\/$/, '') + path,
      headers: { ...headers, ...credentials, ...(body && { 'content-length': body.length }) },
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const sent =
        server.protocol === 'http:'
          ? plainRequest(options)
          : tlsRequest({ ...options, agent: agent ?? this.#agentFor(access) });
      sent.once('response', resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that was idle: the server closed it, and this process was too busy to notice.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
        if (isStale && method === 'GET') resolve(this.#sendOnce(request, signal));
        else reject(this.#fault(error));
      });
      sent.end(body);
    });
  }

  /** An agent's TLS options win over a request's, so other credentials need another agent. */
  #agentFor({ ca, cert, key }: Access): Agent {
    const name = createHash('sha256').update([ca, cert, key].map(String).join()).digest('hex');
    const agent = this.#agents.get(name) ?? new Agent({ keepAlive: true, timeout: IDLE_MS });
    this.#agents.set(name, agent);
    return agent;
  }

  #fault(error: NodeJS.ErrnoException): OwnClusterFault {
    const { server, file } = this.#kubeconfig;
    if (isUntrusted(error)) {
      return new OwnClusterFault(
        `the certificate of the API server ${server.origin} is not trusted: ${wordsOf(error)}`,
        [
          `${file} must name the authority that signed it (certificate-authority-data) and an address that is in it`,
          'fetch the kubeconfig anew, or say insecure-skip-tls-verify: true if you know the server',
        ],
        error,
      );
    }
    return this.#silent(wordsOf(error), error);
  }

  #silent(words: string, cause: unknown): OwnClusterFault {
    const { server, file } = this.#kubeconfig;
    return new OwnClusterFault(
      `the API server ${server.origin} does not answer: ${words}`,
      [`is it running, and can it be reached from here? kubectl --kubeconfig ${file} get nodes`],
      cause,
    );
  }
}

/** Parts of the codes by which OpenSSL and Node refuse a certificate. */
const UNTRUSTED = ['CERT', 'UNABLE_TO_VERIFY', 'UNABLE_TO_GET_ISSUER'];

function isUntrusted({ code = '' }: NodeJS.ErrnoException): boolean {
  // A server that wants a certificate of us sends an alert: that is no fault of its own certificate.
  return !code.startsWith('ERR_SSL') && UNTRUSTED.some((part) => code.includes(part));
}

async function read(answer: IncomingMessage): Promise<UpstreamAnswer> {
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode ?? 0, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
