/** Deadlines of a retirement, and the point from which a pod may be forced (contract 5). All times epoch milliseconds. */

/** What is kept back from the hook's own limit, to complete it in time (contract 5.1). */
export const HOOK_MARGIN_SECONDS = 60;

/** Clamped graces never go below this: a grace of 0 would delete without asking the kubelet (contract 5.3). */
const LEAST_GRACE_SECONDS = 1;

/** When a lifecycle hook began to hold its instance, at the earliest, and when the first retirement for it started. */
export interface HookTime {
  readonly beganAt: number;
  readonly firstAt: number;
}

/**
 * The one deadline of a hook, which no later retirement renews: its global timeout, which AWS sets to min(48 h, 100 ×
 * heartbeat) and counts from its begin, less a margin, or the group's own drain timeout from when its first retirement
 * started, if that is sooner (contract 5.1). A group that waits has no timeout of its own.
 */
export function hookDeadline(
  { beganAt, firstAt }: HookTime,
  {
    globalTimeoutSeconds,
    drainTimeoutSeconds = Infinity,
  }: { globalTimeoutSeconds: number; drainTimeoutSeconds?: number },
): number {
  const hookEnds = beganAt + (globalTimeoutSeconds - HOOK_MARGIN_SECONDS) * 1000;
  return Math.min(hookEnds, firstAt + drainTimeoutSeconds * 1000);
}

/** With less time than this to its deadline a retirement begins too late to drain anything in good order. */
const LEAST_SECONDS = 10;

/** How long a retirement that begins too late takes over its only pass; the hook's margin has room for it. */
const LATE_SECONDS = 30;

/**
 * The time of a retirement that begins now: of one that begins too late a short one, whose force points are now, so that
 * each pod is told and has some seconds to stop (contract 1.6, 5.1).
 *
 * @param deadline of its hook
 */
export function spanFrom(
  { firstAt }: Pick<HookTime, 'firstAt'>,
  { deadline, now }: { deadline: number; now: number },
): { readonly startedAt: number; readonly deadline: number; readonly late?: true } {
  if (deadline - now >= LEAST_SECONDS * 1000) return { startedAt: firstAt, deadline };
  return { startedAt: now - LATE_SECONDS * 1000, deadline: now + LATE_SECONDS * 1000, late: true };
}

/** What requests need to arrive, and the kubelet to end a pod that has no grace, before the deadline (contract 5.3). */
const LEAST_FORCE_SECONDS = 10;

/**
 * From here on a pod may be deleted past its budgets: early enough for its grace and for the request to arrive, but not in
 * the first half (contract 5.3). The API takes a grace of 0, and makes 1 of a negative one.
 */
export function forcePoint(
  graceSeconds: number,
  { startedAt, deadline }: { startedAt: number; deadline: number },
): number {
  const needed = Math.max(graceSeconds, LEAST_FORCE_SECONDS);
  return Math.max(deadline - needed * 1000, startedAt + (deadline - startedAt) / 2);
}

/** A pod's grace cut to the time that is left, never below a second (contract 5.3). */
export function clampedGrace(graceSeconds: number, { now, deadline }: { now: number; deadline: number }): number {
  const left = Math.floor((deadline - now) / 1000);
  return Math.max(LEAST_GRACE_SECONDS, Math.min(graceSeconds, left));
}

/** A retained instance is drained on until this long after its notice, and an hour at least; then somebody must look. */
const RETAINED_SECONDS = 172_800;
const LEAST_RETAINED_SECONDS = 3_600;

/** Until when an instance that its group retains is drained on (contract 5.3). */
export function retainedDeadline({ startedAt, deadline }: { startedAt: number; deadline: number }): number {
  return Math.max(startedAt + RETAINED_SECONDS * 1000, deadline + LEAST_RETAINED_SECONDS * 1000);
}

/** What a drain that may not be retained after all is forced within, in the hook's own margin (contract 5.3). */
const LAST_FORCE_SECONDS = 30;

export function lastForceDeadline(deadline: number): number {
  return deadline + LAST_FORCE_SECONDS * 1000;
}
