/** Decisions about nodes that have drifted (contract 9.4). Pure. */
import type { DriftReason, DriftVerdict } from './drift.ts';
import type { FleetNode, PlacedNode } from '../disruption/fleet.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import { howUnfit } from '../disruption/unavailable-nodes.ts';
import type { Allowance } from '../disruption/allowance.ts';
import type { Postponed, DisruptionQueue } from '../disruption/queue.ts';
import type { FleetQueue } from '../disruption/queue-fleet.ts';

export interface Judged {
  readonly placed: PlacedNode;
  readonly verdict: DriftVerdict;
}

/** A node that has drifted, and why. */
export interface Drifted {
  readonly placed: PlacedNode;
  readonly reasons: readonly DriftReason[];
}

/** The decision about a node that has drifted. */
export interface Decision {
  readonly decision: 'goes now' | 'let go before' | 'waits' | 'stopped';
  readonly why?: string;
  /** When that changes by the clock alone, epoch milliseconds. */
  readonly at?: number;
  /** Place in the order of its group, 1 is next. */
  readonly place?: number;
}

export function driftedOf(judged: readonly Judged[]): readonly Drifted[] {
  return judged.flatMap(({ placed, verdict }) =>
    verdict.kind === 'drifted' ? [{ placed, reasons: verdict.reasons }] : [],
  );
}

/** Returns the decision about a drifted node if it does not depend on the queue; otherwise undefined. */
export function decisionBeforeQueue(
  { node, member }: PlacedNode,
  {
    isUnavailable,
    allowance,
  }: { isUnavailable: (node: FleetNode) => boolean; allowance: Pick<Allowance, 'stopped' | 'why'> | undefined },
): Decision | undefined {
  if (node.retiring || isUnavailable(node)) return { decision: 'let go before' };
  if (allowance?.stopped) return { decision: 'stopped', ...(allowance.why !== undefined && { why: allowance.why }) };
  const why = whyNotNow({ node, member });
  return why === undefined ? undefined : { decision: 'waits', why };
}

/** Says why the node does not serve; undefined if it does. Such a node is not replaced, and uses the budget up. */
function whyNotNow({ node, member }: Pick<PlacedNode, 'node' | 'member'>): string | undefined {
  if (member.state !== IN_SERVICE) return `its instance is ${member.state}`;
  const unfit = howUnfit(node);
  if (unfit !== undefined) return `it ${unfit}`;
  return node.neighbour === undefined ? undefined : `${node.neighbour} has it in hand`;
}

/** Returns the decision about each node, by name. */
export function decisionsOf(
  drifted: readonly Drifted[],
  { queue, isUnavailable }: { queue: FleetQueue; isUnavailable: (node: FleetNode) => boolean },
): ReadonlyMap<string, Decision> {
  const going = new Set(queue.now.map(({ name }) => name));
  const later = placesOf(queue.later);
  return new Map(
    drifted.map(({ placed }) => {
      const { node, group } = placed;
      const allowance = queue.allowances.groups.get(group.name);
      const early = decisionBeforeQueue(placed, { isUnavailable, allowance });
      if (early !== undefined) return [node.name, early];
      if (going.has(node.name)) return [node.name, { decision: 'goes now' }];
      return [node.name, waiting(node, later.get(node.name))];
    }),
  );
}

function waiting({ coolDown }: FleetNode, later: (Postponed & { readonly place: number }) | undefined): Decision {
  if (later === undefined) return { decision: 'waits' };
  const { why, at, place } = later;
  const cools = at !== undefined && at === coolDown?.until;
  return { decision: 'waits', why: cools ? `${why}: ${coolDown.reason}` : why, ...(at !== undefined && { at }), place };
}

/** Postponed candidates by name, each with its place in its group, 1 is next. */
function placesOf(later: DisruptionQueue['later']): ReadonlyMap<string, Postponed & { readonly place: number }> {
  const places = new Map<string, number>();
  return new Map(
    later.map((postponed) => {
      const { name, group } = postponed.candidate;
      const place = (places.get(group) ?? 0) + 1;
      places.set(group, place);
      return [name, { ...postponed, place }];
    }),
  );
}
