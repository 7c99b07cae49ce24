/**
 * The domain events: the closed list of facts that Ebb reports (contract 13.0), each made by a constructor of the modules
 * below. Logs, metrics and alarms are made of these; nothing else formats messages.
 */
import type * as fleetEvents from './fleet-events.ts';
import type * as noticeEvents from './notice-events.ts';
import type * as retirementEvents from './retirement-events.ts';
import type * as withdrawalRequestEvents from './withdrawal-request-events.ts';

export type DomainEvent =
  | MadeBy<typeof noticeEvents>
  | MadeBy<typeof retirementEvents>
  | MadeBy<typeof withdrawalRequestEvents>
  | MadeBy<typeof fleetEvents>;

/** What the constructors of a module make. */
type MadeBy<Constructors extends Record<keyof Constructors, (...about: never[]) => unknown>> = ReturnType<
  Constructors[keyof Constructors]
>;
