/**
 * The clock that moves peers, demo and functions together: real time plus an offset that can be jumped forward. One that
 * stands moves by jumps alone, so that nothing happens between two reads of a peer that no jump has set off.
 *
 * Peers take it as an argument. Code under test in the same thread is put on it by `install`; code in a worker thread by
 * `driveWorker` with the shared offset. It covers Date and the global timeouts, nothing else (ARCHITECTURE.md).
 */
import { isDate } from 'node:util/types';

const realNow = Date.now.bind(Date);
const RealDate = Date;
const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;
const realSetImmediate = globalThis.setImmediate;

/** How often a worker's timer looks at the shared offset, in real milliseconds. */
const WORKER_TIMER_RESOLUTION = 20;

export class DrivenClock {
  /** Milliseconds ahead of real time; shared with worker threads. */
  readonly offset: Float64Array;
  /** When the clock was stopped, epoch milliseconds; absent: it runs on by itself. */
  readonly #stoppedAt: number | undefined;
  readonly #timers = new Set<DrivenTimer>();

  /** @param stands moves by jumps alone; timers of 0 ms fire all the same. Only where no worker thread shares the clock */
  constructor({ stands = false }: { stands?: boolean } = {}) {
    this.offset = new Float64Array(new SharedArrayBuffer(8));
    this.#stoppedAt = stands ? realNow() : undefined;
  }

