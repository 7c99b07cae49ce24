/**
 * The owner annotation of a node, as far as it can be true (contract 3.5). Anybody who may write the node may have
 * written it, and that includes its kubelet. Pure.
 */
import { RETIREMENT_ANNOTATION } from './marks.ts';
import { ownershipOf, type Ownership } from './isolation.ts';
import type { Node } from '../kubernetes/node.ts';

/** A hook holds an instance for 48 hours at most. An instance that its group retains is drained a little longer. */
const LONGEST_AHEAD_MS = 50 * 3_600_000;

type Marked = Pick<Node, 'annotations' | 'createdAt'>;

/**
 * Reads the ownership, with `since` kept within the node's life: no node has waited longer than it exists. Undefined
 * when Ebb cannot read the annotation, or when it cannot be true.
 *
 * @param now epoch milliseconds
 */
export function credibleOwnership(node: Marked, now: number): Ownership | undefined {
  const ownership = ownershipOf(node);
  if (ownership === undefined || why(ownership, now) !== undefined) return undefined;
  const since = Math.min(Math.max(Date.parse(ownership.since), node.createdAt), now);
  return { ...ownership, since: new Date(since).toISOString() };
}

/** Says why Ebb does not believe the annotation; undefined when it does. */
export function whyIncredible(node: Marked, now: number): string | undefined {
  const ownership = ownershipOf(node);
  if (ownership === undefined) return `its annotation ${RETIREMENT_ANNOTATION} does not say who owns the node`;
  const reason = why(ownership, now);
  return reason && `its annotation ${RETIREMENT_ANNOTATION} says what cannot be true: ${reason}`;
}

function why({ since, deadline }: Ownership, now: number): string | undefined {
  if (Date.parse(since) > Date.parse(deadline)) return `it is the owner since ${since}, after its deadline ${deadline}`;
  if (Date.parse(deadline) > now + LONGEST_AHEAD_MS) return `no retirement has a deadline as late as ${deadline}`;
  return undefined;
}
