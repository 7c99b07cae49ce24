/**
 * The next step of a rotation, from what there is now (contract 10.2, 10.3): a crash, a pause of days, the hand of a person
 * or a new version in between change nothing about it. Pure.
 */
import type { Group } from '../aws/group.ts';
import type { Answers, Undecided } from '../disruption/questions.ts';
import { queueFleet } from '../disruption/queue-fleet.ts';
import type { DisruptionQueue } from '../disruption/queue.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import { missingOf, type Arrivals } from './replacement.ts';
import type { RotationMemory } from './rotation-memory.ts';
import { awaitedWords, type AwaitedController } from './moved-pods.ts';
import { rotatedGroups, type FailedNode, type RotatedGroup, type RotationFacts } from './rotation-groups.ts';
import { replannedSurge, surgeOf, type Surge } from './surge.ts';

export type NextStep =
  /** Retire these nodes of the group, as one batch. */
  | { readonly kind: 'start'; readonly group: RotatedGroup; readonly batch: readonly PlacedNode[] }
  /** Plan that the managed node group has so many more instances first; then let it have that many. */
  | { readonly kind: 'plan surge'; readonly surge: Surge }
  | { readonly kind: 'surge'; readonly surge: Surge }
  /** Its batch is over, or its instances never came: let it have as many as before. */
  | { readonly kind: 'unsurge'; readonly surge: Surge; readonly failed?: string }
  /** Nothing can be done now. `until`: when that changes by the clock alone, epoch milliseconds. */
  | {
      readonly kind: 'wait';
      readonly group: string;
      readonly why: readonly string[];
      readonly until?: number;
      /** Set while replacements are waited for. */
      readonly isMissing?: true;
      /** Set while something that is no part of the work lets nothing begin: its user, a window, a budget. */
      readonly isHeld?: true;
    }
  | { readonly kind: 'end'; readonly result: 'done' | 'failed' | 'stopped'; readonly reason?: string };

/** What decides the next step. */
export interface StepFacts extends RotationFacts {
  readonly memory: RotationMemory;
  readonly arrivals: Arrivals;
  /** Controllers whose pods the last batch has moved, and that have too few Ready pods; none while nodes are in hand. */
  readonly awaited: readonly AwaitedController[];
  /** Alarms that keep the next batch from beginning, in words; none while nodes are in hand. */
  readonly raised: readonly string[];
  /** Nothing new is begun: the rotation is to stop, or to pause. */
  readonly control: 'go' | 'pause' | 'stop';
}

export function nextStep(facts: StepFacts, answers: Answers): NextStep | Undecided {
  const groups = rotatedGroups(facts);
  const failed = groups.flatMap((each) => each.failed);
  const busy = groups.find(({ inHand }) => inHand.length > 0);
  if (busy !== undefined) return { kind: 'wait', group: busy.group.name, why: [`${busy.inHand.length} nodes in hand`] };
  const end = endOf(failed, facts);
  const surging = surgeStep(facts, end !== undefined);
  if (surging !== undefined) return surging;
  if (end !== undefined) return end;
  const current = groups.find(({ old }) => old.length > 0);
  const coming = awaitLastBatch(groups, current, facts);
  if (coming !== undefined) return coming;
  return current === undefined ? { kind: 'end', result: 'done' } : beginBatch(current, facts, answers);
}

/** What the last batch has set off, and is not over: replacements, and pods that start elsewhere. */
function awaitLastBatch(
  groups: readonly RotatedGroup[],
  current: RotatedGroup | undefined,
  facts: StepFacts,
): NextStep | undefined {
  const group = current?.group.name ?? '';
  const unready = groups.flatMap((each) => missingOf(each.group, facts.arrivals, facts.since));
  if (unready.length > 0) return awaitReplacements(group, unready, facts);
  return facts.awaited.length > 0 ? awaitPods(group, facts) : undefined;
}

/** Why nothing more is begun, if so. */
function endOf(failed: readonly FailedNode[], { request, control }: StepFacts): NextStep | undefined {
  if (failed.length >= request.maxFailures) return { kind: 'end', result: 'failed', reason: textOf(failed) };
  return control === 'stop' ? { kind: 'end', result: 'stopped' } : undefined;
}

/** The last replacements may still be coming; one that is not Ready in time ends the rotation. */
function awaitReplacements(group: string, why: readonly string[], { memory, cluster, now }: StepFacts): NextStep {
  const { missingSince = now } = memory;
  const until = missingSince + cluster.drift.replacementTimeoutSeconds * 1000;
  if (now < until) return { kind: 'wait', group, why, until, isMissing: true };
  return { kind: 'end', result: 'failed', reason: notReady(why) };
}

/**
 * The pods of the last batch may still be starting elsewhere. Those that are not Ready in time end the rotation, as a
 * replacement does: where they do not run, the pods of the next nodes will not either.
 */
