/**
 * Who is in charge of a node (contract 1.6): one retirement at a time. Another that comes to it takes charge only if it
 * brings what the one in charge does not have. Pure.
 */
import type { Ownership } from './isolation.ts';
import { isVoluntary, type Notice } from '../notice/notice.ts';

export interface Claim {
  readonly execution: string;
  readonly kind: Notice['kind'];
  /** Epoch milliseconds. */
  readonly deadline: number;
  /** Its hook's time is over, and the deadline is that of a last pass: nobody else is to be hurried by it. */
  readonly late?: true;
}

export type OwnershipDecision =
  /** @param deadline epoch milliseconds: deadlines only tighten while a retirement runs. */
  | { readonly kind: 'take'; readonly deadline: number }
  /** The one in charge does it all. */
  | { readonly kind: 'join'; readonly execution: string };

/** Kinds that have a lifecycle hook to complete. */
const WITH_HOOK: ReadonlySet<string> = new Set<Notice['kind']>(['asg-terminate']);

/**
 * Two retirements of one hook count its deadline from when they find that the first one started, each by its own clock: so
 * far these may be apart without that one has less time than the other. Milliseconds.
 */
const SAME_DEADLINE_MS = 300_000;

/**
 * Whether the claim takes charge of the node, or joins who is.
 *
 * @param found who is in charge by the node's annotation
 * @param about.rivalRuns whether that one still runs, if it is another than the claim's
 * @param about.now epoch milliseconds
 */
export function decideOwnership(
  found: Ownership | undefined,
  claim: Claim,
  { rivalRuns, now }: { rivalRuns: boolean; now: number },
): OwnershipDecision {
  const before = Date.parse(found?.deadline ?? '');
  // It took charge before it was interrupted, perhaps with another's deadline.
  if (found?.execution === claim.execution) return { kind: 'take', deadline: Math.min(claim.deadline, before) };
  // What a run that has ended left behind says nothing about our time.
  if (found === undefined || !rivalRuns) return { kind: 'take', deadline: claim.deadline };
  if (!mayTakeFrom(found, claim, now)) return { kind: 'join', execution: found.execution };
  // When we wanted to be done with what nothing forced to go is no reason to force anybody.
  return { kind: 'take', deadline: isVoluntary(found.kind) ? claim.deadline : Math.min(claim.deadline, before) };
}

/** Whether the claim brings what the one in charge, which runs, does not have. */
function mayTakeFrom({ kind, completesHook, deadline }: Ownership, claim: Claim, now: number): boolean {
  // What nothing but us wants never hurries what must be; and one that has drained the node does the rest at once.
  if (isVoluntary(claim.kind) || completesHook === true) return false;
  if (WITH_HOOK.has(claim.kind) && !WITH_HOOK.has(kind)) return true;
  // A deadline that has passed is none to hurry for: the one in charge, which may have hours, goes on.
  const margin = claim.kind === kind ? SAME_DEADLINE_MS : 0;
  return claim.late !== true && claim.deadline > now && claim.deadline < Date.parse(deadline) - margin;
}
