/** Evacuations over the wire: every guest leaves its host, or is named with the reason (contract 11.1, 11.3, 11.4). */
import { describe, expect, test } from 'vitest';
import { clusterSchema } from '../../../lambdas/core/settings/cluster-settings.ts';
import type { OpenStackRequest } from '../../peers/openstack/peer.ts';
import { Evacuating } from './evacuating.ts';

const REQUEST = { cluster: 'prod', host: 'hv-a' };

function changes(requests: readonly OpenStackRequest[]): string[] {
  return requests.filter(({ method, service }) => service === 'nova' && method !== 'GET').map(({ path }) => path);
}

describe('an evacuation (contract 11.1, 11.3)', () => {
  test('disables the service with a reason that names Ebb, and moves the guests of every tenant', async () => {
    const cloud = await Evacuating.start();
    for (const tenant of ['admin', 'tenant-b', 'tenant-c']) cloud.guest(`vm-${tenant}`, { tenant });
    cloud.guest('paused', { vm: 'paused' });
    cloud.guest('elsewhere', { host: 'hv-b' });
    const result = await cloud.run(REQUEST);
    expect(result).toEqual({ result: 'evacuated', host: 'hv-a', moved: 4, gone: 0, stayed: [] });
    expect(new Set(Object.values(cloud.hosts))).toEqual(new Set(['hv-b']));
    expect(cloud.peer.state.host('hv-a')).toMatchObject({
      status: 'disabled',
      reason: expect.stringMatching(/^Ebb \(ebb\): host hv-a is evacuated \(/) as string,
    });
    expect(cloud.told).toContain('guest.moved vm-tenant-b');
    expect(cloud.told.at(-1)).toBe('host.evacuated');
    expect(cloud.told.filter((told) => told.includes('elsewhere'))).toEqual([]);
  });

  test('migrates a stopped guest cold and confirms it, and only when the record says so it is over', async () => {
    const cloud = await Evacuating.start();
    const { id } = cloud.guest('stopped', { vm: 'stopped' });
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 1 });
    expect(cloud.peer.state.servers.get(id)).toMatchObject({ host: 'hv-b', vm: 'stopped' });
    expect(cloud.peer.state.migrationOf(id)?.status).toBe('confirmed');
  });

  test('tries a guest three times, 10 and 20 s apart, and says of each failure what Nova says', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('twice', { failures: 2 });
    cloud.guest('always', { failures: Infinity });
    cloud.guest('refused', { kind: 'refused' });
    const result = await cloud.run(REQUEST);
    expect(result).toMatchObject({ result: 'left', moved: 1 });
    expect(result.stayed?.map(({ name, reason }) => [name, reason])).toEqual([
      ['refused', '3 tries failed: Migration pre-check error: test driver refuses it'],
      ['always', '3 tries failed: its migration ended as failed'],
    ]);
    const times = cloud.peer.state.migrations
      .filter(({ server }) => cloud.peer.state.servers.get(server)?.name === 'always')
      .map(({ createdAt }) => createdAt);
    expect(times).toHaveLength(3);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(20_000);
  });

  test('leaves guests that Nova migrates in no way, and names each', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('broken', { vm: 'error', fault: 'disk is gone' });
    cloud.guest('asleep', { vm: 'suspended' });
    cloud.guest('fine');
    const result = await cloud.run(REQUEST);
    expect(result).toMatchObject({ result: 'left', moved: 1 });
    expect(result.stayed).toEqual([
      expect.objectContaining({ name: 'asleep', reason: expect.stringContaining('resume it') as string }),
      expect.objectContaining({ name: 'broken', reason: 'it is in ERROR: disk is gone' }),
    ]);
    expect(changes(cloud.peer.requests).filter((path) => path.includes('/action'))).toHaveLength(1);
  });

  test('counts a guest as gone that its owner deletes meanwhile', async () => {
    const cloud = await Evacuating.start();
    const { id } = cloud.guest('short-lived', { kind: 'stuck' });
    cloud.onceMigrating(() =>
      cloud.clock.after(3_000, () => {
        cloud.peer.state.servers.delete(id);
        for (const migration of cloud.peer.state.migrations) migration.status = 'cancelled';
      }),
    );
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 0, gone: 1 });
  });

  test('keeps the reason of somebody else who had disabled the service', async () => {
    const cloud = await Evacuating.start();
    Object.assign(cloud.peer.state.host('hv-a') ?? {}, { status: 'disabled', reason: 'memory is broken' });
    cloud.guest('vm');
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated' });
    expect(cloud.peer.state.host('hv-a')?.reason).toBe('memory is broken');
    expect(cloud.events[0]).toMatchObject({ type: 'compute.disabled', by: 'others', reason: 'memory is broken' });
  });

  test('waits for a migration that somebody else has begun, and asks for no other', async () => {
    const cloud = await Evacuating.start();
    const server = cloud.guest('vm');
    cloud.peer.compute.live(server);
    await cloud.clock.advance(1_000);
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 1 });
    expect(cloud.peer.state.migrations).toHaveLength(1);
  });

  test('leaves the resize of somebody else to its owner, and says that its disk is still there', async () => {
    const cloud = await Evacuating.start();
    const server = cloud.guest('resized', { vm: 'stopped' });
    cloud.peer.compute.cold(server);
    await cloud.clock.advance(10_000);
    const result = await cloud.run(REQUEST);
    expect(result.stayed).toEqual([expect.objectContaining({ name: 'resized', guest: server.id })]);
    expect(cloud.peer.state.migrationOf(server.id)?.status).toBe('finished');
  });
});

