/** Keys to look at: each once however often it is added, after a latency, in the order they came. */
import type { DrivenClock, DrivenTimer } from '../../clock.ts';

export class WorkQueue {
  readonly #clock: DrivenClock;
  readonly #latency: number;
  readonly #work: (key: string) => void;
  readonly #due = new Set<string>();
  readonly #later = new Map<string, DrivenTimer>();
  #drain: DrivenTimer | undefined;
  #stopped = false;

  constructor(clock: DrivenClock, latency: number, work: (key: string) => void) {
    this.#clock = clock;
    this.#latency = latency;
    this.#work = work;
  }

  /** Nothing is due; what waits for a later time does not count. */
  get idle(): boolean {
    return this.#due.size === 0;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#due.add(key);
    this.#drain ??= this.#clock.after(this.#latency, () => {
      this.#run();
    });
  }

  /** Adds the key at a later time; a call for the same key replaces the one before. */
  addLater(key: string, milliseconds: number): void {
    if (this.#stopped) return;
    this.#later.get(key)?.cancel();
    const timer = this.#clock.after(milliseconds, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, timer);
  }

  stop(): void {
    this.#stopped = true;
    this.#drain?.cancel();
    for (const timer of this.#later.values()) timer.cancel();
    this.#due.clear();
  }

  #run(): void {
    this.#drain = undefined;
    const keys = [...this.#due];
    this.#due.clear();
    for (const key of keys) this.#work(key);
  }
}
