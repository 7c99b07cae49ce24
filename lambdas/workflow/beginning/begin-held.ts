/** Begins the retirement of an instance that a hook holds: its deadline, its heartbeats, and what happens at its end. */
import { hookDeadline, retainedDeadline, spanFrom, type HookTime } from '../../core/drain/deadline-times.ts';
import { retentionMissing, retirementStarted } from '../../core/events/retirement-events.ts';
import { isOfHook, type HookNotice, type LaunchNotice, type WarningNotice } from '../../core/notice/notice.ts';
import { heartbeatInterval } from '../../core/retirement/heartbeat.ts';
import type { DeadlinePolicy } from '../../core/settings/cluster-settings.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import type { Hold } from '../run/stage.ts';
import {
  drainTimeoutSeconds,
  settingsOf,
  subjectOf,
  type Beginning,
  type BeginPorts,
  type Verified,
} from './beginning.ts';
import { hookTime } from './hook-time.ts';

/** @param goesAt when AWS takes the instance although its hook holds it, epoch milliseconds @default never */
export async function beginHeld(
  notice: Exclude<HookNotice, LaunchNotice> | WarningNotice,
  verified: Verified,
  ports: BeginPorts,
  goesAt = Infinity,
): Promise<Beginning> {
  const { lifecycle, journal, home } = ports;
  const { group, hook } = verified;
  if (hook === undefined) throw new Error(`group ${group} has no hook, although one holds ${notice.instance}`);
  const wanted = notice.kind === 'asg-terminate' ? deadlinePolicyOf(verified) : policyForOthers(verified, goesAt);
  // Without the group's policy, ABANDON would terminate the instance with its pods on it (contract 5.3).
  const refused = wanted === 'retain' && !(await lifecycle.retains(group));
  const atDeadline = refused ? 'force' : wanted;
  const subject = subjectOf(notice, verified, home);
  const time = await hookTime({ ...notice, group }, hook, ports);
  const until = Math.min(deadlineOfHook(verified, hook, time), goesAt);
  const span = spanFrom(time, { deadline: until, now: Date.now() });
  const hold = {
    action: { group, hook: hook.name, instance: notice.instance },
    until,
    ...heartbeats(notice, hook, time),
  };
  journal.report(
    retirementStarted(subject, {
      kind: notice.kind,
      deadline: span.deadline,
      atDeadline,
      ...(span.late && { late: span.late }),
    }),
  );
  if (refused) journal.report(retentionMissing(subject));
  // What is retained at its deadline is drained on.
  const lasts = atDeadline === 'retain' ? { lastsUntil: retainedDeadline(span) } : {};
  return { ...verified, course: { subject, ...span, hold, ...lasts }, ending: { kind: 'hook', hold, atDeadline } };
}

/** Nothing can be kept of an instance that AWS takes; one whose root volume is replaced stays anyway. */
function policyForOthers(verified: Verified, goesAt: number): DeadlinePolicy {
  const policy = deadlinePolicyOf(verified);
  return policy === 'retain' || Number.isFinite(goesAt) ? 'force' : policy;
}

/** The deadline of the hook that holds an instance, epoch milliseconds. */
export function deadlineOfHook(
  verified: Pick<Verified, 'group' | 'cluster'>,
  { globalTimeoutSeconds }: Hook,
  time: HookTime,
): number {
  const waits = deadlinePolicyOf(verified) === 'wait';
  const limits = waits ? {} : { drainTimeoutSeconds: drainTimeoutSeconds(verified) };
  return hookDeadline(time, { globalTimeoutSeconds, ...limits });
}

/**
 * Decides between force, wait and retain: the group's own policy, else the cluster's. `beginHeld` makes force of a retain
 * that the group does not allow, and end-at-deadline.ts looks at that once more.
 */
function deadlinePolicyOf(verified: Pick<Verified, 'group' | 'cluster'>): DeadlinePolicy {
  return settingsOf(verified)?.atDeadline ?? verified.cluster.drain.atDeadline;
}

/**
 * When the first heartbeats are due, with their jitter. An event tells when the hook began. A notice of the sweep does not,
 * so the hook is renewed at once; after a retirement that failed, only once the node is isolated, because our own failure
 * must not hold an instance (contract 6.3).
 */
function heartbeats(
  notice: HookNotice | WarningNotice,
  { timeoutSeconds }: Hook,
  { isFirst }: { isFirst: boolean },
): Pick<Hold, 'timeoutSeconds' | 'heartbeatAt' | 'renewedOnceIsolated'> {
  const { at } = notice;
  const usual = at + heartbeatInterval(timeoutSeconds, Math.random());
  if (isOfHook(notice) && notice.token !== undefined) return { timeoutSeconds, heartbeatAt: usual };
  return isFirst
    ? { timeoutSeconds, heartbeatAt: at }
    : { timeoutSeconds, heartbeatAt: usual, renewedOnceIsolated: true };
}