describe('at its timeout (contract 11.3)', () => {
  test('aborts what is queued, leaves what copies, and names each guest that stayed', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('stuck', { kind: 'stuck' });
    // Nova lists the newest first, and so the stuck guest is asked for last: it is begun before by hand.
    for (const server of cloud.peer.state.servers.values()) cloud.peer.compute.live(server);
    await cloud.clock.advance(3_000);
    for (const name of ['one', 'two']) cloud.guest(name);
    const result = await cloud.run({ ...REQUEST, timeoutSeconds: 60 });
    expect(result).toMatchObject({ result: 'left', moved: 0 });
    expect(result.stayed?.map(({ name }) => name).toSorted()).toEqual(['one', 'stuck', 'two']);
    expect(cloud.told.filter((told) => told.startsWith('guest.aborted')).toSorted()).toEqual([
      'guest.aborted one',
      'guest.aborted two',
    ]);
    const byStatus = cloud.peer.state.migrations.map(({ status }) => status);
    expect(byStatus).toEqual(['running', 'cancelled', 'cancelled']);
  });
});

describe('bad input and bad luck (contract 11.2, 11.4)', () => {
  test.each([
    ['an unknown cluster', { cluster: 'nope', host: 'hv-a' }, /^cluster nope is not configured$/],
    ['an unknown host', { cluster: 'prod', host: 'hv-z' }, /^Nova has no compute host hv-z: it has hv-a, hv-b$/],
    ['an unknown node', { cluster: 'prod', node: 'hv-z' }, /^cluster prod has no node hv-z$/],
    ['a node that is no host', { cluster: 'prod', node: 'web-1' }, /^Nova has no compute host web-1$/],
  ])('%s is refused before anything is changed', async (_, request, reason) => {
    const cloud = await Evacuating.start();
    cloud.nodes.set('web-1', { unschedulable: false });
    cloud.guest('vm');
    expect(await cloud.run(request)).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
    expect(changes(cloud.peer.requests)).toEqual([]);
    expect(cloud.told).toEqual(['evacuation.failed']);
  });

  test('a user who is no administrator changes nothing and touches no guest', async () => {
    const cloud = await Evacuating.start();
    const [admin] = cloud.peer.state.users;
    admin?.roles.set(cloud.peer.state.project('admin').id, ['member']);
    cloud.guest('vm');
    const result = await cloud.run(REQUEST);
    expect(result).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('must have the role admin') as string,
    });
    expect(changes(cloud.peer.requests)).toEqual([]);
  });

  test('a cluster without the field openstack is refused', async () => {
    const cloud = await Evacuating.start();
    cloud.settings = clusterSchema.parse({ name: 'prod' });
    expect(await cloud.run(REQUEST)).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('no field openstack') as string,
    });
    expect(cloud.peer.requests).toEqual([]);
  });

  test('a Nova that is away in the middle is waited for, and told once', async () => {
    const cloud = await Evacuating.start();
    for (const name of ['one', 'two', 'three']) cloud.guest(name);
    cloud.onceMigrating(() => {
      cloud.peer.faults.reset({ path: /v2\.1/, times: 6 });
    });
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 3 });
    expect(cloud.told.filter((told) => told === 'cloud.away')).toHaveLength(1);
  });

  test('a Nova that stays away ends the evacuation at its deadline, with the reason', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('vm', { kind: 'stuck' });
    cloud.onceMigrating(() => {
      cloud.peer.faults.answer({ path: /v2\.1/ }, 503, '<html>');
    });
    expect(await cloud.run({ ...REQUEST, timeoutSeconds: 60 })).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^Nova fails at GET/) as string,
    });
  });

  test('an answer that is lost does not ask a guest twice', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('vm');
    cloud.peer.faults.loseAnswer({ method: 'POST', path: /action/, times: 1 });
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 1 });
    expect(cloud.peer.state.migrations).toHaveLength(1);
  });

  test('a filter that Nova ignores moves no guest of another host', async () => {
    const cloud = await Evacuating.start();
    cloud.guest('other', { host: 'hv-b' });
    const { servers } = cloud.peer.state;
    const views = [...servers.values()].map(({ id, name, host }) => ({
      id,
      name,
      status: 'ACTIVE',
      tenant_id: 't',
      'OS-EXT-STS:task_state': null,
      'OS-EXT-SRV-ATTR:host': host,
    }));
    cloud.peer.faults.answer(
      { path: /servers\/detail/ },
      200,
      { servers: views },
      { 'openstack-api-version': 'compute 2.65' },
    );
    expect(await cloud.run(REQUEST)).toMatchObject({ result: 'evacuated', moved: 0 });
    expect(cloud.peer.state.migrations).toEqual([]);
  });
});

