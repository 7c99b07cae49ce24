/**
 * Domain events: the closed list of facts that Ebb reports (contract 13.0). The modules below have a constructor for
 * each. Logs, metrics and alarms are made from these events, and nothing else formats messages.
 */
import type * as evacuationEvents from './evacuation-events.ts';
import type * as fleetEvents from './fleet-events.ts';
import type * as noticeEvents from './notice-events.ts';
import type * as operatorEvents from './operator-events.ts';
import type * as retirementEvents from './retirement-events.ts';
import type * as rotationEvents from './rotation-events.ts';
import type * as withdrawalRequestEvents from './withdrawal-request-events.ts';

export type DomainEvent =
  | MadeBy<typeof noticeEvents>
  | MadeBy<typeof retirementEvents>
  | MadeBy<typeof withdrawalRequestEvents>
  | MadeBy<typeof fleetEvents>
  | MadeBy<typeof rotationEvents>
  | MadeBy<typeof operatorEvents>
  | MadeBy<typeof evacuationEvents>;

/** The events that a module's constructors make. */
type MadeBy<Constructors extends Record<keyof Constructors, (...about: never[]) => unknown>> = ReturnType<
  Constructors[keyof Constructors]
>;
