/** What an evacuation is asked for, by which ports it looks and acts, and what a pass of it comes to. */
import type { EvacuationSubject } from '../../core/events/evacuation-events.ts';
import type { EvacuationMemory } from '../../core/openstack/evacuation-memory.ts';
import type { Journal } from '../ports/journal.ts';
import type { Cloud } from '../ports/openstack.ts';

export interface EvacuationOrder {
  readonly subject: EvacuationSubject;
  /** Name of the installation: it stands in the reason of the disabled service. */
  readonly installation: string;
  /** Why the host is evacuated, in words. */
  readonly why: string;
  /** Epoch milliseconds, as is the deadline: from then on nothing new is begun. */
  readonly startedAt: number;
  readonly deadline: number;
}

export interface EvacuationPorts {
  readonly cloud: Cloud;
  readonly journal: Journal;
}

/** What an evacuation came to. */
export interface Evacuated {
  readonly moved: number;
  /** How many guests their owners deleted meanwhile. */
  readonly gone: number;
  readonly stayed: readonly Stayed[];
}

export interface Stayed {
  readonly guest: string;
  readonly name: string;
  readonly tenant: string;
  readonly reason: string;
}

export type EvacuationPass =
  | { readonly state: 'done'; readonly memory: EvacuationMemory; readonly outcome: Evacuated }
  | {
      readonly state: 'waiting';
      readonly memory: EvacuationMemory;
      /** Names of the guests that are left, with what they wait for. */
      readonly waitingFor: readonly string[];
      /** When there is something to do although nothing changes, epoch milliseconds. */
      readonly dueAt: number;
      /** Whether its memory must be kept before the next pass acts on it. */
      readonly mustKeep: boolean;
    };
