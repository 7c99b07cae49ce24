/**
 * Orphaned hooks: an instance waits in a hook and has no running retirement, because its event was lost or its
 * retirement died (contract 1.7). Pure.
 */
import type { Member } from '../aws/group.ts';
import { phaseOf, REPLACING_WAIT } from '../aws/lifecycle-state.ts';
import { executionsOf, type Home, type LifecycleNotice, type RootVolumeNotice } from '../notice/notice.ts';

export interface StartedRetirement {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export interface EndedRetirement extends StartedRetirement {
  /** Epoch milliseconds. */
  readonly endedAt: number;
  /** The run ended without an error, whatever its result. */
  readonly succeeded: boolean;
}

/** Whether the instance waits in a termination hook, Ebb's or another. */
export function isWaiting({ state }: Member): boolean {
  return phaseOf(state) === 'waiting';
}

/** Whether no retirement of the instance runs. @param running names of all that run, read after the member's state */
export function isOrphaned({ instance }: Member, running: readonly string[], home: Home): boolean {
  const ours = executionsOf({ ...home, instance });
  return !running.some((name) => name.startsWith(ours));
}

/**
 * Whether another hook than Ebb's may hold the instance: AWS shows that a hook does, not which. Ebb's is usually over
 * once a retirement has succeeded. And an instance that is launched into a warm pool waits in the same state as one
 * that returns to it.
 *
 * @param ended ended retirements, the latest first
 */
export function isDoubtful({ instance, state }: Member, ended: readonly EndedRetirement[], home: Home): boolean {
  const ours = executionsOf({ ...home, instance });
  const last = ended.find(({ name }) => name.startsWith(ours));
  return last === undefined ? state === 'Warmed:Pending:Wait' : last.succeeded;
}

/** The notice of the lost event, without the event's token. @param about.at epoch milliseconds */
export function noticeOfOrphan(
  { instance, group, state }: Member,
  about: Home & { hook: string; at: number },
): LifecycleNotice | RootVolumeNotice {
  // Only an instance of a warm pool has that state (contract 1.4).
  const origin = state === 'Warmed:Terminating:Wait' ? 'WarmPool' : 'AutoScalingGroup';
  const { account, region, hook, at } = about;
  const kind = state === REPLACING_WAIT ? 'root-volume' : 'asg-terminate';
  return { kind, account, region, instance, group, hook, origin, at };
}
