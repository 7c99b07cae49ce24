/**
 * Slots: which of the retiring nodes of a cluster may drain now (contract 4.10). Many nodes that leave at once must not
 * take a cluster down together: the oldest go first, the others wait, isolated. Pure.
 */
import type { Ownership } from '../node/isolation.ts';
import { isVoluntary } from '../notice/notice.ts';

/** A node that bears our label; one whose annotation cannot be read or true waits for nobody, and holds nobody up. */
export interface RetiringNode {
  readonly name: string;
  readonly ownership: Pick<Ownership, 'since' | 'kind' | 'leftDrained' | 'completesHook'> | undefined;
}

export interface SlotLimits {
  readonly maxDrains: number;
  /** 0–1, of the cluster's nodes; at least one may always drain. */
  readonly maxLeaving: number;
}

export type Slot =
  | { readonly kind: 'granted' }
  /** `breaker`: so much of the cluster is leaving that somebody should know. */
  | { readonly kind: 'held'; readonly reason: string; readonly breaker: boolean };

/**
 * @param name of the node that wants to drain
 * @param nodes how many the cluster has
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

/** Names of the retiring nodes that go after this one; none when it does not wait to drain itself. */
export function nodesBehind(name: string, retiring: readonly RetiringNode[]): readonly string[] {
  const order = inOrder(retiring);
  const own = order.findIndex((node) => node.name === name);
  return own === -1 ? [] : order.slice(own + 1).map((node) => node.name);
}

/**
 * Those that must go before those that nothing forces; then by how long they have waited, then by name, so that every
 * retirement counts alike. What is drained already holds nobody up.
 */
function inOrder(nodes: readonly RetiringNode[]): { name: string; since: number; last: number }[] {
  return nodes
    .flatMap(({ name, ownership }) => {
      if (ownership === undefined || ownership.leftDrained === true || ownership.completesHook === true) return [];
      return [{ name, since: Date.parse(ownership.since), last: Number(isVoluntary(ownership.kind)) }];
    })
    .toSorted((a, b) => a.last - b.last || a.since - b.since || (a.name < b.name ? -1 : 1));
}
