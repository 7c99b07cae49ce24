/**
 * The HTTP face: the API server's chain of filters (headers, authentication, log, faults, authorisation) and its routes.
 * Answers are JSON, indented for curl and browsers as the real server does.
 */
import { randomUUID } from 'node:crypto';

import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';

import { during } from '../../activity.ts';
import type { AccessLog } from './access-log.ts';
import type { Api } from './api.ts';
import { authenticated, type Authenticators } from '../access/authentication.ts';
import { coreVersions, groupDocument, groupList, resourceList, version } from './discovery.ts';
import type { Effect, Faults } from './faults.ts';
import type { Listing } from './listing.ts';
import { type Answer, handle } from './handlers.ts';
import { actingUser } from '../access/impersonation.ts';
import { projectionFor } from './projection.ts';
import { refusalFor, type User } from '../access/rbac.ts';
import { readRequest, type RequestInfo, resourceText } from './request-info.ts';
import { PROTOBUF, reviewFromProtobuf } from '../access/review-protobuf.ts';
import { methodNotAllowed, noSuchPath, Refusal } from './status.ts';
import { WatchStream } from './watch-stream.ts';

/** What the server is made of. */
export interface ServerParts extends Api {
  readonly listing: Listing;
  readonly faults: Faults;
  readonly log: AccessLog;
  readonly authenticators: Authenticators;
  /** The feature WatchList. */
  readonly streamsLists: boolean;
  /** Told of every eviction that was answered. */
  readonly onEviction: (eviction: { pod: string; namespace: string; user: string; status: number }) => void;
}

interface Env {
  Bindings: HttpBindings;
  Variables: { request: RequestInfo; user: User; effect: Effect | undefined };
}

type Ctx = Context<Env>;
type Next = () => Promise<void>;

/** How the adaptor marks an answer that the handler wrote itself. */
const ALREADY_SENT = 'x-hono-already-sent';
const FLOW_SCHEMA = randomUUID();
const PRIORITY_LEVEL = randomUUID();

export function makeServer(parts: ServerParts): Hono<Env> {
  const app = new Hono<Env>();
  app.use(setHeaders(parts), authenticate(parts), injectFaults(parts), authorize(parts));
  for (const path of ['/healthz', '/livez', '/readyz']) app.get(path, (context) => context.text('ok'));
  app.get('/version', (context) => json(context, 200, version));
  app.get('/api', (context) => json(context, 200, coreVersions));
  app.get('/apis', (context) => json(context, 200, groupList()));
  app.get('/api/:version', (context) => found(context, resourceList(context.req.param('version'))));
  app.get('/apis/:group', (context) => found(context, groupDocument(context.req.param('group'))));
  app.get('/apis/:group/:version', (context) => {
    const { group, version: served } = context.req.param();
    return found(context, resourceList(`${group}/${served}`));
  });
  app.all('/api/:version/*', (context) => answerResource(parts, context));
  app.all('/apis/:group/:version/*', (context) => answerResource(parts, context));
  app.notFound(plainNotFound);
  app.onError((error, context) => {
    if (error instanceof Refusal) return refused(context, error);
    const message = `Internal error occurred: ${error.stack ?? error.message}`;
    return refused(context, new Refusal(500, { message, reason: 'InternalError' }));
  });
  return app;
}

function setHeaders({ clock, log }: ServerParts) {
  return async (context: Ctx, next: Next): Promise<void> => {
    const request = readRequest(context.req.method, context.req.url);
    const entry = log.add({
      at: clock.now(),
      method: request.method,
      path: request.path,
      query: request.query.toString(),
      verb: request.verb,
      resource: resourceText(request),
      user: '',
      userAgent: context.req.header('user-agent') ?? '',
      status: 0,
    });
    context.set('request', request);
    await during(log.underWay, next);
    const user = context.get('user') as User | undefined;
    entry.user = user?.username ?? '';
    const sent = context.res.headers.has(ALREADY_SENT);
    entry.status = sent ? sentStatus(context) : context.res.status;
    if (sent) return;
    for (const [name, value] of Object.entries(headersOf(clock.date()))) context.header(name, value);
  };
}

/** What every answer carries; the date is the driven one, because clients correct their clock by it. */
function headersOf(date: Date): Record<string, string> {
  return {
    'audit-id': randomUUID(),
    'cache-control': 'no-cache, private',
    'x-kubernetes-pf-flowschema-uid': FLOW_SCHEMA,
    'x-kubernetes-pf-prioritylevel-uid': PRIORITY_LEVEL,
    date: date.toUTCString(),
  };
}

