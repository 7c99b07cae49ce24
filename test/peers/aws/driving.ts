/** Moves the driven clock past time in which nothing happens, until a goal is reached. */
// Not the global one: an installed driven clock replaces that.
import { setTimeout as realSleep } from 'node:timers/promises';
import type { DrivenClock } from '../clock.ts';
import type { Activity } from '../activity.ts';
import type { Waits } from './lambda/sandbox.ts';

export interface DriveOptions {
  /** The most driven time that may pass, in milliseconds. Default 72 h. */
  readonly within?: number;
  /** Whether something outside the AWS peer is at work, such as a request to the Kubernetes peer. */
  readonly busy?: () => boolean;
  /** Also go on when only scheduled rules are left to run. Default: a schedule is nothing to wait for. */
  readonly schedules?: boolean;
  /** Also jump while functions run, when all that they do is wait. Default: time passes as real time while a function runs. */
  readonly whileRunning?: boolean;
}

/**
 * Real milliseconds for which nothing must be left to happen before the goal counts as out of reach: an answer may be on its
 * way to a client in this process, which is none of the peer's requests any more.
 */
const PATIENCE_MS = 3_000;

/** A promise to settle, or a condition to hold: to answer something other than false and undefined. */
export type Goal<T> = Promise<T> | (() => T | false | undefined);

export interface Driven {
  readonly clock: DrivenClock;
  /** When the next timer is due that is no schedule's. */
  readonly nextWork: () => number | undefined;
  readonly requests: Activity;
  readonly invocations: Activity;
  /** What each running function waits for; undefined while one of them does anything else. */
  readonly functionsWait: () => Promise<Waits[] | undefined>;
}

/**
 * Drives until a promise has settled or a condition holds; answers what the promise answers.
 * @throws Error when the goal cannot be reached: nothing is left to happen, or `within` is over.
 */
export async function driveUntil<T>(driven: Driven, goal: Goal<T>, options: DriveOptions = {}): Promise<T> {
  const state = watch(goal);
  const end = driven.clock.now() + (options.within ?? 72 * 3_600_000);
  const isOutOfReach = patience();
  for (;;) {
    await turn();
    const reached = state();
    if (reached !== undefined) return await reached;
    const next = await nextMoment(driven, options);
    if (isOutOfReach(next)) throw new Error('The goal is not reached and nothing is left to happen');
    if (next === 'busy' || next === undefined) {
      await realSleep(1);
      continue;
    }
    if (next > end)
      throw new Error(`The goal is not reached in the driven time given; it is ${driven.clock.date().toISOString()}`);
    await driven.clock.jumpTo(next);
  }
}

/** @returns whether nothing has been left to happen at any look for long enough */
function patience(): (next: number | 'busy' | undefined) => boolean {
  let stillSince: number | undefined;
  return (next) => {
    stillSince = next === undefined ? (stillSince ?? performance.now()) : undefined;
    return stillSince !== undefined && performance.now() - stillSince > PATIENCE_MS;
  };
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

async function nextMoment(driven: Driven, options: DriveOptions): Promise<number | 'busy' | undefined> {
  const { clock, nextWork, requests, invocations } = driven;
  const busy = (): boolean => !requests.idle || options.busy?.() === true;
  if (busy()) return 'busy';
  if (invocations.idle) return options.schedules === true || nextWork() !== undefined ? clock.nextDue : undefined;
  if (options.whileRunning !== true) return 'busy';
  const changes = (): number => requests.changes + invocations.changes;
  const before = changes();
  const waits = await driven.functionsWait();
  if (waits === undefined || busy() || changes() !== before) return 'busy';
  return momentWhileRunning(driven, waits) ?? 'busy';
}

/** Undefined while a function waits for something that time does not bring: an answer that is on its way to it. */
function momentWhileRunning({ clock, requests }: Driven, waits: readonly Waits[]): number | undefined {
  const isHeld = ({ timer, answers }: Waits): boolean => (answers ? requests.paused > 0 : timer !== undefined);
  if (!waits.every(isHeld)) return undefined;
  const moment = Math.min(...waits.map(({ timer = Infinity }) => timer), clock.nextDue ?? Infinity);
  return moment === Infinity ? undefined : moment;
}

/** Lets promises, messages from workers and loopback sockets have their turn. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
}
