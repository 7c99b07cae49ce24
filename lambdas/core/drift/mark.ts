/**
 * Drift marks on nodes, and their undo (contract 9.2): a taint that says that a node has drifted, an annotation that
 * says why, and later the drain taint, by which the sweep drains it. Pure: patches are computed from the node as it was
 * read, and the API's optimistic lock refuses them when the node has changed since.
 */
import { DRIFT_ANNOTATION, type NodePatch, nodePatch } from '../node/marks.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import { driftDrainTaint, isDriftDrain, withoutDriftDrain } from '../node/drain-taints.ts';
import type { DriftReason } from './drift.ts';
import { type FleetNode } from '../disruption/fleet.ts';
import type { Node, Taint } from '../kubernetes/node.ts';

/** Marks the node as drifted. The taint's value is the first reason's kind. Without a reason the marks come off. */
export function marking(node: Node, reasons: readonly DriftReason[], settings: DriftSettings): NodePatch | 'unchanged' {
  const [first] = reasons;
  if (first === undefined) return unmarking(node, settings);
  const { text, taint: ours } = markOf([first, ...reasons.slice(1)], settings);
  const isSo = node.annotations[DRIFT_ANNOTATION] === text && node.taints.some((taint) => isSame(taint, ours));
  if (isSo) return 'unchanged';
  const others = node.taints.filter((taint) => !isDriftTaint(taint, settings));
  return nodePatch(node, { taints: [...others, ours], annotations: { [DRIFT_ANNOTATION]: text } });
}

/** Whether the node is marked for exactly these reasons, so that marking it again changes nothing. */
export function isMarkedFor(
  { driftMark, taints }: Pick<FleetNode, 'driftMark' | 'taints'>,
  [first, ...others]: readonly DriftReason[],
  settings: DriftSettings,
): boolean {
  if (first === undefined) return false;
  const mark = markOf([first, ...others], settings);
  return driftMark === mark.text && taints.some((taint) => isSame(taint, mark.taint));
}

function markOf(
  reasons: readonly [DriftReason, ...DriftReason[]],
  { taint: { key, effect } }: DriftSettings,
): { readonly text: string; readonly taint: Taint } {
  const text = JSON.stringify({ reasons: reasons.map((reason) => ({ kind: reason.kind, text: reason.text })) });
  return { text, taint: { key, value: reasons[0].kind, effect } };
}

/** Takes off all drift marks and the drift tainter's drain taint: the node is current again. */
export function unmarking(node: Node, settings: DriftSettings): NodePatch | 'unchanged' {
  const others = node.taints.filter((taint) => !isOurs(taint, settings));
  if (others.length === node.taints.length && !(DRIFT_ANNOTATION in node.annotations)) return 'unchanged';
  return nodePatch(node, { taints: others, annotations: { [DRIFT_ANNOTATION]: null } });
}

/**
 * Sets the drain taint, so that the sweep drains the node. Unchanged when somebody else has set it: the node goes
 * anyway, and the API allows no second taint of that key and effect.
 */
export function lettingGo(node: Node, { drainTaint }: DriftSettings): NodePatch | 'unchanged' {
  const { key, effect } = drainTaint;
  if (node.taints.some((taint) => taint.key === key && taint.effect === effect)) return 'unchanged';
  return nodePatch(node, { taints: [...node.taints, driftDrainTaint(drainTaint)] });
}

/** Takes the drain taint off again; the node stays marked as drifted. */
export function takingBack(node: Node, settings: DriftSettings): NodePatch | 'unchanged' {
  return isLetGoByUs(node, settings)
    ? nodePatch(node, { taints: withoutDriftDrain(node.taints, settings.drainTaint) })
    : 'unchanged';
}

export function isLetGoByUs({ taints }: Pick<Node, 'taints'>, { drainTaint }: DriftSettings): boolean {
  return taints.some((taint) => isDriftDrain(taint, drainTaint));
}

/** Whether the node bears any mark that `unmarking` takes off. */
export function isMarked({ driftMark, taints }: FleetNode, settings: DriftSettings): boolean {
  return driftMark !== undefined || taints.some((taint) => isOurs(taint, settings));
}

function isOurs(taint: Taint, settings: DriftSettings): boolean {
  return isDriftTaint(taint, settings) || isDriftDrain(taint, settings.drainTaint);
}

/** Whether it is the drift taint. One with another effect is somebody else's. */
function isDriftTaint({ key, effect }: Taint, { taint }: DriftSettings): boolean {
  return key === taint.key && effect === taint.effect;
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.value === other.value && one.effect === other.effect;
}
