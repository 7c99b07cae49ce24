/** EKS on the wire: REST and JSON. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import { operation, type Service } from '../wire/service.ts';
import type { Cluster, Eks, Nodegroup } from './clusters.ts';

export function eksService(eks: Eks, account: Account): Service {
  return {
    scope: 'eks',
    iamPrefix: 'eks',
    protocol: 'rest-json',
    invalidCode: 'InvalidParameterException',
    deniedCode: 'AccessDeniedException',
    operations: {
      DescribeCluster: operation({
        input: z.object({ name: z.string() }),
        resources: ({ name }) => [{ arn: arn(account, 'eks', `cluster/${name}`) }],
        answer: ({ name }) => ({ cluster: clusterShape(eks.cluster(name)) }),
      }),
      DescribeNodegroup: operation({
        input: z.object({ name: z.string(), nodegroupName: z.string() }),
        resources: ({ name, nodegroupName }) => [{ arn: nodegroupArn(eks, account, { name, nodegroupName }) }],
        answer: ({ name, nodegroupName }) => ({ nodegroup: nodegroupShape(eks.nodegroup(name, nodegroupName)) }),
      }),
    },
    route: ({ method, path }) => {
      const [, name, nodegroupName] = /^\/clusters\/([^/]+)(?:\/node-groups\/([^/]+))?$/.exec(path) ?? [];
      if (method !== 'GET' || name === undefined) return undefined;
      const parameters = { name: decodeURIComponent(name) };
      if (nodegroupName === undefined) return { action: 'DescribeCluster', parameters };
      const named = { ...parameters, nodegroupName: decodeURIComponent(nodegroupName) };
      return { action: 'DescribeNodegroup', parameters: named };
    },
  };
}

function clusterShape(cluster: Cluster): Record<string, unknown> {
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: cluster.createdAt,
    version: cluster.version,
    endpoint: cluster.endpoint,
    status: cluster.status,
    certificateAuthority: { data: Buffer.from(cluster.ca).toString('base64') },
    platformVersion: 'eks.1',
    accessConfig: { authenticationMode: 'API' },
    kubernetesNetworkConfig: { serviceIpv4Cidr: '172.20.0.0/16', ipFamily: 'ipv4' },
    tags: {},
  };
}

/** One that is not there has no uuid for its ARN to end in. */
function nodegroupArn(eks: Eks, account: Account, wanted: { name: string; nodegroupName: string }): string {
  const { name, nodegroupName } = wanted;
  const found = eks.nodegroups.find((each) => each.clusterName === name && each.name === nodegroupName);
  return found?.arn ?? arn(account, 'eks', `nodegroup/${name}/${nodegroupName}/*`);
}

function nodegroupShape(nodegroup: Nodegroup): Record<string, unknown> {
  return {
    nodegroupName: nodegroup.name,
    nodegroupArn: nodegroup.arn,
    clusterName: nodegroup.clusterName,
    version: nodegroup.version,
    createdAt: nodegroup.createdAt,
    status: nodegroup.status,
    capacityType: 'ON_DEMAND',
    nodeRepairConfig: nodegroup.nodeRepairConfig,
    resources: { autoScalingGroups: nodegroup.autoScalingGroups.map((name) => ({ name })) },
    health: { issues: [] },
    tags: {},
  };
}
