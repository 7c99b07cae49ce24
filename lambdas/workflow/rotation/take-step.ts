/** Takes a step of a rotation that core/rotation/next-step.ts has decided. Each may be repeated. */
import type { PlacedNode } from '../../core/disruption/fleet.ts';
import { retirementRequested } from '../../core/events/notice-events.ts';
import {
  rotationBatch,
  rotationSurged,
  rotationWaiting,
  type RotationSubject,
} from '../../core/events/rotation-events.ts';
import { executionName, type Home, type RequestedNotice } from '../../core/notice/notice.ts';
import type { RetirementTerms } from '../../core/notice/retirement-terms.ts';
import type { NextStep, StepFacts } from '../../core/rotation/next-step.ts';
import type { MovedController } from '../../core/rotation/moved-pods.ts';
import { rotatedGroups, type RotatedGroup, type Way } from '../../core/rotation/rotation-groups.ts';
import type { RotationMemory } from '../../core/rotation/rotation-memory.ts';
import type { RotationOrder } from '../../core/rotation/rotation-order.ts';
import { rotationProgress, type RotationProgress } from '../../core/rotation/rotation-progress.ts';
import { drainSeconds } from '../../core/rotation/rotation-request.ts';
import { begunSurge, unusedOf } from '../../core/rotation/surge.ts';
import type { Capacity } from '../ports/auto-scaling.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import type { Journal } from '../ports/journal.ts';
import type { Retirements } from '../ports/lambda.ts';
import { lower, raise } from './change-surge.ts';
import { readMoving } from './read-moved.ts';

export interface TakePorts {
  readonly retirements: Retirements;
  readonly capacity: Capacity;
  readonly fleets: Fleets;
  readonly journal: Journal;
  readonly home: Home;
}

export interface RotationEnd {
  readonly result: 'done' | 'failed' | 'stopped' | 'refused' | 'planned';
  readonly reason?: string;
}

/** What a round came to. */
export interface Round {
  readonly progress: RotationProgress;
  readonly memory: RotationMemory;
  /** Seconds until the next round. */
  readonly pauseSeconds: number;
  readonly end?: RotationEnd;
}

/** The longest suspension between two rounds: a person sees soon what has changed. And the one after a step was taken. */
export const LONGEST_SECONDS = 30;
const TAKEN_SECONDS = 15;

/** Characters of what was said last that are remembered. */
const LONGEST_TOLD = 500;

interface Taking {
  readonly order: RotationOrder;
  readonly facts: StepFacts;
  readonly ports: TakePorts;
}

export async function take(step: NextStep, taking: Taking): Promise<Round> {
  switch (step.kind) {
    case 'end':
      return ended(step, taking);
    case 'wait':
      return await waits(step, taking);
    case 'plan surge':
      return planSurge(step, taking);
    case 'surge':
      return await surge(step, taking);
    case 'unsurge':
      return await unsurge(step, taking);
    case 'start':
      return await start(step, taking);
  }
}

function ended({ result, reason }: Extract<NextStep, { kind: 'end' }>, { facts }: Taking): Round {
  const end = { result, ...(reason !== undefined && { reason }) };
  return { progress: rotationProgress(rotatedGroups(facts)), memory: facts.memory, pauseSeconds: 0, end };
}

async function waits(
  { group, why, until, isMissing }: Extract<NextStep, { kind: 'wait' }>,
  taking: Taking,
): Promise<Round> {
  const { order, facts, ports } = taking;
  const { memory: before, now } = facts;
  const groups = rotatedGroups(facts);
  const progress = rotationProgress(groups, why);
  const due = until === undefined ? LONGEST_SECONDS : Math.ceil((until - now) / 1000);
  const pauseSeconds = Math.max(1, Math.min(LONGEST_SECONDS, due));
  const isBusy = groups.some(({ inHand }) => inHand.length > 0);
  if (isBusy) return { progress, memory: { ...busy(group, facts), moved: await movedSince(taking) }, pauseSeconds };
  const waitingFor = progress.waitingFor ?? [];
  const told = waitingFor.join(', ').slice(0, LONGEST_TOLD);
  // Said once for as long as it lasts.
  if (told !== before.told) ports.journal.report(rotationWaiting(subjectOf(order), { group, waitingFor }));
  const missingSince = isMissing && (before.missingSince ?? now);
  return { progress, memory: { ...free(facts), told, missingSince }, pauseSeconds };
}

/** A round of its own, because the next may be repeated: then it must not take its own surge for the group's capacity. */
function planSurge({ surge }: Extract<NextStep, { kind: 'plan surge' }>, { facts }: Pick<Taking, 'facts'>): Round {
  const memory = { ...free(facts), group: surge.group, surge };
  return { progress: rotationProgress(rotatedGroups(facts)), memory, pauseSeconds: 1 };
}

async function surge(
  { surge: planned }: Extract<NextStep, { kind: 'surge' }>,
  { order, facts, ports }: Taking,
): Promise<Round> {
  const { group, base: from, to } = planned;
  const progress = rotationProgress(rotatedGroups(facts));
  const refused = await raise(planned, ports.capacity);
  if (refused !== undefined) {
    const reason = `${group} cannot have ${to} instances: ${refused}`;
    return {
      progress,
      memory: { ...free(facts), surge: undefined },
      pauseSeconds: 0,
      end: { result: 'failed', reason },
    };
  }
  ports.journal.report(rotationSurged(subjectOf(order), { group, from, to }));
  const memory = { ...free(facts), missingSince: undefined, surge: { ...planned, raised: true } };
  return { progress, memory, pauseSeconds: TAKEN_SECONDS };
}

