/** EC2: instances, and what groups launch them from. */
import type { Group, LaunchPlan, Launched } from '../../core/aws/group.ts';
import type { Impairment, StatusCheck } from '../../core/aws/status-check.ts';
import type { Machine } from '../../core/node/dead-node.ts';
import type { MachineIdentity } from '../../core/node/identity.ts';

export interface Instances {
  /** Names by which the machine is known; none when the instance is unknown, or EC2 does not answer now (faults 16). */
  identity(instance: string): Promise<MachineIdentity>;
  /** The machine's state by EC2; undefined when EC2 does not answer now. */
  machine(instance: string): Promise<Machine | undefined>;
  /** How the machine was bought; undefined when EC2 does not know it, or does not answer now. */
  purchase(instance: string): Promise<Purchase | undefined>;
  /** What AWS is to do with the machine, and has not done yet; undefined when EC2 does not answer now. */
  scheduled(instance: string): Promise<readonly ScheduledChange[] | undefined>;
}

export interface Purchase {
  /** By EC2's words; `on-demand` for none of them. */
  readonly as: 'spot' | 'scheduled' | 'capacity-block' | 'interruptible-capacity-reservation' | 'on-demand';
  /** The capacity reservation that the machine runs in. */
  readonly reservation?: string;
}

/** Capacity reservations. */
export interface Reservations {
  /** Ids of the instances that run in the reservation. */
  instancesIn(reservation: string): Promise<readonly string[]>;
}

/** A change that AWS has scheduled for an instance (contract 1.2). */
export interface ScheduledChange {
  readonly instance: string;
  readonly action: 'stop' | 'terminate' | 'reboot';
  /** The earliest time, epoch milliseconds. */
  readonly notBefore: number;
}

/** Changes that AWS has scheduled, read of all instances with few calls. */
export interface ScheduledChanges {
  ofAll(): Promise<readonly ScheduledChange[]>;
}

/** EC2's status checks, read of all instances with few calls. */
export interface StatusChecks {
  /** The checks of these kinds that are impaired, of every instance of the account and region that runs. */
  impaired(checks: readonly StatusCheck[]): Promise<readonly Impairment[]>;
}

/** Instances that no group has any more. */
export interface DetachedInstances {
  tag(instance: string, tags: Readonly<Record<string, string>>): Promise<void>;
  untag(instance: string, keys: readonly string[]): Promise<void>;
  /** Terminates the instance. One that has terminated, or that EC2 does not know any more, counts as done. */
  terminate(instance: string): Promise<void>;
}

export interface InstanceTags {
  /** Tags of the instance; empty when it has none or is unknown. */
  tagsOf(instance: { instance: string; account: string; region: string }): Promise<Readonly<Record<string, string>>>;
}

export interface TaggedInstances {
  /** Tags of every instance of the account and region that has a tag with that key, by id; ended ones too for a while. */
  tagged(key: string): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
}

/** Instances that have not terminated. */
export interface InstanceFinder {
  /** Finds by id, or by any private IPv4 address; several when machines of several networks have the same address. */
  find(by: { readonly id: string } | { readonly ip: string }): Promise<readonly FoundInstance[]>;
}

export interface FoundInstance {
  readonly instance: string;
  readonly vpc: string;
  /** Private addresses of its network interfaces, those of pods among them. */
  readonly addresses: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Plans of what groups would launch, and what they have launched (contract 9.1). */
export interface Launches {
  /** Plans by group name; `fault`: why there is none, naming what is missing. One that fails hinders no other. */
  plans(groups: readonly Group[]): Promise<ReadonlyMap<string, LaunchPlan | { readonly fault: string }>>;
  /** What each instance was launched from, by instance; instances that EC2 does not know are left out. */
  launched(instances: readonly string[]): Promise<ReadonlyMap<string, Launched>>;
}
