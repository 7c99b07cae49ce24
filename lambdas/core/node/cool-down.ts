/**
 * The cool-down of a node: a voluntary drain failed, so Ebb leaves the node alone for a while and lets it go last after
 * that (contract 5.4). An annotation holds it. Pure.
 */
import { type NodePatch, nodePatch, readMark, COOL_DOWN_ANNOTATION } from './marks.ts';
import * as z from 'zod/mini';
import type { PlainTaint } from '../settings/cluster-settings.ts';
import { withoutDriftDrain } from './drain-taints.ts';
import type { Node } from '../kubernetes/node.ts';

const coolDownSchema = z.object({
  until: z.iso.datetime(),
  reason: z.string(),
  /** The node has pods that are not to be evicted. */
  kept: z.optional(z.literal(true)),
});

export interface CoolDown {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly reason: string;
  /** The node has pods that are not to be evicted: it would be no use to try again. */
  readonly kept?: true;
}

/**
 * A cool-down, and the drain taint of the drift tainter. A node that cools down loses this taint. Otherwise the node
 * would take no new pods all that time, and each such node would cost the cluster capacity.
 */
export interface CoolDownTerms {
  readonly coolDown: CoolDown;
  readonly drainTaint: PlainTaint;
}

/** Reads the cool-down; undefined when the node has no such annotation, or one that Ebb cannot read. */
export function coolDownOf(node: Pick<Node, 'annotations'>): CoolDown | undefined {
  const coolDown = readMark(node, COOL_DOWN_ANNOTATION, coolDownSchema);
  return coolDown && { ...coolDown, until: Date.parse(coolDown.until) };
}

/**
 * Reads the cool-down; undefined when it ends later than Ebb would ever set it. Anybody who may write the node may have
 * written the annotation (contract 3.5).
 *
 * @param at.longestCoolDownMs how long a cool-down lasts at most, milliseconds
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

/** The patch that begins the cool-down of a node without marks of a retirement. */
export function coolingDown(node: Node, { coolDown, drainTaint }: CoolDownTerms): NodePatch {
  return nodePatch(node, {
    annotations: { [COOL_DOWN_ANNOTATION]: coolDownText(coolDown) },
    taints: withoutDriftDrain(node.taints, drainTaint),
  });
}

/** The annotation's text. */
export function coolDownText({ until, ...about }: CoolDown): string {
  return JSON.stringify({ until: new Date(until).toISOString(), ...about });
}
