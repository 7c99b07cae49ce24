/**
 * Windows, which open by cron, and freezes, days on which no node goes (contract 9.3). Pure: the time is an argument.
 * At a clock change croner decides: a skipped time fires right after the change, a repeated time fires once, the first
 * time. A window lasts the seconds that it says, in spite of clock changes.
 */
import { Cron } from 'croner';

export interface Window {
  /** Cron expression of five fields. */
  readonly cron: string;
  readonly durationSeconds: number;
  /** IANA. */
  readonly timeZone: string;
}

/** Whole days, both ends included. */
export interface Freeze {
  /** `YYYY-MM-DD`, as is `to`. */
  readonly from: string;
  readonly to: string;
  /** IANA. */
  readonly timeZone: string;
}

export interface Schedule {
  /** One window of each list must be open. No list: always open. */
  readonly windows: readonly (readonly Window[])[];
  readonly freezes: readonly Freeze[];
}

/** Whether a schedule is open. `opensAt`: when it opens next, epoch milliseconds; absent when no time was found. */
export type Opening =
  { readonly open: true } | { readonly open: false; readonly why: string; readonly opensAt?: number };

/** Most windows and freezes that are tried to find the next opening: some schedules never open. */
const MOST_STEPS = 200;

/** A local day begins at most 14 hours before the same day in UTC; one hour more for clock changes. */
const EARLIEST_DAY_MS = 15 * 3_600_000;

/** @param now epoch milliseconds */
export function openingOf(schedule: Schedule, now: number): Opening {
  const why = whyClosed(schedule, now);
  if (why === undefined) return { open: true };
  const opensAt = nextOpening(schedule, now);
  return { open: false, why, ...(opensAt !== undefined && { opensAt }) };
}

function whyClosed({ windows, freezes }: Schedule, now: number): string | undefined {
  const freeze = freezes.find((each) => isFrozen(each, now));
  if (freeze !== undefined) return `frozen from ${freeze.from} to ${freeze.to} (${freeze.timeZone})`;
  const closed = windows.find((list) => !isAnyOpen(list, now));
  if (closed === undefined) return undefined;
  return `outside the window ${closed.map(windowText).join(' or ')}`;
}

function windowText({ cron, durationSeconds, timeZone }: Window): string {
  return `"${cron}" (${timeZone}) of ${durationSeconds} s`;
}

/** Finds the next opening: goes from the end of one obstacle to the next until nothing is in the way. */
function nextOpening(schedule: Schedule, now: number): number | undefined {
  let at: number | undefined = now;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const before: number = at;
    at = pastObstacle(schedule, before);
    if (at === before || at === undefined) return at;
  }
  return undefined;
}

/** Returns `at` when nothing is in the way; undefined when the obstacle never ends. */
function pastObstacle({ windows, freezes }: Schedule, at: number): number | undefined {
  const freeze = freezes.find((each) => isFrozen(each, at));
  if (freeze !== undefined) return endOf(freeze);
  const closed = windows.find((list) => !isAnyOpen(list, at));
  if (closed === undefined) return at;
  const firings = closed.flatMap((window) => cronOf(window).nextRuns(1, new Date(at)));
  return firings.length === 0 ? undefined : Math.min(...firings.map((firing) => firing.getTime()));
}

function isAnyOpen(list: readonly Window[], now: number): boolean {
  return list.some((window) => isOpen(window, now));
}

function isOpen(window: Window, now: number): boolean {
  // The runs before a moment do not include one at that very moment.
  const [latest] = cronOf(window).previousRuns(1, new Date(now + 1));
  return latest !== undefined && latest.getTime() + window.durationSeconds * 1_000 > now;
}

function cronOf({ cron, timeZone }: Window): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part' });
}

function isFrozen({ from, to, timeZone }: Freeze, now: number): boolean {
  const today = dateOf(new Date(now), timeZone);
  return from <= today && today <= to;
}

/** The first moment of the day after the freeze, even if that day does not begin at midnight. */
function endOf({ to, timeZone }: Freeze): number | undefined {
  const midnights = new Cron('0 0 * * *', { timezone: timeZone });
  const days = midnights.nextRuns(4, new Date(Date.parse(to) - EARLIEST_DAY_MS));
  return days.find((day) => dateOf(day, timeZone) > to)?.getTime();
}

/** `YYYY-MM-DD` */
function dateOf(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    moment,
  );
}

/** Says why a window cannot have this cron expression; undefined when it can. */
export function cronFault(cron: string): string | undefined {
  // Croner also takes single dates and @daily, which five fields can express.
  if (!/^\s*\S+(\s+\S+){4}\s*$/.test(cron)) {
    return 'must be a cron expression of five fields: minute, hour, day, month, weekday';
  }
  try {
    const [first] = cronOf({ cron, timeZone: 'UTC', durationSeconds: 0 }).nextRuns(1, new Date(0));
    return first === undefined ? 'must be a cron expression that fires at all' : undefined;
  } catch (error) {
    return `must be a cron expression: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-CA', { timeZone: name });
    // Offsets such as +02:00 are no time zones: they know no clock changes.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
