/** What becomes of each node that has drifted (contract 9.4). Pure. */
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

/** A node that has drifted. */
export interface Drifted {
  readonly placed: PlacedNode;
  readonly reasons: readonly DriftReason[];
}

/** What becomes of a node that has drifted. */
export interface Decision {
  readonly decision: 'goes now' | 'let go before' | 'waits' | 'stopped';
  readonly why?: string;
  /** When that changes by the clock alone, epoch milliseconds. */
  readonly at?: number;
  /** In the order of its group, 1 is next. */
  readonly place?: number;
}

export function driftedOf(judged: readonly Judged[]): readonly Drifted[] {
  return judged.flatMap(({ placed, verdict }) =>
    verdict.kind === 'drifted' ? [{ placed, reasons: verdict.reasons }] : [],
  );
}

/** Returns the decision about a drifted node for which the queue is not needed; undefined when the queue decides. */
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

/** Only a node that serves is replaced: any other is somebody's business already, and uses up the budget by itself. */
function whyNotNow({ node, member }: Pick<PlacedNode, 'node' | 'member'>): string | undefined {
  if (member.state !== IN_SERVICE) return `its instance is ${member.state}`;
  const unfit = howUnfit(node);
  return unfit === undefined ? undefined : `it ${unfit}`;
}

/** Returns what becomes of each node, by its name. */
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
  const rests = at !== undefined && at === coolDown?.until;
  return { decision: 'waits', why: rests ? `${why}: ${coolDown.reason}` : why, ...(at !== undefined && { at }), place };
}

/** Each with its place among those of its group, 1 is next. */
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
