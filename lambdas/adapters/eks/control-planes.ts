/** Kubernetes versions of EKS control planes, by the name of the cluster. */
import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import type { ControlPlanes } from '../../workflow/ports/eks.ts';
import { refusedAs, unless } from '../aws/refusals.ts';

/** IAM actions on clusters. */
export const CONTROL_PLANE_ACTIONS = ['eks:DescribeCluster'] as const;

export function controlPlanes(client: EKSClient): ControlPlanes {
  return {
    async version(name) {
      const request = new DescribeClusterCommand({ name });
      const answer = await unless(refusedAs('ResourceNotFoundException'), () => client.send(request));
      return answer?.cluster?.version;
    },
  };
}
