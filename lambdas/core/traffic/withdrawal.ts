/**
 * Decisions about the withdrawal of nodes from load balancers (contract 7). Nodes that leave a cluster together are
 * withdrawn together, by one of their retirements. So a target group is read once for all of them, and the shared rate
 * limits of Elastic Load Balancing are enough for thousands. A label marks nodes that wait, an annotation says what was
 * done. Pure.
 */
import { nodePatch, type NodePatch, readMark, WITHDRAW_LABEL, WITHDRAWAL_ANNOTATION } from '../node/marks.ts';
import * as z from 'zod/mini';
import type { Node } from '../kubernetes/node.ts';
import type { TargetPool } from './target-pool.ts';

/** Time in which new requests may still come after a target is deregistered (contract 7.1). */
export const EVICT_AFTER_MS = 10_000;

/** Time that Ebb waits for targets after they should have drained (contract 7.3). */
export const LATE_MS = 30_000;

/** Time before its deadline from which a retirement does not wait for targets (contract 7.1). */
const IN_A_HURRY_MS = 300_000;

/** Time that a retirement waits for another one to withdraw its node: longer than thousands of nodes take. */
const RELIES_MS = 300_000;

/** Most nodes whose targets are read while they drain. For more, that would use the rate limits up. */
const FEW = 25;

export const poolSchema = z.object({
  kind: z.enum(['target group', 'classic']),
  id: z.string(),
  name: z.string(),
  by: z.enum(['instance', 'ip']),
  drainSeconds: z.number(),
  controlled: z.boolean(),
});

const withdrawalSchema = z.object({
  /** When the node was deregistered. `until`: when it has drained at the latest. Both ISO 8601. */
  at: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Number of nodes that were withdrawn together. */
  nodes: z.int(),
  /** Pools that it was in, and all pools by address: its own retirement finds out which of those have its pods. */
  pools: z.array(poolSchema),
});

/** The withdrawal of a node: what was done for it. */
export interface Withdrawal {
  /** Epoch milliseconds, as is `until`. */
  readonly at: number;
  readonly until: number;
  readonly nodes: number;
  readonly pools: readonly TargetPool[];
}

/** Reads the withdrawal; undefined when the node has not been withdrawn, or when Ebb cannot read the annotation. */
export function withdrawalOf(node: Pick<Node, 'annotations'>): Withdrawal | undefined {
  const written = readMark(node, WITHDRAWAL_ANNOTATION, withdrawalSchema);
  return written && { ...written, at: Date.parse(written.at), until: Date.parse(written.until) };
}

/** Longest time that AWS allows targets to drain, for every kind of load balancer. */
const LONGEST_DRAIN_MS = 3_600_000;

/**
 * Reads the withdrawal, if it can be true: anybody who may write the node may have written it (contract 3.5).
 *
 * @param now epoch milliseconds
 */
export function credibleWithdrawal(node: Pick<Node, 'annotations' | 'createdAt'>, now: number): Withdrawal | undefined {
  const withdrawal = withdrawalOf(node);
  if (withdrawal === undefined) return undefined;
  const { at, until } = withdrawal;
  const canBe = at >= node.createdAt && at <= now && until >= at && until <= at + LONGEST_DRAIN_MS;
  return canBe ? withdrawal : undefined;
}

/**
 * Most calls to Elastic Load Balancing with which nodes that leave together may find out for themselves what was done:
 * half a minute of what AWS allows an account (contract 7.2).
 */
const MOST_QUESTIONS = 300;

/** Calls for each pool: one for its attributes, one for its targets. */
const QUESTIONS_PER_POOL = 2;

/** Whether each of the nodes can read its pools itself, whatever its annotation says. */
export function canAllLook({ nodes, pools }: { nodes: number; pools: number }): boolean {
  return nodes * pools * QUESTIONS_PER_POOL <= MOST_QUESTIONS;
}

/** The annotation's text. */
export function withdrawalText({ at, until, nodes, pools }: Withdrawal): string {
  return JSON.stringify({ at: new Date(at).toISOString(), until: new Date(until).toISOString(), nodes, pools });
}

/** When there is no time to wait for targets any more, so that withdrawal and eviction run at the same time. */
export function hurriedFrom(deadline: number): number {
  return deadline - IN_A_HURRY_MS;
}

/** The patch by which a node asks to be withdrawn. It removes the record of an earlier withdrawal. */
export function asking(node: Node): NodePatch {
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: 'asked' }, annotations: { [WITHDRAWAL_ANNOTATION]: null } });
}

/** The patch by which the node does not ask any more, so that no retirement waits for it. */
export function notAsking(node: Node): NodePatch {
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: null } });
}

/** The patch that removes the record of the withdrawal, because the node is put back. */
export function notWithdrawn(node: Node): NodePatch {
  return nodePatch(node, { annotations: { [WITHDRAWAL_ANNOTATION]: null } });
}

/** The patch that records the withdrawal. */
export function withdrawn(node: Node, withdrawal: Withdrawal): NodePatch {
  const annotations = { [WITHDRAWAL_ANNOTATION]: withdrawalText(withdrawal) };
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: null }, annotations });
}

/**
 * Whether a node's own retirement withdraws all nodes that ask. Only the retirement of the first node by name does, and
 * any other once it has waited for that one in vain.
 *
 * @param since when this retirement began to ask, epoch milliseconds
 */
export function leads(
  own: string,
  first: Pick<Node, 'name'> | undefined,
  { since, now }: { since: number; now: number },
): boolean {
  return first === undefined || first.name === own || now - since >= RELIES_MS;
}

/** When to check that targets have drained: for few nodes from the start, for many when they must have drained. */
export function looksFrom({ at, until, nodes }: Withdrawal): number {
  return nodes <= FEW ? at : until;
}
