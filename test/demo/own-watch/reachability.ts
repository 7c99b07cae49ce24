/** Whether the user's API server answers: asked all the while, because functions that wait for it would not tell. */
import { wordsOf } from '../../peers/own-cluster/fault.ts';

export class Reachability {
  /** Why the last try failed; undefined when it did not. */
  reason: string | undefined;
  #answeredAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #ask: () => Promise<unknown>;
  readonly #pauseMs: number;

  /** @param ask rejects when there is no answer */
  constructor(ask: () => Promise<unknown>, pauseMs: number) {
    this.#ask = ask;
    this.#pauseMs = pauseMs;
    void this.#look();
  }

  /** Milliseconds since the last answer. */
  get silentFor(): number {
    return Date.now() - this.#answeredAt;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#ask();
      this.#answeredAt = Date.now();
      this.reason = undefined;
    } catch (error) {
      this.reason = wordsOf(error);
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), this.#pauseMs);
  }
}
