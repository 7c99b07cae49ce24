/** The peer's timers on the driven clock: all of them end with the peer, so that no test leaves one behind. */
import type { DrivenClock } from '../clock.ts';

export interface Timer {
  cancel(): void;
}

export class Timetable {
  readonly clock: DrivenClock;
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(clock: DrivenClock) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  date(): Date {
    return this.clock.date();
  }

  /** Runs `run` once, `milliseconds` of driven time from now, unless cancelled or the peer has stopped. */
  after(milliseconds: number, run: () => void): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const driven = this.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    driven.unref();
    const timer: Timer = {
      cancel: () => {
        driven.cancel();
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  /** As `after`, at once and in this turn when there is nothing to wait for. */
  afterOrNow(milliseconds: number, run: () => void): void {
    if (milliseconds <= 0) run();
    else this.after(milliseconds, run);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
