/** Moves the driven clock past time in which nothing happens, until a goal is reached. */
// Not the global one: an installed driven clock replaces that.
import { setTimeout as realSleep } from 'node:timers/promises';
import type { DrivenClock } from '../clock.ts';
import type { Activity } from '../activity.ts';

export interface DriveOptions {
  /** The most driven time that may pass, in milliseconds. Default 72 h. */
  readonly within?: number;
  /** Whether something outside the AWS peer is at work, such as a request to the Kubernetes peer. */
  readonly busy?: () => boolean;
  /** Also go on when only scheduled rules are left to run. Default: a schedule is nothing to wait for. */
  readonly schedules?: boolean;
  /**
   * Also jump while functions run, when each waits for a timer of its own and nothing has happened for this many real
   * milliseconds. Default: time stands still (passes as real time) while a function runs.
   */
  readonly quiet?: number;
}

/** A promise to settle, or a condition to hold: to answer something other than false and undefined. */
export type Goal<T> = Promise<T> | (() => T | false | undefined);

export interface Driven {
  readonly clock: DrivenClock;
  /** When the next timer is due that is no schedule's. */
  readonly nextWork: () => number | undefined;
  readonly requests: Activity;
  readonly invocations: Activity;
  /** The next timer that every running function waits for. */
  readonly nextFunctionTimer: () => number | undefined;
}

/**
 * Drives until a promise has settled or a condition holds; answers what the promise answers.
 * @throws Error when the goal cannot be reached: nothing is left to happen, or `within` is over.
 */
export async function driveUntil<T>(driven: Driven, goal: Goal<T>, options: DriveOptions = {}): Promise<T> {
  const state = watch(goal);
  const end = driven.clock.now() + (options.within ?? 72 * 3_600_000);
  for (;;) {
    await turn();
    const reached = state();
    if (reached !== undefined) return await reached;
    const next = nextMoment(driven, options);
    if (next === 'busy') {
      await realSleep(1);
      continue;
    }
    if (next === undefined) throw new Error('The goal is not reached and nothing is left to happen');
    if (next > end)
      throw new Error(`The goal is not reached in the driven time given; it is ${driven.clock.date().toISOString()}`);
    await driven.clock.jumpTo(next);
  }
}

/** The promise's answer once there is one. */
function watch<T>(goal: Goal<T>): () => Promise<T> | undefined {
  if (typeof goal === 'function') {
    return () => {
      const value = goal();
      return value === false || value === undefined ? undefined : Promise.resolve(value);
    };
  }
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  goal.then(note, note);
  return () => (settled ? goal : undefined);
}

function nextMoment(driven: Driven, options: DriveOptions): number | 'busy' | undefined {
  const { clock, nextWork, requests, invocations } = driven;
  if (!requests.idle || options.busy?.() === true) return 'busy';
  if (invocations.idle) return options.schedules === true || nextWork() !== undefined ? clock.nextDue : undefined;
  const quietFor = Math.min(requests.quietFor, invocations.quietFor);
  if (options.quiet === undefined || quietFor < options.quiet) return 'busy';
  return momentWhileRunning(driven) ?? 'busy';
}

/** Undefined while a function may be computing. */
function momentWhileRunning({ clock, requests, nextFunctionTimer }: Driven): number | undefined {
  const own = nextFunctionTimer();
  if (own === undefined && requests.paused === 0) return undefined;
  return Math.min(own ?? Infinity, clock.nextDue ?? Infinity);
}

/** Lets promises, messages from workers and loopback sockets have their turn. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
}
