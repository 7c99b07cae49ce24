/**
 * A scheduled run over many things, whose parts do not hinder each other: what fails is noted and the rest goes on; when
 * all has been tried, it is thrown.
 */
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { clusterUnswept } from '../../core/events/fleet-events.ts';
import type { Settings } from '../ports/settings.ts';
import type { Journal } from '../ports/journal.ts';

/** Something of a run could not be done; the next one finds it again. */
export class RunIncomplete extends Error {
  override readonly name = 'RunIncomplete';
}

export class Attempts {
  protected readonly journal: Journal;
  readonly #away = new Set<string>();
  readonly #failures: unknown[] = [];

  constructor(journal: Journal) {
    this.journal = journal;
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
      if (!this.#away.has(cluster)) this.journal.report(clusterUnswept({ cluster, reason: errorText(error) }));
      this.#away.add(cluster);
      if (!(error instanceof ClusterError)) this.#failures.push(error);
    }
  }

  /** The configured clusters whose settings can be read. */
  async clusters(settings: Settings): Promise<ClusterSettings[]> {
    const found: ClusterSettings[] = [];
    for (const name of await settings.names()) {
      await this.attemptIn(name, async () => {
        const cluster = await settings.cluster(name);
        if (cluster !== undefined) found.push(cluster);
      });
    }
    return found;
  }

  /** How many clusters have not been reached. */
  get clustersAway(): number {
    return this.#away.size;
  }

  /** @throws RunIncomplete naming all that failed */
  throwFailures(): void {
    if (this.#failures.length === 0) return;
    const [cause] = this.#failures;
    throw new RunIncomplete(this.#failures.map(errorText).join('; '), { cause });
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
