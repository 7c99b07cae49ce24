/** Where domain events are reported. */
import type { DomainEvent } from '../../core/events/domain-event.ts';

export interface Journal {
  report(event: DomainEvent): void;
}
