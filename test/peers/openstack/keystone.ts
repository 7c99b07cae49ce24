/** Keystone v3: logins by password and by application credential, and the catalogue, in the words of Keystone 22. */
import { Hono } from 'hono';
import { randomUUID } from 'node:crypto';
import type { CloudState, Project, Token, User } from './cloud.ts';

export interface KeystoneParts {
  readonly state: CloudState;
  /** Endpoint of Nova by interface and region, as the catalogue names it. */
  readonly endpoints: () => readonly { interface: string; region: string; url: string }[];
}

interface PasswordUser {
  id?: string;
  name?: string;
  domain?: { id?: string; name?: string };
  password?: unknown;
}

interface Login {
  auth?: {
    identity?: {
      methods?: string[];
      password?: { user?: PasswordUser };
      application_credential?: { id?: string; name?: string; secret?: string; user?: PasswordUser };
    };
    scope?: { project?: { id?: string; name?: string; domain?: { id?: string; name?: string } } };
  };
}

class Refused extends Error {
  readonly code: number;
  readonly title: string;

  constructor(code: number, title: string, message: string) {
    super(message);
    this.code = code;
    this.title = title;
  }
}

const unauthorized = (message = 'The request you have made requires authentication.'): Refused =>
  new Refused(401, 'Unauthorized', message);

export function keystone({ state, endpoints }: KeystoneParts): Hono {
  const app = new Hono();
  app.post('/v3/auth/tokens', async (context) => {
    const login = await context.req.json<Login>();
    const token = logIn(login, state);
    const { identity } = login.auth ?? {};
    context.header('X-Subject-Token', token.id);
    context.header('Vary', 'X-Auth-Token');
    return context.json({ token: described(token, identity?.methods ?? [], catalogue(endpoints())) }, 201);
  });
  app.get('/v3', (context) => context.json({ version: { id: 'v3.14', status: 'stable' } }));
  app.notFound((context) => context.html('<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n', 404));
  app.onError((error, context) => {
    if (!(error instanceof Refused)) throw error;
    const { code, message, title } = error;
    if (code === 401) context.header('WWW-Authenticate', `Keystone uri="${new URL(context.req.url).origin}/v3"`);
    return context.json({ error: { code, message, title } }, code as 401);
  });
  return app;
}

function logIn({ auth }: Login, state: CloudState): Token {
  const { identity, scope } = auth ?? {};
  if (identity === undefined)
    throw new Refused(
      400,
      'Bad Request',
      "'identity' is a required property\n\nFailed validating 'required' in schema",
    );
  const { application_credential: credential, password } = identity;
  if (credential !== undefined) return byCredential(credential, scope !== undefined, state);
  return byPassword(password?.user ?? {}, scope?.project ?? {}, state);
}

function byPassword(asked: PasswordUser, project: Parameters<typeof projectOf>[1], state: CloudState): Token {
  // Keystone repeats what it does not take, a password too.
  if (typeof asked.password !== 'string')
    throw new Refused(
      400,
      'Bad Request',
      `Invalid input for field 'identity/password/user/password': ${String(asked.password)} is not of type 'string'\n\nOn instance['identity']['password']['user']['password']:\n    ${String(asked.password)}`,
    );
  const user = state.users.find((each) => isUser(each, asked));
  if (user?.password !== asked.password) throw unauthorized();
  return state.issue(user, projectOf(user, project, state));
}

function byCredential(
  asked: { id?: string; name?: string; secret?: string },
  isScoped: boolean,
  state: CloudState,
): Token {
  const found = state.credentials.find(({ id }) => id === asked.id);
  if (found === undefined)
    throw new Refused(404, 'Not Found', `Could not find Application Credential: ${asked.id ?? ''}.`);
  if (found.secret !== asked.secret) throw unauthorized();
  if (isScoped)
    throw unauthorized(
      'Error authenticating with application credential: Application credentials cannot request a scope.',
    );
  return state.issue(found.user, found.project, found.rules);
}

/** There is one domain, whose id is `default` and whose name is `Default`. */
function isUser(user: User, { id, name, domain }: PasswordUser): boolean {
  if (id !== undefined) return user.id === id;
  return user.name === name && isDefault(domain);
}

function isDefault(domain: { id?: string; name?: string } | undefined): boolean {
  return domain?.id === 'default' || domain?.name === 'Default';
}

function projectOf(
  user: User,
  { id, name, domain }: { id?: string; name?: string; domain?: { id?: string; name?: string } },
  { projects }: CloudState,
): Project {
  const found = projects.find((project) =>
    id === undefined ? project.name === name && isDefault(domain) : project.id === id,
  );
  if (found === undefined || !user.roles.has(found.id)) throw unauthorized();
  return found;
}

function described(
  { user, project, issuedAt, expiresAt }: Token,
  methods: readonly string[],
  catalog: object[],
): object {
  const domain = { id: 'default', name: 'Default' };
  return {
    methods,
    user: { domain, id: user.id, name: user.name, password_expires_at: null },
    audit_ids: [randomUUID()],
    expires_at: stamp(expiresAt),
    issued_at: stamp(issuedAt),
    project: { domain, id: project.id, name: project.name },
    is_domain: false,
    roles: (user.roles.get(project.id) ?? []).map((name) => ({ id: name, name })),
    catalog,
  };
}

function stamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}.000000Z`;
}

function catalogue(endpoints: ReturnType<KeystoneParts['endpoints']>): object[] {
  const compute = endpoints.map(({ interface: side, region, url }) => ({
    id: randomUUID(),
    interface: side,
    region_id: region,
    region,
    url,
  }));
  const nova = compute.length === 0 ? [] : [{ endpoints: compute, id: randomUUID(), type: 'compute', name: 'nova' }];
  return [{ endpoints: [], id: randomUUID(), type: 'identity', name: 'keystone' }, ...nova];
}
