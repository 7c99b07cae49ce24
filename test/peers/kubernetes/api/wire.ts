/** For the peer's own tests: a plain HTTPS client that knows nothing of Kubernetes, and a peer with a small world. */
import { Agent, request } from 'undici';

import { DrivenClock } from '../../clock.ts';
import type { Latencies } from '../world/cluster.ts';
import type { Status } from './status.ts';
import { KubernetesPeer } from '../peer.ts';

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly body: Body;
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** @default the administrator's */
  token?: string;
  headers?: Record<string, string>;
}

/** A peer that stops itself at the end of a `await using` block. */
export class TestPeer implements AsyncDisposable {
  readonly peer: KubernetesPeer;
  readonly clock: DrivenClock;
  readonly agent: Agent;

  private constructor(peer: KubernetesPeer) {
    this.peer = peer;
    this.clock = peer.clock;
    this.agent = new Agent({ connect: { ca: peer.ca } });
  }

  /** @param runs its clock runs on by itself, for clients of other processes */
  static async start(latencies: Partial<Latencies> = {}, { runs = false } = {}): Promise<TestPeer> {
    return new TestPeer(await KubernetesPeer.start({ clock: new DrivenClock({ stands: !runs }), latencies }));
  }

  static around(peer: KubernetesPeer): TestPeer {
    return new TestPeer(peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer.stop();
    await this.agent.destroy();
  }

  /** One request; the body of the answer is parsed when it is JSON. */
  async ask<Body = Status>(path: string, ask: Ask = {}): Promise<Answer<Body>> {
    const { method = 'GET', body, token = this.peer.adminToken, headers } = ask;
    const response = await request(this.peer.url + path, {
      method,
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Body,
    };
  }

  /** Evicts a pod of namespace `app`. */
  evict(name: string, deleteOptions: object = {}, ask: Ask = {}): Promise<Answer> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'app' }, deleteOptions };
    return this.ask(`/api/v1/namespaces/app/pods/${name}/eviction`, { method: 'POST', body, ...ask });
  }

  patch<Body = Status>(path: string, type: string, body: unknown): Promise<Answer<Body>> {
    return this.ask<Body>(path, { method: 'PATCH', body, headers: { 'content-type': `application/${type}+json` } });
  }

  /** Opens a watch; the lines arrive in `events` as they are sent. */
  async watch(path: string): Promise<OpenWatch> {
    const response = await request(`${this.peer.url}${path}`, {
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.peer.adminToken}` },
    });
    return new OpenWatch(response.body);
  }

  /** The names of the pods of namespace `app` that serve. */
  readyPods(namespace = 'app'): string[] {
    const ready = this.peer.pods(namespace).filter(({ status, metadata }) => {
      const is = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
      return is && metadata.deletionTimestamp === undefined;
    });
    return ready.map(({ metadata }) => metadata.name).sort();
  }
}

export interface WatchEvent {
  type: string;
  object: { kind: string; metadata: { name: string; resourceVersion: string }; code?: number };
}

export class OpenWatch {
  readonly events: WatchEvent[] = [];
  readonly chunks: Buffer[] = [];
  /** `end` or the error's message. */
  readonly ended: Promise<string>;

  constructor(body: AsyncIterable<unknown> & { destroy(): void }) {
    this.ended = this.#read(body).then(
      () => 'end',
      (error: unknown) => String(error),
    );
    this.close = () => {
      body.destroy();
    };
  }

  readonly close: () => void;

  get names(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata.name}`);
  }

  /** Waits, in real time, until the watch has that many events. */
  async until(count: number): Promise<void> {
    for (let turn = 0; this.events.length < count; turn += 1) {
      if (turn > 20_000) throw new Error(`the watch has ${this.events.length} events, not ${count}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #read(body: AsyncIterable<unknown>): Promise<void> {
    let rest = Buffer.alloc(0);
    for await (const chunk of body) {
      this.chunks.push(chunk as Buffer);
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        this.events.push(JSON.parse(rest.subarray(0, end).toString()) as WatchEvent);
        rest = rest.subarray(end + 1);
      }
    }
  }
}
