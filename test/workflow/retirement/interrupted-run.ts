/** A durable run that dies at a chosen step and is taken up again from what its earlier steps returned. */
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';

/** Where a run dies: before the step's work, or after it and before anybody has noted what it returned. */
export interface Death {
  /** Counted from 0. */
  readonly step: number;
  readonly when: 'before' | 'after';
}

export class Died extends Error {
  override readonly name = 'Died';
}

export class InterruptedRun {
  readonly #kept: string[] = [];
  readonly #suspend: (seconds: number) => Promise<unknown>;
  #death: Death | undefined;

  constructor(death: Death | undefined, suspend: (seconds: number) => Promise<unknown>) {
    this.#death = death;
    this.#suspend = suspend;
  }

  /** How many steps have been kept. */
  get steps(): number {
    return this.#kept.length;
  }

  /** The run from its beginning: what is kept is not done again. */
  attempt(): DurableRun {
    let next = 0;
    return {
      step: async (_name, work) => {
        const at = next;
        next += 1;
        const kept = this.#kept[at];
        if (kept !== undefined) return JSON.parse(kept) as never;
        this.#dieAt(at, 'before');
        const outcome = await work();
        this.#dieAt(at, 'after');
        this.#kept[at] = JSON.stringify(outcome);
        return JSON.parse(this.#kept[at]) as never;
      },
      suspend: async (_name, seconds) => {
        if (next < this.#kept.length) return;
        await this.#suspend(seconds);
      },
    };
  }

  #dieAt(step: number, when: Death['when']): void {
    if (this.#death?.step !== step || this.#death.when !== when) return;
    this.#death = undefined;
    throw new Died(`the run dies ${when} step ${step}`);
  }
}