  now(): number {
    return (this.#stoppedAt ?? realNow()) + (this.offset[0] ?? 0);
  }

  /** Real milliseconds after which a timer of so many fires if no jump fires it; undefined for never. */
  realDelay(milliseconds: number): number | undefined {
    return this.#stoppedAt !== undefined && milliseconds > 0 ? undefined : milliseconds;
  }

  date(): Date {
    return new RealDate(this.now());
  }

  /** Runs `run` once, `milliseconds` of driven time from now. */
  after(milliseconds: number, run: () => void): DrivenTimer {
    const timer = new DrivenTimer(this, this.#timers, { milliseconds, run });
    timer.refresh();
    return timer;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** When the next timer is due, in driven epoch milliseconds; undefined when none waits. */
  get nextDue(): number | undefined {
    return this.#first?.due;
  }

  /** The timer that is due next; of those due together the one that was set first. */
  get #first(): DrivenTimer | undefined {
    let first: DrivenTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  }

  /** Moves time forward to `time`, firing every timer on the way at its own time and in order. Never moves it back. */
  async jumpTo(time: number): Promise<void> {
    for (;;) {
      const first = this.#first;
      if (first === undefined || first.due > time) break;
      this.#advance(first.due);
      first.fire();
      await settleIo();
    }
    this.#advance(time);
  }

  advance(milliseconds: number): Promise<void> {
    return this.jumpTo(this.now() + milliseconds);
  }

  /** Forgets every timer that waits, so that none keeps the process alive for its whole driven time. */
  stop(): void {
    for (const timer of [...this.#timers]) timer.cancel();
  }

  /** Puts Date, setTimeout and clearTimeout of this thread on this clock; returns the undo. */
  install(): () => void {
    return putOnTime(
      () => this.now(),
      (run, milliseconds) => this.after(milliseconds, run),
    );
  }

  #advance(time: number): void {
    const ahead = time - this.now();
    if (ahead > 0) this.offset[0] = (this.offset[0] ?? 0) + ahead;
  }
}

/** What `setTimeout` returns on a driven clock: the part of Node's Timeout that libraries use. */
abstract class TimeoutHandle {
  /** Driven epoch milliseconds. */
  due = 0;
  #handle: NodeJS.Timeout | undefined;
  #referenced = true;

  /** Starts the wait anew from now. */
  abstract refresh(): this;

  cancel(): void {
    realClearTimeout(this.#handle);
  }

  close(): this {
    this.cancel();
    return this;
  }

  ref(): this {
    this.#referenced = true;
    this.#handle?.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#handle?.unref();
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  [Symbol.toPrimitive](): number {
    return 0;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Waits that long in real time. */
  protected waitReally(milliseconds: number, then: () => void): void {
    this.#handle = realSetTimeout(then, Math.max(0, milliseconds));
    if (!this.#referenced) this.#handle.unref();
  }
}

/** A timer of the thread that owns the clock: a jump fires it at once. */
export class DrivenTimer extends TimeoutHandle {
  readonly #clock: DrivenClock;
  readonly #timers: Set<DrivenTimer>;
  readonly #plan: { milliseconds: number; run: () => void };

  constructor(clock: DrivenClock, timers: Set<DrivenTimer>, plan: { milliseconds: number; run: () => void }) {
    super();
    this.#clock = clock;
    this.#timers = timers;
    this.#plan = plan;
  }

  refresh(): this {
    this.cancel();
    const milliseconds = Math.max(0, this.#plan.milliseconds);
    this.due = this.#clock.now() + milliseconds;
    this.#timers.add(this);
    const delay = this.#clock.realDelay(milliseconds);
    if (delay === undefined) return this;
    this.waitReally(delay, () => {
      this.fire();
    });
    return this;
  }

  override cancel(): void {
    super.cancel();
    this.#timers.delete(this);
  }

  fire(): void {
    this.cancel();
    this.#plan.run();
  }
}

/**
 * Puts a worker thread on the clock of the thread that made `offset`.
 *
 * @returns fires the timers that a jump has made due, in order; without it each finds out by itself, a little later
 */
export function driveWorker(offset: SharedArrayBuffer): () => Promise<void> {
  const shared = new Float64Array(offset);
  const now = (): number => realNow() + (shared[0] ?? 0);
  const waiting = new Set<PollingTimer>();
  putOnTime(now, (run, milliseconds) => new PollingTimer({ now, waiting }, milliseconds, run));
  return async () => {
    for (const timer of [...waiting].toSorted((a, b) => a.due - b.due)) {
      if (!waiting.has(timer) || timer.due > now()) continue;
      timer.look();
      await settleIo();
    }
  };
}

/** A worker's timer: it cannot be told of a jump, so it looks at the shared offset while it waits. */
class PollingTimer extends TimeoutHandle {
  readonly #clock: { now: () => number; waiting: Set<PollingTimer> };
  readonly #milliseconds: number;
  readonly #run: () => void;

  constructor(clock: { now: () => number; waiting: Set<PollingTimer> }, milliseconds: number, run: () => void) {
    super();
    this.#clock = clock;
    this.#milliseconds = Math.max(0, milliseconds);
    this.#run = run;
    this.refresh();
  }

  refresh(): this {
    this.cancel();
    this.due = this.#clock.now() + this.#milliseconds;
    this.#clock.waiting.add(this);
    this.#wait();
    return this;
  }

  override cancel(): void {
    super.cancel();
    this.#clock.waiting.delete(this);
  }

  /** Fires if it is due. */
  look(): void {
    if (this.#clock.now() < this.due) {
      this.#wait();
      return;
    }
    this.cancel();
    this.#run();
  }

  #wait(): void {
    this.waitReally(Math.min(this.due - this.#clock.now(), WORKER_TIMER_RESOLUTION), () => {
      this.look();
    });
  }
}

type Schedule = (run: () => void, milliseconds: number) => { cancel(): void };

/** Puts Date, setTimeout and clearTimeout of this thread on another time. @returns the undo */
export function putOnTime(now: () => number, schedule: Schedule): () => void {
  class DrivenDate extends RealDate {
    constructor(...parts: unknown[]) {
      // The Date constructor's overloads cannot be spread in types; none given means now.
      super(...((parts.length === 0 ? [now()] : parts) as [number]));
    }
    static override now(): number {
      return now();
    }
    /** A Date that was made before, or by a library that kept the real one, is a Date too. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return isDate(value);
    }
  }
  const setDriven = (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): unknown =>
    schedule(() => {
      run(...args);
    }, milliseconds);
  const clearDriven = (timer: unknown): void => {
    if (typeof timer === 'object' && timer !== null && 'cancel' in timer) (timer as { cancel(): void }).cancel();
    else realClearTimeout(timer as NodeJS.Timeout | undefined);
  };
  Object.assign(globalThis, { Date: DrivenDate, setTimeout: setDriven, clearTimeout: clearDriven });
  return () => {
    Object.assign(globalThis, { Date: RealDate, setTimeout: realSetTimeout, clearTimeout: realClearTimeout });
  };
}

/** Lets what a timer set off reach the loopback peers and come back, before time moves again. */
async function settleIo(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => realSetImmediate(resolve));
}
