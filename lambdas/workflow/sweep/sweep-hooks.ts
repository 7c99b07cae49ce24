/** Sweeps the hooks: starts a retirement for each instance that waits in our hook without one (contract 1.7). */
import {
  isDoubtful,
  isOrphaned,
  isWaiting,
  noticeOfOrphan,
  type EndedRetirement,
} from '../../core/retirement/orphaned-hook.ts';
import type { Group, Member } from '../../core/aws/group.ts';
import { firstStart, mayBeginAnother, runsOfHook } from '../../core/retirement/hook-history.ts';
import { executionsOf } from '../../core/notice/notice.ts';
import { deadlineOfHook } from '../beginning/begin-held.ts';
import type { Lifecycle } from '../ports/auto-scaling.ts';
import type { RetirementHistory, RunningRetirements } from '../ports/lambda.ts';
import { actOnNotice, type RoutePorts } from '../notice/route-notice.ts';
import type { SweepRecord } from './sweep-record.ts';
import { verifyNotice, type Verification } from '../notice/verify-notice.ts';

export interface HookSweepPorts extends RoutePorts {
  readonly running: RunningRetirements;
  readonly history: RetirementHistory;
}

/** Longest time that a hook can hold an instance, milliseconds: older retirements have nothing to do with it. */
const LONGEST_HOLD_MS = 48 * 3_600_000;

/** @param groups all enrolled groups */
export async function sweepHooks(groups: readonly Group[], record: SweepRecord, ports: HookSweepPorts): Promise<void> {
  const waiting = groups.flatMap(({ members }) => members).filter(isWaiting);
  record.groups = groups.length;
  record.waiting = waiting.length;
  const orphaned = waiting.length === 0 ? [] : await withoutRetirement(waiting, ports);
  if (orphaned.length === 0) return;
  const ended = await ports.history.ended(Date.now() - LONGEST_HOLD_MS);
  const informed = { ...ports, lifecycle: informedBy(groups, ports.lifecycle) };
  for (const member of orphaned) {
    await record.attempt(async () => {
      if (await attend(member, ended, informed)) record.started += 1;
    });
  }
}

/**
 * Answers what the listing of the groups says already, and asks for each group's hook once: thousands of instances that
 * leave together are verified with a few calls, because Auto Scaling has one rate for all of an account's (contract 1.7).
 */
function informedBy(groups: readonly Group[], lifecycle: Lifecycle): Lifecycle {
  const members = new Map(groups.flatMap((group) => group.members.map((member) => [member.instance, member])));
  const tags = new Map(groups.map((group) => [group.name, group.tags]));
  const hooks = new Map<string, ReturnType<Lifecycle['hook']>>();
  return {
    ...lifecycle,
    membership: (instance) => Promise.resolve(members.get(instance)),
    groupTags: (group) => Promise.resolve(tags.get(group)),
    hook: (group, name) => {
      const key = `${group} ${name}`;
      const asked = hooks.get(key) ?? lifecycle.hook(group, name);
      hooks.set(key, asked);
      return asked;
    },
  };
}

async function withoutRetirement(waiting: readonly Member[], { running, home }: HookSweepPorts): Promise<Member[]> {
  const names = await running.names();
  return waiting.filter((member) => isOrphaned(member, names, home));
}

/** @returns whether a retirement has been started */
async function attend(member: Member, ended: readonly EndedRetirement[], ports: HookSweepPorts): Promise<boolean> {
  const { home, hookName: hook, lifecycle } = ports;
  const notice = noticeOfOrphan(member, { ...home, hook, at: Date.now() });
  const verified = await verifyNotice(notice, ports);
  const chance = verified.kind === 'retire' ? await chanceOf(member, { ended, verified }, ports) : 'in time';
  if (chance === 'none') return false;
  if (isDoubtful(member, ended, home)) {
    // Only a heartbeat tells whose hook it is, and none is sent once the hook's deadline has passed (contract 6.3).
    if (chance === 'last') return false;
    if ((await lifecycle.heartbeat({ ...member, hook })) === 'over') return false;
  }
  await actOnNotice(notice, { verified, foundBy: 'sweep' }, ports);
  return verified.kind === 'retire';
}

/**
 * Whether the hook gets another retirement after those that it has had: none of them renews the hook's deadline.
 *
 * @returns `last`: the deadline has passed, and no retirement has begun since: one more may still end the pods
 */
async function chanceOf(
  { instance, group }: Member,
  { ended, verified }: { ended: readonly EndedRetirement[]; verified: Extract<Verification, { kind: 'retire' }> },
  { lifecycle, home }: HookSweepPorts,
): Promise<'in time' | 'last' | 'none'> {
  const { hook } = verified;
  // Most instances have had none: then AWS need not be asked when they began to leave.
  if (hook === undefined || !ended.some(({ name }) => name.startsWith(executionsOf({ ...home, instance })))) {
    return 'in time';
  }
  const now = Date.now();
  const beganAt = (await lifecycle.leavingSince({ group, instance })) ?? now;
  const runs = runsOfHook(ended, { instance, beganAt, home });
  const deadline = deadlineOfHook(verified, hook, { beganAt, firstAt: firstStart(runs, now) });
  if (!mayBeginAnother(runs, { deadline, now })) return 'none';
  return now < deadline ? 'in time' : 'last';
}
