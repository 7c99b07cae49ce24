/**
 * Changes of a group that others have under way (contract 9.7): by EKS, or by an instance refresh. And whether EKS repairs
 * its nodes (contract 1.2).
 */
import { paginateDescribeInstanceRefreshes, type AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DescribeNodegroupCommand, type EKSClient, type Nodegroup } from '@aws-sdk/client-eks';
import type { Group } from '../../core/aws/group.ts';
import type { GroupChanges } from '../../workflow/ports/auto-scaling.ts';
import { refusedAs, unless } from '../aws/refusals.ts';

export const REFRESH_ACTIONS = ['autoscaling:DescribeInstanceRefreshes'] as const;
/** IAM actions on managed node groups. */
export const NODE_GROUP_ACTIONS = ['eks:DescribeNodegroup'] as const;

/** Statuses in which EKS changes a node group. In `DEGRADED` and the `…_FAILED` ones nobody changes it. */
const CHANGING_NODE_GROUP = ['CREATING', 'UPDATING', 'DELETING'];

const ACTIVE_REFRESH = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'];

export function groupChanges(clients: {
  readonly autoScaling: AutoScalingClient;
  readonly eks: EKSClient;
}): GroupChanges {
  return {
    async underWay(group) {
      return (await nodeGroupChange(clients.eks, group)) ?? (await refresh(clients.autoScaling, group));
    },
    async repairs(group) {
      return (await nodeGroupOf(clients.eks, group))?.nodeRepairConfig?.enabled === true;
    },
  };
}

async function nodeGroupChange(client: EKSClient, group: Group): Promise<string | undefined> {
  const { status } = (await nodeGroupOf(client, group)) ?? {};
  if (status === undefined || !CHANGING_NODE_GROUP.includes(status)) return undefined;
  return `its managed node group ${group.nodeGroup?.name} is ${status}`;
}

/** Returns the managed node group as EKS has it; undefined when the group is none's. */
async function nodeGroupOf(client: EKSClient, { nodeGroup }: Group): Promise<Nodegroup | undefined> {
  if (nodeGroup === undefined) return undefined;
  const { cluster, name } = nodeGroup;
  const request = new DescribeNodegroupCommand({ clusterName: cluster, nodegroupName: name });
  // A managed node group that is gone, or that belongs to another group, is not found: its tags say nothing.
  const answer = await unless(refusedAs('ResourceNotFoundException'), () => client.send(request));
  return answer?.nodegroup;
}

async function refresh(client: AutoScalingClient, { name }: Group): Promise<string | undefined> {
  for await (const { InstanceRefreshes = [] } of paginateDescribeInstanceRefreshes(
    { client },
    { AutoScalingGroupName: name },
  )) {
    const active = InstanceRefreshes.find(({ Status = '' }) => ACTIVE_REFRESH.includes(Status));
    if (active !== undefined) return `instance refresh ${active.InstanceRefreshId} is under way (${active.Status})`;
  }
  return undefined;
}
