/** Load balancers in memory, on the driven clock: what no peer can be made to do at the moment that a test wants. */
import type { Target, TargetPool } from '../../lambdas/core/target-pool.ts';
import type { LoadBalancing } from '../../lambdas/workflow/ports.ts';
import { SECOND } from '../given.ts';

export class Balancers implements LoadBalancing {
  /** Every call, in order: `targets web`. */
  readonly calls: string[] = [];
  /** When each id was deregistered, epoch milliseconds. */
  readonly deregistered = new Map<string, number>();
  /** Names of pools that fail when they are asked. */
  readonly failing = new Set<string>();
  /** Names of pools whose targets never end to drain. */
  readonly stuck = new Set<string>();
  readonly #registered = new Map<TargetPool, string[]>();

  register(pool: TargetPool, ...ids: readonly string[]): void {
    this.#registered.set(pool, [...(this.#registered.get(pool) ?? []), ...ids]);
  }

  mayHavePools(): Promise<boolean> {
    if (this.failing.has('all')) return Promise.reject(new Error('AccessDenied: not allowed'));
    return Promise.resolve(this.#registered.size > 0);
  }

  pools(): Promise<readonly TargetPool[]> {
    this.calls.push('pools');
    if (this.failing.has('all')) return Promise.reject(new Error('AccessDenied: not allowed'));
    return Promise.resolve([...this.#registered.keys()]);
  }

  targets(pool: TargetPool): Promise<readonly Target[]> {
    this.calls.push(`targets ${pool.name}`);
    if (this.failing.has(pool.name)) return Promise.reject(new Error('Throttling: Rate exceeded'));
    const ids = this.#idsOf(pool);
    return Promise.resolve(ids.flatMap((id) => this.#target(pool, id) ?? []));
  }

  deregister(pool: TargetPool, targets: readonly Target[]): Promise<void> {
    this.calls.push(`deregister ${pool.name} ${targets.map(({ id }) => id).join(' ')}`);
    for (const { id } of targets) this.deregistered.set(`${pool.name} ${id}`, Date.now());
    return Promise.resolve();
  }

  #idsOf({ id: wanted }: TargetPool): string[] {
    return [...this.#registered].find(([{ id }]) => id === wanted)?.[1] ?? [];
  }

  #target(pool: TargetPool, id: string): Target | undefined {
    const at = this.deregistered.get(`${pool.name} ${id}`);
    if (at === undefined) return { id, port: 80, state: 'registered', healthy: true };
    const isOut = !this.stuck.has(pool.name) && Date.now() >= at + pool.drainSeconds * SECOND;
    return isOut ? undefined : { id, port: 80, state: 'draining', healthy: false };
  }
}
