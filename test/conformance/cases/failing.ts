/** The faults that the peer can be told to have, as a client sees them. */
import { expect } from 'vitest';

import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { pods } from '../../peers/kubernetes/storage/resources.ts';
import { type Case, cases, type Given } from '../conformance-case.ts';

const make = cases('faults');

/** A case that has the peer's controls. */
function faults(title: string, run: (given: Given & { peer: KubernetesPeer }) => Promise<void>): Case {
  return make(title, async (given) => {
    const { peer } = given;
    if (peer === undefined) throw new Error('the subject says that it has faults, but gives no peer');
    try {
      await run({ ...given, peer });
    } finally {
      peer.faults.clear();
    }
  });
}

const evict = ({ client, ground }: Given, name: string) => client.evict({ namespace: ground.namespace, name });

export const failing = [
  faults('delays an answer', async ({ peer, client, ground }) => {
    peer.faults.delay({ resource: 'pods', times: 1 }, 60_000);
    const began = peer.clock.now();
    const before = peer.requests.count();
    const answer = client.ask(ground.path('pods'));
    while (peer.requests.count() === before) await new Promise((resolve) => setImmediate(resolve));
    await peer.clock.advance(60_000);
    expect((await answer).status).toBe(200);
    expect(peer.clock.now() - began).toBeGreaterThanOrEqual(60_000);
  }),

  faults('resets a connection before the request is handled, or after', async (given) => {
    const { peer, ground } = given;
    await ground.addNode({ name: 'a' });
    await ground.addRunningPod({ name: 'p1', node: 'a' });
    peer.faults.reset({ resource: 'pods/eviction', times: 1 });
    await expect(evict(given, 'p1')).rejects.toThrow();
    expect((await ground.pod('p1'))?.metadata.deletionTimestamp).toBeUndefined();
    peer.faults.loseAnswer({ resource: 'pods/eviction', times: 1 });
    await expect(evict(given, 'p1')).rejects.toThrow();
    expect((await ground.pod('p1'))?.metadata.deletionTimestamp).toBeDefined();
  }),

  faults('answers as priority and fairness, as a broken server, and as an admission webhook', async (given) => {
    const { peer, client, ground } = given;
    await ground.addPod({ name: 'p1' });
    peer.faults.tooManyRequests({ resource: 'pods', times: 1 }, 3);
    const limited = await client.ask(ground.path('pods'));
    expect([limited.status, limited.headers['retry-after'], limited.body]).toEqual([429, '3', undefined]);
    peer.faults.answer({ resource: 'pods', times: 1 }, 503, 'upstream connect error');
    expect((await client.ask(ground.path('pods'))).status).toBe(503);
    peer.faults.denyEviction({ times: 1 }, 'guard.example.com', 'not now');
    const denied = await evict(given, 'p1');
    expect(denied.body.message).toBe('admission webhook "guard.example.com" denied the request: not now');
    expect((await evict(given, 'p1')).status).toBe(201);
  }),

  faults('denies what changes something as a policy does, with 422 and its words', async (given) => {
    const { peer, client, ground } = given;
    await ground.addNode({ name: 'a' });
    await ground.addRunningPod({ name: 'p1', node: 'a' });
    peer.faults.deny({ times: 2 }, { by: 'policy', name: 'calm', message: 'nobody leaves' });
    const words = `pods "p1" is forbidden: ValidatingAdmissionPolicy 'calm' with binding 'calm' denied request: nobody leaves`;
    const evicted = await evict(given, 'p1');
    const deleted = await client.ask(ground.path('pods/p1'), { method: 'DELETE' });
    for (const { status, body } of [evicted, deleted]) {
      expect(status).toBe(422);
      expect(body).toMatchObject({ reason: 'Invalid', message: words, details: { name: 'p1', kind: 'pods' } });
    }
    expect((await evict(given, 'p1')).status).toBe(201);
  }),

  faults('stalls, cuts and expires watches', async (given) => {
    const { peer, client, ground } = given;
    await ground.addPod({ name: 'p1' });
    const open = () => client.watch(ground.path('pods'));
    peer.faults.stallWatch({ times: 1 });
    const stalled = await open();
    peer.faults.cutWatch({ times: 1 }, 1);
    const cut = await open();
    await given.eventually('the watch is cut', () => cut.ended);
    expect([cut.ended === 'end', cut.told[0]]).toEqual([false, 'ADDED p1']);
    peer.faults.expireWatch({ times: 1 });
    const expired = await open();
    await given.eventually('the watch is expired', () => expired.ended);
    expect(expired.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect([stalled.ended, stalled.events]).toEqual([undefined, []]);
    stalled.close();
  }),

  faults('answers from a cache that lags to lists at version 0 alone', async ({ peer, client, ground }) => {
    const undo = peer.holdStale(pods);
    await ground.addPod({ name: 'p1' });
    const count = async (query: string) => {
      return (await client.get<{ items: object[] }>(ground.path(`pods${query}`))).items.length;
    };
    expect([await count('?resourceVersion=0'), await count('')]).toEqual([0, 1]);
    undo();
    expect(await count('?resourceVersion=0')).toBe(1);
  }),
];
