/**
 * Finds out why a blocking budget allows no more: which of its pods are not Ready (contract 13.2). It asks once each
 * time that a budget blocks, and not while our own evictions explain that: a drain that makes progress asks nothing.
 */
import { blockKey, keysOfUse, waitsForPods, type Blocked } from '../../core/drain/blocked.ts';
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import { budgetName } from '../../core/kubernetes/disruption-budget.ts';
import type { DrainState } from '../../core/drain/pacing.ts';
import { ownerKey, type Pod } from '../../core/kubernetes/pod.ts';
import { unreadyPods, type UnreadyPods } from '../../core/kubernetes/unready-pod.ts';
import type { Cluster } from '../ports/kubernetes.ts';

/** How long an eviction of ours explains that its budget blocks: the replacement is starting. */
const OWN_EVICTION_MS = 10_000;

export class BlockInquiry {
  readonly #cluster: Pick<Cluster, 'unreadyPods'>;
  readonly #state: () => DrainState;
  /** When our evictions no longer explain a block, epoch milliseconds, by its key. */
  readonly #openFrom = new Map<string, number>();
  readonly #answers = new Map<string, UnreadyPods | 'asking' | 'unknown'>();

  constructor(cluster: Pick<Cluster, 'unreadyPods'>, state: () => DrainState) {
    this.#cluster = cluster;
    this.#state = state;
  }

  /** Notes that a pod is asked to leave. */
  leaving(pod: Pod): void {
    for (const key of keysOfUse(pod, this.#state().budgets)) {
      this.#answers.delete(key);
      this.#openFrom.set(key, Date.now() + OWN_EVICTION_MS);
    }
  }

  /** Asks about the blocks that are to be explained now; each promise resolves when one of them is answered. */
  ask(blocked: readonly Blocked[]): readonly Promise<void>[] {
    return this.#unexplained(blocked)
      .filter(({ from }) => from <= Date.now())
      .map(({ key, block }) => this.#ask(key, block));
  }

  /** When there is something to ask next, epoch milliseconds; Infinity: never. */
  nextAt(blocked: readonly Blocked[]): number {
    return Math.min(Infinity, ...this.#unexplained(blocked).map(({ from }) => from));
  }

  /** Returns the blocks with what is known of their pods, without those whose answer is not there yet. */
  explained(blocked: readonly Blocked[]): readonly Blocked[] {
    return blocked.flatMap(({ pod, by }): Blocked[] => {
      const answer = this.#answers.get(blockKey(by));
      if (answer === 'asking') return [];
      const isKnown = waitsForPods(by) && answer !== undefined && answer !== 'unknown';
      return [{ pod, by: isKnown ? { ...by, unready: answer } : by }];
    });
  }

  /** One block of each budget that has not been asked about since our last eviction under it. */
  #unexplained(blocked: readonly Blocked[]): { key: string; block: Blocked; from: number }[] {
    const byKey = new Map(blocked.filter(({ by }) => waitsForPods(by)).map((block) => [blockKey(block.by), block]));
    return [...byKey]
      .filter(([key]) => !this.#answers.has(key))
      .map(([key, block]) => ({ key, block, from: this.#openFrom.get(key) ?? -Infinity }));
  }

  async #ask(key: string, block: Blocked): Promise<void> {
    this.#answers.set(key, 'asking');
    const answer = await this.#find(block);
    // An eviction that was sent meanwhile makes the answer stale.
    if (this.#answers.get(key) === 'asking') this.#answers.set(key, answer);
  }

  async #find({ pod, by }: Blocked): Promise<UnreadyPods | 'unknown'> {
    const { budgets, workloads } = this.#state();
    if (by.kind !== 'budget') {
      const workload = pod.owner && workloads.get(ownerKey(pod.owner));
      return unreadyPods(workload?.unreadyPods ?? []);
    }
    const budget = budgets.find((each) => budgetName(each) === by.budget);
    if (budget?.selector === undefined) return 'unknown';
    try {
      return unreadyPods(await this.#cluster.unreadyPods(budget.namespace, budget.selector));
    } catch (error) {
      // A missing explanation must not end the drain: other requests to the cluster report its failure.
      if (error instanceof ClusterError) return 'unknown';
      throw error;
    }
  }
}
