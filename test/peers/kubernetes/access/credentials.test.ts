/** Who is who: client certificates, tokens, acting as somebody else, and asking what one may do. */
import { describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';

import { type CertifiedKey, makeCertificates, makeClientAuthority, signClientCertificate } from './tls.ts';
import { TestPeer } from '../api/wire.ts';

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const rbac = 'rbac.authorization.k8s.io';

/** A peer in which the group `drainers` may read node `a`, and `operator` may act as that group and as `drainer`. */
async function withRules(): Promise<TestPeer> {
  const given = await TestPeer.start();
  const { world } = given.peer;
  for (const name of ['a', 'b']) world.addNode({ name });
  grant(given, { kind: 'Group', name: 'drainers' }, [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get'], resourceNames: ['a'] },
  ]);
  grant(given, { kind: 'User', name: 'operator' }, [
    { apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['drainer'] },
    { apiGroups: [''], resources: ['groups'], verbs: ['impersonate'], resourceNames: ['drainers'] },
  ]);
  return given;
}

function grant({ peer: { world } }: TestPeer, subject: { kind: string; name: string }, rules: object[]): void {
  const { name } = subject;
  world.apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules } as never);
  const binding = {
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: rbac, ...subject }],
  };
  world.apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, ...binding });
}

/** Asks with a client certificate, `times` times over connections of their own. */
async function askCertified(
  given: TestPeer,
  path: string,
  how: { certified?: CertifiedKey; token?: string; times?: number },
) {
  const { certified, token, times = 1 } = how;
  const agent = new Agent({ pipelining: 0, connect: { ca: given.peer.ca, ...certified } });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const codes: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const { statusCode, body } = await request(given.peer.url + path, { dispatcher: agent, headers });
    await body.dump();
    codes.push(statusCode);
  }
  await agent.destroy();
  return codes;
}

describe('client certificates', () => {
  it('name the user by their common name and the groups by their organisations', async () => {
    await using given = await withRules();
    const certified = await given.peer.addCertificateUser('ann', ['staff', 'drainers']);
    expect(await askCertified(given, '/api/v1/nodes/a', { certified, times: 3 })).toEqual([200, 200, 200]);
    expect(await askCertified(given, '/api/v1/nodes/b', { certified })).toEqual([403]);
    expect(given.peer.requests.of('ann')).toHaveLength(4);
    const admin = await given.peer.addCertificateUser('root', ['system:masters']);
    expect(await askCertified(given, '/api/v1/nodes/b', { certified: admin })).toEqual([200]);
  });

  it('of an authority that has been replaced are nobody’s, on open connections too', async () => {
    await using given = await withRules();
    const before = await given.peer.addCertificateUser('ann', ['drainers']);
    const agent = new Agent({ pipelining: 0, connect: { ca: given.peer.ca, ...before } });
    const ask = async (): Promise<number> => {
      const { statusCode, body } = await request(`${given.peer.url}/api/v1/nodes/a`, { dispatcher: agent });
      await body.dump();
      return statusCode;
    };
    expect(await ask()).toBe(200);
    given.peer.replaceClientAuthority(await makeClientAuthority());
    expect(await ask()).toBe(401);
    await agent.destroy();
    expect(await askCertified(given, '/api/v1/nodes/a', { certified: before })).toEqual([401]);
    const after = await given.peer.addCertificateUser('ann', ['drainers']);
    expect(await askCertified(given, '/api/v1/nodes/a', { certified: after })).toEqual([200]);
  });

  it('come before a token, and count as none when somebody else signed them', async () => {
    await using given = await withRules();
    const { adminToken } = given.peer;
    const certified = await given.peer.addCertificateUser('ann', ['drainers']);
    expect(await askCertified(given, '/api/v1/nodes/b', { certified, token: adminToken })).toEqual([403]);
    const { clientAuthority } = await makeCertificates();
    const forged = await signClientCertificate(clientAuthority, 'root', ['system:masters']);
    expect(await askCertified(given, '/api/v1/nodes/b', { certified: forged })).toEqual([401]);
    expect(await askCertified(given, '/api/v1/nodes/b', { certified: forged, token: adminToken })).toEqual([200]);
  });

  it('are not required: without any credentials only the health can be asked', async () => {
    await using given = await withRules();
    expect(await askCertified(given, '/readyz', {})).toEqual([200]);
    expect(await askCertified(given, '/api/v1/nodes', {})).toEqual([401]);
  });
});