function awaitPods(group: string, { memory, request, now, awaited }: StepFacts): NextStep {
  const { freeSince = now } = memory;
  const until = freeSince + request.podsReadyTimeout * 1000;
  const why = awaited.map(awaitedWords);
  if (now < until) return { kind: 'wait', group, why, until };
  return { kind: 'end', result: 'failed', reason: `pods are not Ready elsewhere: ${reasonOf(why)}` };
}

/** The most controllers that a reason names. */
const MOST_NAMED = 5;

function reasonOf(why: readonly string[]): string {
  const others = why.length - MOST_NAMED;
  return [...why.slice(0, MOST_NAMED), ...(others > 0 ? [`and ${others} more`] : [])].join(', ');
}

/**
 * What a surge needs: to be made, if it is only planned; to be planned anew, when somebody has changed the group meanwhile; to
 * be taken back, when its batch is over, nothing more begins, or its instances are not Ready in time.
 */
function surgeStep(facts: StepFacts, isLast: boolean): NextStep | undefined {
  const { surge } = facts.memory;
  if (surge === undefined) return undefined;
  if (isLast && !surge.raised) return undefined;
  return isLast || surge.begun ? { kind: 'unsurge', surge } : comingSurge(surge, facts);
}

/** @returns undefined when its instances are awaited, or its batch may begin */
function comingSurge(surge: Surge, facts: StepFacts): NextStep | undefined {
  const group = facts.groups.find(({ name }) => name === surge.group);
  const missing = group === undefined ? [`group ${surge.group} has gone`] : missingSurge(surge, group, facts);
  if (missing.length > 0 && isLate(surge, facts)) return { kind: 'unsurge', surge, failed: notReady(missing) };
  const replanned = group && replannedSurge(surge, group);
  if (replanned !== undefined) return { kind: 'plan surge', surge: replanned };
  return surge.raised ? undefined : { kind: 'surge', surge };
}

function missingSurge({ at, to }: Surge, group: Group, { arrivals }: StepFacts): readonly string[] {
  const { name, desired } = group;
  const lowered = desired < to ? [`somebody has lowered ${name} to ${desired} instances, and it needs ${to}`] : [];
  return [...lowered, ...missingOf(group, arrivals, at)];
}

function isLate({ at }: Surge, { cluster, now }: StepFacts): boolean {
  return now >= at + cluster.drift.replacementTimeoutSeconds * 1000;
}

function notReady(missing: readonly string[]): string {
  return `replacements are not Ready: ${missing.join(', ')}`;
}

function beginBatch(current: RotatedGroup, facts: StepFacts, answers: Answers): NextStep | Undecided {
  const { name } = current.group;
  const held = whyNotYet(name, facts);
  if (held !== undefined) return { kind: 'wait', group: name, ...held };
  const terms = { now: facts.now, cause: 'rotation', isUnavailable: () => false, stopped: new Map() } as const;
  const queue = queueFleet(current.old, facts, terms, answers);
  if ('asks' in queue) return queue;
  const going = new Set(queue.now.slice(0, batchSize(current, facts)).map((candidate) => candidate.name));
  const batch = current.old.filter(({ node }) => going.has(node.name));
  const [first] = batch;
  if (first === undefined) return waitForQueue(name, queue);
  if (isVain(first, facts)) return { kind: 'end', result: 'failed', reason: `${first.node.name}: ${VAIN}` };
  const needsSurge = current.way === 'surge' && facts.memory.surge?.group !== name;
  return needsSurge
    ? { kind: 'plan surge', surge: surgeOf(current.group, batch.length, facts.now) }
    : { kind: 'start', group: current, batch };
}

/** How often a node's retirement is begun that ends without a word on the node: refused, or dead. */
const MOST_STARTS = 3;
const VAIN = `its retirement was begun ${MOST_STARTS} times, and it stays: look at its events`;

function isVain({ node }: PlacedNode, { memory: { begun } }: StepFacts): boolean {
  return begun?.node === node.name && begun.times >= MOST_STARTS;
}

function batchSize({ way }: RotatedGroup, { request }: StepFacts): number {
  return way === 'in place' ? 1 : request.maxSurge;
}

function waitForQueue(group: string, { later: [first] }: DisruptionQueue): NextStep {
  const { why = 'nothing may go', at: until } = first ?? {};
  return { kind: 'wait', group, why: [why], isHeld: true, ...(until !== undefined && { until }) };
}

/** What keeps the next batch from beginning although its group could spare the nodes. */
function whyNotYet(
  group: string,
  { memory, request, now, control, raised }: StepFacts,
): { readonly why: readonly string[]; readonly until?: number; readonly isHeld?: true } | undefined {
  if (control === 'pause') return { why: ['the rotation is paused'], isHeld: true };
  if (raised.length > 0) return { why: raised, isHeld: true };
  // The first look at which no node of the last batch is in hand any more.
  const { freeSince = now } = memory;
  const until = freeSince + request.pauseBetweenBatches * 1000;
  return now < until && memory.group === group ? { why: ['the pause between batches'], until } : undefined;
}

function textOf(failed: readonly FailedNode[]): string {
  return failed.map(({ node, reason }) => `${node}: ${reason}`).join('; ');
}
