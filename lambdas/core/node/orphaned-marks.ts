/** Orphaned marks: marks on a node whose retirement does not run any more (contract 1.7). Pure. */
import type { Machine } from './dead-node.ts';
import { credibleOwnership, whyIncredible } from './credible-ownership.ts';
import { isAnothers } from '../aws/installation.ts';
import type { Ownership } from './isolation.ts';
import { bareMachine, instanceOf, type Node } from '../kubernetes/node.ts';
import { rowOf } from '../notice/kinds.ts';
import { executionsOf, type Home } from '../notice/notice.ts';
import { COOL_DOWN_ANNOTATION, WITHDRAWAL_ANNOTATION, TARGETS_ANNOTATION } from './marks.ts';
import { credibleCoolDown } from './cool-down.ts';
import { isReadable } from '../traffic/taken-targets.ts';
import { credibleWithdrawal } from '../traffic/withdrawal.ts';

export type Marks =
  /** Orphaned marks. `by`: the kind of the notice. */
  | { readonly kind: 'left'; readonly execution: string; readonly instance: string; readonly by: string }
  /** Marks of a retirement that runs, or that left the node drained as still asked, or of another installation. */
  | { readonly kind: 'attended' }
  /** Marks without a credible owner: a person must look. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * @param running names of the retirements that run, read after the node
 * @param at.isAsked whether the node has a drain taint
 * @param at.now epoch milliseconds
 */
export function judgeMarks(
  node: Node,
  running: ReadonlySet<string>,
  { home, isAsked, now }: { home: Home; isAsked: boolean; now: number },
): Marks {
  const ownership = credibleOwnership(node, now);
  const instance = instanceOf(node) ?? bareMachine(node.name);
  if (ownership === undefined) return { kind: 'unreadable', reason: whyIncredible(node, now) ?? '' };
  const { execution } = ownership;
  if (running.has(execution) || isSeenTo(ownership, { isAsked, now })) return { kind: 'attended' };
  if (isLeftAsAsked(node, ownership)) return { kind: 'attended' };
  if (isAnothers(execution, { home, instance })) return { kind: 'attended' };
  if (!execution.startsWith(executionsOf({ ...home, instance }))) {
    // The retirement is another account's or region's. Ebb cannot know whether it runs.
    return {
      kind: 'unreadable',
      reason: `its owner ${execution} is no retirement of its instance in this account and region`,
    };
  }
  return { kind: 'left', execution, instance, by: ownership.kind };
}

/**
 * Names Ebb's annotations on the node that cannot be read or cannot be true, except the owner's. Nothing acts on them,
 * so a person should know (contract 3.5).
 *
 * @param at.longestCoolDownMs how long a cool-down lasts at most, milliseconds
 */
export function unreadableNotes(
  node: Node,
  { now, longestCoolDownMs }: { now: number; longestCoolDownMs: number },
): readonly string[] {
  const readable: Readonly<Record<string, () => boolean>> = {
    [WITHDRAWAL_ANNOTATION]: () => credibleWithdrawal(node, now) !== undefined,
    [TARGETS_ANNOTATION]: () => isReadable(node),
    [COOL_DOWN_ANNOTATION]: () => credibleCoolDown(node, { now, longestCoolDownMs }) !== undefined,
  };
  return Object.entries(readable).flatMap(([key, isSo]) => (key in node.annotations && !isSo() ? [key] : []));
}

/** Whether a node without an EC2 instance was drained to stay, until a person uncordons it (contract 2.1). */
function isLeftAsAsked(node: Node, { leftDrained }: Ownership): boolean {
  return instanceOf(node) === undefined && leftDrained === true && node.unschedulable;
}

/** How long an instance may outlive the deadline of a warning: then AWS has not done what it said. */
const OUTLIVES_MS = 600_000;

/**
 * Whether the node is drained, and either stays so as asked, or AWS may be late to show the termination asked for, or that
 * of which it has warned.
 */
function isSeenTo(
  { kind, leftDrained, completesHook, deadline }: Ownership,
  { isAsked, now }: { isAsked: boolean; now: number },
): boolean {
  const until = Date.parse(deadline);
  const row = rowOf(kind);
  const isWarned = row !== undefined && !row.voluntary && !row.hook;
  if (isWarned && now < until + OUTLIVES_MS) return true;
  return (leftDrained === true && isAsked) || (completesHook === true && now < until);
}

/** Where an instance with orphaned marks is now. */
export interface Whereabouts {
  /** Its lifecycle state; absent when it is in no group. */
  readonly state?: string;
  /** Its state in EC2; absent when EC2 was not asked or did not answer. An instance that is stopped serves nobody. */
  readonly machine?: Machine;
}

/**
 * Decides whether orphaned marks come off: they do when the instance is in service again, or runs without a group. They
 * stay when it waits in a hook (the next retirement inherits them), when it goes, and when it is in a warm pool.
 */
export function decideMarks({ state, machine }: Whereabouts): 'restore' | 'leave' {
  const isIn = state === undefined || state === 'InService';
  const runs = machine === undefined ? state !== undefined : machine === 'up';
  const serves = isIn && runs;
  return serves ? 'restore' : 'leave';
}
