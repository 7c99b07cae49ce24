/**
 * Takes one instance out of every load balancer on request, and waits until no traffic can reach it (contract 7.4).
 * Nothing is kept between requests: each looks again, and goes on from what it finds.
 */
import { clusterIdentity } from '../../core/aws/cluster-identity.ts';
import type { PoolScope, Target, TargetPool } from '../../core/traffic/target-pool.ts';
import { LATE_MS } from '../../core/traffic/withdrawal.ts';
import type { FoundInstance, InstanceFinder } from '../ports/ec2.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import { sleep } from '../run/sleep.ts';
import { withdrawEach, type PoolFault } from './withdraw-nodes.ts';
import type { PoolTargets } from './withdraw-pass.ts';

export interface WithdrawalOrder {
  readonly who: { readonly id: string } | { readonly ip: string };
  /** Whether to say at once what would be done, and change nothing. */
  readonly dryRun: boolean;
  /** How long to wait until the targets have drained; 0: not at all. */
  readonly timeoutSeconds: number;
}

export interface WithdrawalPorts {
  readonly finder: InstanceFinder;
  readonly balancing: LoadBalancing;
  /** VPCs whose instances may be withdrawn: an instance of another VPC counts as unknown. */
  readonly allowedVpcs: () => Promise<ReadonlySet<string>>;
}

/** A pool in which the instance still is. */
export interface Remaining extends PoolTargets {
  /** Whether it has drained for longer than it should: its delay and 30 s (contract 7.3). */
  readonly late: boolean;
}

export type WithdrawalOutcome =
  /** No such instance, or it has terminated, or its VPC is not allowed: who asks does not learn which. */
  | { readonly kind: 'unknown' }
  /** The address is used in several allowed VPCs. */
  | { readonly kind: 'ambiguous'; readonly instances: readonly string[] }
  | { readonly kind: 'rehearsed'; readonly instance: string; readonly remaining: readonly Remaining[] }
  | { readonly kind: 'draining'; readonly instance: string; readonly remaining: readonly Remaining[] }
  | { readonly kind: 'withdrawn'; readonly instance: string };

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 15_000;

/** Thrown when pools could not be asked or changed, naming each; what could be done to the others is done. */
export class WithdrawalFailed extends AggregateError {
  override readonly name = 'WithdrawalFailed';

  constructor(failures: readonly PoolFault[]) {
    const reasons = failures.map(({ pool, error }) => `${pool.kind} ${pool.name}: ${String(error)}`);
    super(
      failures.map(({ error }) => error),
      reasons.join('; '),
    );
  }
}

/** @throws WithdrawalFailed, or what the ports throw */
export async function withdrawInstance(order: WithdrawalOrder, ports: WithdrawalPorts): Promise<WithdrawalOutcome> {
  const until = Date.now() + (order.dryRun ? 0 : order.timeoutSeconds) * 1000;
  const [found, ...others] = await findAllowed(order.who, ports);
  if (found === undefined) return { kind: 'unknown' };
  if (others.length > 0) return { kind: 'ambiguous', instances: [found, ...others].map(({ instance }) => instance) };
  const { instance } = found;
  const pools = await ports.balancing.pools(scopeOf(found));
  const remaining = await withdraw(found, { ...order, until, pools }, ports.balancing);
  if (order.dryRun) return { kind: 'rehearsed', instance, remaining };
  return remaining.length === 0 ? { kind: 'withdrawn', instance } : { kind: 'draining', instance, remaining };
}

async function findAllowed(who: WithdrawalOrder['who'], ports: WithdrawalPorts): Promise<FoundInstance[]> {
  const [found, vpcs] = await Promise.all([ports.finder.find(who), ports.allowedVpcs()]);
  return found.filter(({ vpc }) => vpcs.has(vpc));
}

/** The pools of its VPC, and those of its group and cluster elsewhere. */
function scopeOf({ vpc, tags }: FoundInstance): PoolScope {
  const group = tags['aws:autoscaling:groupName'];
  const identity = clusterIdentity({ groupTags: {}, instanceTags: tags });
  return {
    vpc,
    ...(group !== undefined && { group }),
    ...(identity.kind === 'known' && { cluster: identity.cluster }),
  };
}

/** Makes passes with growing pauses between them, until the instance is in no pool or time is up. */
async function withdraw(
  found: FoundInstance,
  { pools: all, dryRun, until }: { pools: readonly TargetPool[]; dryRun: boolean; until: number },
  balancing: LoadBalancing,
): Promise<Remaining[]> {
  const lateness = new Lateness();
  const look = async (pools: readonly TargetPool[]): Promise<Remaining[]> => {
    const { left, faults } = await withdrawEach([found], { pools, dryRun }, balancing);
    if (faults.length > 0) throw new WithdrawalFailed(faults);
    return lateness.judge(left);
  };
  let remaining = await look(all);
  // Pools that never had the instance need not be asked again; those that had it may get it back meanwhile.
  const pools = [...new Set(remaining.map(({ pool }) => pool))];
  for (let pause = FIRST_PAUSE_MS; remaining.length > 0 && Date.now() < until; pause *= 1.5) {
    await sleep(Math.min(pause, LONGEST_PAUSE_MS, until - Date.now()));
    remaining = await look(pools);
  }
  return remaining;
}

/** Remembers since when each target has been draining, as far as this request has seen. */
class Lateness {
  readonly #since = new Map<string, number>();

  judge(left: readonly PoolTargets[]): Remaining[] {
    return left.map((each) => ({ ...each, late: this.#isLate(each.pool, each.target) }));
  }

  #isLate({ id, drainSeconds }: TargetPool, target: Target): boolean {
    const key = `${id} ${target.id} ${target.port ?? ''}`;
    if (target.state !== 'draining') {
      this.#since.delete(key);
      return false;
    }
    const since = this.#since.get(key) ?? Date.now();
    this.#since.set(key, since);
    return Date.now() - since > drainSeconds * 1000 + LATE_MS;
  }
}
