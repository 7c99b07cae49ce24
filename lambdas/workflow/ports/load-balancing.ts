/** Elastic Load Balancing. */
import type { PoolScope, Registration, Target, TargetPool } from '../../core/traffic/target-pool.ts';

/** Balancer pools and their targets. A pool or target that is gone already is never an error. */
export interface LoadBalancing {
  /** How many pools the scope may have. Asks AWS for names alone, which uses none of Elastic Load Balancing's rates. */
  poolsNamed(scope: Omit<PoolScope, 'vpc'>): Promise<number>;
  /** Pools whose targets are instances or IP addresses; kept for two minutes (contract 7.2). */
  pools(scope: PoolScope): Promise<readonly TargetPool[]>;
  /**
   * Every registered target of the pool and, of those that drain, at least the `wanted`; none when the pool is gone.
   *
   * @param wanted ids: a classic load balancer shows draining instances only when it is asked for a few by id
   */
  targets(pool: TargetPool, wanted?: readonly string[]): Promise<readonly Target[]>;
  /** Takes these targets out of the pool, in as few calls as AWS allows. */
  deregister(pool: TargetPool, targets: readonly Target[]): Promise<void>;
  /**
   * The application and network load balancers among these that serve the cluster, by a tag, or by a target group of theirs
   * that is tagged for it or attached to one of the groups; one that is gone serves nothing.
   *
   * @param balancers ARNs
   */
  serving(
    of: { readonly cluster: string; readonly groups: readonly string[] },
    balancers: readonly string[],
  ): Promise<readonly string[]>;
  /** Whether a tag names the cluster. Uses none of Elastic Load Balancing's rates either. */
  isTaggedFor(cluster: string, pool: TargetPool): Promise<boolean>;
  /** Puts these targets back. Targets that are registered, or drain, come into service again. */
  register(pool: TargetPool, targets: readonly Registration[]): Promise<void>;
}
