/**
 * Turns an outside event into a retirement: parses, verifies with AWS, and starts it by name. It never talks to
 * Kubernetes, so an API server that is away cannot lose an event.
 */
import { noticeIgnored, retirementRequested } from '../../core/events/notice-events.ts';
import { executionName, type LifecycleNotice } from '../../core/notice/notice.ts';
import type { Retirements } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import { releaseUndrained, reportTurnedAway } from './turn-away.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

/** Result of parsing an event; a malformed one throws. */
export type Parsed =
  | { readonly kind: 'notice'; readonly notice: LifecycleNotice }
  /** An event that we do not act on. */
  | { readonly kind: 'other'; readonly reason: string; readonly source: string; readonly detailType: string };

export interface RoutePorts extends VerificationPorts {
  readonly retirements: Retirements;
  readonly journal: Journal;
}

export async function routeEvent(parsed: Parsed, ports: RoutePorts): Promise<void> {
  if (parsed.kind === 'other') {
    const { reason, source, detailType } = parsed;
    ports.journal.report(noticeIgnored({ reason, source, detailType }));
    return;
  }
  await routeNotice(parsed.notice, 'event', ports);
}

/** Verifies a notice and acts on it. @returns the verification's kind; `retire`: a retirement has been started */
export async function routeNotice(
  notice: LifecycleNotice,
  foundBy: 'event' | 'sweep',
  ports: RoutePorts,
): Promise<Verification['kind']> {
  const verified = await verifyNotice(notice, ports);
  await actOnNotice(notice, { verified, foundBy }, ports);
  return verified.kind;
}

/** Acts on a notice as its verification says. */
export async function actOnNotice(
  notice: LifecycleNotice,
  { verified, foundBy }: { verified: Verification; foundBy: 'event' | 'sweep' },
  ports: RoutePorts,
): Promise<void> {
  const { instance } = notice;
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      reportTurnedAway(verified, instance, ports.journal);
      break;
    case 'release':
      await releaseUndrained(verified, ports);
      break;
    case 'retire': {
      const execution = executionName(notice, ports.home);
      const already = (await ports.retirements.start(execution, notice)) === 'already';
      const { group } = verified;
      ports.journal.report(
        retirementRequested({ execution, instance, cluster: verified.cluster.name, group, already, foundBy }),
      );
      break;
    }
  }
}
