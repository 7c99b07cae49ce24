/**
 * Time and chance of a model run. Time stands still while anything is left to do, then jumps to the next timer; chance
 * follows from the run's seed. So a run is the same each time that it is made, and its hours take milliseconds.
 */
import { HOUR, NOON } from '../../given.ts';
import { putOnTime } from '../../peers/clock.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** Longer than any retirement, one that is retained and drained on included. */
const LONGEST_RUN_MS = 150 * HOUR;

/** More than a retirement of days needs. */
const MOST_TURNS = 100_000;

/**
 * Puts Date, setTimeout, clearTimeout and Math.random on virtual time until `work` has ended. It begins at noon.
 *
 * @param limits.mostTurns timers that may fire @default enough for one retirement
 */
export async function onVirtualTime<Outcome>(
  seed: number,
  work: () => Promise<Outcome>,
  { mostTurns = MOST_TURNS }: { mostTurns?: number } = {},
): Promise<Outcome> {
  const timers = new VirtualTimers(NOON);
  const realTime = putOnTime(
    () => timers.now,
    (run, milliseconds) => timers.set(run, milliseconds),
  );
  const { random } = Math;
  Math.random = drawing(seed);
  try {
    return await drive(work(), timers, mostTurns);
  } finally {
    Math.random = random;
    realTime();
  }
}

async function drive<Outcome>(work: Promise<Outcome>, timers: VirtualTimers, mostTurns: number): Promise<Outcome> {
  const end = { reached: false };
  const note = (): void => {
    end.reached = true;
  };
  work.then(note, note);
  for (let turns = 0; turns < mostTurns; turns += 1) {
    // All promises have had their turn when this one has.
    await new Promise((resolve) => setImmediate(resolve));
    if (end.reached) return await work;
    if (timers.now > NOON + LONGEST_RUN_MS) throw new Error('it never ends');
    if (!timers.fireNext()) throw new Error('it waits for what will never happen');
  }
  throw new Error(`it runs in a circle: ${mostTurns} timers, and only ${new Date(timers.now).toISOString()}`);
}

/** Mulberry32: numbers from 0 to 1 that follow from the seed. */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
