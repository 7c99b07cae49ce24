/** Optimistic concurrency: whoever writes from an old read is refused. On ConfigMaps, which no controller writes to. */
import { expect } from 'vitest';

import type { KubeObject } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';

const api = cases('api');
const label = (value: string) => ({ metadata: { labels: { moved: value } } });
const ANOTHER_UID = '11111111-1111-1111-1111-111111111111';
const MANIFEST = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c1' } };

/** Creates the ConfigMap; returns its path and what was stored. */
async function stored({ client, ground }: Given): Promise<{ path: string; read: KubeObject }> {
  const read = await client.create<KubeObject>(ground.path('configmaps'), MANIFEST);
  return { path: ground.path('configmaps/c1'), read };
}

export const concurrency = [
  api('refuses an update from an old read with 409 Conflict', async (given) => {
    const { client } = given;
    const { path, read } = await stored(given);
    await client.change(path, 'merge-patch', label('on'));
    const { status, body } = await client.ask(path, { method: 'PUT', body: read });
    expect(status).toBe(409);
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    expect(body).toMatchObject({
      kind: 'Status',
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on configmaps "c1": ${why}`,
      details: { kind: 'configmaps', name: 'c1' },
    });
  }),

  api('refuses a patch that names an old version, and takes one that names the present one', async (given) => {
    const { client } = given;
    const { path, read } = await stored(given);
    const { resourceVersion } = read.metadata;
    const patch = (value: string) => ({ metadata: { resourceVersion, labels: { moved: value } } });
    const first = await client.patch(path, 'merge-patch', patch('on'));
    const second = await client.patch(path, 'merge-patch', patch('further'));
    expect([first.status, second.status]).toEqual([200, 409]);
    expect(second.body.reason).toBe('Conflict');
    expect((await client.get<KubeObject>(path)).metadata.labels?.moved).toBe('on');
  }),

  api('refuses a patch that names another uid with 422, because it would change it', async (given) => {
    const { path } = await stored(given);
    const { body } = await given.client.patch(path, 'merge-patch', { metadata: { uid: ANOTHER_UID } });
    expect(body).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'ConfigMap', name: 'c1' } });
    const message = `Invalid value: "${ANOTHER_UID}": field is immutable`;
    expect(body.message).toBe(`ConfigMap "c1" is invalid: metadata.uid: ${message}`);
    expect(body.details?.causes?.[0]).toEqual({ reason: 'FieldValueInvalid', message, field: 'metadata.uid' });
  }),

  api('refuses an update that names another uid with 409, because it is a precondition', async (given) => {
    const { path, read } = await stored(given);
    const metadata = { name: 'c1', namespace: given.ground.namespace, uid: ANOTHER_UID };
    const { body } = await given.client.ask(path, { method: 'PUT', body: { ...MANIFEST, metadata } });
    expect(body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(body.message).toContain(
      `Precondition failed: UID in precondition: ${ANOTHER_UID}, UID in object meta: ${read.metadata.uid}`,
    );
  }),

  api('refuses a name that is taken with 409 AlreadyExists', async (given) => {
    await stored(given);
    const again = await given.client.ask(given.ground.path('configmaps'), { method: 'POST', body: MANIFEST });
    expect(again.body).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'configmaps "c1" already exists' });
  }),

  api('makes a new version of every change, and none of a patch that changes nothing', async (given) => {
    const { path } = await stored(given);
    const versionOf = async (value: string) =>
      (await given.client.change<KubeObject>(path, 'merge-patch', label(value))).metadata.resourceVersion;
    const [first, same, second] = [await versionOf('on'), await versionOf('on'), await versionOf('off')];
    expect(same).toBe(first);
    expect(second).not.toBe(first);
  }),
];
