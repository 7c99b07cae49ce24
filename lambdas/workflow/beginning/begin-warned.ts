/** Begins the retirement of an instance of which AWS has warned, or that it has launched (contract 1.2). */
import { retirementStarted } from '../../core/events/retirement-events.ts';
import type { LaunchNotice, WarningNotice } from '../../core/notice/notice.ts';
import { reportTurnedAway } from '../notice/turn-away.ts';
import type { TurnedAway } from '../notice/verification.ts';
import { beginHeld } from './begin-held.ts';
import { beginRecommended } from './begin-recommended.ts';
import { subjectOf, type Beginning, type BeginPorts, type Verified } from './beginning.ts';
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
