/** Nodes that bear our marks although the retirement that put them on runs no more (contract 1.7). Pure. */
import type { Machine } from './dead-node.ts';
import { credibleOwnership, whyIncredible } from './credible-ownership.ts';
import { isAnothers } from '../aws/installation.ts';
import type { Ownership } from './isolation.ts';
import { instanceOf, type Node } from '../kubernetes/node.ts';
import { executionsOf, type Home } from '../notice/notice.ts';
import { COOL_DOWN_ANNOTATION, WITHDRAWAL_ANNOTATION, TARGETS_ANNOTATION } from './marks.ts';
import { credibleCoolDown } from './cool-down.ts';
import { isReadable } from '../traffic/taken-targets.ts';
import { credibleWithdrawal } from '../traffic/withdrawal.ts';

export type Marks =
  /** Nobody looks after them any more. */
  | { readonly kind: 'left'; readonly execution: string; readonly instance: string }
  /** Their retirement runs, or has left the node drained and it is still wanted so; or they are another installation's. */
  | { readonly kind: 'attended' }
  /** Not ours to judge. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * @param running names of the retirements that run, read after the node
 * @param isAsked whether it bears a taint that asks for its drain
 * @param now epoch milliseconds
 */
export function judgeMarks(
  node: Node,
  running: ReadonlySet<string>,
  { home, isAsked, now }: { home: Home; isAsked: boolean; now: number },
): Marks {
  const ownership = credibleOwnership(node, now);
  const instance = instanceOf(node);
  if (ownership === undefined) return { kind: 'unreadable', reason: whyIncredible(node, now) ?? '' };
  const { execution } = ownership;
  if (running.has(execution) || isSeenTo(ownership, { isAsked, now })) return { kind: 'attended' };
  if (instance !== undefined && isAnothers(execution, { home, instance })) return { kind: 'attended' };
  if (instance === undefined || !execution.startsWith(executionsOf({ ...home, instance }))) {
    // Another account's or region's: whether that one runs we cannot know.
    return { kind: 'unreadable', reason: `${execution}, which is in charge, is no retirement of its instance here` };
  }
  return { kind: 'left', execution, instance };
}

/**
 * Which annotations of ours on the node cannot be read or true, besides the one that tells who is in charge: nobody acts on
 * them, and a person should know (contract 3.5).
 *
 * @param longestRestMs how long a node rests at most, milliseconds
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

/** Drained, and to stay so; or drained, and its termination may have been asked for, which AWS is late to say. */
function isSeenTo(
  { leftDrained, completesHook, deadline }: Ownership,
  { isAsked, now }: { isAsked: boolean; now: number },
): boolean {
  return (leftDrained === true && isAsked) || (completesHook === true && now < Date.parse(deadline));
}

/** Where an instance with left marks is now. */
export interface Whereabouts {
  /** Its state in its group; absent when it is in none. */
  readonly state?: string;
  /** What EC2 says of it; absent when it was not asked, or does not answer. */
  readonly machine?: Machine;
}

/**
 * An instance that is back in service, or runs on without a group, wants its node back. Of one that waits in our hook the
 * next retirement inherits the marks; with one that goes, or rests in a warm pool, they stay.
 */
export function decideMarks({ state, machine }: Whereabouts): 'restore' | 'leave' {
  const serves = state === undefined ? machine === 'up' : state === 'InService';
  return serves ? 'restore' : 'leave';
}
