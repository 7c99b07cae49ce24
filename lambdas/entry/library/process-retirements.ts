/** The retirements that run in this process, in place of Lambda's durable executions. */
import type { StartedRetirement } from '../../core/retirement/orphaned-hook.ts';
import type { Notice } from '../../core/notice/notice.ts';
import type { RetirementHistory, Retirements, RunningRetirements } from '../../workflow/ports/lambda.ts';
import type { Retired } from '../../workflow/retirement/retirement.ts';

/** A retirement that has ended. */
export interface EndedHere {
  readonly execution: string;
  readonly notice: Notice;
  /** What it came to; absent when it failed. */
  readonly retired?: Retired;
  /** Why it failed. */
  readonly fault?: string;
}

export class ProcessRetirements implements Retirements {
  readonly ended: EndedHere[] = [];
  readonly #running = new Map<string, Promise<void>>();
  readonly #started: StartedRetirement[] = [];
  readonly #retire: (notice: Notice) => Promise<Retired>;
  #wake = Promise.withResolvers<undefined>();

  /** @param retire runs one retirement to its end */
  constructor(retire: (notice: Notice) => Promise<Retired>) {
    this.#retire = retire;
  }

  get names(): readonly string[] {
    return [...this.#running.keys()];
  }

  readonly running: RunningRetirements = {
    isRunning: (name) => Promise.resolve(this.#running.has(name)),
    names: () => Promise.resolve(this.names),
    started: () => Promise.resolve(this.#started.filter(({ name }) => this.#running.has(name))),
  };

  readonly history: Pick<RetirementHistory, 'started'> = {
    started: (since) => Promise.resolve(this.#started.filter(({ startedAt }) => startedAt >= since)),
  };

  start(execution: string, notice: Notice): Promise<'started' | 'already'> {
    if (!this.#started.some(({ name }) => name === execution)) {
      this.#started.push({ name: execution, startedAt: Date.now() });
      this.#running.set(execution, this.#run(execution, notice));
    }
    return Promise.resolve('started');
  }

  /** Resolves as soon as a retirement ends. */
  async oneEnds(): Promise<void> {
    await this.#wake.promise;
  }

  /** Resolves once none runs any more. */
  async allEnd(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(execution: string, notice: Notice): Promise<void> {
    try {
      this.ended.push({ execution, notice, retired: await this.#retire(notice) });
    } catch (error) {
      this.ended.push({ execution, notice, fault: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#running.delete(execution);
      const wake = this.#wake;
      this.#wake = Promise.withResolvers();
      wake.resolve(undefined);
    }
  }
}
