/** The first step of a retirement: AWS is asked again, and what follows from its answers and the settings is fixed. */
import type { DeadlinePolicy, GroupSettings, VoluntaryRelease } from '../core/cluster-settings.ts';
import { hookDeadline, retainedDeadline } from '../core/deadline.ts';
import { releaseFor } from '../core/drain-taints.ts';
import { heartbeatInterval } from '../core/heartbeat.ts';
import { executionName, type Home, type LifecycleNotice, type Notice, type TaintedNotice } from '../core/notice.ts';
import { retentionMissing, retirementStarted, type Subject } from '../core/retirement-events.ts';
import type { Course, Hold } from './hold-hook.ts';
import type { Hook, Journal } from './ports.ts';
import { tellTurnedAway } from './turn-away.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

type Verified = Extract<Verification, { kind: 'retire' }>;
type BeginPorts = VerificationPorts & { readonly journal: Journal };

/** What was found, as plain data for the run to go on by. */
export type Beginning =
  | Exclude<Verification, { kind: 'retire' }>
  | (Verified & { readonly kind: 'retire'; readonly course: Course; readonly ending: Ending });

/** How a retirement is to end. */
export type Ending =
  /** The instance goes whatever we do. */
  | { readonly kind: 'hook'; readonly hold: Hold; readonly atDeadline: DeadlinePolicy }
  /** Nothing but us wants it to go: at the deadline the node is restored (contract 5.4). */
  | { readonly kind: 'voluntary'; readonly release: VoluntaryRelease; readonly notice: TaintedNotice };

export async function beginRetirement(notice: Notice, ports: BeginPorts): Promise<Beginning> {
  const verified = await verifyNotice(notice, ports);
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      tellTurnedAway(verified, notice.instance, ports.journal);
      return verified;
    case 'release':
      return verified;
    case 'retire':
      return notice.kind === 'tainted'
        ? beginVoluntarily(notice, verified, ports)
        : await beginHeld(notice, verified, ports);
  }
}

function beginVoluntarily(notice: TaintedNotice, verified: Verified, { journal, home }: BeginPorts): Beginning {
  const { at: startedAt, kind, taint } = notice;
  const subject = subjectOf(notice, verified, home);
  const deadline = startedAt + drainTimeoutSeconds(verified) * 1000;
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline: 'restore' }));
  const release = releaseFor(taint, verified.cluster);
  return { ...verified, course: { subject, startedAt, deadline }, ending: { kind: 'voluntary', release, notice } };
}

async function beginHeld(
  notice: LifecycleNotice,
  verified: Verified,
  { lifecycle, journal, home }: BeginPorts,
): Promise<Beginning> {
  const { group, hook, cluster } = verified;
  if (hook === undefined) throw new Error(`group ${group} has no hook, although one holds ${notice.instance}`);
  const wanted = settingsOf(verified)?.atDeadline ?? cluster.drain.atDeadline;
  // Without the group's policy, ABANDON would terminate the instance with its pods on it (contract 5.3).
  const refused = wanted === 'retain' && !(await lifecycle.retains(group));
  const atDeadline = refused ? 'force' : wanted;
  const subject = subjectOf(notice, verified, home);
  const { at: startedAt, kind } = notice;
  const { globalTimeoutSeconds } = hook;
  const limits =
    atDeadline === 'wait'
      ? { globalTimeoutSeconds }
      : { globalTimeoutSeconds, drainTimeoutSeconds: drainTimeoutSeconds(verified) };
  const deadline = hookDeadline(startedAt, limits);
  const hold = holdOf(notice, group, hook);
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline }));
  if (refused) journal.report(retentionMissing(subject));
  // What is retained at its deadline is drained on.
  const lasts = atDeadline === 'retain' ? { lastsUntil: retainedDeadline({ startedAt, deadline }) } : {};
  const course = { subject, startedAt, deadline, hold, ...lasts };
  return { ...verified, course, ending: { kind: 'hook', hold, atDeadline } };
}

function subjectOf(notice: Notice, { cluster, group }: Verified, home: Home): Subject {
  return { execution: executionName(notice, home), cluster: cluster.name, group, instance: notice.instance };
}

function settingsOf({ group, cluster }: Verified): GroupSettings | undefined {
  return cluster.groups.find(({ name }) => name === group);
}

function drainTimeoutSeconds(verified: Verified): number {
  return settingsOf(verified)?.drainTimeoutSeconds ?? verified.cluster.drain.timeoutSeconds;
}

/** Draws the jitter of the first heartbeat. */
function holdOf({ instance, at }: LifecycleNotice, group: string, { name: hook, timeoutSeconds }: Hook): Hold {
  const heartbeatAt = at + heartbeatInterval(timeoutSeconds, Math.random());
  return { action: { group, hook, instance }, timeoutSeconds, heartbeatAt };
}
