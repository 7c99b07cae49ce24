/**
 * The retirements that one hook has had. The first one's start sets the hook's deadline (contract 5.1), and those that have
 * failed say whether another is begun (contract 6.3): our own failure must not hold an instance. Pure.
 */
import type { EndedRetirement, StartedRetirement } from './orphaned-hook.ts';
import { executionsOf, type Home } from '../notice/notice.ts';

/**
 * Those of the instance that started since its hook began. Earlier ones were for another hook, such as that by which the
 * instance went to a warm pool from which it has come back, or had none.
 */
export function runsOfHook<Run extends StartedRetirement>(
  runs: readonly Run[],
  { instance, beganAt, home }: { instance: string; beganAt: number; home: Home },
): Run[] {
  const ours = executionsOf({ ...home, instance });
  return runs.filter(({ name, startedAt }) => name.startsWith(ours) && startedAt >= beganAt);
}

/** @returns when the first of them started, epoch milliseconds; `now` when there is none */
export function firstStart(runs: readonly StartedRetirement[], now: number): number {
  return Math.min(now, ...runs.map(({ startedAt }) => startedAt));
}

/** After the second failure another retirement waits so long, then twice as long after each. */
const PATIENCE_MS = 600_000;

/**
 * Whether another retirement is begun for a hook whose retirements have ended: the second at once, because the first may
 * have died by accident, the others more and more seldom, and a last one once the deadline has passed.
 *
 * @param runs of the hook, none of which runs
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
