/** Changes of the marks on nodes: what a decision writes on each (contract 9.2). Pure. */
import type { FleetNode } from '../disruption/fleet.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { Decision, Judged } from './decision.ts';
import type { DriftReason } from './drift.ts';
import type { ClusterFacts } from './facts.ts';
import { isLetGoByUs, isMarked, isMarkedFor } from './mark.ts';

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

/** What steps depend on, besides the node. */
interface Terms {
  readonly settings: DriftSettings;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Returns what a decision writes on the nodes of a cluster; nodes without a change are left out. */
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
 * Nodes of a group that takes part no more would bear our marks for ever. One that retires is restored by its retirement
 * or goes; afterwards it is ours to unmark.
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
