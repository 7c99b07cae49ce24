/**
 * The history of a hook: the retirements that it has had. The start of the first one sets the hook's deadline (contract
 * 5.1). Those that failed decide whether another one begins (contract 6.3): Ebb's own failure must not hold an
 * instance. Pure.
 */
import type { EndedRetirement, StartedRetirement } from './orphaned-hook.ts';
import { executionsOf, type Home } from '../notice/notice.ts';

/**
 * Returns the instance's retirements since its hook began. Earlier ones had no hook, or another one, such as the hook
 * by which the instance once went to a warm pool.
 */
export function runsOfHook<Run extends StartedRetirement>(
  runs: readonly Run[],
  { instance, beganAt, home }: { instance: string; beganAt: number; home: Home },
): Run[] {
  const ours = executionsOf({ ...home, instance });
  return runs.filter(({ name, startedAt }) => name.startsWith(ours) && startedAt >= beganAt);
}

/** Returns when the first retirement started, epoch milliseconds; `now` when there is none. */
export function firstStart(runs: readonly StartedRetirement[], now: number): number {
  return Math.min(now, ...runs.map(({ startedAt }) => startedAt));
}

/** Wait after the second failure before another retirement begins; it doubles with each further failure. */
const PATIENCE_MS = 600_000;

/**
 * Whether another retirement may begin for a hook whose retirements have all ended. The second begins at once, because
 * the first may have died by accident. Further ones begin more and more seldom, and one last time after the deadline.
 *
 * @param runs ended retirements of the hook
 */
export function mayBeginAnother(
  runs: readonly EndedRetirement[],
  { deadline, now }: { deadline: number; now: number },
): boolean {
  if (runs.some(({ startedAt }) => startedAt >= deadline)) return false;
  const failures = runs.filter(({ succeeded }) => !succeeded);
  if (failures.length < 2) return true;
  const lastEnd = Math.max(...failures.map(({ endedAt }) => endedAt));
  return now >= lastEnd + PATIENCE_MS * 2 ** (failures.length - 2);
}
