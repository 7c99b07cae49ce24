/**
 * The rest of a node that could not be drained although nothing forced it to go (contract 5.4): it is left alone for a
 * while, and goes last after that. An annotation remembers it. Pure.
 */
import { type NodePatch, nodePatch, readMark, COOL_DOWN_ANNOTATION } from './marks.ts';
import * as z from 'zod/mini';
import type { PlainTaint } from '../settings/cluster-settings.ts';
import { withoutDriftDrain } from './drain-taints.ts';
import type { Node } from '../kubernetes/node.ts';

const coolDownSchema = z.object({ until: z.iso.datetime(), reason: z.string() });

export interface CoolDown {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly reason: string;
}

/**
 * A rest, and the taint by which the drift tainter lets nodes go, which a node that rests loses: else no pod could be
 * scheduled there for all that time, and with each node that rests there would be less room in the cluster.
 */
export interface CoolDownTerms {
  readonly coolDown: CoolDown;
  readonly drainTaint: PlainTaint;
}

/** Undefined when the node has never rested, or when the annotation is not ours to read. */
export function coolDownOf(node: Pick<Node, 'annotations'>): CoolDown | undefined {
  const coolDown = readMark(node, COOL_DOWN_ANNOTATION, coolDownSchema);
  return coolDown && { until: Date.parse(coolDown.until), reason: coolDown.reason };
}

/**
 * The rest, if it can be true: nobody sets one that is longer, and whoever may write the node may have written it (contract
 * 3.5).
 *
 * @param longestRestMs how long a node rests at most, milliseconds
 */
export function credibleCoolDown(
  node: Pick<Node, 'annotations'>,
  { now, longestCoolDownMs }: { now: number; longestCoolDownMs: number },
): CoolDown | undefined {
  const coolDown = coolDownOf(node);
  return coolDown === undefined || coolDown.until > now + longestCoolDownMs ? undefined : coolDown;
}

/** @param now epoch milliseconds */
export function isCoolingDown({ coolDown }: { readonly coolDown?: CoolDown }, now: number): boolean {
  return coolDown !== undefined && coolDown.until > now;
}

/** The patch that lets a node rest which bears no marks of ours. */
export function coolingDown(node: Node, { coolDown, drainTaint }: CoolDownTerms): NodePatch {
  return nodePatch(node, {
    annotations: { [COOL_DOWN_ANNOTATION]: coolDownText(coolDown) },
    taints: withoutDriftDrain(node.taints, drainTaint),
  });
}

/** The annotation's text. */
export function coolDownText({ until, reason }: CoolDown): string {
  return JSON.stringify({ until: new Date(until).toISOString(), reason });
}
