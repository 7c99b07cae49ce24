/**
 * A client of a Kubernetes API server that is made from a kubeconfig: paths and JSON over HTTPS. It knows nothing of
 * what the project asks of a server, so that the cases say what they mean themselves.
 */
import type { RequestOptions } from 'node:https';

import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';

import type { Status } from '../peers/kubernetes/api/status.ts';
import { OpenWatch } from './open-watch.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
  /** Undefined when the answer is no JSON. */
  readonly body: Body;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What a connection is made of: the server and who asks. */
interface Connection {
  readonly server: string;
  readonly agent: Agent;
  readonly headers: Record<string, string>;
  /** The authority alone, for requests with other credentials. */
  readonly bare: Agent;
}

export class KubeClient {
  readonly #to: Connection;

  private constructor(to: Connection) {
    this.#to = to;
  }

  /** Reads the current context of a kubeconfig: client certificate, token or credential plugin. */
  static async connect(kubeconfig: string): Promise<KubeClient> {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no server in its current context');
    const options: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const trust = { ca, ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }), servername };
    const agent = new Agent({ connect: { ...trust, cert, key } as Agent.Options['connect'] });
    const bare = new Agent({ connect: trust as Agent.Options['connect'] });
    return new KubeClient({ server, agent, bare, headers: { ...(options.headers as Record<string, string>) } });
  }

  /** The same server asked as somebody else, by the administrator's right to impersonate. */
  as(username: string, group?: string): KubeClient {
    const whom = { 'impersonate-user': username, ...(group !== undefined && { 'impersonate-group': group }) };
    return new KubeClient({ ...this.#to, headers: { ...this.#to.headers, ...whom } });
  }

  /** The same server asked with a bearer token alone. */
  withToken(token: string): KubeClient {
    return new KubeClient({ ...this.#to, agent: this.#to.bare, headers: { authorization: `Bearer ${token}` } });
  }

  async ask<Body = Status>(path: string, { method = 'GET', body, headers }: Ask = {}): Promise<Answer<Body>> {
    const response = await request(this.#to.server + path, {
      method,
      dispatcher: this.#to.agent,
      headers: { 'content-type': 'application/json', ...this.#to.headers, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    const parsed: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.statusCode, headers: response.headers, text, body: parsed as Body };
  }

  /** Reads; throws unless the answer is a 200. */
  async get<Body>(path: string): Promise<Body> {
    return expectCode(path, [200], await this.ask<Body>(path));
  }

  /** Reads what may not be there. */
  async find<Body>(path: string): Promise<Body | undefined> {
    const answer = await this.ask<Body>(path);
    return answer.status === 404 ? undefined : expectCode(path, [200], answer);
  }

  /** Creates; throws unless the answer is a 201. */
  async create<Body>(path: string, body: object): Promise<Body> {
    return expectCode(path, [201], await this.ask<Body>(path, { method: 'POST', body }));
  }

  /** @param kind - `merge-patch`, `strategic-merge-patch` or `json-patch` */
  patch<Body = Status>(path: string, kind: string, body: unknown): Promise<Answer<Body>> {
    return this.ask<Body>(path, { method: 'PATCH', body, headers: { 'content-type': `application/${kind}+json` } });
  }

  /** Patches; throws unless the answer is a 200. */
  async change<Body>(path: string, kind: string, body: unknown): Promise<Body> {
    return expectCode(path, [200], await this.patch<Body>(path, kind, body));
  }

  delete<Body = Status>(path: string, options?: object): Promise<Answer<Body>> {
    return this.ask<Body>(path, { method: 'DELETE', ...(options === undefined ? {} : { body: options }) });
  }

  /** Asks for an eviction by `policy/v1`. */
  evict(pod: { namespace: string; name: string }, deleteOptions: object = {}): Promise<Answer<Status>> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: pod, deleteOptions };
    return this.ask(`/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/eviction`, { method: 'POST', body });
  }

  /** Opens a watch; `path` has its query but `watch=true`. */
  async watch(path: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
    const target = `${this.#to.server}${path}${path.includes('?') ? '&' : '?'}watch=true`;
    const sent = { ...this.#to.headers, ...headers };
    const response = await request(target, { dispatcher: this.#to.agent, headers: sent, bodyTimeout: 0 });
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${await response.body.text()}`);
    return new OpenWatch(response.body);
  }

  async close(): Promise<void> {
    await Promise.all([this.#to.agent.destroy(), this.#to.bare.destroy()]);
  }
}

function expectCode<Body>(path: string, codes: readonly number[], { status, text, body }: Answer<Body>): Body {
  if (!codes.includes(status)) throw new Error(`${path}: ${status} ${text}`);
  return body;
}
