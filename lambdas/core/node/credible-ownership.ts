/**
 * What the owner annotation of a node says, as far as it can be true (contract 3.5): whoever may write a node may have
 * written it, its kubelet among them. Pure.
 */
import { RETIREMENT_ANNOTATION } from './marks.ts';
import { ownershipOf, type Ownership } from './isolation.ts';
import type { Node } from '../kubernetes/node.ts';

/** A hook holds an instance for 48 hours at most, and one that its group retains is drained on for some time. */
const LONGEST_AHEAD_MS = 50 * 3_600_000;

type Marked = Pick<Node, 'annotations' | 'createdAt'>;

/**
 * The charge, since when counted within the node's life: none waits longer than it is there. Undefined when the annotation
 * is not ours to read, or says what cannot be true.
 *
 * @param now epoch milliseconds
 */
export function credibleOwnership(node: Marked, now: number): Ownership | undefined {
  const ownership = ownershipOf(node);
  if (ownership === undefined || why(ownership, now) !== undefined) return undefined;
  const since = Math.min(Math.max(Date.parse(ownership.since), node.createdAt), now);
  return { ...ownership, since: new Date(since).toISOString() };
}

/** Why the annotation is not believed; undefined when it is. */
export function whyIncredible(node: Marked, now: number): string | undefined {
  const ownership = ownershipOf(node);
  if (ownership === undefined) return `its annotation ${RETIREMENT_ANNOTATION} does not say who is in charge`;
  const reason = why(ownership, now);
  return reason && `its annotation ${RETIREMENT_ANNOTATION} says what cannot be true: ${reason}`;
}

function why({ since, deadline }: Ownership, now: number): string | undefined {
  if (Date.parse(since) > Date.parse(deadline)) return `it is in charge since ${since}, after its deadline ${deadline}`;
  if (Date.parse(deadline) > now + LONGEST_AHEAD_MS) return `no retirement has until ${deadline}`;
  return undefined;
}