describe('a run that dies (contract 11.3)', () => {
  test.each([3, 4, 5])('before step %i goes on from what it has kept, and begins no migration twice', async (step) => {
    const cloud = await Evacuating.start();
    cloud.guest('stopped', { vm: 'stopped' });
    cloud.guest('twice', { failures: 2 });
    for (const name of ['one', 'two']) cloud.guest(name);
    cloud.beforeStep = (number) => {
      if (number === step) throw new Error('killed');
    };
    await expect(cloud.run(REQUEST)).rejects.toThrow('killed');
    cloud.beforeStep = () => undefined;
    expect(await cloud.run(REQUEST, [...cloud.checkpoints])).toMatchObject({ result: 'evacuated', moved: 4 });
    const tries = Object.groupBy(cloud.peer.state.migrations, ({ server }) => server);
    expect(
      Object.values(tries)
        .map((each) => each?.length)
        .toSorted(),
    ).toEqual([1, 1, 1, 3]);
  });
});

describe('an evacuation that the sync asks for (contract 11.4)', () => {
  test('ends when its node is cordoned no more, and aborts what is queued', async () => {
    const cloud = await Evacuating.start();
    cloud.nodes.set('hv-a', { unschedulable: true });
    for (const name of ['one', 'two', 'three', 'four']) cloud.guest(name, { kind: 'stuck' });
    cloud.clock.after(65_000, () => cloud.nodes.set('hv-a', { unschedulable: false }));
    const result = await cloud.run({ cluster: 'prod', node: 'hv-a', whileCordoned: true });
    expect(result).toMatchObject({ result: 'stopped', moved: 0 });
    expect(cloud.told.filter((told) => told.startsWith('guest.aborted'))).toHaveLength(3);
    expect(cloud.peer.state.host('hv-a')?.reason).toMatch(/^Ebb \(ebb\): node hv-a is cordoned/);
  });
});

describe('what is kept and told (contract 13.3, faults 75)', () => {
  test('has neither the password nor any token', async () => {
    const cloud = await Evacuating.start();
    for (const name of ['one', 'two']) cloud.guest(name, { failures: 1 });
    await cloud.run(REQUEST);
    const secrets = ['adminpw', ...cloud.peer.state.tokens.keys()];
    expect(secrets.length).toBeGreaterThan(1);
    const all = JSON.stringify([cloud.checkpoints, cloud.events]);
    for (const secret of secrets) expect(all).not.toContain(secret);
  });
});
