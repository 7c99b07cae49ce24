/** The next steps of an evacuation, from what Nova says (contract 11.3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideSteps, retryTime, SETTLE_MS, type Step } from '../../../lambdas/core/openstack/evacuation.ts';
import {
  NOTHING_EVACUATED,
  rememberGuest,
  type EvacuationMemory,
  type GuestMemory,
} from '../../../lambdas/core/openstack/evacuation-memory.ts';
import { wayOf, type Guest } from '../../../lambdas/core/openstack/guest.ts';
import type { Migration } from '../../../lambdas/core/openstack/migration.ts';

const NOW = 1_000_000;
const DEADLINE = NOW + 600_000;

function aGuest(facts: Partial<Guest> = {}): Guest {
  return { id: 'g', name: 'web', tenant: 't', status: 'ACTIVE', host: 'hv-a', ...facts };
}

function aMigration(status: string, facts: Partial<Migration> = {}): Migration {
  return { id: 11, guest: 'g', type: 'live', status, ...facts };
}

function remembering(facts: Partial<GuestMemory>): EvacuationMemory {
  return { after: 10, guests: { g: { name: 'web', tenant: 't', ...facts } } };
}

interface Situation {
  guest?: Partial<Guest>;
  migrations?: Migration[];
  memory?: Partial<GuestMemory>;
  now?: number;
}

function stepFor({ guest = {}, migrations = [], memory = {}, now = NOW }: Situation): Step {
  const state = { guests: [aGuest(guest)], away: [], migrations };
  const [step] = decideSteps(state, remembering(memory), { now, deadline: DEADLINE });
  if (step === undefined) throw new Error('no step for the guest');
  return step;
}

describe('a guest leaves (contract 11.3)', () => {
  test.each([
    ['live', 'ACTIVE', 'live'],
    ['live', 'PAUSED', 'live'],
    ['cold', 'SHUTOFF', 'cold'],
  ])('%s when it is %s', (_, status, how) => {
    expect(wayOf(aGuest({ status }))).toEqual({ kind: how });
  });

  test.each(['SUSPENDED', 'ERROR', 'RESCUE', 'SHELVED', 'SOFT_DELETED', 'VERIFY_RESIZE'])(
    'never when it is %s, and says what to do',
    (status) => {
      const step = stepFor({ guest: { status } });
      expect(step).toMatchObject({ kind: 'stay' });
    },
  );

  test('never when it is in ERROR, with the fault that Nova names', () => {
    expect(stepFor({ guest: { status: 'ERROR', fault: 'No valid host' } })).toMatchObject({
      kind: 'stay',
      reason: 'it is in ERROR: No valid host',
    });
  });

  test.each([
    ['MIGRATING', 'migrating'],
    ['BUILD', 'spawning'],
    ['REBOOT', 'rebooting'],
  ])('later while it is %s', (status, task) => {
    expect(stepFor({ guest: { status, task } })).toMatchObject({ kind: 'wait' });
  });

  test('cold only after that is remembered, because only Ebb’s own migration may be confirmed', () => {
    expect(stepFor({ guest: { status: 'SHUTOFF' } })).toMatchObject({ kind: 'mean' });
    expect(stepFor({ guest: { status: 'SHUTOFF' }, memory: { cold: true } })).toMatchObject({
      kind: 'migrate',
      how: 'cold',
    });
  });

  test('and its cold migration is confirmed if it is Ebb’s, and left to its owner if it is not', () => {
    const verify = { status: 'VERIFY_RESIZE', host: 'hv-b' };
    const migrations = [aMigration('finished', { type: 'cold' })];
    expect(stepFor({ guest: verify, migrations, memory: { cold: true } })).toMatchObject({ kind: 'confirm' });
    expect(stepFor({ guest: verify, migrations })).toMatchObject({ kind: 'stay' });
  });

  test('and is not confirmed a second time while Nova confirms it', () => {
    const migrations = [aMigration('confirming', { type: 'cold' })];
    expect(
      stepFor({ guest: { status: 'VERIFY_RESIZE', host: 'hv-b' }, migrations, memory: { cold: true } }),
    ).toMatchObject({
      kind: 'wait',
    });
  });

  test.each(['accepted', 'queued', 'preparing', 'running', 'post-migrating', 'a word of a newer Nova'])(
    'only once: while its migration is %s it is not asked for another',
    (status) => {
      expect(stepFor({ migrations: [aMigration(status)] })).toMatchObject({ kind: 'wait' });
    },
  );
});

describe('a migration that fails (contract 11.3)', () => {
  test.each(['error', 'failed', 'cancelled'])('as %s is counted by Nova’s record, once', (status) => {
    const migrations = [aMigration(status)];
    expect(stepFor({ migrations })).toMatchObject({ kind: 'fail', failures: 1, status });
    expect(stepFor({ migrations, memory: { failures: 1, retryAt: NOW } })).toMatchObject({ kind: 'migrate' });
  });

  test('is tried again 10·n s after its n-th failure', () => {
    expect([1, 2, 3].map((failures) => retryTime(failures, NOW) - NOW)).toEqual([10_000, 20_000, 30_000]);
    const migrations = [aMigration('failed')];
    const memory = { failures: 1, retryAt: NOW + 10_000, reason: 'rolled back' };
    expect(stepFor({ migrations, memory })).toMatchObject({ kind: 'wait', until: NOW + 10_000 });
  });

  test('three times leaves the guest where it is, with the last reason', () => {
    const migrations = [13, 12, 11].map((id) => aMigration('failed', { id }));
    expect(stepFor({ migrations, memory: { failures: 3, reason: 'rolled back' } })).toMatchObject({
      kind: 'stay',
      reason: '3 tries failed: rolled back',
    });
  });

  test('counts together with requests that Nova refused', () => {
    expect(stepFor({ migrations: [aMigration('failed')], memory: { failures: 1, refusals: 2 } })).toMatchObject({
      kind: 'stay',
    });
  });

  test('does not count when it is older than the evacuation', () => {
    expect(stepFor({ migrations: [aMigration('failed', { id: 9 })] })).toMatchObject({ kind: 'migrate' });
  });
});

describe('at the deadline (contract 11.3)', () => {
  const now = DEADLINE;

  test.each(['queued', 'preparing'])('a migration that is %s is aborted', (status) => {
    expect(stepFor({ migrations: [aMigration(status)], now })).toMatchObject({ kind: 'abort' });
  });

  test('somebody else’s is not', () => {
    expect(stepFor({ migrations: [aMigration('queued', { id: 9 })], now })).toMatchObject({ kind: 'stay' });
  });

  test('a migration that copies has a minute to end', () => {
    const migrations = [aMigration('running')];
    expect(stepFor({ migrations, now })).toMatchObject({ kind: 'wait' });
    expect(stepFor({ migrations, now: now + SETTLE_MS })).toMatchObject({ kind: 'stay' });
  });

  test('nothing is begun, and each guest that stays is named with the reason', () => {
    expect(stepFor({ now })).toMatchObject({ kind: 'stay', reason: 'time was up before it was migrated' });
    expect(stepFor({ guest: { status: 'SHUTOFF' }, now })).toMatchObject({ kind: 'stay' });
    expect(stepFor({ memory: { retryAt: now + 5_000, reason: 'rolled back' }, now })).toMatchObject({
      kind: 'stay',
      reason: 'time was up: its last try failed: rolled back',
    });
  });

  test('a cold migration of Ebb’s is still confirmed', () => {
    expect(stepFor({ guest: { status: 'VERIFY_RESIZE' }, memory: { cold: true }, now })).toMatchObject({
      kind: 'confirm',
    });
  });
});

describe('in every situation (contract 11.3)', () => {
  const guests = fc.record({
    status: fc.constantFrom('ACTIVE', 'PAUSED', 'SHUTOFF', 'ERROR', 'SUSPENDED', 'MIGRATING', 'VERIFY_RESIZE', 'NEW'),
    task: fc.option(fc.constantFrom('migrating', 'resize_prep'), { nil: undefined }),
  });
  const records = fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 20 }),
      status: fc.constantFrom('accepted', 'queued', 'running', 'finished', 'confirming', 'failed', 'completed'),
      type: fc.constantFrom('live' as const, 'cold' as const),
    }),
    { maxLength: 4 },
  );
  const memories = fc.record({
    failures: fc.nat(3),
    refusals: fc.nat(3),
    cold: fc.constantFrom(true as const, undefined),
  });

  test('a guest is asked to migrate only while Nova does nothing with it, and after the deadline never', () => {
    fc.assert(
      fc.property(
        guests,
        records,
        memories,
        fc.integer({ min: NOW, max: DEADLINE * 2 }),
        (facts, migrations, memory, now) => {
          const { task, status } = facts;
          const guest = { status, ...(task !== undefined && { task }) };
          const { cold, ...counts } = memory;
          const step = stepFor({
            guest,
            migrations: migrations.map(({ status: word, ...rest }) => aMigration(word, rest)),
            memory: { ...counts, ...(cold && { cold }) },
            now,
          });
          if (step.kind === 'migrate' || step.kind === 'mean') {
            expect(task).toBeUndefined();
            expect(
              migrations.filter((each) => ['accepted', 'queued', 'running', 'confirming'].includes(each.status)),
            ).toEqual([]);
            expect(counts.failures + counts.refusals).toBeLessThan(3);
            expect(now).toBeLessThan(DEADLINE);
          }
          if (step.kind === 'confirm') expect(cold).toBe(true);
          if (now >= DEADLINE + SETTLE_MS) expect(['stay', 'fail']).toContain(step.kind);
        },
      ),
      { seed: 11 },
    );
  });
});

describe('the memory', () => {
  test('keeps a guest’s name, changes what is told, and forgets what is undefined', () => {
    const first = rememberGuest(NOTHING_EVACUATED, 'g', {
      name: 'web',
      tenant: 't',
      reason: 'x'.repeat(400),
      retryAt: 5,
    });
    expect(first.guests.g?.reason).toHaveLength(301);
    const second = rememberGuest(first, 'g', { retryAt: undefined, reason: 'rolled back' });
    expect(second.guests.g).toEqual({ name: 'web', tenant: 't', reason: 'rolled back' });
  });
});
