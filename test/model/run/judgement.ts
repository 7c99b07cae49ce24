/** What must hold once all retirements of a scenario have ended. */
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import type { Result } from '../../../lambdas/core/events/retirement-events.ts';
import { MINUTE } from '../../given.ts';
import type { HookEnd } from '../world/auto-scaling.ts';
import type { ModelRetirement } from './model-run.ts';
import { OTHER_INSTANCE } from '../world/names.ts';
import type { Fault } from './scenario.ts';
import type { World } from '../world/world.ts';

/** Lambda's limit is 3,000. */
const MOST_OPERATIONS = 2_500;

const LONGEST_SUSPENSION_MS = 180_000;

/** Below this a hook asks for more heartbeats than operations are promised for. */
const PROMISED_FROM_SECONDS = 60;

export function judgeEnd(world: World, retirements: readonly ModelRetirement[]): void {
  for (const retirement of retirements) {
    judgeOperations(world, retirement);
    if ('failed' in retirement.ended) judgeFailure(world, retirement.name, retirement.ended.failed);
    else judgeResult(world, retirement.name, retirement.ended.retired.result);
    judgeTelling(world, retirement);
  }
  judgeHook(world, retirements);
  judgeMarks(world, retirements);
}

function judgeOperations({ scenario, witness }: World, { execution }: ModelRetirement): void {
  if (scenario.hookTimeoutSeconds >= PROMISED_FROM_SECONDS && execution.counted >= MOST_OPERATIONS) {
    witness.broken(`31: ${execution.counted} durable operations`);
  }
  const odd = execution.suspensions.find(
    (seconds) => !Number.isInteger(seconds) || seconds < 1 || seconds * 1000 > LONGEST_SUSPENSION_MS,
  );
  if (odd !== undefined) witness.broken(`4: it suspends for ${odd} s`);
}

/** A retirement may fail only for what a person must look at: then the hook is left to its default result (6.3). */
function judgeFailure(world: World, name: string, failed: Error): void {
  if (failed.name !== 'RetirementFailed') {
    world.witness.broken(`P1: the run dies of ${failed.name}: ${failed.message}`);
    return;
  }
  const { group, refuses, forbidsEvictions, witness } = world;
  const isExcused = refuses || forbidsEvictions || wasOutOfReach(world, name) || wasContested(world, failed);
  if (!isExcused && group.ended?.by !== 'abandonment') witness.broken(`P1: it fails for no reason: ${failed.message}`);
}

/** Whether others wrote the node at each of its tries, until its time was up. */
function wasContested({ scenario }: World, failed: Error): boolean {
  return scenario.faults.some(({ kind }) => kind === 'conflict') && CONTESTED.test(failed.message);
}

const CONTESTED = /^time was up while it waited for .* changed during each of \d+ tries to patch it/;

/** Whether the cluster was, when the time of the retirement was up. */
function wasOutOfReach({ scenario, faults, witness }: World, name: string): boolean {
  const { deadline = NaN } = witness.spans.get(name) ?? {};
  const latest = witness.latestDeadlines.get(name) ?? deadline;
  // A patch that meets conflicts takes many requests, of which a slow cluster answers three a minute.
  const isStuck = scenario.faults.some(({ kind }) => kind === 'conflict');
  const away = [...faults.spans('cluster away'), ...(isStuck ? faults.spans('cluster slow') : [])];
  return away.some(({ from, to }) => from <= latest && to >= deadline - MINUTE);
}

/** By whom the hook may have been ended for a result of a retirement that saw to its end. */
const ENDS: Readonly<Record<Exclude<Result, 'joined' | 'superseded'>, readonly HookEnd['by'][]>> = {
  drained: ['us', 'another', 'heartbeat timeout'],
  forced: ['us', 'another', 'heartbeat timeout'],
  waited: ['us', 'another', 'heartbeat timeout', 'global timeout'],
  late: ['us', 'another', 'heartbeat timeout', 'global timeout'],
  retained: ['abandonment'],
  'dead node': ['us', 'another', 'heartbeat timeout'],
  'never joined': ['us', 'another', 'heartbeat timeout'],
  over: ['us', 'another', 'heartbeat timeout', 'global timeout', 'abandonment'],
  stopped: ['us'],
  // Never of a hook.
  restored: [],
  ready: [],
  failed: [],
};

