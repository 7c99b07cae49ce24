/** Nova: live migrations: how they go, how they fail, and where that shows (contract 11.3). */
import { expect } from 'vitest';
import {
  act,
  bodyOf,
  closeHost,
  expectRefusal,
  guestOf,
  LIVE,
  migrationOf,
  openStackCase,
  serverOf,
  untilIdle,
  untilMigrationIs,
} from '../openstack-case.ts';

export const migrating = [
  openStackCase('a live migration shows at once as the guest’s task, and ends on the other host', async (subject) => {
    const [first, second] = subject.hosts;
    const id = await subject.seed('vm');
    expect((await act(subject, id, LIVE)).status).toBe(202);
    expect(await serverOf(subject, id)).toMatchObject({ status: 'MIGRATING', 'OS-EXT-STS:task_state': 'migrating' });
    expect(await untilMigrationIs(subject, id, 'completed')).toMatchObject({
      migration_type: 'live-migration',
      source_compute: first,
      dest_compute: second,
    });
    expect(await serverOf(subject, id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:host': second });
  }),

  openStackCase('a paused guest migrates live and stays paused', async (subject) => {
    const id = await subject.seed('vm', { status: 'PAUSED' });
    expect((await act(subject, id, LIVE)).status).toBe(202);
    await untilMigrationIs(subject, id, 'completed');
    expect(await guestOf(subject, id)).toMatchObject({ status: 'PAUSED', host: subject.hosts[1] });
  }),

  openStackCase('a guest that is stopped, suspended or in error is a 409 that names its vm_state', async (subject) => {
    for (const [status, vm] of [
      ['SHUTOFF', 'stopped'],
      ['SUSPENDED', 'suspended'],
      ['ERROR', 'error'],
    ] as const) {
      const id = await subject.seed('vm', { status });
      const words = `Cannot 'os-migrateLive' instance ${id} while it is in vm_state ${vm}`;
      expectRefusal(await act(subject, id, LIVE), 409, words);
      expect(await subject.cloud.migrate(await guestOf(subject, id), 'live')).toMatchObject({ kind: 'busy' });
    }
  }),

  openStackCase(
    'a guest that migrates already is a 409 that names its task, and busy for Ebb’s client',
    async (subject) => {
      const id = await subject.seed('stuck');
      await act(subject, id, LIVE);
      expectRefusal(
        await act(subject, id, LIVE),
        409,
        `Cannot 'os-migrateLive' instance ${id} while it is in task_state migrating`,
      );
      expect(await subject.cloud.migrate(await guestOf(subject, id), 'live')).toMatchObject({ kind: 'busy' });
      const { id: migration } = await untilMigrationIs(subject, id, 'running');
      await subject.nova(`/servers/${id}/migrations/${migration}`, { method: 'DELETE' });
      await untilIdle(subject, id);
    },
  ),

  openStackCase('fields that the version does not have are a 400', async (subject) => {
    const id = await subject.seed('vm');
    const old = { 'os-migrateLive': { host: null, block_migration: true, disk_over_commit: false } };
    expectRefusal(await act(subject, id, old), 400, /'disk_over_commit' was unexpected/);
    expectRefusal(await act(subject, id, { nope: null }), 400, 'There is no such action: nope');
    const nowhere = { 'os-migrateLive': { host: 'nope', block_migration: 'auto' } };
    expectRefusal(await act(subject, id, nowhere), 400, 'Compute host nope could not be found.');
  }),

  openStackCase('a migration that rolls back shows in its record alone: the guest is as before', async (subject) => {
    const id = await subject.seed('fail');
    await act(subject, id, LIVE);
    await untilMigrationIs(subject, id, 'failed');
    const server = await untilIdle(subject, id);
    expect(server).toMatchObject({ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:host': subject.hosts[0] });
    expect(server).not.toHaveProperty('fault');
    expect(await subject.cloud.failureOf(await guestOf(subject, id))).toBeUndefined();
  }),

  openStackCase('a migration that fails once works when it is asked for again', async (subject) => {
    const id = await subject.seed('once');
    await act(subject, id, LIVE);
    const { id: first } = await untilMigrationIs(subject, id, 'failed');
    await untilIdle(subject, id);
    await act(subject, id, LIVE);
    expect((await untilMigrationIs(subject, id, 'completed')).id).toBeGreaterThan(first);
  }),

  openStackCase(
    'a migration that a check refuses is an error without a destination, and its action tells why',
    async (subject) => {
      const id = await subject.seed('nolive');
      await act(subject, id, LIVE);
      expect(await untilMigrationIs(subject, id, 'error')).toMatchObject({ dest_compute: null });
      await untilIdle(subject, id);
      expect(await subject.cloud.failureOf(await guestOf(subject, id))).toMatch(/pre-check error|No valid host/);
    },
  ),

  openStackCase('a migration without another enabled host is an error that says so', async (subject) => {
    const id = await subject.seed('vm');
    await closeHost(subject, subject.hosts[1]);
    expect((await act(subject, id, LIVE)).status).toBe(202);
    await untilMigrationIs(subject, id, 'error');
    const path = `/servers/${id}/os-instance-actions`;
    const [latest] = bodyOf(await subject.nova(path, { version: '2.84' })).instanceActions;
    expect(latest).toMatchObject({ action: 'live-migration', message: 'Error' });
    expect(await subject.cloud.failureOf(await guestOf(subject, id))).toMatch(/^No valid host was found\./);
  }),

  openStackCase('an action tells details since 2.84 only', async (subject) => {
    const id = await subject.seed('nolive');
    await act(subject, id, LIVE);
    await untilMigrationIs(subject, id, 'error');
    const path = `/servers/${id}/os-instance-actions`;
    const [latest] = bodyOf(await subject.nova(path, { version: '2.84' })).instanceActions;
    const one = `${path}/${latest?.request_id ?? ''}`;
    expect(bodyOf(await subject.nova(one, { version: '2.84' })).instanceAction.events[0]).toHaveProperty('details');
    expect(bodyOf(await subject.nova(one)).instanceAction.events[0]).not.toHaveProperty('details');
  }),

  openStackCase(
    'a host moves one guest at a time and queues the others, which are aborted since 2.65',
    async (subject) => {
      const stuck = await subject.seed('stuck');
      const id = await subject.seed('vm');
      await act(subject, stuck, LIVE);
      const { id: first } = await untilMigrationIs(subject, stuck, 'running');
      await act(subject, id, LIVE);
      const { id: second } = await untilMigrationIs(subject, id, 'queued');
      const abort = (version: string) =>
        subject.nova(`/servers/${id}/migrations/${second}`, { method: 'DELETE', version });
      expectRefusal(
        await abort('2.64'),
        400,
        /is queued\. Cannot abort live migration while the migration is in this state\.$/,
      );
      expect((await abort('2.65')).status).toBe(202);
      await untilMigrationIs(subject, id, 'cancelled');
      expect(await untilIdle(subject, id)).toMatchObject({
        status: 'ACTIVE',
        'OS-EXT-SRV-ATTR:host': subject.hosts[0],
      });
      // One that copies is aborted too.
      await subject.nova(`/servers/${stuck}/migrations/${first}`, { method: 'DELETE' });
      await untilMigrationIs(subject, stuck, 'cancelled');
    },
  ),

  openStackCase('an abort of a migration that is over, or that there is not, is refused', async (subject) => {
    const id = await subject.seed('vm');
    await act(subject, id, LIVE);
    const migration = await untilMigrationIs(subject, id, 'completed');
    const over = await subject.nova(`/servers/${id}/migrations/${migration.id}`, { method: 'DELETE' });
    expectRefusal(over, 409, `Instance ${id} is in an invalid state for 'abort live migration'`);
    const guest = await guestOf(subject, id);
    const record = { id: migration.id, guest: id, type: 'live', status: 'completed' } as const;
    expect(await subject.cloud.abort(guest, record)).toMatchObject({ kind: 'busy' });
    expect(await subject.cloud.abort(guest, { ...record, id: 999_999 })).toMatchObject({ kind: 'busy' });
  }),

  openStackCase(
    'the guest’s own list shows migrations that go on, with how far they are, and none that is over',
    async (subject) => {
      const id = await subject.seed('stuck');
      await act(subject, id, LIVE);
      const running = await untilMigrationIs(subject, id, 'running');
      const { migrations } = bodyOf(await subject.nova(`/servers/${id}/migrations`));
      expect(migrations[0]).toMatchObject({ id: running.id, status: 'running' });
      expect(migrations[0]).toHaveProperty('memory_total_bytes');
      await subject.nova(`/servers/${id}/migrations/${running.id}`, { method: 'DELETE' });
      await untilMigrationIs(subject, id, 'cancelled');
      expect(bodyOf(await subject.nova(`/servers/${id}/migrations`)).migrations).toEqual([]);
    },
  ),

  openStackCase('a guest shows its new host before the record of its migration is complete', async (subject) => {
    const id = await subject.seed('vm');
    await act(subject, id, LIVE);
    await subject.eventually(
      'the guest is on the other host',
      async () => (await serverOf(subject, id))['OS-EXT-SRV-ATTR:host'] === subject.hosts[1],
      90,
    );
    expect(['running', 'completed']).toContain((await migrationOf(subject, id))?.status);
    await untilMigrationIs(subject, id, 'completed');
  }),
];
