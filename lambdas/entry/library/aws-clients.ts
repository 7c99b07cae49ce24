/** The clients of AWS that a rotation in this process needs: the caller's own, or made in the caller's place. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createClient, type ClientPlace } from '../../adapters/aws/clients.ts';

export interface AwsClients {
  readonly autoScaling: AutoScalingClient;
  /** Asked for the alarms that a request names. */
  readonly cloudWatch: CloudWatchClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly elasticLoadBalancing: ElasticLoadBalancingClient;
  readonly elasticLoadBalancingV2: ElasticLoadBalancingV2Client;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  /** Read for images that launch templates take from parameters. */
  readonly ssm: SSMClient;
  /** Endpoint of services without a client here: zonal shifts of ARC. @default each service's own */
  readonly endpoint?: string;
}

/**
 * Where and as whom AWS is called: region, endpoint and credentials, or whole clients. Those that are missing are made.
 *
 * @default the region and credentials of the environment
 */
export interface AwsAccess extends ClientPlace, Partial<AwsClients> {}

export function awsClients({ region, endpoint, credentials, ...own }: AwsAccess = {}): AwsClients {
  const given = { region, endpoint, credentials };
  const place: ClientPlace = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...madeClients(place), ...own, ...(endpoint !== undefined && { endpoint }) };
}

/** Made though the caller has some: a client that is not used costs nothing. */
function madeClients(place: ClientPlace): AwsClients {
  // Others use the rate limits of load balancers too.
  const shared = { place, retryMode: 'adaptive' } as const;
  return {
    autoScaling: createClient(AutoScalingClient, { place }),
    cloudWatch: createClient(CloudWatchClient, { place }),
    ec2: createClient(EC2Client, { place }),
    eks: createClient(EKSClient, { place }),
    elasticLoadBalancing: createClient(ElasticLoadBalancingClient, shared),
    elasticLoadBalancingV2: createClient(ElasticLoadBalancingV2Client, shared),
    tagging: createClient(ResourceGroupsTaggingAPIClient, { place }),
    ssm: createClient(SSMClient, { place }),
  };
}
