/** The sweep of the hooks: starts a retirement for each instance that waits in ours without one (contract 1.7). */
import { isDoubtful, isForgotten, isWaiting, noticeOfForgotten, type EndedRetirement } from '../core/forgotten-hook.ts';
import type { Group, Member } from '../core/group.ts';
import type { RetirementHistory, RunningRetirements } from './ports.ts';
import { routeNotice, type RoutePorts } from './route-notice.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface HookSweepPorts extends RoutePorts {
  readonly running: RunningRetirements;
  readonly history: RetirementHistory;
}

/** No hook holds an instance for longer, so no retirement from before has anything to do with it. Milliseconds. */
const LONGEST_HOLD_MS = 48 * 3_600_000;

/** @param groups every enrolled one */
export async function sweepHooks(groups: readonly Group[], record: SweepRecord, ports: HookSweepPorts): Promise<void> {
  const waiting = groups.flatMap(({ members }) => members).filter(isWaiting);
  record.groups = groups.length;
  record.waiting = waiting.length;
  const forgotten = waiting.length === 0 ? [] : await withoutRetirement(waiting, ports);
  if (forgotten.length === 0) return;
  const ended = await ports.history.ended(Date.now() - LONGEST_HOLD_MS);
  for (const member of forgotten) {
    await record.attempt(async () => {
      if (await attend(member, ended, ports)) record.started += 1;
    });
  }
}

async function withoutRetirement(waiting: readonly Member[], { running, home }: HookSweepPorts): Promise<Member[]> {
  const names = await running.names();
  return waiting.filter((member) => isForgotten(member, names, home));
}

/** @returns whether a retirement has been started */
async function attend(member: Member, ended: readonly EndedRetirement[], ports: HookSweepPorts): Promise<boolean> {
  const { home, hookName: hook, lifecycle } = ports;
  // Only in doubt: were every failed retirement's instance heartbeated, our own failure would hold it (contract 6.3).
  if (isDoubtful(member, ended, home) && (await lifecycle.heartbeat({ ...member, hook })) === 'over') return false;
  const notice = noticeOfForgotten(member, { ...home, hook, at: Date.now() });
  return (await routeNotice(notice, 'sweep', ports)) === 'retire';
}
