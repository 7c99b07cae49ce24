/** Reports for each group, once a run, why none of its nodes that are to go may go now (contract 9.7). */
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { groupHeld, groupStopped, groupWaiting } from '../../core/events/fleet-events.ts';
import type { GroupStatus } from '../../core/disruption/group-status.ts';
import type { Journal } from '../ports/journal.ts';

export function reportGroupStatuses(cluster: string, found: readonly GroupStatus[], journal: Journal): void {
  for (const each of found) journal.report(eventOf(cluster, each));
}

function eventOf(cluster: string, found: GroupStatus): DomainEvent {
  const { group, reason } = found;
  switch (found.kind) {
    case 'stopped':
      return groupStopped({ cluster, group, reason });
    case 'held':
      return groupHeld({ cluster, group, nodes: found.nodes, reason });
    case 'waiting':
      return groupWaiting({ cluster, group, nodes: found.nodes, reason });
  }
}
