/** Load balancers in memory, on the driven clock: what no peer can be made to do at the moment that a test wants. */
import { EXCLUDE_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { Registration, Target, TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';
import { aPool, MINUTE, SECOND } from '../../given.ts';
import type { Rehearsal } from '../retirement/rehearsal.ts';

/** How long a controller and the health checks need to have a target back. */
const HEALTHY_AFTER_MS = 2 * MINUTE;

export class Balancers implements LoadBalancing {
  /** Every call, in order: `targets web`. */
  readonly calls: string[] = [];
  /** When each id that is out was deregistered, epoch milliseconds. */
  readonly deregistered = new Map<string, number>();
  /** Names of pools that fail when they are asked. */
  readonly failing = new Set<string>();
  /** Names of pools whose targets never end to drain. */
  readonly stuck = new Set<string>();
  /** Ids of targets that are not healthy. */
  readonly sick = new Set<string>();
  /** Names of pools that no tag names a cluster on. */
  readonly untagged = new Set<string>();
  readonly #registered = new Map<TargetPool, string[]>();

  /** The pool has these instances, or addresses, from the start. */
  has(pool: TargetPool, ...ids: readonly string[]): void {
    this.#registered.set(pool, [...(this.#registered.get(pool) ?? []), ...ids]);
  }

  poolsNamed(): Promise<number> {
    if (this.failing.has('all')) return Promise.reject(new Error('AccessDenied: not allowed'));
    return Promise.resolve(this.#registered.size);
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

  serving(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  isTaggedFor(_cluster: string, { name }: TargetPool): Promise<boolean> {
    return Promise.resolve(!this.untagged.has(name));
  }

  register(pool: TargetPool, targets: readonly Registration[]): Promise<void> {
    this.calls.push(`register ${pool.name} ${targets.map(({ id, port }) => `${id}:${port ?? ''}`).join(' ')}`);
    if (this.failing.has(pool.name)) return Promise.reject(new Error('Throttling: Rate exceeded'));
    for (const { id } of targets) this.deregistered.delete(`${pool.name} ${id}`);
    return Promise.resolve();
  }

  #idsOf({ id: wanted }: TargetPool): string[] {
    return [...this.#registered].find(([{ id }]) => id === wanted)?.[1] ?? [];
  }

  #target(pool: TargetPool, id: string): Target | undefined {
    const at = this.deregistered.get(`${pool.name} ${id}`);
    if (at === undefined) return { id, port: 80, state: 'registered', healthy: !this.sick.has(id) };
    const isUnavailable = !this.stuck.has(pool.name) && Date.now() >= at + pool.drainSeconds * SECOND;
    return isUnavailable ? undefined : { id, port: 80, state: 'draining', healthy: false };
  }
}

/** As a controller keeps them: a target is there while its node has no label that excludes it, and healthy a while later. */
export class LabelledTargets extends Balancers {
  readonly #rehearsal: Rehearsal;
  /** When each was last excluded, epoch milliseconds. */
  readonly #excludedAt = new Map<string, number>();

  constructor(rehearsal: Rehearsal) {
    super();
    this.#rehearsal = rehearsal;
    this.has(aPool(), ...rehearsal.instances);
  }

  override targets(): Promise<readonly Target[]> {
    return Promise.resolve(this.#rehearsal.instances.map((id) => this.#targetOf(id)));
  }

  #targetOf(id: string): Target {
    const { labels = {} } = this.#rehearsal.node(this.#rehearsal.nodeOf(id)).metadata;
    const excluded = EXCLUDE_LABEL in labels;
    if (excluded) this.#excludedAt.set(id, Date.now());
    const healthy = Date.now() - (this.#excludedAt.get(id) ?? -Infinity) > HEALTHY_AFTER_MS;
    return { id, port: 80, state: excluded ? 'draining' : 'registered', healthy };
  }
}