describe('impersonation', () => {
  it('is for those who may, and then has the rights of whom it names', async () => {
    await using given = await withRules();
    const token = given.peer.addUser('operator', []);
    const as = (name: string, group: string) => ({ 'impersonate-user': name, 'impersonate-group': group });
    const ask = (path: string, headers: Record<string, string>) => given.ask(path, { token, headers });
    expect((await ask('/api/v1/nodes/a', {})).status).toBe(403);
    expect((await ask('/api/v1/nodes/a', as('drainer', 'drainers'))).status).toBe(200);
    expect((await ask('/api/v1/nodes/b', as('drainer', 'drainers'))).body.message).toContain(
      'User "drainer" cannot get',
    );
    expect((await ask('/api/v1/nodes/a', as('drainer', 'system:masters'))).body).toMatchObject({
      code: 403,
      message:
        'groups "system:masters" is forbidden: User "operator" cannot impersonate resource "groups" in API group "" at the cluster scope',
      details: { name: 'system:masters', kind: 'groups' },
    });
    expect((await ask('/api/v1/nodes/a', { 'impersonate-group': 'drainers' })).status).toBe(500);
  });

  it('takes the rights of an administrator away', async () => {
    await using given = await withRules();
    const headers = { 'impersonate-user': 'nobody' };
    expect((await given.ask('/api/v1/nodes/a', { headers })).status).toBe(403);
    expect(given.peer.requests.of('nobody')).toHaveLength(1);
  });
});

describe('SelfSubjectAccessReview', () => {
  const review = (given: TestPeer, spec: object, token?: string) => {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
    return given.ask<{ status: object }>(REVIEWS, { method: 'POST', body, ...(token === undefined ? {} : { token }) });
  };

  it.each([
    [{ resourceAttributes: { verb: 'get', resource: 'nodes', name: 'a' } }, true],
    [{ resourceAttributes: { verb: 'get', resource: 'nodes' } }, false],
    [{ resourceAttributes: { verb: 'create', resource: 'pods', subresource: 'eviction', namespace: 'app' } }, false],
    [{ resourceAttributes: { verb: 'get', group: 'example.com', resource: 'widgets' } }, false],
    [{ nonResourceAttributes: { verb: 'get', path: '/version' } }, true],
    [{ nonResourceAttributes: { verb: 'get', path: '/metrics' } }, false],
  ])('%j: %s', async (spec, allowed) => {
    await using given = await withRules();
    const token = given.peer.addUser('ann', ['drainers']);
    const answer = await review(given, spec, token);
    expect([answer.status, answer.body.status]).toMatchObject([201, { allowed }]);
    expect((await review(given, spec)).body.status).toEqual({ allowed: true });
  });

  it('says by what it is allowed, stores nothing and can only be created', async () => {
    await using given = await withRules();
    const token = given.peer.addUser('ann', ['drainers']);
    const spec = { resourceAttributes: { verb: 'get', resource: 'nodes', name: 'a' } };
    const { version } = given.peer.store;
    expect((await review(given, spec, token)).body.status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "drainers" of ClusterRole "drainers" to Group "drainers"',
    });
    expect(given.peer.store.version).toBe(version);
    expect((await given.ask(REVIEWS)).status).toBe(405);
    expect((await review(given, {}, token)).body).toMatchObject({ code: 422, reason: 'Invalid' });
  });
});
