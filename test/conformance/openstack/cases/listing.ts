/** Nova: which guests and migrations are listed, and a page at a time (contract 11.2). */
import { expect } from 'vitest';
import { act, bodyOf, expectRefusal, LIVE, openStackCase, untilMigrationIs } from '../openstack-case.ts';

export const listing = [
  openStackCase('guests of all tenants are listed by host, and Ebb’s client takes exactly these', async (subject) => {
    const [first, second] = subject.hosts;
    const ids = [await subject.seed('vm', { tenant: 'admin' }), await subject.seed('vm', { tenant: 'tenant-b' })];
    const other = await subject.seed('vm', { host: second });
    const { servers } = bodyOf(await subject.nova(`/servers/detail?all_tenants=1&host=${first}`));
    expect(servers.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const guests = await subject.cloud.guestsOn(first);
    expect(guests.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(guests.map(({ tenant }) => tenant)).size).toBe(2);
    expect((await subject.cloud.guestsOn(second)).map(({ id }) => id)).toEqual([other]);
  }),

  openStackCase('an administrator who does not ask for all tenants sees their own project alone', async (subject) => {
    const own = await subject.seed('vm', { tenant: 'admin' });
    await subject.seed('vm', { tenant: 'tenant-b' });
    const { servers } = bodyOf(await subject.nova(`/servers/detail?host=${subject.hosts[0]}`));
    expect(servers.map(({ id }) => id)).toEqual([own]);
  }),

  openStackCase('a list goes on at a link with a marker, and the newest guest comes first', async (subject) => {
    const ids = [await subject.seed('vm'), await subject.seed('vm'), await subject.seed('vm')];
    const first = bodyOf(await subject.nova('/servers/detail?all_tenants=1&limit=2'));
    expect(first.servers.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const next = first.servers_links?.find(({ rel }) => rel === 'next')?.href ?? '';
    expect(new URL(next).searchParams.get('marker')).toBe(ids[1]);
    const second = bodyOf(await subject.nova(`/servers/detail${new URL(next).search}`));
    expect(second.servers.map(({ id }) => id)).toEqual([ids[0]]);
  }),

  openStackCase('a marker that is no guest is a 400', async (subject) => {
    const marker = '00000000-0000-4000-8000-000000000000';
    expectRefusal(await subject.nova(`/servers/detail?marker=${marker}`), 400, `marker [${marker}] not found`);
  }),

  openStackCase('a guest that is not there is a 404, and undefined for Ebb’s client', async (subject) => {
    const id = '00000000-0000-4000-8000-000000000000';
    expectRefusal(await subject.nova(`/servers/${id}`), 404, `Instance ${id} could not be found.`);
    expect(await subject.cloud.guest(id)).toBeUndefined();
    expectRefusal(await act(subject, id, LIVE), 404, `Instance ${id} could not be found.`);
  }),

  openStackCase(
    'migrations are listed by their source, the newest first, and by when they changed',
    async (subject) => {
      const [first, second] = subject.hosts;
      const ids = [await subject.seed('vm'), await subject.seed('vm')];
      for (const id of ids) {
        await act(subject, id, LIVE);
        await untilMigrationIs(subject, id, 'completed');
      }
      const { migrations } = bodyOf(await subject.nova(`/os-migrations?source_compute=${first}`));
      expect(migrations[0]?.id).toBeGreaterThan(migrations[1]?.id ?? Infinity);
      const future = '2099-01-01T00:00:00.000Z';
      const none = await subject.nova(`/os-migrations?source_compute=${first}&changes-since=${future}`);
      expect(bodyOf(none).migrations).toEqual([]);
      expectRefusal(await subject.nova('/os-migrations?changes-since=nope'), 400, /'nope' is not a 'date-time'$/);
      const found = await subject.cloud.migrationsFrom(first, 0);
      expect(found[0]).toMatchObject({ guest: ids[1], type: 'live', status: 'completed', to: second });
      expect(await subject.cloud.migrationsFrom(second, 0)).toEqual(
        expect.not.arrayContaining([expect.objectContaining({ guest: ids[1] })]),
      );
    },
  ),
];
