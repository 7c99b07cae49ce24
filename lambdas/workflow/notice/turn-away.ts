/** Handles notices that lead to no retirement: reports them, and releases an instance that nobody could drain. */
import { noticeIgnored, noticeRefused, noticeReleased } from '../../core/events/notice-events.ts';
import type { Lifecycle, LifecycleAction } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import type { Verification } from './verify-notice.ts';

export function reportTurnedAway(
  verified: Extract<Verification, { kind: 'ignore' | 'refuse' }>,
  instance: string,
  journal: Journal,
): void {
  const { reason } = verified;
  if (verified.kind === 'refuse') journal.report(noticeRefused({ reason, instance }));
  else {
    const { stale, usual } = verified;
    journal.report(noticeIgnored({ reason, instance, ...(stale && { stale }), ...(usual && { usual }) }));
  }
}

/** Completes the hook of an instance in which there is nothing to drain. */
export async function releaseUndrained(
  { action, reason }: { action: LifecycleAction; reason: string },
  { lifecycle, journal }: { lifecycle: Pick<Lifecycle, 'complete'>; journal: Journal },
): Promise<void> {
  const outcome = await lifecycle.complete(action);
  journal.report(noticeReleased({ reason, instance: action.instance, group: action.group, outcome }));
}
