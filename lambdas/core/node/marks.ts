/**
 * Marks: everything that Ebb writes on a node, by key, and how it is written and read (contract 3.1, 3.5). A mark is a
 * hint, because anybody who may write the node may have written it. What a mark means, and whether it can be true, is
 * decided by the module in brackets.
 */
import type * as z from 'zod/mini';
import type { Node, Taint } from '../kubernetes/node.ts';

/** Which retirement owns the node (ownership.ts, isolation.ts). */
export const RETIREMENT_ANNOTATION = 'ebb/retirement';
/** The node is being retired; its value is the kind of the notice. */
export const RETIRING_LABEL = 'ebb/retiring';
/** Kubernetes' own label: the service and the AWS load balancer controllers take such nodes out of their targets. */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** The node's cool-down: until when, and why (cool-down.ts). */
export const COOL_DOWN_ANNOTATION = 'ebb/rest';
/** Why the node has drifted (drift/mark.ts). */
export const DRIFT_ANNOTATION = 'ebb/drift';
/** The node waits to be withdrawn (traffic/withdrawal.ts). */
export const WITHDRAW_LABEL = 'ebb/withdraw';
/** How it was withdrawn (traffic/withdrawal.ts). */
export const WITHDRAWAL_ANNOTATION = 'ebb/withdrawal';
/** The load balancer targets to put back when the node is restored (traffic/taken-targets.ts). */
export const TARGETS_ANNOTATION = 'ebb/targets';
/** Key of the drain taint that people and scripts may always use, whatever the configuration says (drain-taints.ts). */
export const PLAIN_DRAIN_KEY = 'ebb/drain';

/** A merge patch with an optimistic lock (resourceVersion), because it replaces the whole list of taints. */
export interface NodePatch {
  readonly metadata: {
    readonly resourceVersion: string;
    /** A null takes a key off, here as below. */
    readonly labels: Readonly<Record<string, string | null>>;
    readonly annotations: Readonly<Record<string, string | null>>;
  };
  readonly spec: { readonly unschedulable?: true | null; readonly taints: readonly Taint[] };
}

/** Changes of a patch; a field that is absent stays as it is. */
interface Changes {
  readonly labels?: NodePatch['metadata']['labels'];
  readonly annotations?: NodePatch['metadata']['annotations'];
  /** All taints that the node has afterwards. */
  readonly taints?: readonly Taint[];
  readonly unschedulable?: true | null;
}

/** The patch that changes the node as it was read. The API refuses it if somebody has changed the node since. */
export function nodePatch(
  node: Pick<Node, 'resourceVersion' | 'taints'>,
  { labels = {}, annotations = {}, taints = node.taints, unschedulable }: Changes,
): NodePatch {
  return {
    metadata: { resourceVersion: node.resourceVersion, labels, annotations },
    spec: { ...(unschedulable !== undefined && { unschedulable }), taints },
  };
}

/** Reads the annotation by its schema; undefined when the node has none, or one that does not parse. */
export function readMark<Schema extends z.ZodMiniType>(
  { annotations }: Pick<Node, 'annotations'>,
  key: string,
  schema: Schema,
): z.output<Schema> | undefined {
  const text = annotations[key];
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
