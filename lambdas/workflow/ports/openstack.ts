/** OpenStack: the compute services and guests of one cloud (contract 11). */
import type { ComputeService } from '../../core/openstack/compute-service.ts';
import type { EvacuationRequest } from '../../core/openstack/evacuation-request.ts';
import type { Guest, GuestAnswer } from '../../core/openstack/guest.ts';
import type { Migration } from '../../core/openstack/migration.ts';
import type { OpenStackSettings } from '../../core/settings/openstack-settings.ts';

export interface Clouds {
  /** Opens the cloud of these settings; nobody is asked before the first verb. @throws CloudAway, CloudRefused */
  open(settings: OpenStackSettings): Promise<Cloud>;
}

/**
 * One cloud, as its administrator sees it. Every verb throws CloudAway or CloudRefused when the cloud as a whole cannot
 * be used.
 */
export interface Cloud {
  /** Every nova-compute service, or those of one host. */
  services(host?: string): Promise<readonly ComputeService[]>;
  /** Lets Nova place no more guests there. Repeating it changes nothing but the reason. */
  disable(service: ComputeService, reason: string): Promise<void>;
  enable(service: ComputeService): Promise<void>;
  /** The guests of all tenants that name this host as theirs. @throws CloudRefused when Nova does not show whose they are */
  guestsOn(host: string): Promise<readonly Guest[]>;
  /** Undefined when there is none. */
  guest(id: string): Promise<Guest | undefined>;
  /** Migrations from the host that were begun or changed since `since` (epoch milliseconds), the latest first. */
  migrationsFrom(host: string, since: number): Promise<readonly Migration[]>;
  migrate(guest: Guest, how: 'live' | 'cold'): Promise<GuestAnswer>;
  confirm(guest: Guest): Promise<GuestAnswer>;
  abort(guest: Guest, migration: Migration): Promise<GuestAnswer>;
  /** Why the guest's latest action failed, in Nova's words; undefined when Nova does not say. */
  failureOf(guest: Guest): Promise<string | undefined>;
}

/** Evacuations as durable runs of their own. */
export interface Evacuations {
  /** Starts one of that name; `already`: the name is another request's. */
  start(name: string, request: EvacuationRequest): Promise<'started' | 'already'>;
}
