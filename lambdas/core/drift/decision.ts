/** What becomes of each node that has drifted, and what that changes on the nodes (contract 9.2, 9.4). Pure. */
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { DriftReason, DriftVerdict } from './drift.ts';
import { isLetGoByUs, isMarked, isMarkedFor } from './mark.ts';
import type { FleetNode, PlacedNode } from '../disruption/fleet.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import { howUnfit } from '../disruption/unavailable-nodes.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import type { Allowance, Allowances } from '../disruption/allowance.ts';
import type { Postponed, DisruptionQueue } from '../disruption/queue.ts';

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

/**
 * What is done to a node, in this order. `mark anew`: it was marked for other reasons. `take back`: it was let go and
 * rests, so that it would take no pods for nothing.
 */
export type Step = 'mark' | 'mark anew' | 'let go' | 'take back' | 'unmark';

export interface NodeChange {
  /** Its name. */
  readonly node: string;
  readonly instance: string;
  /** Absent: it is in none that is enrolled. */
  readonly group?: string;
  /** Empty when it has not drifted. */
  readonly reasons: readonly DriftReason[];
  readonly steps: readonly Step[];
}

/** What is decided of a drifted node without asking for room; undefined: its turn decides. */
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

/** @returns by the name of the node, in the order of the turn */
export function decisionsOf(
  drifted: readonly Drifted[],
  {
    queue,
    allowances,
    isUnavailable,
  }: { queue: DisruptionQueue; allowances: Allowances; isUnavailable: (node: FleetNode) => boolean },
): ReadonlyMap<string, Decision> {
  const going = new Set(queue.now.map(({ name }) => name));
  const later = placesOf(queue.later);
  return new Map(
    drifted.map(({ placed }) => {
      const { node, group } = placed;
      const allowance = allowances.groups.get(group.name);
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

/** Those that run the image that their group would launch now; none when images do not count. */
export function withCurrentImage(judged: readonly Judged[], { enabled, ami }: DriftSettings): PlacedNode[] {
  if (!enabled || !ami) return [];
  return judged.flatMap(({ placed, verdict }) => {
    const isOther = verdict.kind === 'drifted' && verdict.reasons.some(({ kind }) => kind === 'ami');
    return isOther || verdict.kind === 'stops' ? [] : [placed];
  });
}

/** What steps depend on, besides the node. */
interface Terms {
  readonly settings: DriftSettings;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Nodes without a change are left out. */
export function changesOf(
  judged: readonly Judged[],
  decisions: ReadonlyMap<string, Decision>,
  at: Terms,
): NodeChange[] {
  return judged.flatMap(({ placed, verdict }) => {
    const reasons = verdict.kind === 'drifted' ? verdict.reasons : [];
    const steps = stepsOf({ placed, verdict }, decisions.get(placed.node.name), at);
    const { node, member, group } = placed;
    return steps.length === 0
      ? []
      : [{ node: node.name, instance: member.instance, group: group.name, reasons, steps }];
  });
}

/**
 * Nodes of a group that takes part no more would bear our marks for ever. One that retires is restored by its retirement
 * or goes; afterwards it is ours to unmark.
 */
export function strayChanges(strays: readonly FleetNode[], settings: DriftSettings): NodeChange[] {
  return strays.flatMap((node) => {
    const { name, instance, owner, retiring } = node;
    if (instance === undefined || owner !== undefined || retiring || !isMarked(node, settings)) return [];
    return [{ node: name, instance, reasons: [], steps: ['unmark'] }];
  });
}

function stepsOf({ placed, verdict }: Judged, decided: Decision | undefined, at: Terms): Step[] {
  const { node } = placed;
  switch (verdict.kind) {
    // Whether the node itself has drifted, nobody can say.
    case 'stops':
      return [];
    // Also one that retires for it: that its taint is off, is how its retirement learns to restore it.
    case 'current':
      return isMarked(node, at.settings) ? ['unmark'] : [];
    case 'drifted':
      return node.retiring ? [] : [...markingStep(node, verdict.reasons, at), ...goingStep(node, decided, at)];
  }
}

function markingStep(node: FleetNode, reasons: readonly DriftReason[], { settings }: Terms): Step[] {
  if (isMarkedFor(node, reasons, settings)) return [];
  return [node.driftMark === undefined ? 'mark' : 'mark anew'];
}

function goingStep(node: FleetNode, decided: Decision | undefined, { settings, now }: Terms): Step[] {
  if (decided?.decision === 'goes now') return ['let go'];
  return isCoolingDown(node, now) && isLetGoByUs(node, settings) ? ['take back'] : [];
}
