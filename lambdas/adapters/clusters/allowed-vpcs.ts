/** VPCs whose instances may be withdrawn on request: those of the configured clusters. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import { clusterTag } from '../../core/aws/cluster-identity.ts';
import { refusedAs, unless } from '../aws/refusals.ts';
import { describeInstances } from '../ec2/described-instances.ts';

export const CLUSTER_VPC_ACTIONS = ['eks:DescribeCluster'] as const;

interface Allowed {
  /** Names of EKS clusters. */
  readonly clusters: readonly string[];
  /** Names of clusters that EKS does not know (contract 15.1): their VPCs are those of the instances tagged for them. */
  readonly others: readonly string[];
  /** If there are any, these are allowed, and nobody is asked. */
  readonly vpcs: readonly string[];
}

export function allowedVpcs(
  { eks, ec2 }: { readonly eks: EKSClient; readonly ec2: EC2Client },
  { clusters, others, vpcs }: Allowed,
): () => Promise<ReadonlySet<string>> {
  const asks = [
    ...clusters.map((name) => () => vpcOf(eks, name)),
    ...others.map((name) => () => vpcsOfInstances(ec2, name)),
  ];
  // A cluster's VPC never changes, so each is asked for once. A cluster that does not exist has none.
  const known = new Map<number, readonly string[]>();
  const learn = async (ask: () => Promise<readonly string[]>, index: number): Promise<void> => {
    const found = known.get(index) ?? (await ask());
    if (found.length > 0) known.set(index, found);
  };
  return async () => {
    if (vpcs.length > 0) return new Set(vpcs);
    await Promise.all(asks.map(learn));
    return new Set([...known.values()].flat());
  };
}

async function vpcOf(client: EKSClient, name: string): Promise<string[]> {
  const request = new DescribeClusterCommand({ name });
  const answer = await unless(refusedAs('ResourceNotFoundException'), () => client.send(request));
  return [answer?.cluster?.resourcesVpcConfig?.vpcId ?? []].flat();
}

/** @param name of a cluster, as its instances bear it in a tag (contract 1.5) */
async function vpcsOfInstances(client: EC2Client, name: string): Promise<string[]> {
  const found = await describeInstances(client, { Filters: [{ Name: 'tag-key', Values: [clusterTag(name)] }] });
  return [...new Set(found.flatMap(({ VpcId }) => VpcId ?? []))];
}
