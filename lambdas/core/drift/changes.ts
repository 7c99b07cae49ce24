/** Changes of the drift marks on nodes, which a decision leads to (contract 9.2). Pure. */
import type { FleetNode } from '../disruption/fleet.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { Decision, Judged } from './decision.ts';
import type { DriftReason } from './drift.ts';
import type { ClusterFacts } from './facts.ts';
import { isLetGoByUs, isMarked, isMarkedFor } from './mark.ts';

/**
 * A step of a change, in this order. `mark anew`: the node was marked for other reasons. `take back`: the node was let
 * go and cools down, so its drain taint would keep pods away for nothing.
 */
export type Step = 'mark' | 'mark anew' | 'let go' | 'take back' | 'unmark';

export interface NodeChange {
  /** Name of the node. */
  readonly node: string;
  readonly instance: string;
  /** Absent when it is in no enrolled group. */
  readonly group?: string;
  /** Empty when the node has not drifted. */
  readonly reasons: readonly DriftReason[];
  readonly steps: readonly Step[];
}

/** Terms that steps depend on, besides the node. */
interface Terms {
  readonly settings: DriftSettings;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Returns the changes that the decisions lead to; nodes without a change are left out. */
export function changesIn(
  { cluster, fleet, now }: ClusterFacts,
  judged: readonly Judged[],
  decisions: ReadonlyMap<string, Decision>,
): readonly NodeChange[] {
  const changes = changesOf(judged, decisions, { settings: cluster.drift, now });
  return [...changes, ...strayChanges(fleet.strays, cluster.drift)];
}

function changesOf(judged: readonly Judged[], decisions: ReadonlyMap<string, Decision>, at: Terms): NodeChange[] {
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
 * Unmarks nodes whose group is not enrolled any more: they would keep the marks for ever. A node that retires is left
 * to its retirement, and unmarked once it is restored.
 */
function strayChanges(strays: readonly FleetNode[], settings: DriftSettings): NodeChange[] {
  return strays.flatMap((node) => {
    const { name, instance, owner, retiring } = node;
    if (instance === undefined || owner !== undefined || retiring || !isMarked(node, settings)) return [];
    return [{ node: name, instance, reasons: [], steps: ['unmark'] }];
  });
}

function stepsOf({ placed, verdict }: Judged, decided: Decision | undefined, at: Terms): Step[] {
  const { node } = placed;
  switch (verdict.kind) {
    // The group launches something else than it says, so it is unknown whether the node has drifted.
    case 'stops':
      return [];
    // Also a node that retires for drift: its retirement restores it once the taint is off.
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
