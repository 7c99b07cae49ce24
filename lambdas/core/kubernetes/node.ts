/** The fields of a cluster node that Ebb needs. */
export interface Node {
  readonly name: string;
  readonly uid: string;
  /** `aws:///<zone>/<instance>` on EKS; absent until the kubelet or the cloud controller sets it. */
  readonly providerId?: string;
  /** Its instance, proved although the node has no providerID (identity.ts). */
  readonly provedInstance?: string;
  /** Its addresses of type InternalIP; absent when it has none. */
  readonly internalIps?: readonly string[];
  readonly resourceVersion: string;
  readonly unschedulable: boolean;
  readonly taints: readonly Taint[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Version that the kubelet reports, `v1.33.4-eks-99d6cc0`; absent before its first report. */
  readonly kubeletVersion?: string;
  /** Changes each time that the machine boots. */
  readonly bootId?: string;
  /** Since when its Ready condition has not been True, epoch milliseconds; absent while it is. */
  readonly notReadySince?: number;
  /** Its other conditions, without those that are well; only where all nodes are read. */
  readonly conditions?: readonly NodeCondition[];
}

export interface NodeCondition {
  readonly type: string;
  readonly status: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** A taint as the API has it. Taints that are not Ebb's are written back unchanged. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

/** The EC2 instance that the node stands for; undefined when it stands for none. */
export function instanceOf({ providerId, provedInstance }: Node): string | undefined {
  return providerId === undefined ? provedInstance : /\/(i-[0-9a-f]+)$/.exec(providerId)?.[1];
}

/** Whether the node stands for that instance. Names recur, provider ids do not (contract 2.1). */
export function isInstance({ providerId, provedInstance }: Node, instance: string): boolean {
  return providerId === undefined ? provedInstance === instance : providerId.endsWith(`/${instance}`);
}
