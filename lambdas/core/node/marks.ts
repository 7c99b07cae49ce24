/**
 * Marks: everything that Ebb writes on a node, by key, and how it is written and read (contract 3.1, 3.5). Anybody who may
 * write the node may have written a mark, so it is a hint: what each says, and how far it can be true, is the business of
 * the module that it is about.
 */
import type * as z from 'zod/mini';
import type { Node, Taint } from '../kubernetes/node.ts';

/** Which retirement owns the node (ownership.ts, isolation.ts). */
export const RETIREMENT_ANNOTATION = 'ebb/retirement';
/** The node is being retired; its value is the kind of the notice. */
export const RETIRING_LABEL = 'ebb/retiring';
/** Kubernetes' own: the service controller and the AWS load balancer controller take such nodes out of their targets. */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Until when the node is left alone, and why (cool-down.ts). */
export const COOL_DOWN_ANNOTATION = 'ebb/rest';
/** Why the node has drifted (drift/mark.ts). */
export const DRIFT_ANNOTATION = 'ebb/drift';
/** The node waits to be withdrawn (traffic/withdrawal.ts). */
export const WITHDRAW_LABEL = 'ebb/withdraw';
/** How it was withdrawn (traffic/withdrawal.ts). */
export const WITHDRAWAL_ANNOTATION = 'ebb/withdrawal';
/** The load balancer targets to put back when the node is restored (traffic/taken-targets.ts). */
export const TARGETS_ANNOTATION = 'ebb/targets';
/** Key of a taint by which people and scripts ask for a drain, whatever the configuration says (drain-taints.ts). */
export const PLAIN_DRAIN_KEY = 'ebb/drain';

/** A merge patch; resourceVersion makes it optimistic, because a merge patch replaces the whole list of taints. */
export interface NodePatch {
  readonly metadata: {
    readonly resourceVersion: string;
    /** null takes a key off, here as below. */
    readonly labels: Readonly<Record<string, string | null>>;
    readonly annotations: Readonly<Record<string, string | null>>;
  };
  readonly spec: { readonly unschedulable?: true | null; readonly taints: readonly Taint[] };
}

/** What a patch changes; what is absent stays as it is. */
interface Changes {
  readonly labels?: NodePatch['metadata']['labels'];
  readonly annotations?: NodePatch['metadata']['annotations'];
  /** All taints that the node has afterwards. */
  readonly taints?: readonly Taint[];
  readonly unschedulable?: true | null;
}

/** The patch that changes the node as it was read; the API refuses it if somebody else has changed the node since. */
export function nodePatch(
  node: Pick<Node, 'resourceVersion' | 'taints'>,
  { labels = {}, annotations = {}, taints = node.taints, unschedulable }: Changes,
): NodePatch {
  return {
    metadata: { resourceVersion: node.resourceVersion, labels, annotations },
    spec: { ...(unschedulable !== undefined && { unschedulable }), taints },
  };
}

/** What the annotation says, by its schema; undefined when the node has none, or one that is not ours to read. */
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
