/** Deadlines of a retirement, and force points of pods (contract 5). All times are epoch milliseconds. */

/** Margin before the hook's own limit, to complete the hook in time (contract 5.1). */
export const HOOK_MARGIN_SECONDS = 60;

/** Shortest clamped grace: a grace of 0 would delete the pod without asking the kubelet (contract 5.3). */
const LEAST_GRACE_SECONDS = 1;

/** The earliest time at which a hook began to hold its instance, and when its first retirement started. */
export interface HookTime {
  readonly beganAt: number;
  readonly firstAt: number;
}

/**
 * Returns the one deadline of a hook, which no later retirement renews (contract 5.1). It is the earlier of two:
 * - the hook's global timeout, which AWS sets to min(48 h, 100 × heartbeat) and counts from its begin, less a margin;
 * - the group's drain timeout, from the start of the first retirement. A group with `wait` has none.
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

/** Shortest time to the deadline in which a drain is possible. With less, a retirement begins too late. */
const LEAST_SECONDS = 10;

/** Time of the only pass of a retirement that begins too late. It fits into the hook's margin. */
const LATE_SECONDS = 30;

/**
 * Returns the time of a retirement that begins now. One that begins too late gets a short time with all force points
 * now, so that each pod is told and has some seconds to stop (contract 1.6, 5.1).
 *
 * @param at.deadline the hook's deadline
 */
export function spanFrom(
  { firstAt }: Pick<HookTime, 'firstAt'>,
  { deadline, now }: { deadline: number; now: number },
): { readonly startedAt: number; readonly deadline: number; readonly late?: true } {
  if (deadline - now >= LEAST_SECONDS * 1000) return { startedAt: firstAt, deadline };
  return { startedAt: now - LATE_SECONDS * 1000, deadline: now + LATE_SECONDS * 1000, late: true };
}

/** Least time from force point to deadline: for the request, and for the kubelet to end the pod (contract 5.3). */
const LEAST_FORCE_SECONDS = 10;

/** Time for the request of a pod whose whole grace just fits: its last second is the pod's too. */
const REQUEST_SECONDS = 3;

/**
 * Returns the force point, from which a pod may be deleted past its budgets: early enough for the request and the pod's
 * grace, but not in the first half of the time (contract 5.3). The API allows a grace of 0, and makes 1 of a negative
 * one.
 *
 * @param span.early a warning at short notice: the first half of the time counts too
 */
export function forcePoint(
  graceSeconds: number,
  { startedAt, deadline, early = false }: { startedAt: number; deadline: number; early?: boolean | undefined },
): number {
  const half = startedAt + (deadline - startedAt) / 2;
  if (!early) return Math.max(deadline - Math.max(graceSeconds, LEAST_FORCE_SECONDS) * 1000, half);
  const last = Math.max(deadline - LEAST_FORCE_SECONDS * 1000, half);
  return Math.max(startedAt, Math.min(deadline - (graceSeconds + REQUEST_SECONDS) * 1000, last));
}

/** Cuts a pod's grace to the time that is left, to a second at least (contract 5.3). */
export function clampedGrace(graceSeconds: number, { now, deadline }: { now: number; deadline: number }): number {
  const left = Math.floor((deadline - now) / 1000);
  return Math.max(LEAST_GRACE_SECONDS, Math.min(graceSeconds, left));
}

/** Time from the start in which a retained instance is drained, an hour at least; then a person must look. */
const RETAINED_SECONDS = 172_800;
const LEAST_RETAINED_SECONDS = 3_600;

/** Returns until when a retained instance is drained (contract 5.3). */
export function retainedDeadline({ startedAt, deadline }: { startedAt: number; deadline: number }): number {
  return Math.max(startedAt + RETAINED_SECONDS * 1000, deadline + LEAST_RETAINED_SECONDS * 1000);
}

/** Time to force a drain whose instance the group does not retain after all, in the hook's margin (contract 5.3). */
const LAST_FORCE_SECONDS = 30;

export function lastForceDeadline(deadline: number): number {
  return deadline + LAST_FORCE_SECONDS * 1000;
}
