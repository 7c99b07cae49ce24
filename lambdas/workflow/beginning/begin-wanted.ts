/** Begins the retirement of a node that somebody wants to go: by a taint, or by a request (contract 9.5, 10.4). */
import { releaseFor } from '../../core/node/drain-taints.ts';
import { retirementStarted } from '../../core/events/retirement-events.ts';
import type { RequestedNotice, TaintedNotice } from '../../core/notice/notice.ts';
import type { RetirementTerms } from '../../core/notice/retirement-terms.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { drainTimeoutSeconds, subjectOf, type Beginning, type BeginPorts, type Verified } from './beginning.ts';

export function beginForTaint(notice: TaintedNotice, verified: Verified, { journal, home }: BeginPorts): Beginning {
  const { at: startedAt, kind, taint } = notice;
  const subject = subjectOf(notice, verified, home);
  const deadline = startedAt + drainTimeoutSeconds(verified) * 1000;
  journal.report(retirementStarted(subject, { kind, deadline, atDeadline: 'restore' }));
  const release = releaseFor(taint, verified.cluster);
  const ending = { kind: 'voluntary', release, forces: false, detaches: false } as const;
  return { ...verified, course: { subject, startedAt, deadline }, ending };
}

export function beginAsRequested(
  notice: RequestedNotice,
  verified: Verified,
  { journal, home }: BeginPorts,
): Beginning {
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
