/** Nova's API as far as an evacuation goes: authentication, microversions, policies and routes. */
import { Hono } from 'hono';
import { randomUUID } from 'node:crypto';
import type { CloudState } from './cloud.ts';
import type { Compute } from './compute.ts';
import { migrationsOf, migrationsOfServer, pageOfMigrations } from './migration-views.ts';
import { negotiate, NEWEST, OLDEST } from './microversion.ts';
import { isAdmin, mustBeAdmin, type NovaContext, type NovaEnv } from './nova-context.ts';
import { NovaError } from './nova-error.ts';
import { actOn, abortMigration, actionsOf, oneAction, serverSeenBy } from './server-actions.ts';
import { pageOfServers, serverView } from './server-views.ts';
import { serviceViews, updateService } from './services.ts';

export interface NovaParts {
  readonly state: CloudState;
  readonly compute: Compute;
  /** What the peer pretends to be: a Nova that speaks no microversions, or none as new as 2.65. */
  readonly age: { kind: 'new' | 'without microversions' } | { kind: 'old'; newest: number };
}

const BASE = '/v2.1';

export function nova(parts: NovaParts): Hono<NovaEnv> {
  const { state, compute } = parts;
  const app = new Hono<NovaEnv>();
  app.get(`${BASE}/`, (context) => context.json(versionDocument(context.req.url)));
  app.use(async (context, next) => {
    await authenticate(context, state);
    await speak(context, parts);
    await next();
  });
  app.get(`${BASE}/os-services`, (context) => {
    mustBeAdmin(context, 'os-services:list');
    return context.json({ services: serviceViews(state, context.req.query(), context.get('minor')) });
  });
  app.put(`${BASE}/os-services/:id`, async (context) => {
    mustBeAdmin(context, 'os-services:update');
    const asked = await context.req.json<Record<string, unknown>>();
    return context.json({ service: updateService(state, context.req.param('id'), asked) });
  });
  app.get(`${BASE}/servers/detail`, (context) =>
    context.json(pageOfServers(state, context, isAdmin(context.get('token')))),
  );
  app.get(`${BASE}/servers/:id`, (context) => {
    const server = serverSeenBy(state, context);
    return context.json({ server: serverView(server, isAdmin(context.get('token'))) });
  });
  app.post(`${BASE}/servers/:id/action`, async (context) => {
    const asked = await context.req.json<Record<string, unknown>>();
    return context.body(null, actOn({ state, compute, context, asked }) as 202);
  });
  app.get(`${BASE}/os-migrations`, (context) => {
    mustBeAdmin(context, 'os-migrations:index');
    return context.json(pageOfMigrations(migrationsOf(state, context.req.query()), context));
  });
  app.get(`${BASE}/servers/:id/migrations`, (context) => {
    mustBeAdmin(context, 'servers:migrations:index');
    return context.json({ migrations: migrationsOfServer(state, serverSeenBy(state, context).id) });
  });
  app.delete(`${BASE}/servers/:id/migrations/:migration`, (context) => {
    mustBeAdmin(context, 'servers:migrations:delete');
    abortMigration({ state, compute, context });
    return context.body(null, 202);
  });
  app.get(`${BASE}/servers/:id/os-instance-actions`, (context) =>
    context.json({ instanceActions: actionsOf(state, serverSeenBy(state, context)) }),
  );
  app.get(`${BASE}/servers/:id/os-instance-actions/:request`, (context) =>
    context.json({ instanceAction: oneAction(state, serverSeenBy(state, context), context) }),
  );
  app.notFound((context) => context.html('<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n</html>\n', 404));
  app.onError((error, context) => {
    if (error instanceof Unauthorized) {
      context.header('WWW-Authenticate', 'Keystone uri="http://keystone/v3"');
      return context.json({ error: { code: 401, title: 'Unauthorized', message: error.message } }, 401);
    }
    if (!(error instanceof NovaError)) throw error;
    return context.json(error.body, error.code as 400);
  });
  return app;
}

class Unauthorized extends Error {}

function authenticate(context: NovaContext, state: CloudState): Promise<void> {
  const token = state.tokens.get(context.req.header('x-auth-token') ?? '');
  const isAllowed = token?.rules === undefined || token.rules.some((rule) => permits(rule, context));
  if (token === undefined || token.expiresAt <= state.clock.now() || !isAllowed)
    throw new Unauthorized('The request you have made requires authentication.');
  context.set('token', token);
  return Promise.resolve();
}

/** Whether an access rule of an application credential covers the request. */
function permits({ method, path }: { method: string; path: string }, { req }: NovaContext): boolean {
  const pattern = path.replaceAll('**', '\0').replaceAll('*', '[^/]+').replaceAll('\0', '.+');
  return method === req.method && new RegExp(`^${pattern}$`).test(req.path);
}

function speak(context: NovaContext, { age }: NovaParts): Promise<void> {
  context.header('x-openstack-request-id', `req-${randomUUID()}`);
  if (age.kind === 'without microversions') {
    context.set('minor', OLDEST);
    return Promise.resolve();
  }
  const newest = age.kind === 'old' ? age.newest : NEWEST;
  const negotiated = negotiate(context.req.header('openstack-api-version'), newest);
  context.header('OpenStack-API-Version', `compute ${negotiated.asked}`);
  context.header('Vary', 'OpenStack-API-Version, X-OpenStack-Nova-API-Version');
  if ('code' in negotiated) throw new NovaError(negotiated.code, negotiated.message);
  context.set('minor', negotiated.minor);
  return Promise.resolve();
}

function versionDocument(url: string): object {
  return {
    version: {
      id: 'v2.1',
      status: 'CURRENT',
      version: `2.${NEWEST}`,
      min_version: `2.${OLDEST}`,
      updated: '2013-07-23T11:33:21Z',
      links: [{ rel: 'self', href: url }],
    },
  };
}
