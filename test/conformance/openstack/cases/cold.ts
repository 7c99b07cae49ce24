/** Nova: cold migrations of stopped guests, which must be confirmed (contract 11.3). */
import { expect } from 'vitest';
import {
  act,
  closeHost,
  expectRefusal,
  guestOf,
  openStackCase,
  serverOf,
  untilIdle,
  untilMigrationIs,
} from '../openstack-case.ts';

const COLD = { migrate: null };
const CONFIRM = { confirmResize: null };

export const cold = [
  openStackCase('a stopped guest migrates cold, waits on the other host, and is confirmed', async (subject) => {
    const [first, second] = subject.hosts;
    const id = await subject.seed('vm', { status: 'SHUTOFF' });
    expect((await act(subject, id, COLD)).status).toBe(202);
    expect(await serverOf(subject, id)).toMatchObject({ status: 'RESIZE', 'OS-EXT-STS:task_state': 'resize_prep' });
    expect(await untilMigrationIs(subject, id, 'finished')).toMatchObject({
      migration_type: 'migration',
      source_compute: first,
      dest_compute: second,
    });
    expect(await untilIdle(subject, id)).toMatchObject({ status: 'VERIFY_RESIZE', 'OS-EXT-SRV-ATTR:host': second });
    expect((await act(subject, id, CONFIRM)).status).toBe(204);
    await untilMigrationIs(subject, id, 'confirmed');
    await subject.eventually(
      'the guest is stopped there',
      async () => (await serverOf(subject, id)).status === 'SHUTOFF',
      60,
    );
  }),

  openStackCase('a confirmation that is repeated is a 400, and refuses nothing for Ebb’s client', async (subject) => {
    const id = await subject.seed('vm', { status: 'SHUTOFF' });
    await act(subject, id, COLD);
    await untilMigrationIs(subject, id, 'finished');
    await untilIdle(subject, id);
    const guest = await guestOf(subject, id);
    expect(await subject.cloud.confirm(guest)).toEqual({ kind: 'accepted' });
    expectRefusal(await act(subject, id, CONFIRM), 400, 'Instance has not been resized.');
    expect(await subject.cloud.confirm(guest)).toMatchObject({ kind: 'busy' });
    await untilMigrationIs(subject, id, 'confirmed');
  }),

  openStackCase('a guest that was not migrated cold has nothing to confirm', async (subject) => {
    const id = await subject.seed('vm');
    const words = `Cannot 'confirmResize' instance ${id} while it is in vm_state active`;
    expectRefusal(await act(subject, id, CONFIRM), 409, words);
  }),

  openStackCase('a suspended guest, and one in error, migrate cold no more than live', async (subject) => {
    for (const [status, vm] of [
      ['SUSPENDED', 'suspended'],
      ['ERROR', 'error'],
    ] as const) {
      const id = await subject.seed('vm', { status });
      expectRefusal(await act(subject, id, COLD), 409, `Cannot 'migrate' instance ${id} while it is in vm_state ${vm}`);
    }
  }),

  openStackCase(
    'a cold migration without another enabled host fails, and the guest is stopped as before',
    async (subject) => {
      const [first, second] = subject.hosts;
      const id = await subject.seed('vm', { status: 'SHUTOFF' });
      await closeHost(subject, second);
      expect((await act(subject, id, COLD)).status).toBe(202);
      await untilMigrationIs(subject, id, 'error');
      expect(await untilIdle(subject, id)).toMatchObject({ status: 'SHUTOFF', 'OS-EXT-SRV-ATTR:host': first });
    },
  ),
];
