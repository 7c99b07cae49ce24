/** When the process of a retirement is killed. */
import { SECOND } from '../../given.ts';
import type { Departure } from '../world/sandbox.ts';
import type { Crash } from './scenario.ts';

/** A time in which the process was dead, epoch milliseconds, and what it died at. */
export interface Pause {
  readonly from: number;
  readonly to: number;
  readonly at: Pick<Crash, 'of' | 'when'>;
}

export class Crashes {
  readonly #left: Crash[];
  /** Since the start, or the crash before. */
  #counts = { request: 0, checkpoint: 0 };
  readonly #pauses: Pause[];

  /** @param pauses where it notes when the process was dead */
  constructor(crashes: readonly Crash[], pauses: Pause[]) {
    this.#left = [...crashes];
    this.#pauses = pauses;
  }

  /** Counts a request or a checkpoint; answers how the process dies at it, if it does. */
  next(of: Crash['of']): { when: Crash['when']; departure: () => Departure } | undefined {
    this.#counts[of] += 1;
    const [crash] = this.#left;
    if (crash?.of !== of || this.#counts[of] < crash.count) return undefined;
    this.#left.shift();
    this.#counts = { request: 0, checkpoint: 0 };
    return { when: crash.when, departure: () => this.#depart(crash) };
  }

  #depart({ pauseSeconds, of, when }: Crash): Departure {
    const resumeAt = Date.now() + pauseSeconds * SECOND;
    this.#pauses.push({ from: Date.now(), to: resumeAt, at: { of, when } });
    return { why: 'crash', resumeAt };
  }
}
