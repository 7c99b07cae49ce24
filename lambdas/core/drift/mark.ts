/**
 * What the drift tainter writes on nodes, and its undo (contract 9.2): a taint that says that a node has drifted, an
 * annotation that says why in words, and later the taint by which the sweep drains it. Pure: patches are computed from
 * the node as it was read, and the API's optimistic lock tells when that is out of date.
 */
import { DRIFT_ANNOTATION, type NodePatch, nodePatch } from '../node/marks.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import { driftDrainTaint, isDriftDrain, withoutDriftDrain } from '../node/drain-taints.ts';
import type { DriftReason } from './drift.ts';
import { type FleetNode } from '../disruption/fleet.ts';
import type { Node, Taint } from '../kubernetes/node.ts';

/** Marks the node as drifted; the taint names the first reason. Without a reason its marks come off. */
export function marking(node: Node, reasons: readonly DriftReason[], settings: DriftSettings): NodePatch | 'unchanged' {
  const [first] = reasons;
  if (first === undefined) return unmarking(node, settings);
  const { text, taint: ours } = markOf([first, ...reasons.slice(1)], settings);
  const isSo = node.annotations[DRIFT_ANNOTATION] === text && node.taints.some((taint) => isSame(taint, ours));
  if (isSo) return 'unchanged';
  const others = node.taints.filter((taint) => !isDriftTaint(taint, settings));
  return nodePatch(node, { taints: [...others, ours], annotations: { [DRIFT_ANNOTATION]: text } });
}

/** Whether the node says already that it has drifted for these very reasons, so that marking it changes nothing. */
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

/** Takes off what says that the node has drifted, and our own drain taint: it is as its group would make it again. */
export function unmarking(node: Node, settings: DriftSettings): NodePatch | 'unchanged' {
  const others = node.taints.filter((taint) => !isOurs(taint, settings));
  if (others.length === node.taints.length && !(DRIFT_ANNOTATION in node.annotations)) return 'unchanged';
  return nodePatch(node, { taints: others, annotations: { [DRIFT_ANNOTATION]: null } });
}

/**
 * Lets the sweep drain the node. One with a drain taint of somebody else's goes already, and the API takes no second
 * taint of that key and effect.
 */
export function lettingGo(node: Node, { drainTaint }: DriftSettings): NodePatch | 'unchanged' {
  const { key, effect } = drainTaint;
  if (node.taints.some((taint) => taint.key === key && taint.effect === effect)) return 'unchanged';
  return nodePatch(node, { taints: [...node.taints, driftDrainTaint(drainTaint)] });
}

/** The undo of that: the node goes on saying that it has drifted. */
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

/** A taint of our key with another effect is somebody else's. */
function isDriftTaint({ key, effect }: Taint, { taint }: DriftSettings): boolean {
  return key === taint.key && effect === taint.effect;
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.value === other.value && one.effect === other.effect;
}
