/** One round of a rotation: reads what there is, decides the next step, and takes it. It may be repeated. */
import { nextStep, type NextStep, type StepFacts } from '../../core/rotation/next-step.ts';
import { expectedEnd, paceOf } from '../../core/rotation/pace.ts';
import type { RotationMemory } from '../../core/rotation/rotation-memory.ts';
import type { RotationOrder } from '../../core/rotation/rotation-order.ts';
import { rotationProgress, type RotationProgress } from '../../core/rotation/rotation-progress.ts';
import { rotatedGroups } from '../../core/rotation/rotation-groups.ts';
import { ClusterAway } from '../../core/kubernetes/cluster-error.ts';
import { decideAsking } from '../disruption/decide-asking.ts';
import { readRotation, type ReadPorts } from './read-rotation.ts';
import { faultsOfPlan } from './rotation-faults.ts';
import { LONGEST_SECONDS, take, type Round, type TakePorts } from './take-step.ts';

export type RoundPorts = ReadPorts & TakePorts;

const NOTHING: RotationProgress = { groups: [] };

export async function rotationRound(order: RotationOrder, memory: RotationMemory, ports: RoundPorts): Promise<Round> {
  try {
    return await lookAndTake(order, memory, ports);
  } catch (error) {
    if (!(error instanceof ClusterAway)) throw error;
    return { progress: { ...NOTHING, waitingFor: [error.message] }, memory, pauseSeconds: LONGEST_SECONDS };
  }
}

/** @throws ClusterAway, ClusterRefused */
async function lookAndTake(order: RotationOrder, memory: RotationMemory, ports: RoundPorts): Promise<Round> {
  const facts = await readRotation(order, memory, ports);
  if (facts === undefined) return refused(memory, [`cluster ${order.request.cluster} is not configured`]);
  const isFirst = order.part === 1 && memory.group === undefined && memory.freeSince === undefined;
  const faults = isFirst ? await faultsOfPlan(facts, ports) : [];
  if (faults.length > 0) return refused(memory, faults);
  const view = await ports.fleets.open(facts.cluster);
  const step = await decideAsking((answers) => nextStep(facts, answers), { view, ...ports });
  if (!order.request.dryRun) return paced(await take(step, { order, facts, ports }), step, facts);
  const waitingFor = step.kind === 'wait' ? step.why : undefined;
  const progress = rotationProgress(rotatedGroups(facts), waitingFor);
  return { progress, memory, pauseSeconds: 0, end: { result: 'planned' } };
}

/** The round with its pace, and when the rotation will have ended. */
function paced(round: Round, step: NextStep, { memory, now, control }: StepFacts): Round {
  const { isHeld = false, until } = step.kind === 'wait' ? step : {};
  const old = round.progress.groups.reduce((sum, { left, inHand }) => sum + left + inHand, 0);
  const pace = paceOf(memory.pace, { now, old, isHeld });
  const isGoing = control === 'go' && round.end === undefined;
  const end = isGoing ? expectedEnd(pace, { now, old, until }) : undefined;
  return {
    ...round,
    memory: { ...round.memory, pace },
    progress: { ...round.progress, ...(end !== undefined && { expectedEnd: end }) },
  };
}

function refused(memory: RotationMemory, faults: readonly string[]): Round {
  return { progress: NOTHING, memory, pauseSeconds: 0, end: { result: 'refused', reason: faults.join('; ') } };
}
