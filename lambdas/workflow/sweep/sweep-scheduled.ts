/**
 * Sweeps the changes that AWS has scheduled for instances (contract 1.2, 1.7): what it announced long before, and what no
 * event told. One question to EC2 for all instances of the account.
 */
import type { Group } from '../../core/aws/group.ts';
import { IN_SERVICE } from '../../core/aws/lifecycle-state.ts';
import type { WarningNotice } from '../../core/notice/notice.ts';
import { isOrphaned } from '../../core/retirement/orphaned-hook.ts';
import { DRAINS_AHEAD_MS } from '../notice/verification.ts';
import { routeNotice, type RoutePorts } from '../notice/route-notice.ts';
import type { ScheduledChanges } from '../ports/ec2.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface ScheduledSweepPorts extends RoutePorts {
  readonly scheduledChanges: ScheduledChanges;
  readonly running: RunningRetirements;
}

/** @param groups all enrolled groups */
export async function sweepScheduled(
  groups: readonly Group[],
  record: SweepRecord,
  ports: ScheduledSweepPorts,
): Promise<void> {
  const { home, running, scheduledChanges } = ports;
  const serving = new Map(
    groups.flatMap(({ members }) =>
      members.filter(({ state }) => state === IN_SERVICE).map((member) => [member.instance, member] as const),
    ),
  );
  if (serving.size === 0) return;
  const now = Date.now();
  const changes = (await scheduledChanges.ofAll()).filter(
    ({ notBefore }) => notBefore > now && notBefore <= now + DRAINS_AHEAD_MS,
  );
  const ours = changes.flatMap((change) => {
    const member = serving.get(change.instance);
    return member === undefined ? [] : [{ change, member }];
  });
  if (ours.length === 0) return;
  const names = await running.names();
  for (const { change, member } of ours) {
    if (!isOrphaned(member, names, home)) continue;
    await record.attempt(async () => {
      const { account, region } = home;
      const { instance, action, notBefore: until } = change;
      const about = { account, region, instance, group: member.group, at: now };
      const notice: WarningNotice = { kind: 'scheduled-change', ...about, action, until };
      if ((await routeNotice(notice, 'sweep', ports)) === 'retire') record.started += 1;
    });
  }
}
