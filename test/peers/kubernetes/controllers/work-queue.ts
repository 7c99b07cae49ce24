/**
 * Keys to look at: each once however often it is added, after a latency, in the order they came. What the API refuses
 * is tried again, ever later; what it refuses because the namespace ends is given up, as upstream's controllers do.
 */
import type { DrivenClock, DrivenTimer } from '../../clock.ts';
import { Refusal } from '../api/status.ts';

/** The first and the longest wait after a failure, as client-go's rate limiter has them. */
const RETRY_MILLISECONDS = { first: 5, longest: 1_000_000 };

export class WorkQueue {
  readonly #clock: DrivenClock;
  readonly #latency: number;
  readonly #work: (key: string) => void;
  readonly #due = new Set<string>();
  readonly #later = new Map<string, DrivenTimer>();
  readonly #failures = new Map<string, number>();
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
    for (const key of keys) this.#attempt(key);
  }

  #attempt(key: string): void {
    try {
      this.#work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!isOfEndingNamespace(error)) this.#retry(key);
    }
  }

  #retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addLater(key, Math.min(RETRY_MILLISECONDS.first * 2 ** failures, RETRY_MILLISECONDS.longest));
  }
}

function isOfEndingNamespace({ status }: Refusal): boolean {
  return status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
}
