/**
 * One pass over balancer pools: takes the leaving machines out of them (contract 7.3). It is idempotent: targets that
 * drain already are left alone, and those that are gone are done.
 */
import type { Target, TargetPool } from '../../core/traffic/target-pool.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';

/** The part of load balancing that takes machines out. */
export type Withdrawing = Pick<LoadBalancing, 'targets' | 'deregister'>;

/** A machine that leaves, and the ids by which it may be registered. */
export interface Leaver {
  readonly instance: string;
  /** The machine's own addresses, and those of the pods on it. */
  readonly addresses: readonly string[];
}

/** Where a leaver still is, after the pass. */
export interface PoolTargets {
  readonly instance: string;
  readonly pool: TargetPool;
  /** `draining` also when it has just been deregistered. */
  readonly target: Target;
}

/** Deregisters every leaver that the pools still have. A dry run only looks. */
export async function withdrawPass(
  leavers: readonly Leaver[],
  { pools, dryRun = false }: { pools: readonly TargetPool[]; dryRun?: boolean },
  balancing: Withdrawing,
): Promise<PoolTargets[]> {
  const instances = leaversBy(leavers, ({ instance }) => [instance]);
  const addresses = leaversBy(leavers, ({ addresses: each }) => each);
  const each = pools.map(async (pool): Promise<PoolTargets[]> => {
    const who = pool.by === 'instance' ? instances : addresses;
    const targets = (await balancing.targets(pool, [...who.keys()])).filter(({ id }) => who.has(id));
    const leaving = isOthers(pool) ? [] : targets.filter(({ state }) => state === 'registered');
    if (leaving.length > 0 && !dryRun) await balancing.deregister(pool, leaving);
    const deregistered = new Set<Target>(dryRun ? [] : leaving);
    return targets.map((target) => ({
      instance: who.get(target.id) ?? '',
      pool,
      target: deregistered.has(target) ? { ...target, state: 'draining' } : target,
    }));
  });
  return (await Promise.all(each)).flat();
}

/** Whether the AWS Load Balancer Controller takes the targets out itself, once their pods end: then we only wait. */
function isOthers({ controlled, by }: TargetPool): boolean {
  return controlled && by === 'ip';
}

function leaversBy(leavers: readonly Leaver[], ids: (leaver: Leaver) => readonly string[]): Map<string, string> {
  return new Map(leavers.flatMap((leaver) => ids(leaver).map((id) => [id, leaver.instance])));
}
