/** Clients for finding and changing load balancers. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { createClient } from '../aws/clients.ts';
import type { LoadBalancingClients } from './elastic-load-balancing.ts';

/** Slows down once throttled: others use the same rate limits. */
const SHARED_RATE = { retryMode: 'adaptive' } as const;

export function balancingClients(): LoadBalancingClients {
  return {
    classic: createClient(ElasticLoadBalancingClient, SHARED_RATE),
    v2: createClient(ElasticLoadBalancingV2Client, SHARED_RATE),
    tagging: createClient(ResourceGroupsTaggingAPIClient),
    autoScaling: createClient(AutoScalingClient),
  };
}
