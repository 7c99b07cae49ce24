/**
 * Which retirement owns a node (contract 1.6): one at a time. A later retirement takes the node over only if it has
 * something that the owner lacks: a hook to complete, or an earlier deadline. Pure.
 */
import type { Ownership } from './isolation.ts';
import { rowOf } from '../notice/kinds.ts';
import { isVoluntary, type Notice } from '../notice/notice.ts';

export interface Claim {
  readonly execution: string;
  readonly kind: Notice['kind'];
  /** The Auto Scaling group that lets the instance go: nodes that leave together find its balancer pools by it. */
  readonly group?: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
  /** Its hook's time is over, so its deadline is that of a last pass, which must not hurry another retirement. */
  readonly late?: true;
}

export type OwnershipDecision =
  /**
   * `deadline`: epoch milliseconds. It only gets earlier while a retirement runs. `early`: it is inherited of a warning
   * that leaves little time, so pods are forced as early as their graces need (contract 5.3).
   */
  | { readonly kind: 'take'; readonly deadline: number; readonly early?: true }
  /** The owner, `execution`, does it all. */
  | { readonly kind: 'join'; readonly execution: string };

/**
 * Deadlines of two retirements of one kind that are no further apart count as equal, milliseconds. Both count their
 * hook's deadline from the start of its first retirement, but each by its own clock.
 */
const SAME_DEADLINE_MS = 300_000;

/**
 * Decides whether the claiming retirement takes the node over, or joins its owner.
 *
 * @param found the owner by the node's annotation
 * @param about.rivalRuns whether the owner still runs, if it is another retirement
 * @param about.now epoch milliseconds
 */
export function decideOwnership(
  found: Ownership | undefined,
  claim: Claim,
  { rivalRuns, now }: { rivalRuns: boolean; now: number },
): OwnershipDecision {
  // It has taken the node over before it was interrupted, perhaps with another retirement's deadline.
  if (found?.execution === claim.execution) return tightened(claim, found);
  // The deadline of a run that has ended does not count, unless it is AWS's: then the instance goes all the same.
  if (found === undefined || !rivalRuns)
    return found !== undefined && isWarned(found) && Date.parse(found.deadline) > now
      ? tightened(claim, found)
      : { kind: 'take', deadline: claim.deadline };
  if (!mayTakeFrom(found, claim, now)) return { kind: 'join', execution: found.execution };
  // The deadline of a voluntary retirement forces nothing, so it must not shorten this one.
  return isVoluntary(found.kind) ? { kind: 'take', deadline: claim.deadline } : tightened(claim, found);
}

/** Takes the node over with the nearer of both deadlines. */
function tightened(claim: Claim, found: Ownership): OwnershipDecision {
  const before = Date.parse(found.deadline);
  const early = isWarned(found) && before <= claim.deadline;
  return { kind: 'take', deadline: Math.min(claim.deadline, before), ...(early && { early }) };
}

/** Whether the deadline is one of which AWS has warned at short notice. */
function isWarned({ kind, early }: Ownership): boolean {
  return early === true || rowOf(kind)?.early === true;
}

/** Whether the claim has something that the running owner lacks. */
function mayTakeFrom({ kind, completesHook, deadline }: Ownership, claim: Claim, now: number): boolean {
  // A voluntary retirement takes nothing over. An owner that has drained the node completes the hook at once.
  if (isVoluntary(claim.kind) || completesHook === true) return false;
  if (hasHook(claim.kind) && !hasHook(kind)) return true;
  // A deadline that has passed hurries nobody: the owner may still have hours.
  const margin = claim.kind === kind ? SAME_DEADLINE_MS : 0;
  return claim.late !== true && claim.deadline > now && claim.deadline < Date.parse(deadline) - margin;
}

/** Whether a retirement of this kind has a lifecycle hook to complete. */
function hasHook(kind: string): boolean {
  return rowOf(kind)?.hook === true;
}
