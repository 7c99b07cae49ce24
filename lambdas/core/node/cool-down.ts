/**
 * The rest of a node that could not be drained although nothing forced it to go (contract 5.4): it is left alone for a
 * while, and goes last after that. An annotation remembers it. Pure.
 */
import { type NodePatch, nodePatch, readMark, REST_ANNOTATION } from './marks.ts';
import * as z from 'zod/mini';
import type { PlainTaint } from '../settings/cluster-settings.ts';
import { withoutDriftDrain } from './drain-taints.ts';
import type { Node } from '../kubernetes/node.ts';

const restSchema = z.object({ until: z.iso.datetime(), reason: z.string() });

export interface Rest {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly reason: string;
}

/**
 * A rest, and the taint by which the drift tainter lets nodes go, which a node that rests loses: else no pod could be
 * scheduled there for all that time, and with each node that rests there would be less room in the cluster.
 */
export interface RestTerms {
  readonly rest: Rest;
  readonly drainTaint: PlainTaint;
}

/** Undefined when the node has never rested, or when the annotation is not ours to read. */
export function restOf(node: Pick<Node, 'annotations'>): Rest | undefined {
  const rest = readMark(node, REST_ANNOTATION, restSchema);
  return rest && { until: Date.parse(rest.until), reason: rest.reason };
}

/**
 * The rest, if it can be true: nobody sets one that is longer, and whoever may write the node may have written it (contract
 * 3.5).
 *
 * @param longestRestMs how long a node rests at most, milliseconds
 */
export function credibleRest(
  node: Pick<Node, 'annotations'>,
  { now, longestRestMs }: { now: number; longestRestMs: number },
): Rest | undefined {
  const rest = restOf(node);
  return rest === undefined || rest.until > now + longestRestMs ? undefined : rest;
}

/** @param now epoch milliseconds */
export function isResting({ rest }: { readonly rest?: Rest }, now: number): boolean {
  return rest !== undefined && rest.until > now;
}

/** The patch that lets a node rest which bears no marks of ours. */
export function resting(node: Node, { rest, drainTaint }: RestTerms): NodePatch {
  return nodePatch(node, {
    annotations: { [REST_ANNOTATION]: restText(rest) },
    taints: withoutDriftDrain(node.taints, drainTaint),
  });
}

/** The annotation's text. */
export function restText({ until, reason }: Rest): string {
  return JSON.stringify({ until: new Date(until).toISOString(), reason });
}
