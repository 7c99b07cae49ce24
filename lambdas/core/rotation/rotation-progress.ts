/** How far a rotation is, for people (contract 10.3). Pure. */
import type { FailedNode, RotatedGroup, Way } from './rotation-groups.ts';

export interface RotationProgress {
  readonly groups: readonly GroupProgress[];
  /** What it waits for now. */
  readonly waitingFor?: readonly string[];
  /** When it will have ended at its pace so far, epoch milliseconds; absent while nothing says so. */
  readonly expectedEnd?: number;
}

export interface GroupProgress {
  readonly group: string;
  readonly way: Way;
  /** Numbers of nodes: that are new, that a retirement has in hand, and that are still old. */
  readonly done: number;
  readonly inHand: number;
  readonly left: number;
  /** Nodes that could not be replaced, each with the reason, and nodes that are left because pods are to stay on them. */
  readonly failed: readonly FailedNode[];
  readonly kept: readonly FailedNode[];
}

/** The most nodes that are named with their reasons: what a run keeps is bounded (contract 14.1). */
const MOST_NAMED = 20;
const LONGEST_REASON = 300;

export function rotationProgress(groups: readonly RotatedGroup[], waitingFor?: readonly string[]): RotationProgress {
  return {
    groups: groups.map(({ group, way, done, inHand, old, failed, kept }) => ({
      group: group.name,
      way,
      done,
      inHand: inHand.length,
      left: old.length,
      failed: named(failed),
      kept: named(kept),
    })),
    ...(waitingFor && { waitingFor: waitingFor.slice(0, MOST_NAMED) }),
  };
}

function named(nodes: readonly FailedNode[]): FailedNode[] {
  return nodes.slice(0, MOST_NAMED).map(({ node, reason }) => ({ node, reason: reason.slice(0, LONGEST_REASON) }));
}