function judgeResult(world: World, name: string, result: Result | 'ignored'): void {
  judgeVerification(world, name, result);
  // Another retirement, or a person, may have to see to the end of its hook.
  if (result === 'ignored' || result === 'joined' || result === 'superseded') return;
  const { ended } = world.group;
  if (ended === undefined || !ENDS[result].includes(ended.by)) {
    world.witness.broken(`P1: ${result}, and the hook was ended by ${ended?.by ?? 'nobody'}`);
  }
}

/** What AWS contradicts is ignored, and what is ignored is left alone (contract 1.3). */
function judgeVerification({ scenario, witness }: World, name: string, result: Result | 'ignored'): void {
  const isContradicted = scenario.standing === 'in service' || scenario.standing === 'gone';
  if (isContradicted && (result !== 'ignored' || witness.touchedBy.size > 0))
    witness.broken(`1.3: it is ${result}, which AWS contradicts`);
  if (result === 'ignored' && witness.touchedBy.has(name)) witness.broken('1.3: ignored, and something was done');
}

/** One completion, or none and an alarm. */
function judgeHook({ group, witness }: World, retirements: readonly ModelRetirement[]): void {
  const hasFailed = retirements.some(({ ended }) => 'failed' in ended);
  if (group.isHeld && !hasFailed) witness.broken('P1: nobody has completed the hook, and nobody says so');
}

/** Our marks stay only where the machine goes too, or where a failure has told somebody. */
function judgeMarks({ node, group, witness }: World, retirements: readonly ModelRetirement[]): void {
  const { object } = node;
  const by = object && ownershipOf(object)?.execution;
  if (!retirements.some(({ name }) => name === by)) return;
  if (object?.providerId?.endsWith(OTHER_INSTANCE) === true) witness.broken('P6: our marks are on another machine');
  const hasFailed = retirements.some(({ ended }) => 'failed' in ended);
  if (group.state === 'InService' && !hasFailed) witness.broken('P6: our marks are on a node that stays');
}

const TOLD_ONCE: readonly DomainEvent['type'][] = [
  'retirement.started',
  'node.isolated',
  'drain.planned',
  'node.drained',
  'hook.completed',
  'retirement.finished',
];

/** Faults after which something is done, and told, once more. */
const TELLS_AGAIN: ReadonlySet<Fault['kind']> = new Set(['conflict', 'isolation taken off', 'node registered anew']);

/** Each fact is told once, where nothing has made a step run twice. */
function judgeTelling({ told, scenario, witness }: World, { name, ended }: ModelRetirement): void {
  const { crashes, faults } = scenario;
  if (crashes.length > 0 || faults.some(({ kind }) => kind.startsWith('lifecycle') || TELLS_AGAIN.has(kind))) return;
  const events = told.filter(({ execution }) => execution === name).map(({ event }) => event);
  const count = (type: DomainEvent['type']) => events.filter((event) => event.type === type).length;
  for (const type of TOLD_ONCE) if (count(type) > 1) witness.broken(`13: ${type} is told ${count(type)} times`);
  const sent = count('pod.evicted') + count('pod.forced');
  const drained = events.find((event) => event.type === 'node.drained');
  if (drained !== undefined && drained.pods !== sent)
    witness.broken(`13: ${sent} pods were told as sent away, ${drained.pods} at the end`);
  const isDrained = 'retired' in ended && ended.retired.result === 'drained';
  if (isDrained && count('pod.forced') > 0) witness.broken('13: drained, although pods were forced');
}
