/** Keystone: logins, tokens, and what a token may do (contract 11.2). */
import { expect } from 'vitest';
import { expectRefusal, openStackCase } from '../openstack-case.ts';
import type { Reply } from '../subject.ts';

const NEEDS = /^The request you have made requires authentication\.$/;

function byCredential(credential: object): object {
  return { auth: { identity: { methods: ['application_credential'], application_credential: credential } } };
}

function tokenIn(reply: Reply): string {
  return reply.headers.get('x-subject-token') ?? '';
}

export const loggingIn = [
  openStackCase(
    'a login with the right password is answered with a token, its end and a catalogue',
    async (subject) => {
      const reply = await subject.keystone('/auth/tokens', { method: 'POST', body: subject.login() });
      expect(reply.status).toBe(201);
      expect(tokenIn(reply)).not.toBe('');
      const { token } = reply.body as {
        token: { expires_at: string; catalog: { type: string; endpoints: object[] }[] };
      };
      expect(token.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      const compute = token.catalog.find(({ type }) => type === 'compute');
      expect(compute?.endpoints[0]).toMatchObject({ interface: expect.any(String) as string, region_id: 'RegionOne' });
    },
  ),

  openStackCase(
    'a wrong password, an unknown user and a project of somebody else get one and the same 401',
    async (subject) => {
      for (const change of [
        (login: ReturnType<typeof subject.login>) => (login.auth.identity.password.user.password = 'wrong'),
        (login: ReturnType<typeof subject.login>) => (login.auth.identity.password.user.name = 'nobody'),
        (login: ReturnType<typeof subject.login>) => (login.auth.scope.project.name = 'no-such-project'),
      ]) {
        const login = subject.login();
        change(login);
        expectRefusal(await subject.keystone('/auth/tokens', { method: 'POST', body: login }), 401, NEEDS);
      }
    },
  ),

  openStackCase(
    'a password of the wrong type is repeated in the refusal, which is why Ebb repeats no such words',
    async (subject) => {
      const login = subject.login();
      login.auth.identity.password.user.password = 12_345_678;
      expectRefusal(await subject.keystone('/auth/tokens', { method: 'POST', body: login }), 400, /12345678/);
    },
  ),

  openStackCase('a body without an identity is a 400', async (subject) => {
    expectRefusal(
      await subject.keystone('/auth/tokens', { method: 'POST', body: { auth: {} } }),
      400,
      /'identity' is a required property/,
    );
  }),

  openStackCase('an application credential logs in without naming a scope', async (subject) => {
    const { id, secret } = await subject.credential();
    const reply = await subject.keystone('/auth/tokens', { method: 'POST', body: byCredential({ id, secret }) });
    expect(reply.status).toBe(201);
    const services = await subject.nova('/os-services?binary=nova-compute', { token: tokenIn(reply) });
    expect(services.status).toBe(200);
  }),

  openStackCase('an application credential that names a scope is a 401 that says so', async (subject) => {
    const { id, secret } = await subject.credential();
    const { scope } = subject.login().auth;
    const body = { auth: { ...(byCredential({ id, secret }) as { auth: object }).auth, scope } };
    const reply = await subject.keystone('/auth/tokens', { method: 'POST', body });
    expectRefusal(
      reply,
      401,
      'Error authenticating with application credential: Application credentials cannot request a scope.',
    );
  }),

  openStackCase('a wrong secret of an application credential is a 401', async (subject) => {
    const { id } = await subject.credential();
    const reply = await subject.keystone('/auth/tokens', { method: 'POST', body: byCredential({ id, secret: 'no' }) });
    expectRefusal(reply, 401, NEEDS);
  }),

  openStackCase('an application credential that nobody knows is a 404', async (subject) => {
    const body = byCredential({ id: 'nope', secret: 'no' });
    const reply = await subject.keystone('/auth/tokens', { method: 'POST', body });
    expectRefusal(reply, 404, 'Could not find Application Credential: nope.');
  }),

  openStackCase(
    'a token of an application credential with rules is a 401 for all that they do not name',
    async (subject) => {
      const { id, secret } = await subject.credential([{ method: 'GET', path: '/v2.1/os-services' }]);
      const token = tokenIn(
        await subject.keystone('/auth/tokens', { method: 'POST', body: byCredential({ id, secret }) }),
      );
      expect((await subject.nova('/os-services', { token })).status).toBe(200);
      expectRefusal(await subject.nova('/servers/detail?all_tenants=1', { token }), 401, NEEDS);
    },
  ),

  openStackCase('a token that nobody issued, and none at all, are a 401 of Nova', async (subject) => {
    for (const token of ['nope', '']) expectRefusal(await subject.nova('/os-services', { token }), 401, NEEDS);
  }),

  openStackCase('what is not Keystone’s version 3 is a 404 that is no JSON', async (subject) => {
    const reply = await subject.keystone('/nope', { method: 'POST', body: {} });
    expect(reply.status).toBe(404);
    expect(typeof reply.body).toBe('string');
  }),
];
