/** The groups of a cluster, by their names or the tags that say so, and the account that they are in. */
import {
  paginateDescribeAutoScalingGroups,
  type AutoScalingClient,
  type DescribeAutoScalingGroupsCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { clusterTag } from '../../core/aws/cluster-identity.ts';

export interface ClusterGroups {
  readonly names: readonly string[];
  /** Undefined when there is no group. */
  readonly account: string | undefined;
}

/** @param also names of groups that may have no such tag; those that there are count */
export async function clusterGroups(
  client: AutoScalingClient,
  cluster: string,
  also: readonly string[] = [],
): Promise<ClusterGroups> {
  const found = new Map<string, string | undefined>();
  for (const request of requestsFor(cluster, also)) {
    for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client }, request)) {
      for (const { AutoScalingGroupName: name = '', AutoScalingGroupARN: arn } of AutoScalingGroups)
        found.set(name, arn?.split(':')[4]);
    }
  }
  return { names: [...found.keys()].toSorted(), account: [...found.values()].find((account) => account !== undefined) };
}

/** Tags of Kubernetes' cloud provider, of EKS and of kops. */
function requestsFor(cluster: string, names: readonly string[]): DescribeAutoScalingGroupsCommandInput[] {
  return [
    { Filters: [{ Name: 'tag-key', Values: [clusterTag(cluster)] }] },
    { Filters: [{ Name: 'tag:eks:cluster-name', Values: [cluster] }] },
    { Filters: [{ Name: 'tag:KubernetesCluster', Values: [cluster] }] },
    ...(names.length === 0 ? [] : [{ AutoScalingGroupNames: [...names] }]),
  ];
}
