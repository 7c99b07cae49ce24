/** Finds how guests have left that were on the host at an earlier look: to which host, or deleted by their owners. */
import { guestMoved, type EvacuationSubject } from '../../core/events/evacuation-events.ts';
import type { HostState } from '../../core/openstack/evacuation.ts';
import { rememberGuest, type EvacuationMemory, type Leaving } from '../../core/openstack/evacuation-memory.ts';
import { hasSucceeded, isOpen } from '../../core/openstack/migration.ts';
import type { EvacuationPorts } from './evacuation-order.ts';

/** @returns the memory, and the names of guests whose migration is not over by Nova's records */
export async function rememberLeaving(
  before: EvacuationMemory,
  { guests, away, migrations }: HostState,
  { subject, ports }: { subject: EvacuationSubject; ports: EvacuationPorts },
): Promise<{ readonly memory: EvacuationMemory; readonly pending: readonly string[] }> {
  const present = new Set([...guests, ...away].map(({ id }) => id));
  const absent = Object.entries(before.guests).filter(([id, { left }]) => !present.has(id) && left === undefined);
  let memory = before;
  const pending: string[] = [];
  for (const [id, { name, tenant }] of absent) {
    const own = migrations.filter((migration) => migration.guest === id);
    // The guest shows its new host a moment before the record of its migration is complete.
    if (own.some(isOpen)) {
      pending.push(name);
      continue;
    }
    const left = await leavingOf(id, own.find(hasSucceeded)?.to, { subject, ports });
    if (left === undefined) continue;
    memory = rememberGuest(memory, id, { left });
    if (left.kind === 'moved') {
      const { to, reason } = left;
      ports.journal.report(guestMoved(subject, { id, name, tenant }, { to, ...(reason !== undefined && { reason }) }));
    }
  }
  return { memory, pending };
}

/** Undefined when it is on the host again. */
async function leavingOf(
  id: string,
  to: string | undefined,
  { subject, ports }: { subject: EvacuationSubject; ports: EvacuationPorts },
): Promise<Leaving | undefined> {
  if (to !== undefined) return { kind: 'moved', to };
  const guest = await ports.cloud.guest(id);
  if (guest === undefined) return { kind: 'gone' };
  const { host = 'no host', status, fault } = guest;
  if (host === subject.host) return undefined;
  const isWell = status !== 'ERROR';
  return { kind: 'moved', to: host, ...(!isWell && { reason: `it is in ERROR there${fault ? `: ${fault}` : ''}` }) };
}
