/**
 * The rest of a node that could not be drained although nothing forced it to go (contract 5.4): it is left alone for a
 * while, and goes last after that. An annotation remembers it. Pure.
 */
import * as z from 'zod/mini';
import type { NodePatch } from './isolation.ts';
import type { Node } from './node.ts';

export const REST_ANNOTATION = 'ebb/rest';

const restSchema = z.object({ until: z.iso.datetime(), reason: z.string() });

export interface Rest {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly reason: string;
}

/** Undefined when the node has never rested, or when the annotation is not ours to read. */
export function restOf({ annotations }: Pick<Node, 'annotations'>): Rest | undefined {
  try {
    const { until, reason } = restSchema.parse(JSON.parse(annotations[REST_ANNOTATION] ?? 'null'));
    return { until: Date.parse(until), reason };
  } catch {
    return undefined;
  }
}

/** The patch that lets a node rest which bears no marks of ours. */
export function resting({ resourceVersion, taints }: Node, rest: Rest): NodePatch {
  return {
    metadata: { resourceVersion, labels: {}, annotations: { [REST_ANNOTATION]: restText(rest) } },
    spec: { taints },
  };
}

/** The annotation's text. */
export function restText({ until, reason }: Rest): string {
  return JSON.stringify({ until: new Date(until).toISOString(), reason });
}
