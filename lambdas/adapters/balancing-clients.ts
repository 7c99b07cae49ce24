/** The clients that load balancers are found and changed with. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { CALL_LIMITS } from './call-limits.ts';
import type { LoadBalancingClients } from './elastic-load-balancing.ts';

/** Others use up the same rate limits: once throttled, slower. */
const BALANCER_LIMITS = { ...CALL_LIMITS, retryMode: 'adaptive' };

export function balancingClients(): LoadBalancingClients {
  return {
    classic: new ElasticLoadBalancingClient(BALANCER_LIMITS),
    v2: new ElasticLoadBalancingV2Client(BALANCER_LIMITS),
    tagging: new ResourceGroupsTaggingAPIClient(CALL_LIMITS),
    autoScaling: new AutoScalingClient(CALL_LIMITS),
  };
}
