/**
 * Begins the retirement of an instance that EC2 recommends to rebalance (contract 1.2). Nobody takes it yet: it is drained as
 * far as it lets itself, held, and put back. It begins only within the budgets, and waits for none: a later recommendation,
 * or the interruption itself, is served anyway.
 */
import { executionName, type WarningNotice } from '../../core/notice/notice.ts';
import { retirementStarted } from '../../core/events/retirement-events.ts';
import { whyNotNow } from '../disruption/ask-budgets.ts';
import { reportTurnedAway } from '../notice/turn-away.ts';
import { ignore, unconfigured } from '../notice/verification.ts';
import { drainTimeoutSeconds, subjectOf, type Beginning, type BeginPorts, type Verified } from './beginning.ts';

export async function beginRecommended(
  notice: WarningNotice,
  verified: Verified,
  ports: BeginPorts,
): Promise<Beginning> {
  const { journal, home } = ports;
  const why = await whyTurnedAway(notice, verified, ports);
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

async function whyTurnedAway(
  notice: WarningNotice,
  { group, cluster: { name } }: Verified,
  ports: BeginPorts,
): Promise<string | undefined> {
  const { lifecycle, settings, home } = ports;
  if (!(await lifecycle.rebalances(group))) return `group ${group} has CapacityRebalance off`;
  // What was verified has the settings of one group alone; budgets count all.
  const cluster = await settings.cluster(name);
  if (cluster === undefined) return unconfigured(name);
  const { instance } = notice;
  return await whyNotNow({ instance, execution: executionName(notice, home), home }, cluster, ports);
}
