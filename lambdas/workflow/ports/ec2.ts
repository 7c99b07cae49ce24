/** EC2: instances, and what groups launch them from. */
import type { Group, LaunchPlan, Launched } from '../../core/aws/group.ts';
import type { Machine } from '../../core/node/dead-node.ts';
import type { MachineIdentity } from '../../core/node/identity.ts';

export interface Instances {
  /** By what the machine is known; nothing when the instance is unknown, or EC2 does not answer now (faults 16). */
  identity(instance: string): Promise<MachineIdentity>;
  /** What EC2 says of the machine; undefined when it does not answer now. */
  machine(instance: string): Promise<Machine | undefined>;
}

export interface InstanceTags {
  /** Empty when the instance has none or is unknown. */
  tagsOf(instance: { instance: string; account: string; region: string }): Promise<Readonly<Record<string, string>>>;
}

/** Instances that have not terminated. */
export interface InstanceFinder {
  /** By id, or by any of its private IPv4 addresses; several when machines of several networks have the same one. */
  find(by: { readonly id: string } | { readonly ip: string }): Promise<readonly FoundInstance[]>;
}

export interface FoundInstance {
  readonly instance: string;
  readonly vpc: string;
  /** Private ones of its network interfaces, those of pods among them. */
  readonly addresses: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** What groups would launch, and what they have launched (contract 9.1). */
export interface Launches {
  /** By group name; `fault`: why it cannot be told, naming what is missing. One that fails hinders no other. */
  plans(groups: readonly Group[]): Promise<ReadonlyMap<string, LaunchPlan | { readonly fault: string }>>;
  /** By instance; those that EC2 does not know are left out. */
  launched(instances: readonly string[]): Promise<ReadonlyMap<string, Launched>>;
}
