/**
 * Slots: which of the retiring nodes of a cluster may drain now (contract 4.10). Many nodes that leave at once must not
 * take a cluster down, so those that have waited longest drain first, and the others wait, isolated. Pure.
 */
import type { Ownership } from '../node/isolation.ts';
import { isVoluntary } from '../notice/notice.ts';

/** A node with the retiring label. Without a credible owner it waits for no other node, and no other waits for it. */
export interface RetiringNode {
  readonly name: string;
  readonly ownership: Pick<Ownership, 'since' | 'kind' | 'leftDrained' | 'completesHook'> | undefined;
}

export interface SlotLimits {
  readonly maxDrains: number;
  /** Share of the cluster's nodes that may drain at once, 0–1; one always may. */
  readonly maxLeaving: number;
}

export type Slot =
  | { readonly kind: 'granted' }
  /** `breaker`: so much of the cluster leaves that a person should know. */
  | { readonly kind: 'held'; readonly reason: string; readonly breaker: boolean };

/**
 * @param name the node that wants to drain
 * @param at.nodes number of the cluster's nodes
 */
export function decideSlot(name: string, retiring: readonly RetiringNode[], at: SlotLimits & { nodes: number }): Slot {
  const before = inOrder(retiring).findIndex((node) => node.name === name);
  const share = Math.max(1, Math.ceil(at.nodes * at.maxLeaving));
  if (before < Math.min(at.maxDrains, share)) return { kind: 'granted' };
  if (before < at.maxDrains) {
    const percent = Math.round(at.maxLeaving * 100);
    const reason = `${retiring.length} of ${at.nodes} nodes are leaving, and at most ${percent} % (${share}) may drain at once`;
    return { kind: 'held', reason, breaker: true };
  }
  const reason = `${before} nodes drain before it, and at most ${at.maxDrains} may at once`;
  return { kind: 'held', reason, breaker: retiring.length > share };
}

/** Returns the retiring nodes that drain after this one, by name; none when it has no place in the order. */
export function nodesBehind(name: string, retiring: readonly RetiringNode[]): readonly string[] {
  const order = inOrder(retiring);
  const own = order.findIndex((node) => node.name === name);
  return own === -1 ? [] : order.slice(own + 1).map((node) => node.name);
}

/**
 * Sorts: voluntary retirements last, then the longest wait first, then by name, so that every retirement computes the
 * same order. Nodes that are drained already are left out.
 */
function inOrder(nodes: readonly RetiringNode[]): { name: string; since: number; last: number }[] {
  return nodes
    .flatMap(({ name, ownership }) => {
      if (ownership === undefined || ownership.leftDrained === true || ownership.completesHook === true) return [];
      return [{ name, since: Date.parse(ownership.since), last: Number(isVoluntary(ownership.kind)) }];
    })
    .toSorted((a, b) => a.last - b.last || a.since - b.since || (a.name < b.name ? -1 : 1));
}
