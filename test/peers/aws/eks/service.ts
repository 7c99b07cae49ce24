/** EKS on the wire: REST and JSON. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import { operation, type Service } from '../wire/service.ts';
import type { Cluster, Eks } from './clusters.ts';

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
    },
    route: ({ method, path }) => {
      const [, name] = /^\/clusters\/([^/]+)$/.exec(path) ?? [];
      if (method !== 'GET' || name === undefined) return undefined;
      return { action: 'DescribeCluster', parameters: { name: decodeURIComponent(name) } };
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
