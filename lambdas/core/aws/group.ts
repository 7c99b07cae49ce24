/** Auto Scaling groups, as far as Ebb looks at them: what is in them, and what they are told to launch. */

/** Stands in events and notices for the group of an instance that is in none. */
export const NO_GROUP = 'none';

/** An instance of a group, and its state there. */
export interface Member {
  readonly instance: string;
  readonly group: string;
  /** LifecycleState, as Auto Scaling says it. */
  readonly state: string;
}

export interface GroupMember extends Member {
  readonly zone: string;
  /** Instance type. */
  readonly type: string;
  /** Absent when Auto Scaling does not tell, as of an instance that was attached. */
  readonly launchedFrom?: SourceReference;
  /** How much of its group's desired capacity it fulfils; absent: 1. */
  readonly weight?: number;
  /** What its root volume was made of, where Auto Scaling tells: after a replacement of that volume, no longer as EC2 says. */
  readonly image?: string;
}

export interface Group {
  readonly name: string;
  /** How much capacity it is to have: as many instances, unless its members have weights. */
  readonly desired: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Its processes that somebody has suspended, by AWS's names (`Launch`, `Terminate`, `AZRebalance`, ...). */
  readonly suspended: readonly string[];
  /** The EKS managed node group that it stands behind. */
  readonly nodeGroup?: { readonly cluster: string; readonly name: string };
  readonly launch: LaunchReference;
  /** Those in its warm pool too. */
  readonly members: readonly GroupMember[];
}

/** A launch template or launch configuration as it is referred to, not looked up. */
export interface SourceReference {
  /** `template-name`: a launch template of which nothing but the name is told. */
  readonly kind: 'template' | 'template-name' | 'configuration';
  /** `lt-…`, or the name. */
  readonly id: string;
  /** Of a template: a number, `$Latest` or `$Default`. */
  readonly version?: string;
}

/** What a group is configured to launch, not looked up yet. */
export interface LaunchReference {
  /** Absent when the group names none. */
  readonly base?: SourceReference;
  readonly overrides: readonly LaunchOverride[];
  /** Requirements (vCPUs, memory, ...) and no list say which types it may launch. */
  readonly byRequirements: boolean;
}

/** What a mixed instances policy lays over the base. */
export interface LaunchOverride {
  /** Absent when requirements stand in its place. */
  readonly type?: string;
  /** Absent: the base. */
  readonly source?: SourceReference;
  /** Over the source's own. */
  readonly image?: string;
}

/** What a group would launch now, looked up (contract 9.1). */
export interface LaunchPlan {
  readonly base: LaunchSource;
  /** For the instance types that have a source of their own. */
  readonly overrides: readonly { readonly type: string; readonly source: LaunchSource }[];
  /** The instance types that it may launch; absent when they cannot be told: requirements decide, or nothing says. */
  readonly types?: readonly string[];
  /** What its members were launched from, as far as that is still there and its image is written out in it. */
  readonly origins: readonly LaunchSource[];
}

/** One template version, or launch configuration. */
export interface LaunchSource extends SourceReference {
  readonly kind: 'template' | 'configuration';
  /** The template's, besides its id. */
  readonly name?: string;
  /** `ami-…` */
  readonly image: string;
  /**
   * When that image became what is launched from here, at the latest, epoch milliseconds: the SSM parameter that names it
   * was set, or may have been. Absent when the image is written out in the source itself, which never changes.
   */
  readonly imageSince?: number;
}

/** How an instance was made, as EC2 says it. */
export interface Launched {
  readonly image: string;
  /** When it was made, epoch milliseconds. */
  readonly at: number;
  /** When it was last started, which out of a warm pool may be long after. */
  readonly startedAt: number;
}
