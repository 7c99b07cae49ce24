/** Wakes one waiter when something has changed. A change while nobody waits is kept, so none is lost. */
export class Signal {
  #raised = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  raise(): void {
    this.#raised = true;
    this.#wake?.();
  }

  /** Makes the next `wait`, and every later one, reject with `error`. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.raise();
  }

  /**
   * Resolves at the next change, at once if there was one since the last `wait`, or when `milliseconds` have passed.
   *
   * @returns whether something has changed
   */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#raised) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (milliseconds < LONGEST_TIMER_MS) timer = setTimeout(resolve, Math.max(0, milliseconds));
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    const raised = this.#raised;
    this.#raised = false;
    if (this.#failure !== undefined) throw this.#failure;
    return raised;
  }
}

/** Longest time that setTimeout takes: it fires at once for anything longer. */
const LONGEST_TIMER_MS = 2 ** 31;
