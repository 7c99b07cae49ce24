/** The first step of a retirement: AWS is asked again, and what follows from its answers and the settings is fixed. */
import type { ClusterSettings, DeadlinePolicy, GroupSettings } from '../../core/settings/cluster-settings.ts';
import { hookDeadline, retainedDeadline, spanFrom, type HookTime } from '../../core/drain/deadline-times.ts';
import { releaseFor } from '../../core/node/drain-taints.ts';
import { heartbeatInterval } from '../../core/retirement/heartbeat.ts';
import {
  executionName,
  type Home,
  type LifecycleNotice,
  type Notice,
  type RequestedNotice,
  type TaintedNotice,
} from '../../core/notice/notice.ts';
import type { BatchPlace, Release, RetirementTerms } from '../../core/notice/retirement-terms.ts';
import { retentionMissing, retirementStarted, type Subject } from '../../core/events/retirement-events.ts';
import type { Course, Hold } from '../run/stage.ts';
import { hookTime, type HookTimePorts } from './hook-time.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import { reportTurnedAway } from '../notice/turn-away.ts';
import { verifyNotice, type Verification, type VerificationPorts } from '../notice/verify-notice.ts';

type Verified = Extract<Verification, { kind: 'retire' }>;
type BeginPorts = VerificationPorts & HookTimePorts & { readonly journal: Journal };

/** What was found, as plain data for the run to go on by. */
export type Beginning =
  | Exclude<Verification, { kind: 'retire' }>
  | (Verified & { readonly kind: 'retire'; readonly course: Course; readonly ending: Ending });

/** How a retirement is to end. */
export type Ending =
  /** The instance goes whatever we do. */
  | { readonly kind: 'hook'; readonly hold: Hold; readonly atDeadline: DeadlinePolicy }
  /** Nothing but us wants it to go: at the deadline the node is restored (contract 5.4). */
  | {
      readonly kind: 'voluntary';
      readonly release: Release;
      /** Pods are deleted past their budgets at the deadline, because the request says so. */
      readonly forces: boolean;
      /** The instance leaves its group first, and a replacement is waited for (contract 10.2). */
      readonly detaches: boolean;
      /** Its place in a batch of a rotation. */
      readonly batch?: BatchPlace;
    };

export async function beginRetirement(notice: Notice, ports: BeginPorts): Promise<Beginning> {
  const verified = await verifyNotice(notice, ports);
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      reportTurnedAway(verified, notice.instance, ports.journal);
      return verified;
    case 'release':
      return verified;
    case 'retire':
      switch (notice.kind) {
        case 'tainted':
          return beginForTaint(notice, verified, ports);
        case 'request':
          return beginAsRequested(notice, verified, ports);
        case 'asg-terminate':
          return await beginHeld(notice, verified, ports);
      }
  }
}

function beginForTaint(notice: TaintedNotice, verified: Verified, { journal, home }: BeginPorts): Beginning {
  const { at: startedAt, kind, taint } = notice;
  const subject = subjectOf(notice, verified, home);
  const deadline = startedAt + drainTimeoutSeconds(verified) * 1000;
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline: 'restore' }));
  const release = releaseFor(taint, verified.cluster);
  const ending = { kind: 'voluntary', release, forces: false, detaches: false } as const;
  return { ...verified, course: { subject, startedAt, deadline }, ending };
}

function beginAsRequested(notice: RequestedNotice, verified: Verified, { journal, home }: BeginPorts): Beginning {
  const { at: startedAt, kind, terms } = notice;
  const subject = subjectOf(notice, verified, home);
  const deadline = startedAt + terms.timeoutSeconds * 1000;
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline: terms.force ? 'force' : 'restore' }));
  // Detached before, by a run that has ended: its group has replaced it.
  const isDetached = verified.isDetached === true;
  return {
    ...verified,
    cluster: withTerms(verified.cluster, terms),
    course: { subject, startedAt, deadline },
    ending: {
      kind: 'voluntary',
      release: terms.release,
      forces: terms.force,
      detaches: terms.detach && !isDetached,
      ...(terms.batch && { batch: terms.batch }),
    },
  };
}

/** The cluster's settings, as far as the request does not override them. */
function withTerms(
  cluster: ClusterSettings,
  {
    gracePeriodSeconds = cluster.drain.gracePeriodSeconds,
    pauseBetweenEvictionsSeconds = cluster.drain.pauseBetweenEvictionsSeconds,
  }: RetirementTerms,
): ClusterSettings {
  return { ...cluster, drain: { ...cluster.drain, gracePeriodSeconds, pauseBetweenEvictionsSeconds } };
}

async function beginHeld(notice: LifecycleNotice, verified: Verified, ports: BeginPorts): Promise<Beginning> {
  const { lifecycle, journal, home } = ports;
  const { group, hook } = verified;
  if (hook === undefined) throw new Error(`group ${group} has no hook, although one holds ${notice.instance}`);
  const wanted = deadlinePolicyOf(verified);
  // Without the group's policy, ABANDON would terminate the instance with its pods on it (contract 5.3).
  const refused = wanted === 'retain' && !(await lifecycle.retains(group));
  const atDeadline = refused ? 'force' : wanted;
  const subject = subjectOf(notice, verified, home);
  const time = await hookTime(notice, hook, ports);
  const until = deadlineOfHook(verified, hook, time);
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

function subjectOf(notice: Notice, { cluster, group }: Verified, home: Home): Subject {
  return { execution: executionName(notice, home), cluster: cluster.name, group, instance: notice.instance };
}

function settingsOf({ group, cluster }: Pick<Verified, 'group' | 'cluster'>): GroupSettings | undefined {
  return cluster.groups.find(({ name }) => name === group);
}

function drainTimeoutSeconds(verified: Pick<Verified, 'group' | 'cluster'>): number {
  return settingsOf(verified)?.drainTimeoutSeconds ?? verified.cluster.drain.timeoutSeconds;
}

/**
 * When the first heartbeats are due, with their jitter. An event tells when the hook began. A notice of the sweep does not,
 * so the hook is renewed at once; after a retirement that failed, only once the node is isolated, because our own failure
 * must not hold an instance (contract 6.3).
 */
function heartbeats(
  { token, at }: LifecycleNotice,
  { timeoutSeconds }: Hook,
  { isFirst }: { isFirst: boolean },
): Pick<Hold, 'timeoutSeconds' | 'heartbeatAt' | 'renewedOnceIsolated'> {
  const usual = at + heartbeatInterval(timeoutSeconds, Math.random());
  if (token !== undefined) return { timeoutSeconds, heartbeatAt: usual };
  return isFirst
    ? { timeoutSeconds, heartbeatAt: at }
    : { timeoutSeconds, heartbeatAt: usual, renewedOnceIsolated: true };
}
