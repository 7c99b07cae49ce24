/** Begins the retirement of an instance of which AWS has warned, or that it has launched (contract 1.2). */
import { retirementStarted } from '../../core/events/retirement-events.ts';
import type { LaunchNotice, WarningNotice } from '../../core/notice/notice.ts';
import { readZonalShift } from '../disruption/read-zonal-shift.ts';
import { reportTurnedAway } from '../notice/turn-away.ts';
import { ignore, type TurnedAway } from '../notice/verification.ts';
import { beginHeld } from './begin-held.ts';
import { drainTimeoutSeconds, subjectOf, type Beginning, type BeginPorts, type Verified } from './beginning.ts';
import { contradiction, deadlineOfWarning, lateDeadline, warnedEnding } from './warning.ts';

/** A hook that holds the instance already is completed by this retirement, in what the warning leaves of its time. */
export async function beginWarned(notice: WarningNotice, verified: Verified, ports: BeginPorts): Promise<Beginning> {
  const { journal, home, instances } = ports;
  const turnedAway = (why: TurnedAway): TurnedAway => {
    reportTurnedAway(why, notice.instance, journal);
    return why;
  };
  const contradicted = await contradiction(notice, instances);
  if (contradicted !== undefined) return turnedAway(contradicted);
  if (notice.kind === 'rebalance') return await beginRecommended(notice, verified, ports);
  const now = Date.now();
  const told = deadlineOfWarning(notice, now);
  const deadline = told > now ? told : await lateDeadline(notice, instances, now);
  if (typeof deadline !== 'number') return turnedAway(deadline);
  if (verified.waits) return await beginHeld(notice, verified, ports, deadline);
  const subject = subjectOf(notice, verified, home);
  const startedAt = now;
  journal.report(retirementStarted(subject, { kind: notice.kind, deadline, atDeadline: 'force' }));
  return { ...verified, course: { subject, startedAt, deadline }, ending: warnedEnding(notice) };
}

/** Nobody takes the instance yet: it is drained as far as it lets itself, held, and put back. */
async function beginRecommended(notice: WarningNotice, verified: Verified, ports: BeginPorts): Promise<Beginning> {
  const { journal, home, lifecycle } = ports;
  const { group } = verified;
  const why = (await lifecycle.rebalances(group))
    ? await whyShifted(verified, ports)
    : `group ${group} has CapacityRebalance off`;
  if (why !== undefined) {
    const ignored = ignore(why);
    reportTurnedAway(ignored, notice.instance, journal);
    return ignored;
  }
  const { at: startedAt, kind } = notice;
  const subject = subjectOf(notice, verified, home);
  const deadline = startedAt + drainTimeoutSeconds(verified) * 1000;
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline: 'restore' }));
  const holdSeconds = verified.cluster.notices.rebalanceHoldSeconds;
  const ending = { kind: 'voluntary', release: 'leave', forces: false, detaches: false, holdSeconds } as const;
  return { ...verified, course: { subject, startedAt, deadline }, ending };
}

/** Which traffic is shifted away from a zone, if that holds the cluster's voluntary drains (contract 9.8). */
async function whyShifted({ cluster, group }: Verified, ports: BeginPorts): Promise<string | undefined> {
  if (!cluster.waitForZonalShift) return undefined;
  const groups = [...new Set([group, ...cluster.groups.map(({ name }) => name)])];
  return await readZonalShift({ cluster: cluster.name, groups }, ports);
}

/** Time before the timeout of a launch hook at which it is completed anyway. */
const LAUNCH_MARGIN_SECONDS = 15;

export function beginLaunch(notice: LaunchNotice, verified: Verified, { home }: BeginPorts): Beginning {
  const { group, hook } = verified;
  if (hook === undefined) throw new Error(`group ${group} has no hook, although one holds ${notice.instance}`);
  const { at: startedAt, instance } = notice;
  const deadline = startedAt + (hook.timeoutSeconds - LAUNCH_MARGIN_SECONDS) * 1000;
  const subject = subjectOf(notice, verified, home);
  const ending = { kind: 'launch', action: { group, hook: hook.name, instance } } as const;
  return { ...verified, course: { subject, startedAt, deadline }, ending };
}
