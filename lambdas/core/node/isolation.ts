/**
 * Isolation of a node, and its exact undo (contract 3). One patch taints and cordons the node, keeps new load balancer
 * traffic away and names the owner. Pure: the patch is computed from the node as it was read, and the API's optimistic
 * lock refuses it when the node has changed since.
 */
import {
  EXCLUDE_LABEL,
  nodePatch,
  type NodePatch,
  readMark,
  COOL_DOWN_ANNOTATION,
  RETIREMENT_ANNOTATION,
  RETIRING_LABEL,
  TARGETS_ANNOTATION,
  WITHDRAW_LABEL,
  WITHDRAWAL_ANNOTATION,
} from './marks.ts';
import * as z from 'zod/mini';
import { withoutDriftDrain } from './drain-taints.ts';
import type { Node, Taint } from '../kubernetes/node.ts';
import type { IsolationTaint } from '../settings/cluster-settings.ts';
import type { Notice } from '../notice/notice.ts';
import { coolDownText, type CoolDownTerms } from './cool-down.ts';

/** The owner annotation: JSON on the node, for Ebb and for people. */
const ownershipSchema = z.object({
  execution: z.string(),
  kind: z.string(),
  /** The instance's Auto Scaling group. */
  group: z.optional(z.string()),
  /** ISO 8601, as is the deadline. */
  since: z.iso.datetime(),
  deadline: z.iso.datetime(),
  /** Ebb set spec.unschedulable. A node that a person had cordoned stays cordoned on restore (contract 3.2). */
  cordonedByUs: z.boolean(),
  /** Ebb set the load balancer label. */
  labelledByUs: z.boolean(),
  /** The owner has drained the node. It completes Ebb's hook itself when the instance reaches it (contract 8.2). */
  completesHook: z.optional(z.literal(true)),
  /** The node is drained and left as it is, until somebody removes it (contract 8.2). */
  leftDrained: z.optional(z.literal(true)),
  /** The deadline is one of which AWS has warned at short notice, whatever the kind of the owner (contract 5.3). */
  early: z.optional(z.literal(true)),
});

export type Ownership = Readonly<z.infer<typeof ownershipSchema>>;

/** Value of the load balancer label when Ebb set it. */
const EXCLUDE_VALUE = 'ebb';

/** The retirement that takes a node over. */
export interface Takeover {
  readonly execution: string;
  readonly kind: Notice['kind'];
  readonly group?: string;
  /** Epoch milliseconds, as is the deadline. */
  readonly now: number;
  readonly deadline: number;
  /** The deadline is one of which AWS has warned at short notice. */
  readonly early?: true;
}

/**
 * The patch that isolates the node for a retirement. Marks of an earlier run are inherited: the new owner undoes what
 * that run set, and `since` keeps the node's place among the waiting (contract 1.6).
 */
export function isolation(node: Node, takeover: Takeover, taint: IsolationTaint): NodePatch {
  const ours: Taint = { key: taint.key, value: taint.value ?? takeover.kind, effect: taint.effect };
  return nodePatch(node, {
    labels: { [RETIRING_LABEL]: takeover.kind, [EXCLUDE_LABEL]: node.labels[EXCLUDE_LABEL] ?? EXCLUDE_VALUE },
    annotations: { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership(node, takeover)) },
    unschedulable: true,
    taints: [...foreignTaints(node, taint), ours],
  });
}

/**
 * The patch that notes how far the retirement has come; undefined when it does not own the node, or when the node says
 * so already.
 */
export function progress(
  node: Node,
  execution: string,
  come: Pick<Ownership, 'completesHook' | 'leftDrained'>,
): NodePatch | undefined {
  const ours = ownershipOf(node);
  if (ours?.execution !== execution) return undefined;
  const text = JSON.stringify({ ...ours, ...come });
  return text === JSON.stringify(ours)
    ? undefined
    : nodePatch(node, { annotations: { [RETIREMENT_ANNOTATION]: text } });
}

/**
 * The patch that takes off what the retirement put on, and nothing else. What was there before stays, and so does a
 * person's cordon (contract 3.2). Undefined when the retirement does not own the node.
 *
 * @param terms.coolDownTerms the cool-down that begins now @default none
 */
export function restoration(
  node: Node,
  execution: string,
  { taint, coolDownTerms }: { taint: IsolationTaint; coolDownTerms?: CoolDownTerms },
): NodePatch | undefined {
  const ours = ownershipOf(node);
  if (ours?.execution !== execution) return undefined;
  const taints = foreignTaints(node, taint);
  return nodePatch(node, {
    labels: { [RETIRING_LABEL]: null, [WITHDRAW_LABEL]: null, ...(ours.labelledByUs && { [EXCLUDE_LABEL]: null }) },
    annotations: {
      [RETIREMENT_ANNOTATION]: null,
      [WITHDRAWAL_ANNOTATION]: null,
      [TARGETS_ANNOTATION]: null,
      ...(coolDownTerms && { [COOL_DOWN_ANNOTATION]: coolDownText(coolDownTerms.coolDown) }),
    },
    ...(ours.cordonedByUs && { unschedulable: null }),
    taints: coolDownTerms === undefined ? taints : withoutDriftDrain(taints, coolDownTerms.drainTaint),
  });
}

function foreignTaints({ taints }: Node, ours: IsolationTaint): Taint[] {
  return taints.filter(({ key, effect }) => key !== ours.key || effect !== ours.effect);
}

function ownership(node: Node, { execution, kind, group, now, deadline, early }: Takeover): Ownership {
  const { since, cordonedByUs, labelledByUs } = ownershipOf(node) ?? {
    since: new Date(now).toISOString(),
    cordonedByUs: !node.unschedulable,
    labelledByUs: !(EXCLUDE_LABEL in node.labels),
  };
  const inherited = { since, cordonedByUs, labelledByUs };
  const until = { deadline: new Date(deadline).toISOString(), ...(early && { early }) };
  return { ...inherited, execution, kind, ...(group && { group }), ...until };
}

/** Whether the node has all marks of this retirement, so that isolating again changes nothing. */
export function isIsolatedFor(node: Node, execution: string, taint: IsolationTaint): boolean {
  return missingMarks(node, execution, taint).length === 0;
}

/** The marks of the retirement that the node lacks, in words; empty while it is isolated. */
export function missingMarks(node: Node, execution: string, taint: IsolationTaint): readonly string[] {
  const isTainted = node.taints.some(({ key, effect }) => key === taint.key && effect === taint.effect);
  return [
    ...(node.unschedulable ? [] : ['cordon']),
    ...(isTainted ? [] : [`taint ${taint.key}`]),
    ...[RETIRING_LABEL, EXCLUDE_LABEL].filter((label) => !(label in node.labels)).map((label) => `label ${label}`),
    ...(ownershipOf(node)?.execution === execution ? [] : [`annotation ${RETIREMENT_ANNOTATION}`]),
  ];
}

/** Reads which retirement owns the node; undefined when none does, or when Ebb cannot read the annotation. */
export function ownershipOf(node: Pick<Node, 'annotations'>): Ownership | undefined {
  return readMark(node, RETIREMENT_ANNOTATION, ownershipSchema);
}
