/** EC2 Auto Scaling: groups, their lifecycle hooks, and who changes them. */
import type { Group, Member } from '../../core/aws/group.ts';

/** The lifecycle actions of Auto Scaling, and what they depend on. */
export interface Lifecycle {
  /** The group that an instance is in and its state there; undefined when it is in none. */
  membership(instance: string): Promise<Membership | undefined>;
  /** Tags of a group; undefined when there is no such group. */
  groupTags(group: string): Promise<Readonly<Record<string, string>> | undefined>;
  hook(group: string, name: string): Promise<Hook | undefined>;
  /**
   * When Auto Scaling began to terminate the instance, epoch milliseconds; undefined when it does not say. The hook
   * began then, or later: Auto Scaling may take the instance out of its load balancers first.
   */
  leavingSince(instance: { readonly group: string; readonly instance: string }): Promise<number | undefined>;
  /** Renews the action's timeout. `over`: AWS says that no such action is active (contract 6.1). */
  heartbeat(action: LifecycleAction): Promise<'recorded' | 'over'>;
  /**
   * Completes the action with CONTINUE, exactly once for each hook (contract 6.2):
   *
   * 1. A repeated event starts nothing: the execution's name is made of it (`executionName`).
   * 2. The sweep starts nothing for an instance whose retirement runs (`isOrphaned`).
   * 3. A node has one owner, and only its retirement completes (`decideOwnership`).
   * 4. In a retirement this is a durable step, whose result is kept: a replay does not call again.
   * 5. A second call all the same is answered `over`, which counts as done.
   */
  complete(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Whether the group keeps an instance whose termination hook is abandoned (contract 5.3). */
  retains(group: string): Promise<boolean>;
  /** Whether the group replaces Spot instances that EC2 recommends to rebalance. */
  rebalances(group: string): Promise<boolean>;
  /** Completes the action with ABANDON. Without `retains`, that terminates the instance and ends every other hook. */
  abandon(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Terminates an instance that its group has let go of already: the desired capacity does not change. */
  terminate(instance: string): Promise<'terminated' | 'gone'>;
}

export interface Membership {
  readonly group: string;
  readonly state: string;
}

export interface Hook {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly globalTimeoutSeconds: number;
  readonly metadata?: string;
}

/** A lifecycle action, named by hook, group and instance: AWS takes these in place of the token, which it hides. */
export interface LifecycleAction {
  readonly group: string;
  readonly hook: string;
  readonly instance: string;
}

/** Auto Scaling groups as a whole, read with few calls however many instances they have. */
export interface Groups {
  /**
   * The groups of these names, and those that bear the tag with that value; a name that no group has is left out.
   *
   * @param by.value @default `true`
   */
  enrolled(by: { names: readonly string[]; tag: string; value?: string }): Promise<readonly Group[]>;
  /** The groups of these names; one that is gone is left out. */
  named(names: readonly string[]): Promise<readonly Group[]>;
  /** The membership of these instances; those that are in no group are left out. */
  members(instances: readonly string[]): Promise<readonly Member[]>;
}

/** Changes of which instances a group has (contract 10.2). Each may be repeated: what is done already counts as done. */
export interface Capacity {
  /** Undefined when the group has gone. */
  bounds(group: string): Promise<Bounds | undefined>;
  /** Takes the instance out of its group. The desired capacity stays, so the group launches another in its place. */
  detach(member: GroupInstance): Promise<void>;
  /** Puts the running instance into the group. The desired capacity rises by one. */
  attach(member: GroupInstance): Promise<void>;
  /** Terminates the instance through its group. The desired capacity falls by one. `gone`: no group has it. */
  shrink(instance: string): Promise<'terminated' | 'gone'>;
  setDesired(group: string, desired: number): Promise<void>;
  setLeast(group: string, min: number): Promise<void>;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
}

export interface GroupInstance {
  readonly group: string;
  readonly instance: string;
}

/** Who else changes a group (contract 9.7), or its nodes (contract 1.2). */
export interface GroupChanges {
  /** The change in words, such as `instance refresh … is under way`; undefined when there is none. */
  underWay(group: Group): Promise<string | undefined>;
  /** Whether EKS repairs the nodes of the group by itself: it is a managed node group's, with node auto repair on. */
  repairs(group: Group): Promise<boolean>;
}
