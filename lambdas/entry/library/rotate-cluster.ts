/** Rotates a cluster in this process, with its caller's own credentials and no function in AWS (contract 10.7). */
import type { RotationMemory } from '../../core/rotation/rotation-memory.ts';
import { rotationId, type RotationOrder } from '../../core/rotation/rotation-order.ts';
import type { RotationProgress } from '../../core/rotation/rotation-progress.ts';
import { parseRotationRequest, type rotationRequestSchema } from '../../core/rotation/rotation-request.ts';
import type { RotationControls } from '../../workflow/ports/rotation.ts';
import { rotateCluster as runRotation, type Rotated } from '../../workflow/rotation/rotate-cluster.ts';
import type * as z from 'zod/mini';
import { beginRun, CannotBegin, type RunMeans } from './begin-run.ts';
import { finishLeftOver } from './left-over-nodes.ts';
import { memoryRun } from './memory-run.ts';
import type { EndedHere, ProcessRetirements } from './process-retirements.ts';
import type { RunPorts } from './run-ports.ts';

/** The request of a rotation: what has a default may be left out. */
export type RotationInput = z.input<typeof rotationRequestSchema>;

export interface RotationMeans extends RunMeans {
  /** Nodes made before this are replaced. The same time goes on with a rotation that has ended. @default now */
  readonly since?: Date;
  /** Begins nothing new once it is aborted; the nodes in hand are finished. */
  readonly signal?: AbortSignal;
  /** Called after each look at the cluster. */
  readonly onProgress?: (progress: RotationProgress) => void;
}

export interface RotationResult {
  /** `planned`: of a dry run. `refused`: nothing was begun. */
  readonly result: Exclude<Rotated['result'], 'continued'>;
  readonly reason?: string;
  readonly progress: RotationProgress;
  /** The same rotation goes on when it is given as `since`. */
  readonly since: Date;
  /** A managed node group that still has more instances than before, and how many it had. */
  readonly surged?: { readonly group: string; readonly base: number };
}

/**
 * Replaces the old nodes of a cluster, group by group.
 *
 * @throws CannotBegin naming every fault of the request; ClusterRefused, ClusterAway or the error of AWS, when the cluster
 *   or AWS cannot be asked
 */
export async function rotateCluster(input: RotationInput, means: RotationMeans = {}): Promise<RotationResult> {
  const parsed = parseRotationRequest(input);
  if ('faults' in parsed) throw new CannotBegin(parsed.faults.join('\n'));
  const { request } = parsed;
  const ports = await beginRun(request.cluster, request.groups ?? [], means);
  const at = Date.now();
  const since = means.since?.getTime() ?? at;
  const order: RotationOrder = { id: rotationId(request, since), since, at, part: 1, request };
  if (!request.dryRun) {
    await finishLeftOver(request, ports);
    await ports.retirements.allEnd();
  }
  const rotated = await run(order, means, ports);
  await ports.retirements.allEnd();
  return { ...withFailures(rotated, ports.retirements.ended), since: new Date(since) };
}

type Outcome = Omit<RotationResult, 'since'>;

async function run(order: RotationOrder, means: RotationMeans, ports: RunPorts): Promise<Outcome> {
  const { signal, onProgress } = means;
  const isStopped = (): boolean => signal?.aborted === true;
  let memory: RotationMemory = {};
  const durable = memoryRun({
    wakened: () => awakened(ports.retirements, signal),
    onStep: (name, returned) => {
      if (name !== 'round') return;
      const round = returned as { progress: RotationProgress; memory: RotationMemory };
      memory = round.memory;
      onProgress?.(round.progress);
    },
  });
  const controls: RotationControls = {
    wanted: () => Promise.resolve(isStopped() ? 'stop' : 'go'),
    // Nobody but the caller's signal says what is wanted.
    want: () => Promise.resolve(),
  };
  const rounds = {
    ...ports,
    run: durable,
    controls,
    rotations: { start: () => Promise.resolve('started' as const) },
  };
  for (let part = order; ; part = { ...part, part: part.part + 1, memory }) {
    const { result, ...rest } = await runRotation(part, rounds);
    if (result !== 'continued') return { result, ...rest, ...surgedIn(memory) };
  }
}

function surgedIn({ surge }: RotationMemory): Pick<RotationResult, 'surged'> {
  return surge?.raised === true ? { surged: { group: surge.group, base: surge.base } } : {};
}

/** Resolves when a retirement ends, or the caller wants to stop: there is something to look at. */
async function awakened(retirements: ProcessRetirements, signal: AbortSignal | undefined): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => {
    resolve(undefined);
  };
  if (signal?.aborted === false) signal.addEventListener('abort', stop);
  await Promise.race([retirements.oneEnds(), stopped]);
  signal?.removeEventListener('abort', stop);
}

/** A retirement that fails leaves its node as it is, so that a rotation would not see it. */
function withFailures(outcome: Outcome, ended: readonly EndedHere[]): Outcome {
  const faults = ended.flatMap(({ notice, fault }) => (fault === undefined ? [] : [`${notice.instance}: ${fault}`]));
  if (faults.length === 0) return outcome;
  const reason = [...(outcome.reason === undefined ? [] : [outcome.reason]), ...faults].join('; ');
  return { ...outcome, result: outcome.result === 'done' ? 'failed' : outcome.result, reason };
}
