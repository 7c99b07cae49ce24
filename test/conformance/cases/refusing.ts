/** What the server refuses, and with which words: 401, 403, 404, 405, 415, 422. Dry runs. */
import { expect } from 'vitest';

import type { Node, Pod } from '../../peers/kubernetes/storage/objects.ts';
import { cases } from '../conformance-case.ts';
import { budgetManifest, podManifest } from '../manifests.ts';

const api = cases('api');
const NOBODY = 'ebb-conformance-nobody';
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

interface Review {
  status: { allowed: boolean };
}

export const refusing = [
  api(
    'refuses what does not validate with 422 and a cause for each fault, which may come more than once',
    async ({ client, ground }) => {
      const path = await ground.addNode({ name: 'a' });
      const label = await client.patch(path, 'merge-patch', { metadata: { labels: { team: 'b c' } } });
      expect(label.body).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Node' } });
      expect(label.body.details?.causes?.[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.labels' });
      const twice = { key: 'k', effect: 'NoSchedule' };
      const taints = [twice, twice, { key: 'k', effect: 'Never' }];
      const { body } = await client.patch(path, 'merge-patch', { spec: { taints } });
      const { causes = [] } = body.details ?? {};
      expect(causes.length).toBeGreaterThan(2);
      expect([...new Set(causes.map(({ reason }) => reason))]).toEqual([
        'FieldValueDuplicate',
        'FieldValueNotSupported',
      ]);
      const faults = [...new Set(causes.map(({ field, message }) => `${field ?? ''}: ${message}`))];
      expect(body.message).toBe(`Node "${ground.nodeName('a')}" is invalid: [${faults.join(', ')}]`);
      const note = 'x'.repeat(262_144);
      expect((await client.patch(path, 'merge-patch', { metadata: { annotations: { note } } })).body).toMatchObject({
        code: 422,
        message: expect.stringMatching(/metadata\.annotations: Too long: may not be more than 262144 bytes$/) as string,
      });
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p1' }, spec: {} };
      const empty = await client.ask(ground.path('pods'), { method: 'POST', body: pod });
      expect(empty.body).toMatchObject({
        code: 422,
        details: { name: 'p1', kind: 'Pod', causes: [{ reason: 'FieldValueRequired', field: 'spec.containers' }] },
      });
      const budget = budgetManifest('b1', 'web', { minAvailable: 1, maxUnavailable: 1 });
      const budgets = ground.path('poddisruptionbudgets', 'apis/policy/v1');
      expect((await client.ask(budgets, { method: 'POST', body: budget })).body).toMatchObject({
        code: 422,
        details: { group: 'policy', kind: 'PodDisruptionBudget' },
      });
    },
  ),

  api('says 404 of an object, a namespace and a resource, and in plain text of a group', async ({ client, ground }) => {
    const pod = await client.ask(ground.path('pods/nope'));
    expect(pod.body).toMatchObject({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
      message: 'pods "nope" not found',
      details: { name: 'nope', kind: 'pods' },
    });
    const budget = await client.ask(ground.path('poddisruptionbudgets/nope', 'apis/policy/v1'));
    expect(budget.body).toMatchObject({
      message: 'poddisruptionbudgets.policy "nope" not found',
      details: { name: 'nope', group: 'policy', kind: 'poddisruptionbudgets' },
    });
    const body = podManifest({ name: 'p1' });
    const placeless = await client.ask('/api/v1/namespaces/nope/pods', { method: 'POST', body });
    expect(placeless.body).toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
    expect((await client.ask(ground.path('nopes'))).body).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource',
    });
    const group = await client.ask('/apis/nope.example.com/v1/nopes');
    expect([group.status, group.text]).toEqual([404, '404 page not found\n']);
  }),

  api('refuses a body of a type that it does not know with 415, naming those that it does', async (given) => {
    const { client, ground } = given;
    const headers = { 'content-type': 'text/plain' };
    const { status, body } = await client.ask(ground.path('pods'), { method: 'POST', body: {}, headers });
    expect([status, body.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect(body.message).toMatch(
      /^the body of the request was in an unknown format - accepted media types include: app/,
    );
  }),

  api('takes a path apart once it is decoded: an encoded slash parts two segments', async ({ client, ground }) => {
    const sets = ground.path('replicasets', 'apis/apps/v1');
    const { body } = await client.ask(`${sets}/web%2Fstatus`);
    expect(body).toMatchObject({ code: 404, message: 'replicasets.apps "web" not found' });
  }),

  api('says 405 of a verb that a resource does not have', async ({ client, ground }) => {
    await ground.addPod({ name: 'p1' });
    const { body } = await client.ask(ground.path('pods/p1'), { method: 'POST', body: podManifest({ name: 'p1' }) });
    expect(body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
  }),

  api('says 401 of a token that is none', async ({ client, ground }) => {
    const { status, body } = await client.withToken('nobody-made-this').ask(ground.path('pods'));
    expect(status).toBe(401);
    expect(body).toMatchObject({ kind: 'Status', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  }),

  api('says 403 of what a user has no right to, naming verb, resource and place', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a' });
    await ground.addPod({ name: 'p1' });
    const nobody = client.as(NOBODY);
    const eviction = await nobody.evict({ namespace: ground.namespace, name: 'p1' });
    const who = `User "${NOBODY}" cannot`;
    expect(eviction.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      details: { name: 'p1', kind: 'pods' },
      message: `pods "p1" is forbidden: ${who} create resource "pods/eviction" in API group "" in the namespace "${ground.namespace}"`,
    });
    const name = ground.nodeName('a');
    expect((await nobody.patch(path, 'merge-patch', {})).body.message).toBe(
      `nodes "${name}" is forbidden: ${who} patch resource "nodes" in API group "" at the cluster scope`,
    );
    const watch = await nobody.ask('/apis/policy/v1/poddisruptionbudgets?watch=true');
    expect(watch.body.message).toBe(
      `poddisruptionbudgets.policy is forbidden: ${who} watch resource "poddisruptionbudgets" in API group "policy" at the cluster scope`,
    );
  }),

  api('tells a user what it may do by SelfSubjectAccessReview', async ({ client, ground }) => {
    const resourceAttributes = {
      verb: 'create',
      resource: 'pods',
      subresource: 'eviction',
      namespace: ground.namespace,
    };
    const spec = { resourceAttributes };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
    const mine = await client.ask<Review>(REVIEWS, { method: 'POST', body });
    const theirs = await client.as(NOBODY).ask<Review>(REVIEWS, { method: 'POST', body });
    expect([mine.status, mine.body.status.allowed]).toEqual([201, true]);
    expect([theirs.status, theirs.body.status.allowed]).toEqual([201, false]);
    const unclear = await client.ask(REVIEWS, { method: 'POST', body: { ...body, spec: {} } });
    expect(unclear.body).toMatchObject({ code: 422, reason: 'Invalid' });
    const { resources } = await client.get<{ resources: { name: string; verbs: string[] }[] }>(
      '/apis/authorization.k8s.io/v1',
    );
    expect(resources.find(({ name }) => name === 'selfsubjectaccessreviews')?.verbs).toEqual(['create']);
  }),

  api('does nothing in a dry run but answers as if', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a' });
    const all = '?dryRun=All';
    const body = podManifest({ name: 'p1' });
    const created = await client.ask<Pod>(ground.path(`pods${all}`), { method: 'POST', body });
    expect([created.status, created.body.metadata.uid]).toEqual([201, expect.any(String)]);
    expect(await ground.pod('p1')).toBeUndefined();
    const patched = await client.change<Node>(path + all, 'merge-patch', { spec: { unschedulable: true } });
    expect(patched.spec.unschedulable).toBe(true);
    expect((await client.get<Node>(path)).spec.unschedulable).toBeUndefined();
    expect((await client.delete(path + all)).status).toBe(200);
    expect((await client.get<Node>(path)).metadata.deletionTimestamp).toBeUndefined();
    expect((await client.delete(`${path}?dryRun=Some`)).body).toMatchObject({ code: 422, reason: 'Invalid' });
  }),

  api('taints a node that is created as not ready', async ({ client, ground }) => {
    const path = await ground.addNode({ name: 'a', ready: false, taints: [{ key: 'team', effect: 'NoSchedule' }] });
    const { spec } = await client.get<Node>(path);
    const taints = spec.taints?.map(({ key, effect }) => `${key}:${effect}`);
    expect(taints).toContain('node.kubernetes.io/not-ready:NoSchedule');
    expect(taints).toContain('team:NoSchedule');
  }),
];
