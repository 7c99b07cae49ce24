/** Two clients of a cloud: one that knows nothing of Ebb, and Ebb's own. */
import { clouds } from '../../../lambdas/adapters/openstack/clouds.ts';
import { openStackSchema } from '../../../lambdas/core/settings/openstack-settings.ts';
import type { Cloud } from '../../../lambdas/workflow/ports/openstack.ts';
import type { OpenStackSubject, Reply, Request, Who } from './subject.ts';

export interface Wire {
  readonly authUrl: string;
  readonly novaUrl: string;
  readonly users: Readonly<Record<Who, { name: string; password: string; project: string }>>;
}

/** A client that knows nothing of Ebb: tokens by who asks, answers as they come. */
export function talk({ authUrl, novaUrl, users }: Wire): Pick<OpenStackSubject, 'keystone' | 'nova' | 'login'> {
  const tokens = new Map<Who, string>();
  const send = async (
    url: string,
    { method = 'GET', body }: Request,
    headers: Record<string, string>,
  ): Promise<Reply> => {
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: parsed(text) };
  };
  const loginOf = (who: Who): ReturnType<OpenStackSubject['login']> => {
    const { name, password, project } = users[who];
    const domain = { id: 'default' };
    return {
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain, password } } },
        scope: { project: { name: project, domain } },
      },
    };
  };
  const tokenOf = async (who: Who): Promise<string> => {
    const known = tokens.get(who);
    if (known !== undefined) return known;
    const answer = await send(`${authUrl}/auth/tokens`, { method: 'POST', body: loginOf(who) }, {});
    const token = answer.headers.get('x-subject-token') ?? '';
    tokens.set(who, token);
    return token;
  };
  return {
    login: () => loginOf('admin'),
    keystone: async (path, request = {}) =>
      send(
        `${authUrl}${path}`,
        request,
        request.who === undefined ? {} : { 'x-auth-token': await tokenOf(request.who) },
      ),
    nova: async (path, request = {}) => {
      const { version = '2.65', who = 'admin', token } = request;
      return send(`${novaUrl}${path}`, request, {
        'x-auth-token': token ?? (await tokenOf(who)),
        ...(version !== '' && { 'openstack-api-version': `compute ${version}` }),
      });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Ebb's client of a cloud whose credentials are this text. */
export async function ebbsCloud(credentials: object, hosts: readonly string[]): Promise<Cloud> {
  const settings = openStackSchema.parse({ secret: 'ebb/openstack', hosts, allowHttp: true });
  return await clouds(() => Promise.resolve(JSON.stringify(credentials))).open(settings);
}

export function passwordCloud(authUrl: string, password: string): object {
  return {
    clouds: {
      here: {
        auth: {
          auth_url: authUrl,
          username: 'admin',
          password,
          user_domain_id: 'default',
          project_name: 'admin',
          project_domain_id: 'default',
        },
      },
    },
  };
}
