/**
 * A rotation (contract 10): replaces the old nodes of a cluster, group by group. Each round looks at what there is, decides
 * the next step (core/rotation/next-step.ts) and takes it; between two rounds the run suspends. Each node's retirement is a
 * durable run of its own, so the rotation may end at any time, and is begun anew with the same order.
 */
import { rotationContinued, rotationFinished, rotationStarted } from '../../core/events/rotation-events.ts';
import type { RotationMemory } from '../../core/rotation/rotation-memory.ts';
import { rotationName, type RotationOrder } from '../../core/rotation/rotation-order.ts';
import { ROUND_STEP } from '../../core/rotation/rotation-record.ts';
import type { RotationProgress } from '../../core/rotation/rotation-progress.ts';
import type { DurableRun } from '../ports/lambda.ts';
import type { Rotations } from '../ports/rotation.ts';
import { rotationRound, type RoundPorts } from './rotation-round.ts';

export interface RotationPorts extends RoundPorts {
  readonly rotations: Rotations;
  readonly run: DurableRun;
}

/** What a rotation came to, or this part of it. */
export interface Rotated {
  readonly result: 'done' | 'failed' | 'stopped' | 'refused' | 'planned' | 'continued';
  readonly reason?: string;
  readonly progress: RotationProgress;
}

/** Rounds of a part. A round takes two durable operations, and Lambda ends a run at 3,000 (platform 2.4). */
const MOST_ROUNDS = 1_200;

/**
 * Carries out a rotation to its end, or until another run must go on.
 *
 * @param order a later run of the same rotation has the same `id` and `since`
 */
export async function rotateCluster(order: RotationOrder, ports: RotationPorts): Promise<Rotated> {
  const { id, request, part } = order;
  const about = { rotation: id, cluster: request.cluster };
  if (part === 1) {
    await ports.run.step('begin', () => {
      ports.journal.report(rotationStarted(about, request));
      return Promise.resolve(null);
    });
  }
  let memory: RotationMemory = order.memory ?? {};
  for (let rounds = 1; ; rounds += 1) {
    const before = memory;
    const round = await ports.run.step(ROUND_STEP, () => rotationRound(order, before, ports));
    const { progress, end } = round;
    memory = round.memory;
    if (end !== undefined) {
      await ports.run.step('finish', async () => {
        // What was wanted of this run is not wanted of the next one.
        await ports.controls.want(id, 'go');
        ports.journal.report(rotationFinished(about, end, progress));
        return null;
      });
      return { ...end, progress };
    }
    if (rounds === MOST_ROUNDS) return await handOver({ ...order, part: part + 1, memory }, progress, ports);
    await ports.run.suspend(ROUND_STEP, round.pauseSeconds);
  }
}

/** The next part goes on. */
async function handOver(next: RotationOrder, progress: RotationProgress, ports: RotationPorts): Promise<Rotated> {
  await ports.run.step('hand-over', async () => {
    await ports.rotations.start(rotationName(next, ports.home), next);
    ports.journal.report(rotationContinued({ rotation: next.id, cluster: next.request.cluster }, { part: next.part }));
    return null;
  });
  return { result: 'continued', progress };
}