function sentStatus({ env }: Ctx): number {
  return env.outgoing.headersSent ? env.outgoing.statusCode : 0;
}

function authenticate({ store, authenticators }: ServerParts) {
  return async (context: Ctx, next: Next): Promise<void> => {
    const { incoming } = context.env;
    const sender = await authenticated(incoming, context.req.path, authenticators);
    context.set('user', sender);
    context.set('user', actingUser(store, sender, incoming));
    await next();
  };
}

function injectFaults({ faults, clock }: ServerParts) {
  return async (context: Ctx, next: Next): Promise<Response | undefined> => {
    const effect = faults.take(context.get('request'), context.get('user').username);
    context.set('effect', effect);
    if (effect?.kind === 'reset') return reset(context);
    if (effect?.kind === 'answer') return new Response(effect.body, { status: effect.status, headers: effect.headers });
    if (effect?.kind === 'delay') await clock.sleep(effect.milliseconds);
    await next();
    if (effect?.kind === 'loseAnswer') context.res = reset(context);
    return undefined;
  };
}

/** Closes the connection under the request. */
function reset({ env }: Ctx): Response {
  env.outgoing.socket?.destroy();
  return RESPONSE_ALREADY_SENT;
}

function authorize({ store }: ServerParts) {
  return async (context: Ctx, next: Next): Promise<Response | undefined> => {
    const refusal = refusalFor(store, context.get('user'), context.get('request'));
    if (refusal !== undefined) return refused(context, refusal);
    await next();
    return undefined;
  };
}

async function answerResource(parts: ServerParts, context: Ctx): Promise<Response> {
  const request = context.get('request');
  const { resource } = request;
  if (resource === undefined) return isServed(request.path) ? refused(context, noSuchPath()) : plainNotFound(context);
  if (request.subresource === '' && !resource.verbs.includes(request.verb)) throw methodNotAllowed();
  const projection = projectionFor(context.req.header('accept'));
  const effect = context.get('effect');
  if (request.verb === 'watch') {
    const ask = { resource, request, projection, effect, streamsLists: parts.streamsLists };
    openWatch(parts, context, new WatchStream(parts.store, context.env.outgoing, ask));
    return RESPONSE_ALREADY_SENT;
  }
  const user = context.get('user');
  const call = { resource, request, user, projection, effect, ...(await bodyOf(context)) };
  const answer = settle(() => handle(parts, call));
  if (request.subresource === 'eviction') {
    const { namespace = '', name } = request;
    parts.onEviction({ pod: name, namespace, user: user.username, status: answer.code });
  }
  return json(context, answer.code, answer.body, answer.headers);
}

async function bodyOf({ req }: Ctx): Promise<{ contentType: string; body: string }> {
  const contentType = req.header('content-type') ?? 'application/json';
  if (contentType !== PROTOBUF) return { contentType, body: await req.text() };
  const review = reviewFromProtobuf(Buffer.from(await req.arrayBuffer()));
  return review === undefined ? { contentType, body: '' } : { contentType: 'application/json', body: review };
}

/** A refusal is an answer too. */
function settle(run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.status.code, body: error.status, headers: error.headers };
    throw error;
  }
}

function openWatch({ faults, clock }: ServerParts, { env: { outgoing } }: Ctx, watch: WatchStream): void {
  outgoing.writeHead(200, { ...headersOf(clock.date()), 'content-type': 'application/json' });
  faults.watches.add(watch);
  watch.start(clock, () => faults.watches.delete(watch));
}

function found(context: Ctx, document: object | undefined): Response {
  return document === undefined ? plainNotFound(context) : json(context, 200, document);
}

/** What Go's mux says of a path that no handler is registered for. */
function plainNotFound(context: Context): Response {
  return context.text('404 page not found\n', 404);
}

/** Whether a path is below a group version that is served. */
function isServed(path: string): boolean {
  const [, root, ...parts] = path.split('/');
  return resourceList(parts.slice(0, root === 'api' ? 1 : 2).join('/')) !== undefined;
}

function refused(context: Ctx, { status, headers }: Refusal): Response {
  return json(context, status.code, status, headers);
}

function json(context: Ctx, code: number, body: object, headers: Record<string, string> = {}): Response {
  const pretty = isForEyes(context);
  const text = pretty ? JSON.stringify(body, undefined, 2) : `${JSON.stringify(body)}\n`;
  return new Response(text, { status: code, headers: { 'content-type': 'application/json', ...headers } });
}

function isForEyes({ req }: Ctx): boolean {
  const pretty = req.query('pretty');
  if (pretty !== undefined) return pretty === 'true' || pretty === '1' || pretty === '';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(req.header('user-agent') ?? '');
}
