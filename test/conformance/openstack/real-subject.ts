/** A real OpenStack as the subject of the cases. */
import { realTime } from '../times.ts';
import type { OpenStackSubject, Reply, Seed } from './subject.ts';
import { ebbsCloud, passwordCloud, talk } from './talk.ts';

/** What making guests takes that no case needs. */
const IMAGE = '11111111-2222-3333-4444-555555555555';
const MAKES_ON_HOST = '2.90';

/**
 * A real OpenStack whose compute driver goes by the names of servers (guests of kind `fail` roll back, and so on), with an
 * administrator in the project `admin`. Nova moves one guest of a host at a time (max_concurrent_live_migrations).
 */
export async function realSubject(authUrl: string, password: string): Promise<OpenStackSubject> {
  const users = {
    admin: { name: 'admin', password, project: 'admin' },
    plain: { name: 'ebb-plain', password: 'plainpw', project: 'tenant-b' },
  };
  const found = await endpointOf(authUrl, talk({ authUrl, novaUrl: '', users }));
  const wire = talk({ authUrl, novaUrl: found.novaUrl, users });
  const ground = await prepare(wire, found);
  const { services } = (await wire.nova('/os-services?binary=nova-compute')).body as {
    services: { id: string; host: string; status: string }[];
  };
  const names = services.map(({ host }) => host).toSorted();
  const [first = '', second = ''] = names;
  let seeded = 0;
  const subject: OpenStackSubject = {
    name: `the OpenStack at ${authUrl}`,
    hosts: [first, second],
    ...realTime,
    ...wire,
    async credential(rules) {
      const body = {
        application_credential: {
          name: `ebb-${Date.now()}-${seeded}`,
          roles: [{ name: 'admin' }],
          ...(rules && { access_rules: rules.map((rule) => ({ service: 'compute', ...rule })) }),
        },
      };
      const path = `/users/${found.userId}/application_credentials`;
      const made = await wire.keystone(path, { method: 'POST', who: 'admin', body });
      return (made.body as { application_credential: { id: string; secret: string } }).application_credential;
    },
    async seed(kind, { host = first, tenant = 'admin', status = 'ACTIVE' } = {}) {
      seeded += 1;
      const server = {
        name: `${kind}-ebb-${seeded}`,
        flavorRef: 'nano',
        imageRef: IMAGE,
        networks: 'none',
        host,
      };
      const token = tenant === 'admin' ? {} : { token: ground.tokenOfB };
      const made = await wire.nova('/servers', { method: 'POST', body: { server }, version: MAKES_ON_HOST, ...token });
      const { id } = (made.body as { server: { id: string } }).server;
      await isStatus(subject, id, 'ACTIVE');
      const how = ACTIONS[status];
      if (how !== undefined) await wire.nova(`/servers/${id}/action`, { method: 'POST', body: how });
      await isStatus(subject, id, status);
      return id;
    },
    async clear() {
      const { servers } = (await wire.nova('/servers/detail?all_tenants=1')).body as { servers: { id: string }[] };
      for (const { id } of servers) {
        await wire.nova(`/servers/${id}/action`, { method: 'POST', body: { 'os-resetState': { state: 'active' } } });
        await wire.nova(`/servers/${id}`, { method: 'DELETE' });
      }
      await realTime.eventually(
        'all guests are deleted',
        async () => {
          const left = (await wire.nova('/servers/detail?all_tenants=1')).body as { servers: object[] };
          return left.servers.length === 0;
        },
        120,
      );
      for (const { id } of services)
        await wire.nova(`/os-services/${id}`, { method: 'PUT', body: { status: 'enabled' } });
    },
    cloud: await ebbsCloud(passwordCloud(authUrl, password), [new URL(authUrl).host, new URL(found.novaUrl).host]),
    stop: () => Promise.resolve(),
  };
  await subject.clear();
  return subject;
}

const ACTIONS: Readonly<Partial<Record<NonNullable<Seed['status']>, object>>> = {
  SHUTOFF: { 'os-stop': null },
  PAUSED: { pause: null },
  SUSPENDED: { suspend: null },
  ERROR: { 'os-resetState': { state: 'error' } },
};

async function isStatus(subject: OpenStackSubject, id: string, status: string): Promise<void> {
  await subject.eventually(
    `guest ${id} is ${status}`,
    async () => {
      const { server } = (await subject.nova(`/servers/${id}`)).body as {
        server: { status: string; 'OS-EXT-STS:task_state': string | null };
      };
      return server.status === status && server['OS-EXT-STS:task_state'] === null;
    },
    120,
  );
}

interface Found {
  readonly novaUrl: string;
  readonly userId: string;
  readonly projectId: string;
}

async function endpointOf(authUrl: string, wire: ReturnType<typeof talk>): Promise<Found> {
  const answer = await wire.keystone('/auth/tokens', { method: 'POST', body: wire.login() });
  if (answer.status !== 201) throw new Error(`${authUrl} does not let admin in: ${answer.status}`);
  const { token } = answer.body as {
    token: {
      user: { id: string };
      project: { id: string };
      catalog: { type: string; endpoints: { interface: string; url: string }[] }[];
    };
  };
  const endpoints = token.catalog.find(({ type }) => type === 'compute')?.endpoints ?? [];
  const novaUrl = endpoints.find((each) => each.interface === 'public')?.url ?? '';
  return { novaUrl, userId: token.user.id, projectId: token.project.id };
}

/** Makes, where they are missing, the flavor, the second tenant, and a user of it who is no administrator. */
async function prepare(
  { keystone, nova, login }: ReturnType<typeof talk>,
  { userId, projectId }: Found,
): Promise<{ tokenOfB: string }> {
  const flavor = { id: 'nano', name: 'nano', ram: 64, vcpus: 1, disk: 0 };
  await nova('/flavors', { method: 'POST', body: { flavor } });
  const project = { name: 'tenant-b', domain_id: 'default' };
  await keystone('/projects', { method: 'POST', who: 'admin', body: { project } });
  const projects = (await keystone('/projects?name=tenant-b', { who: 'admin' })).body as { projects: { id: string }[] };
  const roles = (await keystone('/roles', { who: 'admin' })).body as { roles: { id: string; name: string }[] };
  const b = projects.projects[0]?.id ?? '';
  const roleNamed = (name: string): string => roles.roles.find((role) => role.name === name)?.id ?? '';
  const user = { name: 'ebb-plain', password: 'plainpw', domain_id: 'default' };
  await keystone('/users', { method: 'POST', who: 'admin', body: { user } });
  const plain = (await keystone('/users?name=ebb-plain', { who: 'admin' })).body as { users: { id: string }[] };
  const grant = (who: string, role: string): Promise<Reply> =>
    keystone(`/projects/${b}/users/${who}/roles/${roleNamed(role)}`, { method: 'PUT', who: 'admin' });
  await grant(userId, 'admin');
  await grant(plain.users[0]?.id ?? '', 'member');
  const quota = { quota_set: { instances: -1, cores: -1, ram: -1 } };
  for (const tenant of [projectId, b]) await nova(`/os-quota-sets/${tenant}`, { method: 'PUT', body: quota });
  const body = login();
  body.auth.scope.project.name = 'tenant-b';
  const answer = await keystone('/auth/tokens', { method: 'POST', body });
  return { tokenOfB: answer.headers.get('x-subject-token') ?? '' };
}
