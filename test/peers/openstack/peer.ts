/**
 * OpenStack as an evacuation needs it: Keystone v3 and Nova's API in one HTTP server each, with migrations that take time.
 * It knows nothing of Ebb: it follows Nova 26 (Zed), whose answers its suite compares (test/conformance/openstack).
 */
import { createServer as createPlain, type Server as HttpServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { Activity, during } from '../activity.ts';
import type { DrivenClock } from '../clock.ts';
import { CloudState } from './cloud.ts';
import { Compute } from './compute.ts';
import { Faults } from './faults.ts';
import { keystone } from './keystone.ts';
import { nova, type NovaParts } from './nova.ts';

export interface OpenStackOptions {
  readonly clock: DrivenClock;
  /** Certificate and key of the server; without them it speaks http. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A request that was answered. */
export interface OpenStackRequest {
  readonly at: number;
  readonly service: 'keystone' | 'nova';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0: the connection was reset. */
  readonly status: number;
}

const REGION = 'RegionOne';

export class OpenStackPeer {
  readonly state: CloudState;
  readonly compute: Compute;
  readonly faults = new Faults();
  readonly requests: OpenStackRequest[] = [];
  readonly activity = new Activity();
  /** Endpoints in the catalogue; a test may name others. */
  endpoints: { interface: string; region: string; url: string }[] = [];
  /** Addresses of both servers, without a path. */
  readonly urls: { keystone: string; nova: string } = { keystone: '', nova: '' };
  readonly #novaParts: { -readonly [Part in keyof NovaParts]: NovaParts[Part] };
  readonly #servers: HttpServer[] = [];

  private constructor({ clock }: OpenStackOptions) {
    this.state = new CloudState(clock);
    this.compute = new Compute(this.state);
    this.#novaParts = { state: this.state, compute: this.compute, age: { kind: 'new' } };
  }

  /** Starts on 127.0.0.1 with an administrator (`admin`, project `admin`) and no hosts. */
  static async start(options: OpenStackOptions): Promise<OpenStackPeer> {
    const peer = new OpenStackPeer(options);
    const { state } = peer;
    state.addUser('admin', 'adminpw', { admin: ['admin', 'member', 'reader'] });
    peer.urls.keystone = await peer.#listen(
      'keystone',
      keystone({ state, endpoints: () => peer.endpoints }).fetch,
      options,
    );
    peer.urls.nova = await peer.#listen('nova', nova(peer.#novaParts).fetch, options);
    peer.endpoints = ['public', 'internal', 'admin'].map((side) => ({
      interface: side,
      region: REGION,
      url: `${peer.urls.nova}/v2.1`,
    }));
    return peer;
  }

  get authUrl(): string {
    return `${this.urls.keystone}/v3`;
  }

  /** The hosts of both servers with their ports, for an allow-list. */
  get hosts(): string[] {
    return [new URL(this.urls.keystone).host, new URL(this.urls.nova).host];
  }

  /** What Nova pretends to be from now on. */
  set age(age: NovaParts['age']) {
    this.#novaParts.age = age;
  }

  /** From now on no token that was issued is valid. */
  revokeTokens(): void {
    this.state.tokens.clear();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
  }

  async #listen(
    service: OpenStackRequest['service'],
    serve: (request: Request) => Response | Promise<Response>,
    options: OpenStackOptions,
  ): Promise<string> {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.use(async (context, next) => {
      const { pathname, search } = new URL(context.req.url);
      const path = `${pathname}${search}`;
      const effect = this.faults.take(context.req.method, path);
      const at = options.clock.now();
      const note = (status: number): void => {
        this.requests.push({ at, service, method: context.req.method, path, status });
      };
      const cut = (): Response => {
        context.env.outgoing.socket?.destroy();
        note(0);
        return RESPONSE_ALREADY_SENT;
      };
      if (effect?.kind === 'reset') return cut();
      if (effect?.kind === 'answer') {
        note(effect.status);
        return new Response(effect.body === '' ? null : effect.body, {
          status: effect.status,
          headers: effect.headers,
        });
      }
      await during(this.activity, next);
      if (effect?.kind === 'lose answer') {
        context.res = cut();
        return undefined;
      }
      context.header('date', options.clock.date().toUTCString());
      note(context.res.status);
      return undefined;
    });
    app.all('*', (context) => serve(context.req.raw));
    const { tls } = options;
    const server = createAdaptorServer({
      fetch: app.fetch,
      ...(tls ? { createServer: createSecure, serverOptions: tls } : { createServer: createPlain }),
    }) as HttpServer;
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
