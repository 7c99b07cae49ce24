/** Timers that wait on a time of their own: it stands still until somebody moves it to the next of them. */

export class VirtualTimers {
  /** Epoch milliseconds. */
  now: number;
  /** The one that is due last comes first; of those due together, the one that was set last. */
  readonly #waiting: VirtualTimer[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** A millisecond at least, and whole ones, as Node does: where a timer fires at once, a loop can spin for ever. */
  set(run: () => void, milliseconds: number): VirtualTimer {
    const wait = Math.max(1, Math.trunc(milliseconds));
    const timer = new VirtualTimer(run, this.now + (Number.isFinite(wait) ? wait : 1));
    this.#waiting.splice(this.#placeOf(timer.due), 0, timer);
    return timer;
  }

  /** Moves time to the timer that is due next, and fires it. @returns whether there was one */
  fireNext(): boolean {
    for (let timer = this.#waiting.pop(); timer !== undefined; timer = this.#waiting.pop()) {
      if (timer.isCancelled) continue;
      this.now = timer.due;
      timer.fire();
      return true;
    }
    return false;
  }

  /** The index before which everything is due later than `due`. */
  #placeOf(due: number): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle]?.due ?? 0) > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class VirtualTimer {
  /** Epoch milliseconds. */
  readonly due: number;
  isCancelled = false;
  readonly #run: () => void;

  constructor(run: () => void, due: number) {
    this.#run = run;
    this.due = due;
  }

  cancel(): void {
    this.isCancelled = true;
  }

  fire(): void {
    // What is cancelled from now on has fired already.
    this.isCancelled = true;
    this.#run();
  }
}
