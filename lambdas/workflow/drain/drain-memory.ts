/** What a drain hands from pass to pass. */
import { recallPods, type KeptPods } from '../../core/drain/kept-pods.ts';
import type { ReturnsOf } from '../../core/drain/returned-pod.ts';

/**
 * What one pass hands to the next: plain data, so that it can be kept over a suspension, and small enough for that
 * whatever stands on the node (contract 14.1): pods that have gone are forgotten, and words are kept as digests.
 */
export interface DrainMemory {
  /** Pods that were still to go; absent before the first look. */
  readonly pods?: KeptPods;
  /** Which pods the budget of a block missed when that was last reported: a digest, by the digest of the block. */
  readonly missed: Readonly<Record<string, string>>;
  /** What is told only once of others than those pods: digests, the last told at the end. */
  readonly told: Readonly<Record<string, 1>>;
  /** Pods that came although the node is isolated. */
  readonly returns: ReturnsOf;
  readonly evicted: number;
  readonly forced: number;
  /** When the last pod was asked to leave, epoch milliseconds; absent before the first. */
  readonly lastAskedAt?: number;
  /** When a pod last left or was let go, epoch milliseconds; absent before the first. */
  readonly progressAt?: number;
}

export const NOTHING_DRAINED: DrainMemory = {
  missed: {},
  told: {},
  returns: {},
  evicted: 0,
  forced: 0,
};

/** Names of the pods that were still to go. */
export function remainingPods({ pods = {} }: DrainMemory): string[] {
  return [...recallPods(pods).values()].map(({ name }) => name);
}
