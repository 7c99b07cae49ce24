/**
 * Withdrawing from load balancers, as far as it is decided (contract 7). Nodes that leave a cluster together are withdrawn
 * together, by one of their retirements: a target group is then asked once for all of them, and Elastic Load Balancing's
 * shared rate limits last for thousands. A label says which nodes wait for that, an annotation what was done. Pure.
 */
import { nodePatch, type NodePatch, readMark, WITHDRAW_LABEL, WITHDRAWAL_ANNOTATION } from '../node/marks.ts';
import * as z from 'zod/mini';
import type { Node } from '../kubernetes/node.ts';
import type { TargetPool } from './target-pool.ts';

/** New requests may still come for that long after a target is deregistered (contract 7.1). */
export const EVICT_AFTER_MS = 10_000;

/** How much longer than they should targets may take to drain before nobody waits for them any more (contract 7.3). */
export const LATE_MS = 30_000;

/** With less time than this to its deadline a retirement waits for nothing here (contract 7.1). */
const IN_A_HURRY_MS = 300_000;

/** For how long a retirement relies on another one to withdraw its node: longer than thousands of nodes take. */
const RELIES_MS = 300_000;

/** More nodes than this are not looked at until their longest delay has passed: that would use the rate limits up. */
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
  /** When it was deregistered, ISO 8601, as is `until`: when it has drained at the latest. */
  at: z.iso.datetime(),
  until: z.iso.datetime(),
  /** How many nodes were withdrawn with it. */
  nodes: z.int(),
  /** Those that it was in, and all that go by address: which of those have its pods, its own retirement finds out. */
  pools: z.array(poolSchema),
});

/** What was done for a node. */
export interface Withdrawal {
  /** Epoch milliseconds, as is `until`. */
  readonly at: number;
  readonly until: number;
  readonly nodes: number;
  readonly pools: readonly TargetPool[];
}

/** Undefined when the node has not been withdrawn, or when the annotation is not ours to read. */
export function withdrawalOf(node: Pick<Node, 'annotations'>): Withdrawal | undefined {
  const written = readMark(node, WITHDRAWAL_ANNOTATION, withdrawalSchema);
  return written && { ...written, at: Date.parse(written.at), until: Date.parse(written.until) };
}

/** The longest that AWS lets targets drain, of every kind of load balancer. */
const LONGEST_DRAIN_MS = 3_600_000;

/**
 * What was done for the node, if it can be true: anybody who may write the node may have written it (contract 3.5).
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
 * How many questions nodes that leave together may ask of Elastic Load Balancing to find out for themselves what was done
 * for them: half a minute of what AWS allows an account (contract 7.2).
 */
const MOST_QUESTIONS = 300;

/** Of each pool its attributes and its targets are asked for. */
const QUESTIONS_PER_POOL = 2;

/** Whether each of so many nodes can look itself what the pools have of it, whatever its annotation says. */
export function canAllLook({ nodes, pools }: { nodes: number; pools: number }): boolean {
  return nodes * pools * QUESTIONS_PER_POOL <= MOST_QUESTIONS;
}

/** The annotation's text. */
export function withdrawalText({ at, until, nodes, pools }: Withdrawal): string {
  return JSON.stringify({ at: new Date(at).toISOString(), until: new Date(until).toISOString(), nodes, pools });
}

/** From when on there is no time to wait for targets: withdrawing and evicting then go side by side. */
export function hurriedFrom(deadline: number): number {
  return deadline - IN_A_HURRY_MS;
}

/** The patch by which a node asks to be withdrawn; what was said before of its withdrawal counts no more. */
export function asking(node: Node): NodePatch {
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: 'asked' }, annotations: { [WITHDRAWAL_ANNOTATION]: null } });
}

/** The patch by which it asks no more: nobody waits for it then. */
export function notAsking(node: Node): NodePatch {
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: null } });
}

/** The patch that takes back that anything was done: the node is put back. */
export function notWithdrawn(node: Node): NodePatch {
  return nodePatch(node, { annotations: { [WITHDRAWAL_ANNOTATION]: null } });
}

/** The patch that says what was done. */
export function withdrawn(node: Node, withdrawal: Withdrawal): NodePatch {
  const annotations = { [WITHDRAWAL_ANNOTATION]: withdrawalText(withdrawal) };
  return nodePatch(node, { labels: { [WITHDRAW_LABEL]: null }, annotations });
}

/**
 * Whether a node's own retirement withdraws all that ask for it: that of the first by name does, so that one does, and
 * any other once it has waited for that in vain.
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

/** When to look whether the targets have drained: few nodes are looked at all along, many when they must have. */
export function looksFrom({ at, until, nodes }: Withdrawal): number {
  return nodes <= FEW ? at : until;
}
