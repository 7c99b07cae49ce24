/** Auto Scaling groups, as far as Ebb reads them: their members, and what they are configured to launch. */

/** The group's name in events and notices about an instance that is in no group. */
export const NO_GROUP = 'none';

/** An instance of a group, and its state there. */
export interface Member {
  readonly instance: string;
  readonly group: string;
  /** LifecycleState, as Auto Scaling returns it. */
  readonly state: string;
}

export interface GroupMember extends Member {
  readonly zone: string;
  /** Instance type. */
  readonly type: string;
  /** Absent when Auto Scaling does not return it, as for an instance that was attached. */
  readonly launchedFrom?: SourceReference;
  /** Its share of the group's desired capacity. @default 1 */
  readonly weight?: number;
  /** Image of its root volume, if Auto Scaling returns it: EC2's answer is wrong once that volume was replaced. */
  readonly image?: string;
}

export interface Group {
  readonly name: string;
  /** Desired capacity: a number of instances, unless members have weights. */
  readonly desired: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Suspended processes, by AWS's names (`Launch`, `Terminate`, `AZRebalance`, ...). */
  readonly suspended: readonly string[];
  /** The EKS managed node group that this group belongs to. */
  readonly nodeGroup?: { readonly cluster: string; readonly name: string };
  readonly launch: LaunchReference;
  /** All members, with those in the warm pool. */
  readonly members: readonly GroupMember[];
}

/** A reference to a launch template or launch configuration, not resolved. */
export interface SourceReference {
  /** `template-name`: a launch template known by its name only. */
  readonly kind: 'template' | 'template-name' | 'configuration';
  /** `lt-…`, or the name. */
  readonly id: string;
  /** Version of a template: a number, `$Latest` or `$Default`. */
  readonly version?: string;
}

/** What a group is configured to launch, as references. */
export interface LaunchReference {
  /** Absent when the group names none. */
  readonly base?: SourceReference;
  readonly overrides: readonly LaunchOverride[];
  /** Requirements (vCPUs, memory, ...) decide which types it may launch, not a list. */
  readonly byRequirements: boolean;
}

/** An override of a mixed instances policy. */
export interface LaunchOverride {
  /** Absent when the override has requirements in its place. */
  readonly type?: string;
  /** @default the base */
  readonly source?: SourceReference;
  /** Replaces the source's image. */
  readonly image?: string;
}

/** What a group would launch now, resolved (contract 9.1). */
export interface LaunchPlan {
  readonly base: LaunchSource;
  /** Sources of the instance types that have their own. */
  readonly overrides: readonly { readonly type: string; readonly source: LaunchSource }[];
  /** Instance types that it may launch; absent when unknown: requirements decide, or no type is named. */
  readonly types?: readonly string[];
  /** Sources that its members were launched from, if they still exist and name their image by id. */
  readonly origins: readonly LaunchSource[];
}

/** One template version, or launch configuration. */
export interface LaunchSource extends SourceReference {
  readonly kind: 'template' | 'configuration';
  /** The template's name. */
  readonly name?: string;
  /** `ami-…` */
  readonly image: string;
  /**
   * Latest time at which the source began to launch this image, epoch milliseconds: when the SSM parameter that names
   * the image was set, or may have been. Absent when the source names the image by id, which never changes.
   */
  readonly imageSince?: number;
}

/** How an instance was launched, as EC2 returns it. */
export interface Launched {
  readonly image: string;
  /** When it was launched, epoch milliseconds. */
  readonly at: number;
  /** When it was last started, epoch milliseconds: out of a warm pool possibly long after the launch. */
  readonly startedAt: number;
}
