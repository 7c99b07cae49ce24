/**
 * What a sweep comes to. Its parts do not hinder each other: what fails is noted and the rest goes on; when all has been
 * tried, it is thrown.
 */
import { ClusterError } from '../core/cluster-error.ts';
import { clusterUnswept, sweepFinished } from '../core/domain-event.ts';
import type { Journal } from './ports.ts';

/** Something of a sweep could not be done; the next one finds it again. */
export class SweepIncomplete extends Error {
  override readonly name = 'SweepIncomplete';
}

export class SweepRecord {
  groups = 0;
  waiting = 0;
  started = 0;
  restored = 0;
  readonly #unswept = new Set<string>();
  readonly #failures: unknown[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failures.push(error);
    }
  }

  /** A cluster that is away or refuses us is reported, once, and is no failure of ours. */
  async attemptIn(cluster: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#unswept.has(cluster)) this.#journal.report(clusterUnswept({ cluster, reason: wordsOf(error) }));
      this.#unswept.add(cluster);
      if (!(error instanceof ClusterError)) this.#failures.push(error);
    }
  }

  /** @throws SweepIncomplete naming all that failed */
  close(): void {
    const { groups, waiting, started, restored } = this;
    this.#journal.report(sweepFinished({ groups, waiting, started, restored, clustersAway: this.#unswept.size }));
    this.throwFailures();
  }

  /** @throws SweepIncomplete naming all that failed */
  throwFailures(): void {
    if (this.#failures.length === 0) return;
    const [cause] = this.#failures;
    throw new SweepIncomplete(this.#failures.map(wordsOf).join('; '), { cause });
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
