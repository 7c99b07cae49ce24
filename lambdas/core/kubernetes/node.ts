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

/** Stands for the machine of a node that has no EC2 instance, where an instance's id would stand (contract 2.1). */
const BARE = 'node:';

/** The id of the machine of a node without an EC2 instance: its name is all that there is. */
export function bareMachine(node: string): string {
  return `${BARE}${node}`;
}

/** The name of the node whose machine has that id; undefined when it is an EC2 instance. */
export function nodeOfBareMachine(instance: string): string | undefined {
  return instance.startsWith(BARE) ? instance.slice(BARE.length) : undefined;
}

/** Whether the node stands for that instance. Names recur, provider ids do not (contract 2.1). */
export function isInstance(node: Node, instance: string): boolean {
  const { name, providerId, provedInstance } = node;
  const bare = nodeOfBareMachine(instance);
  if (bare !== undefined) return name === bare && instanceOf(node) === undefined;
  return providerId === undefined ? provedInstance === instance : providerId.endsWith(`/${instance}`);
}
