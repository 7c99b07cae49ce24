/** Kubernetes version of an EKS control plane. EKS changes it once an update is over, not while servers are replaced. */
import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import { refusedAs, unless } from '../aws/refusals.ts';

/** IAM actions on clusters. */
export const CONTROL_PLANE_ACTIONS = ['eks:DescribeCluster'] as const;

/** Returns the minor version, `1.33`; undefined when EKS knows no such cluster. */
export async function controlPlaneVersion(client: EKSClient, name: string): Promise<string | undefined> {
  const request = new DescribeClusterCommand({ name });
  const answer = await unless(refusedAs('ResourceNotFoundException'), () => client.send(request));
  return answer?.cluster?.version;
}
