/** The first step of a retirement: AWS is asked again, and what follows from its answers and the settings is fixed. */
import type { DeadlinePolicy } from '../core/cluster-settings.ts';
import { hookDeadline } from '../core/deadline.ts';
import { retentionMissing, retirementStarted, type Subject } from '../core/domain-event.ts';
import { heartbeatInterval } from '../core/heartbeat.ts';
import { executionName, type Notice } from '../core/notice.ts';
import type { HeldHook } from './hold-hook.ts';
import type { Journal } from './ports.ts';
import { tellTurnedAway } from './turn-away.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

type Verified = Extract<Verification, { kind: 'retire' }>;

/** What was found, as plain data for the run to go on by. */
export type Beginning =
  | Exclude<Verification, { kind: 'retire' }>
  | (Verified & { readonly held: HeldHook; readonly atDeadline: DeadlinePolicy });

export async function beginRetirement(
  notice: Notice,
  ports: VerificationPorts & { readonly journal: Journal },
): Promise<Beginning> {
  const verified = await verifyNotice(notice, ports);
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      tellTurnedAway(verified, notice.instance, ports.journal);
      return verified;
    case 'release':
      return verified;
    case 'retire':
      return await begin(notice, verified, ports);
  }
}

async function begin(
  notice: Notice,
  verified: Verified,
  { lifecycle, journal }: VerificationPorts & { readonly journal: Journal },
): Promise<Beginning> {
  const { group } = verified.action;
  const wanted = settingsOf(verified).atDeadline;
  // Without the group's policy, ABANDON would terminate the instance with its pods on it (contract 5.3).
  const refused = wanted === 'retain' && !(await lifecycle.retains(group));
  const atDeadline = refused ? 'force' : wanted;
  const held = heldHook(notice, verified, atDeadline);
  journal.report(retirementStarted(held.subject, { kind: notice.kind, deadline: held.deadline, atDeadline }));
  if (refused) journal.report(retentionMissing(held.subject));
  return { ...verified, held, atDeadline };
}

function settingsOf({ action, cluster }: Verified): { drainTimeoutSeconds: number; atDeadline: DeadlinePolicy } {
  const group = cluster.groups.find(({ name }) => name === action.group);
  return {
    drainTimeoutSeconds: group?.drainTimeoutSeconds ?? cluster.drain.timeoutSeconds,
    atDeadline: group?.atDeadline ?? cluster.drain.atDeadline,
  };
}

/** Draws the jitter of the first heartbeat. */
function heldHook(notice: Notice, verified: Verified, atDeadline: DeadlinePolicy): HeldHook {
  const { action, hook, cluster } = verified;
  const { instance, at: startedAt } = notice;
  const subject: Subject = { execution: executionName(notice), cluster: cluster.name, group: action.group, instance };
  const { globalTimeoutSeconds } = hook;
  const { drainTimeoutSeconds } = settingsOf(verified);
  const limits = atDeadline === 'wait' ? { globalTimeoutSeconds } : { globalTimeoutSeconds, drainTimeoutSeconds };
  return {
    subject,
    action,
    hook,
    startedAt,
    deadline: hookDeadline(startedAt, limits),
    heartbeatAt: startedAt + heartbeatInterval(hook.timeoutSeconds, Math.random()),
  };
}
