/** The memory of a drain. */
import { recallPods, type KeptPods } from '../../core/drain/pod-memory.ts';
import type { ReturnsOf } from '../../core/drain/returned-pod.ts';

/**
 * Memory that one pass hands to the next: plain data, so that a suspension can keep it, and small enough for that
 * however many pods the node has (contract 14.1). Pods that have gone are forgotten, and texts are kept as digests.
 */
export interface DrainMemory {
  /** Pods that were still to go; absent before the first look. */
  readonly pods?: KeptPods;
  /** The pods that the budget of a block missed at its last report: a digest, by the digest of the block. */
  readonly missed: Readonly<Record<string, string>>;
  /** Facts about other pods that are reported only once: digests, the last reported at the end. */
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
