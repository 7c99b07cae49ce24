/** Events about compute hosts and their guests (contract 11). */
import type { Guest } from '../openstack/guest.ts';

/** The evacuation that an event is about. */
export interface EvacuationSubject {
  readonly execution: string;
  readonly cluster: string;
  /** Nova's name of the compute host. */
  readonly host: string;
  /** Absent when only the host was named. */
  readonly node?: string;
}

/** Nova places no more guests on the host. `by`: `others` when it was disabled before, with their reason kept. */
export const computeDisabled = (subject: EvacuationSubject, about: { by: 'us' | 'others'; reason: string }) =>
  ({ type: 'compute.disabled', ...subject, ...about }) as const;

/** Nova places guests on the host again: Ebb had disabled it. */
export const computeEnabled = (subject: EvacuationSubject) => ({ type: 'compute.enabled', ...subject }) as const;

/** The guest is asked to leave. `attempt`: 1 for the first. */
export const guestMigrating = (
  subject: EvacuationSubject,
  guest: GuestName,
  about: { how: 'live' | 'cold'; attempt: number },
) => ({ type: 'guest.migrating', ...subject, ...nameOf(guest), ...about }) as const;

/** The guest is on another host. `reason`: what is wrong with it there; absent when nothing is. */
export const guestMoved = (subject: EvacuationSubject, guest: GuestName, about: { to: string; reason?: string }) =>
  ({ type: 'guest.moved', ...subject, ...nameOf(guest), ...about }) as const;

/** A try has failed; `failures`: how many have. */
export const guestFailed = (
  subject: EvacuationSubject,
  guest: GuestName,
  about: { failures: number; reason: string },
) => ({ type: 'guest.failed', ...subject, ...nameOf(guest), ...about }) as const;

/** Time was up: the migration that Nova had only queued is aborted. */
export const guestAborted = (subject: EvacuationSubject, guest: GuestName) =>
  ({ type: 'guest.aborted', ...subject, ...nameOf(guest) }) as const;

/** The guest stays on the host until a person does something. */
export const guestStayed = (subject: EvacuationSubject, guest: GuestName, about: { reason: string }) =>
  ({ type: 'guest.stayed', ...subject, ...nameOf(guest), ...about }) as const;

/** The evacuation has ended. `gone`: guests that their owners deleted meanwhile. */
export const hostEvacuated = (
  subject: EvacuationSubject,
  about: { moved: number; gone: number; stayed: readonly string[]; seconds: number },
) => ({ type: 'host.evacuated', ...subject, ...about }) as const;

/** The evacuation was given up: guests may be left. */
export const evacuationFailed = (subject: EvacuationSubject, about: { reason: string }) =>
  ({ type: 'evacuation.failed', ...subject, ...about }) as const;

/** Keystone or Nova cannot be reached, or fails: it is waited for. */
export const cloudAway = (subject: EvacuationSubject, about: { reason: string }) =>
  ({ type: 'cloud.away', ...subject, ...about }) as const;

/** The sync could not look at this cluster's compute services: a later run does. */
export const cloudUnsynced = (about: { cluster: string; reason: string }) =>
  ({ type: 'cloud.unsynced', ...about }) as const;

/** The sync has looked at a cluster's compute services. */
export const hypervisorsSynced = (about: {
  cluster: string;
  /** Numbers of nodes that are compute hosts, of evacuations started, and of services enabled. */
  hosts: number;
  started: number;
  enabled: number;
}) => ({ type: 'hypervisors.synced', ...about }) as const;

type GuestName = Pick<Guest, 'id' | 'name' | 'tenant'>;

function nameOf({ id, name, tenant }: GuestName): { guest: string; name: string; tenant: string } {
  return { guest: id, name, tenant };
}
