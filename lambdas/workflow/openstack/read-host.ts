/** Reads what Nova says of one host: migrations first, then guests, so that an idle guest has none that began since. */
import type { HostState } from '../../core/openstack/evacuation.ts';
import type { EvacuationMemory } from '../../core/openstack/evacuation-memory.ts';
import type { Guest } from '../../core/openstack/guest.ts';
import { awaitsConfirmation, isOpen } from '../../core/openstack/migration.ts';
import type { Cloud } from '../ports/openstack.ts';
import type { EvacuationOrder } from './evacuation-order.ts';

/** How old a migration may be that is still under way, milliseconds; Nova keeps records of dead ones for ever. */
const OLDEST_MS = 86_400_000;

/** Finds which migrations there were before the evacuation, and which of them go on. */
export async function baselineOf(
  { subject, startedAt }: EvacuationOrder,
  cloud: Cloud,
): Promise<Required<Pick<EvacuationMemory, 'after' | 'older'>>> {
  const migrations = await cloud.migrationsFrom(subject.host, startedAt - OLDEST_MS);
  return {
    after: Math.max(0, ...migrations.map(({ id }) => id)),
    older: migrations.filter(isOpen).map(({ id }) => id),
  };
}

export async function readHost(
  { after = 0, older = [], guests: remembered }: EvacuationMemory,
  { subject, startedAt }: EvacuationOrder,
  cloud: Cloud,
): Promise<HostState> {
  const all = await cloud.migrationsFrom(subject.host, startedAt - OLDEST_MS);
  const migrations = all.filter(({ id }) => id > after || older.includes(id));
  const guests = await cloud.guestsOn(subject.host);
  const here = new Set(guests.map(({ id }) => id));
  const unconfirmed = migrations.filter(awaitsConfirmation).map(({ guest }) => guest);
  const cold = Object.entries(remembered).flatMap(([id, { cold: isCold, left }]) => (isCold && !left ? [id] : []));
  const elsewhere = [...new Set([...unconfirmed, ...cold])].filter((id) => !here.has(id));
  const away = (await Promise.all(elsewhere.map((id) => cloud.guest(id)))).filter((guest) => guest !== undefined);
  return { guests, away: away.filter((guest) => isUnderWay(guest, migrations)), migrations };
}

/** Whether the guest's migration is not over: then its disk is still on the host that it has left. */
function isUnderWay({ id, status }: Guest, migrations: HostState['migrations']): boolean {
  return status === 'VERIFY_RESIZE' || migrations.some((migration) => migration.guest === id && isOpen(migration));
}
