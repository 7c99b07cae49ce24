/** Elastic Load Balancing. */
import type { PoolScope, Registration, Target, TargetPool } from '../../core/traffic/target-pool.ts';

/** Elastic Load Balancing. What is gone already is never an error. */
export interface LoadBalancing {
  /** How many pools the scope may have: asks AWS for names alone, which costs none of the rates of Elastic Load Balancing. */
  poolsNamed(scope: Omit<PoolScope, 'vpc'>): Promise<number>;
  /** Pools whose targets are instances or IP addresses; kept for two minutes (contract 7.2). */
  pools(scope: PoolScope): Promise<readonly TargetPool[]>;
  /**
   * Every registered target of the pool, and of those that drain at least the `wanted`; none when the pool is gone.
   *
   * @param wanted ids: classic load balancers tell of instances that drain only when they are asked for few by id
   */
  targets(pool: TargetPool, wanted?: readonly string[]): Promise<readonly Target[]>;
  /** Takes these targets out of the pool, in as few calls as AWS allows. */
  deregister(pool: TargetPool, targets: readonly Target[]): Promise<void>;
  /** Whether a tag names the cluster: costs none of the rates of Elastic Load Balancing either. */
  isTaggedFor(cluster: string, pool: TargetPool): Promise<boolean>;
  /** Puts these targets back; those that are registered, or drain, come into service again. */
  register(pool: TargetPool, targets: readonly Registration[]): Promise<void>;
}
