/**
 * Instances that wait in a hook while no retirement looks after them: their event was lost, or their retirement has died
 * (contract 1.7). Pure.
 */
import type { Member } from '../aws/group.ts';
import { phaseOf } from '../aws/lifecycle-state.ts';
import { executionsOf, type Home, type LifecycleNotice } from '../notice/notice.ts';

export interface StartedRetirement {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export interface EndedRetirement extends StartedRetirement {
  /** Epoch milliseconds. */
  readonly endedAt: number;
  /** It came to its end, whatever it found to do. */
  readonly succeeded: boolean;
}

/** Waits in a hook of its termination, whoever's. */
export function isWaiting({ state }: Member): boolean {
  return phaseOf(state) === 'waiting';
}

/** @param running names of the retirements that run, read after its state: one of those may just have begun */
export function isForgotten({ instance }: Member, running: readonly string[], home: Home): boolean {
  const ours = executionsOf({ ...home, instance });
  return !running.some((name) => name.startsWith(ours));
}

/**
 * Whether it may be another hook than ours that holds the instance; AWS shows that one does, not which. Ours is usually
 * over once a retirement has succeeded, and an instance that is launched into a warm pool waits in the same state as one
 * that returns to it.
 *
 * @param ended the latest first
 */
export function isDoubtful({ instance, state }: Member, ended: readonly EndedRetirement[], home: Home): boolean {
  const ours = executionsOf({ ...home, instance });
  const last = ended.find(({ name }) => name.startsWith(ours));
  return last === undefined ? state === 'Warmed:Pending:Wait' : last.succeeded;
}

/** The notice that the lost event would have brought; its token is lost with it. @param at epoch milliseconds */
export function noticeOfForgotten(
  { instance, group, state }: Member,
  about: Home & { hook: string; at: number },
): LifecycleNotice {
  // Only an instance of the warm pool is ever in that state (contract 1.4).
  const origin = state === 'Warmed:Terminating:Wait' ? 'WarmPool' : 'AutoScalingGroup';
  const { account, region, hook, at } = about;
  return { kind: 'asg-terminate', account, region, instance, group, hook, origin, at };
}
