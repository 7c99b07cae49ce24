/** Who may do what, and the faults that can be put before it. */
import { describe, expect, it } from 'vitest';

import { KubernetesPeer } from '../peer.ts';
import { DrivenClock } from '../../clock.ts';
import { TestPeer } from '../api/wire.ts';

const rules = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get'], resourceNames: ['a'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
];

/** The peer, and the token of a drainer who has the rules above. */
async function withDrainer(): Promise<TestPeer & { token: string }> {
  const given = await TestPeer.start();
  const { world } = given.peer;
  for (const name of ['a', 'b']) world.addNode({ name });
  const group = 'rbac.authorization.k8s.io';
  world.apply({ apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'drainer' }, rules } as never);
  const binding = {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'drainer' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'drainer' },
    subjects: [{ apiGroup: group, kind: 'Group', name: 'drainers' }],
  };
  world.apply(binding);
  world.addBarePod({ namespace: 'app', name: 'p1', node: 'a' });
  await given.peer.settle();
  return Object.assign(given, { token: given.peer.addUser('drainer', ['drainers']) });
}

describe('authorisation', () => {
  it.each([
    ['GET', '/api/v1/nodes/a', 200],
    ['GET', '/api/v1/nodes/b', 403],
    ['GET', '/api/v1/nodes', 403],
    ['GET', '/api/v1/pods', 200],
    ['GET', '/api/v1/namespaces/app/pods/p1', 403],
    ['DELETE', '/api/v1/namespaces/app/pods/p1', 403],
    ['GET', '/apis/apps/v1/deployments', 403],
    ['GET', '/api/v1', 200],
    ['GET', '/metrics', 403],
    ['GET', '/openapi/v3', 404],
  ] as const)('%s %s: %i', async (method, path, status) => {
    await using given = await withDrainer();
    const { token } = given;
    expect((await given.ask(path, { method, token })).status).toBe(status);
  });

  it('says what is missing where', async () => {
    await using given = await withDrainer();
    const { token } = given;
    expect((await given.ask('/apis/apps/v1/deployments', { token })).body).toMatchObject({
      message:
        'deployments.apps is forbidden: User "drainer" cannot list resource "deployments" in API group "apps" at the cluster scope',
      details: { group: 'apps', kind: 'deployments' },
    });
    expect((await given.evict('p1', {}, { token })).status).toBe(201);
    expect(given.peer.requests.of('drainer').map(({ verb, resource, status }) => [verb, resource, status])).toEqual([
      ['list', 'deployments', 403],
      ['create', 'pods/eviction', 201],
    ]);
  });

  it('answers 401 to a token that nobody knows, and asks the given function', async () => {
    const authenticate = (bearer: string) =>
      Promise.resolve(bearer === 'good' ? { username: 'lambda', groups: ['system:masters'] } : undefined);
    const peer = await KubernetesPeer.start({ clock: new DrivenClock({ stands: true }), authenticate });
    await using given = TestPeer.around(peer);
    expect((await given.ask('/api/v1/nodes', { token: 'bad' })).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    expect((await given.ask('/api/v1/nodes', { token: 'good' })).status).toBe(200);
    expect((await given.ask('/readyz', { headers: { authorization: '' } })).text).toBe('ok');
    expect((await given.ask('/readyz', { token: 'bad' })).status).toBe(401);
    expect((await given.ask('/api/v1/nodes', { headers: { authorization: '' } })).status).toBe(401);
    expect(peer.requests.of('lambda')).toMatchObject([{ path: '/api/v1/nodes', status: 200 }]);
  });
});

describe('faults', () => {
  it('delays in driven time', async () => {
    await using given = await withDrainer();
    given.peer.faults.delay({ path: /nodes/, times: 1 }, 60_000);
    const answer = given.ask('/api/v1/nodes');
    while (given.peer.requests.count() === 0) await new Promise((resolve) => setImmediate(resolve));
    await given.clock.advance(60_000);
    expect((await answer).status).toBe(200);
  });

  it('resets before the request is handled, or after it', async () => {
    await using given = await withDrainer();
    const { faults } = given.peer;
    faults.reset({ resource: 'pods/eviction', times: 1 });
    await expect(given.evict('p1')).rejects.toThrow();
    expect(given.peer.pods('app')[0]?.metadata.deletionTimestamp).toBeUndefined();
    const lost = faults.loseAnswer({ resource: 'pods/eviction', times: 1 });
    await expect(given.evict('p1')).rejects.toThrow();
    expect(lost.hits).toBe(1);
    const { requests } = given.peer;
    expect(requests.entries.map(({ status }) => status)).toEqual([0, 0]);
    expect(given.peer.pods('app')[0]?.metadata.deletionTimestamp).toBeDefined();
  });

  it('answers in the place of the server, so often and to whom it is said', async () => {
    await using given = await withDrainer();
    const { token } = given;
    given.peer.faults.tooManyRequests({ user: 'drainer', times: 2 }, 3);
    expect((await given.ask('/api/v1/pods')).status).toBe(200);
    const limited = await given.ask('/api/v1/pods', { token });
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '3']);
    await given.ask('/api/v1/pods', { token });
    expect((await given.ask('/api/v1/pods', { token })).status).toBe(200);
    given.peer.faults.answer({ method: 'GET', times: 1 }, 503, { kind: 'Status', code: 503 });
    expect((await given.ask('/api/v1/pods')).body).toEqual({ kind: 'Status', code: 503 });
  });

  it('denies evictions as an admission webhook', async () => {
    await using given = await withDrainer();
    given.peer.faults.denyEviction({ times: 1 }, 'guard.example.com', 'not now');
    expect((await given.evict('p1')).body).toMatchObject({
      code: 403,
      message: 'admission webhook "guard.example.com" denied the request: not now',
    });
    expect((await given.evict('p1')).status).toBe(201);
  });

  it.each([400, 403, 404, 409, 422, 429, 500] as const)(
    'denies what changes something as an admission webhook with %i, and no reads',
    async (code) => {
      await using given = await withDrainer();
      const node = '/api/v1/nodes/a';
      given.peer.faults.deny({}, { by: 'webhook', name: 'guard.example.com', message: 'not now', code });
      const denied = { code, message: 'admission webhook "guard.example.com" denied the request: not now' };
      expect((await given.patch(node, 'merge-patch', { spec: { unschedulable: true } })).body).toMatchObject(denied);
      const pod = '/api/v1/namespaces/app/pods/p1';
      expect((await given.ask(pod, { method: 'DELETE' })).body).toMatchObject(denied);
      expect((await given.evict('p1')).body).toMatchObject(denied);
      expect((await given.ask(node)).status).toBe(200);
      expect(given.peer.node('a')?.spec.unschedulable).toBeUndefined();
      expect(given.peer.pods('app')[0]?.metadata.deletionTimestamp).toBeUndefined();
    },
  );

  it('denies as a plugin of the API server, and only what is in order otherwise', async () => {
    await using given = await withDrainer();
    given.peer.faults.deny({}, { by: 'plugin', message: 'exceeded quota: few, requested: pods=1' });
    expect((await given.evict('p1')).body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods "p1" is forbidden: exceeded quota: few, requested: pods=1',
    });
    const stale = await given.patch('/api/v1/nodes/a', 'merge-patch', { metadata: { resourceVersion: '1' } });
    expect(stale.status).toBe(409);
    expect((await given.ask('/api/v1/namespaces/app/pods/nope', { method: 'DELETE' })).status).toBe(404);
  });
});
