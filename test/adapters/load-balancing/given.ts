/** The load balancing adapter on an AWS peer, with its clients as an entry point makes them. */
// Not the global one: the installed driven clock replaces that.
import { setTimeout as realSleep } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { CALL_LIMITS } from '../../../lambdas/adapters/aws/call-limits.ts';
import { loadBalancing } from '../../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import type { PoolScope, Target, TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';
import type { ElasticLoadBalancing } from '../../peers/aws/elastic-load-balancing/elastic-load-balancing.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import { AwsGiven } from '../aws/given.ts';

export interface LoadBalancingGiven extends AwsGiven {
  readonly elb: ElasticLoadBalancing;
  readonly port: LoadBalancing;
  pools(scope: PoolScope): Promise<readonly TargetPool[]>;
  /** The only pool of a scope. */
  pool(scope: PoolScope): Promise<TargetPool>;
  targets(pool: TargetPool, wanted?: readonly string[]): Promise<readonly Target[]>;
  /** Lets time pass fast, though not in leaps, until `work` has ended. */
  passing<T>(work: Promise<T>): Promise<T>;
}

export async function withLoadBalancing(): Promise<LoadBalancingGiven> {
  const given = await AwsGiven.start();
  const port = portFor(given);
  return Object.assign(given, {
    elb: given.aws.elasticLoadBalancing,
    port,
    pools: (scope: PoolScope) => port.pools(scope),
    async pool(scope: PoolScope) {
      const [found, ...others] = await port.pools(scope);
      if (found === undefined || others.length > 0) throw new Error(`${others.length + 1} pools, or none`);
      return found;
    },
    targets: (pool: TargetPool, wanted?: readonly string[]) => port.targets(pool, wanted),
    passing: async <T>(work: Promise<T>) => {
      const end = Promise.allSettled([work]);
      while ((await Promise.race([end, realSleep(2)])) === undefined) await given.clock.advance(100);
      return await work;
    },
  });
}

/** An adapter of its own, as another process has it. */
export function portFor({ aws }: Pick<AwsGiven, 'aws'>, credentials?: Credentials): LoadBalancing {
  const config = { ...aws.clientConfig(credentials), maxAttempts: CALL_LIMITS.maxAttempts };
  return loadBalancing({
    classic: new ElasticLoadBalancingClient(config),
    v2: new ElasticLoadBalancingV2Client(config),
    tagging: new ResourceGroupsTaggingAPIClient(config),
    autoScaling: new AutoScalingClient(config),
  });
}
