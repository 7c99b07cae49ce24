/** The EKS clusters, their managed node groups and their access entries. */
import { arn, type Account } from '../account.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';

export interface ClusterPlan {
  readonly name: string;
  readonly endpoint: string;
  /** The CA certificate, PEM; the API answers it in base64. */
  readonly ca: string;
  /** Default `1.33`. */
  readonly version?: string;
}

export interface Cluster extends ClusterPlan {
  readonly arn: string;
  version: string;
  readonly createdAt: Date;
  status: 'ACTIVE' | 'CREATING' | 'DELETING' | 'FAILED' | 'UPDATING';
}

export interface NodegroupPlan {
  readonly clusterName: string;
  readonly name: string;
  /** Names of the groups behind it. */
  readonly autoScalingGroups: readonly string[];
  /** Default: the cluster's at that time. */
  readonly version?: string;
  /** Default: none, which means off. */
  readonly nodeRepairConfig?: { readonly enabled: boolean };
}

export interface Nodegroup extends NodegroupPlan {
  readonly arn: string;
  readonly createdAt: Date;
  version: string;
  nodeRepairConfig?: { readonly enabled: boolean };
  status: 'ACTIVE' | 'CREATING' | 'CREATE_FAILED' | 'DEGRADED' | 'DELETING' | 'DELETE_FAILED' | 'UPDATING';
}

/** What an IAM principal is in a cluster. */
export interface AccessEntry {
  readonly clusterName: string;
  readonly principalArn: string;
  readonly groups: readonly string[];
  /** Default: the assumed-role ARN of the session. */
  readonly username?: string;
}

export class Eks {
  readonly clusters = new Map<string, Cluster>();
  readonly nodegroups: Nodegroup[] = [];
  readonly accessEntries: AccessEntry[] = [];
  readonly #account: Account;
  readonly #time: Timetable;

  constructor(parts: { account: Account; time: Timetable }) {
    this.#account = parts.account;
    this.#time = parts.time;
  }

  addCluster(plan: ClusterPlan): Cluster {
    const cluster: Cluster = {
      ...plan,
      version: plan.version ?? '1.33',
      arn: arn(this.#account, 'eks', `cluster/${plan.name}`),
      createdAt: this.#time.date(),
      status: 'ACTIVE',
    };
    this.clusters.set(plan.name, cluster);
    return cluster;
  }

  /** Its group bears EKS's tags only if the test gives it them. */
  addNodegroup(plan: NodegroupPlan): Nodegroup {
    const { version } = this.cluster(plan.clusterName);
    const nodegroup: Nodegroup = {
      version,
      ...plan,
      arn: arn(this.#account, 'eks', `nodegroup/${plan.clusterName}/${plan.name}/${crypto.randomUUID()}`),
      createdAt: this.#time.date(),
      status: 'ACTIVE',
    };
    this.nodegroups.push(nodegroup);
    return nodegroup;
  }

  addAccessEntry(entry: AccessEntry): void {
    this.accessEntries.push(entry);
  }

  /** @throws AwsError ResourceNotFoundException */
  cluster(name: string): Cluster {
    const cluster = this.clusters.get(name);
    if (cluster !== undefined) return cluster;
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404);
  }

  /** @throws AwsError ResourceNotFoundException */
  nodegroup(clusterName: string, name: string): Nodegroup {
    this.cluster(clusterName);
    const found = this.nodegroups.find((each) => each.clusterName === clusterName && each.name === name);
    if (found !== undefined) return found;
    throw new AwsError('ResourceNotFoundException', `No node group found for name: ${name}.`, 404);
  }
}
