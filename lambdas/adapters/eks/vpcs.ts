/** VPCs whose instances may be withdrawn on request: those of EKS clusters. */
import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';

export const CLUSTER_VPC_ACTIONS = ['eks:DescribeCluster'] as const;

/** @param vpcs if there are any, these are allowed, and EKS is not asked */
export function allowedVpcs(
  client: EKSClient,
  { clusters, vpcs }: { clusters: readonly string[]; vpcs: readonly string[] },
): () => Promise<ReadonlySet<string>> {
  // A cluster's VPC never changes, so each is asked for once. A cluster that does not exist has none.
  const known = new Map<string, string>();
  const learn = async (name: string): Promise<void> => {
    const vpc = await vpcOf(client, name);
    if (vpc !== undefined) known.set(name, vpc);
  };
  return async () => {
    if (vpcs.length > 0) return new Set(vpcs);
    await Promise.all(clusters.filter((name) => !known.has(name)).map(learn));
    return new Set(known.values());
  };
}

async function vpcOf(client: EKSClient, name: string): Promise<string | undefined> {
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }));
    return cluster?.resourcesVpcConfig?.vpcId;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
