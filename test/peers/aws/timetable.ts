/** The peer's timers on the driven clock: all of them end with the peer, so that no test leaves one behind. */
import type { DrivenClock, DrivenTimer } from '../clock.ts';

export interface Timer {
  cancel(): void;
}

export class Timetable {
  readonly clock: DrivenClock;
  readonly #timers = new Set<Timer>();
  readonly #repeats = new Set<Repeat>();
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

  /**
   * Runs `run` every so many milliseconds of driven time, until cancelled or the peer has stopped.
   *
   * @param first milliseconds to the first run, @default the same
   */
  every(milliseconds: number, run: () => void, { first = milliseconds }: { first?: number } = {}): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const repeat = new Repeat(this.clock, { every: milliseconds, first, run });
    this.#repeats.add(repeat);
    repeat.arm();
    return {
      cancel: () => {
        repeat.disarm();
        this.#repeats.delete(repeat);
      },
    };
  }

  /** When the clock's next timer is due that is none of `every`: those go on for ever, whatever is left to do. */
  get nextWork(): number | undefined {
    for (const repeat of this.#repeats) repeat.disarm();
    const next = this.clock.nextDue;
    for (const repeat of this.#repeats) repeat.arm();
    return next;
  }

  /** As `after`, at once and in this turn when there is nothing to wait for. */
  afterOrNow(milliseconds: number, run: () => void): void {
    if (milliseconds <= 0) run();
    else this.after(milliseconds, run);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of [...this.#timers]) timer.cancel();
    for (const repeat of this.#repeats) repeat.disarm();
    this.#repeats.clear();
  }
}

/** A timer that keeps its pace: it is due a whole number of times after it was made, however late it runs. */
class Repeat {
  readonly #clock: DrivenClock;
  readonly #milliseconds: number;
  readonly #run: () => void;
  #due: number;
  #armed: DrivenTimer | undefined;

  constructor(clock: DrivenClock, { every, first, run }: { every: number; first: number; run: () => void }) {
    this.#clock = clock;
    this.#milliseconds = every;
    this.#run = run;
    this.#due = clock.now() + first;
  }

  arm(): void {
    this.#armed = this.#clock.after(this.#due - this.#clock.now(), () => {
      this.#due += this.#milliseconds;
      this.arm();
      this.#run();
    });
    this.#armed.unref();
  }

  disarm(): void {
    this.#armed?.cancel();
  }
}