/** What a batch did not use up goes again. */
async function unsurge(
  { surge: over, failed }: Extract<NextStep, { kind: 'unsurge' }>,
  { order, facts, ports }: Taking,
): Promise<Round> {
  const group = facts.groups.find(({ name }) => name === over.group);
  const unused = group === undefined ? 0 : unusedOf(over, group);
  const reasons = failed === undefined ? [] : [failed];
  if (group !== undefined && unused > 0) {
    const { name, desired: from } = group;
    const refused = await lower({ group, unused, at: over.at }, facts.arrivals, ports.capacity);
    if (refused !== undefined) reasons.push(`${name} keeps ${unused} instances more than before: ${refused}`);
    else ports.journal.report(rotationSurged(subjectOf(order), { group: name, from, to: from - unused }));
  }
  return {
    progress: rotationProgress(rotatedGroups(facts)),
    memory: { ...free(facts), surge: undefined },
    pauseSeconds: TAKEN_SECONDS,
    ...(reasons.length > 0 && { end: { result: 'failed', reason: reasons.join('; ') } }),
  };
}

/** Each node of the batch is a retirement of its own (contract 10.2). */
async function start({ group, batch }: Extract<NextStep, { kind: 'start' }>, taking: Taking): Promise<Round> {
  const { order, facts, ports } = taking;
  const terms = termsFor(
    order,
    group.way,
    batch.map(({ member }) => member.instance),
  );
  const nodes = batch.map(({ node }) => node.name);
  // Read before the first pod leaves.
  const moved = await movingFrom(nodes, taking);
  for (const each of batch) await startRetirement(each, terms, taking);
  ports.journal.report(rotationBatch(subjectOf(order), { group: group.group.name, nodes }));
  return {
    progress: rotationProgress(rotatedGroups(facts)),
    memory: { ...begun(group, batch, facts), moved },
    pauseSeconds: TAKEN_SECONDS,
  };
}

/** The controllers of the pods on these nodes, if they are to be Ready elsewhere. */
async function movingFrom(nodes: readonly string[], { order, facts, ports }: Taking): Promise<MovedController[]> {
  if (order.request.podsReadyTimeout === 0) return [];
  return await readMoving(nodes, await ports.fleets.open(facts.cluster));
}

/** What is remembered of the batch in hand. A crash right after it began has lost that: its pods are still on their nodes. */
async function movedSince(taking: Taking): Promise<RotationMemory['moved']> {
  const { facts } = taking;
  const { freeSince, moved } = facts.memory;
  if (freeSince === undefined && moved !== undefined) return moved;
  const nodes = [...facts.underWay.keys()].flatMap((instance) => facts.arrivals.nodes.get(instance)?.name ?? []);
  return await movingFrom(nodes, taking);
}

function begun({ group }: RotatedGroup, batch: readonly PlacedNode[], facts: StepFacts): RotationMemory {
  const { begun: before } = facts.memory;
  const node = batch[0]?.node.name ?? '';
  const times = before?.node === node ? before.times + 1 : 1;
  const inHand = new Map(batch.map(({ member }) => [member.instance, group.name]));
  return { ...busy(group.name, { ...facts, underWay: inHand }), begun: { node, times } };
}

/** The memory of a round in which nodes of the group are in hand: the batch that its surge was for has begun. */
function busy(group: string, { memory, underWay }: StepFacts): RotationMemory {
  const surge = memory.surge?.group === group ? begunSurge(memory.surge, underWay) : memory.surge;
  return { ...memory, group, freeSince: undefined, missingSince: undefined, surge };
}

async function startRetirement(
  { node, member: { instance }, group: { name: group } }: PlacedNode,
  terms: RetirementTerms,
  { order, ports: { retirements, journal, home } }: Taking,
): Promise<void> {
  const { account, region } = home;
  const { cluster } = order.request;
  const about = { instance, group, cluster };
  const notice: RequestedNotice = { kind: 'request', account, region, ...about, at: Date.now(), terms };
  const execution = executionName(notice, home);
  const already = (await retirements.start(execution, notice)) === 'already';
  journal.report(retirementRequested({ execution, ...about, already, foundBy: 'rotation', node: node.name }));
}

function termsFor({ id, request }: RotationOrder, way: Way, instances: string[]): RetirementTerms {
  const { force, pauseBetweenEvictions, pauseBetweenDrains, gracePeriod } = request;
  return {
    detach: way === 'detach',
    release: way === 'surge' ? 'shrink' : 'terminate',
    force,
    timeoutSeconds: drainSeconds(request),
    pauseBetweenEvictionsSeconds: pauseBetweenEvictions,
    ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }),
    batch: { rotation: id, order: instances, pauseSeconds: pauseBetweenDrains },
  };
}

function subjectOf({ id, request }: RotationOrder): RotationSubject {
  return { rotation: id, cluster: request.cluster };
}

/** The memory of a round in which no node is in hand. */
function free({ memory, now, awaited }: StepFacts): RotationMemory {
  return { ...memory, freeSince: memory.freeSince ?? now, moved: awaited.map(({ controller }) => controller) };
}
