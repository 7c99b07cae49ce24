/** EC2 Auto Scaling: groups, their lifecycle hooks, and who changes them. */
import type { Group, Member } from '../../core/aws/group.ts';

/** Auto Scaling, as far as a lifecycle action goes. */
export interface Lifecycle {
  /** The group that an instance is in and its state there; undefined when it is in none. */
  membership(instance: string): Promise<Membership | undefined>;
  /** Tags of a group; undefined when there is no such group. */
  groupTags(group: string): Promise<Readonly<Record<string, string>> | undefined>;
  hook(group: string, name: string): Promise<Hook | undefined>;
  /**
   * When Auto Scaling began to let the instance go, epoch milliseconds: its hook began then, or later, because its load
   * balancers may come before. Undefined when Auto Scaling does not tell.
   */
  leavingSince(instance: { readonly group: string; readonly instance: string }): Promise<number | undefined>;
  /** `over`: no such action is active, by AWS's own word (contract 6.1). */
  heartbeat(action: LifecycleAction): Promise<'recorded' | 'over'>;
  /** Completes with CONTINUE. */
  complete(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Whether the group keeps an instance whose termination hook is abandoned (contract 5.3). */
  retains(group: string): Promise<boolean>;
  /** Completes with ABANDON: without `retains`, that terminates and ends every other hook. */
  abandon(action: LifecycleAction): Promise<'completed' | 'over'>;
  /** Terminates an instance that its group has let go of already: the desired capacity stays. */
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

/** A lifecycle action by hook, group and instance: AWS does not tell its token, and takes these. */
export interface LifecycleAction {
  readonly group: string;
  readonly hook: string;
  readonly instance: string;
}

/** Auto Scaling groups as a whole: few calls, however many instances they have. */
export interface Groups {
  /**
   * The groups of these names, and those that bear the tag with that value; a name that no group has is left out.
   *
   * @param by.value @default `true`
   */
  enrolled(by: { names: readonly string[]; tag: string; value?: string }): Promise<readonly Group[]>;
  /** Instances that are in no group are left out. */
  members(instances: readonly string[]): Promise<readonly Member[]>;
}

/** Who else changes a group (contract 9.7). */
export interface GroupChanges {
  /** In words, such as `instance refresh … is under way`; undefined when nobody does. */
  underWay(group: Group): Promise<string | undefined>;
}
