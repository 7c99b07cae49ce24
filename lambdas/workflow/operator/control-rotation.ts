/** Tells how far a rotation is, and pauses, resumes or stops one that runs (contract 10.3). */
import {
  refusal,
  STATES,
  type ControlledRotation,
  type Outcome,
  type Refusal,
  type RotationStatus,
} from '../../core/operator/outcome.ts';
import type { Control, RotationRun } from '../ports/rotation.ts';
import type { OperatorPorts } from './operator-ports.ts';

type ControlPorts = Pick<OperatorPorts, 'rotationHistory' | 'controls'>;

export async function rotationStatus(id: string, ports: ControlPorts): Promise<Outcome<RotationStatus>> {
  const run = await ports.rotationHistory.find(id);
  if (run === undefined) return unknownRotation(id);
  const { order, reason, startedAt, endedAt, progress } = run;
  const state = run.isRunning ? RUNNING[await ports.controls.wanted(id)] : endOf(run);
  // What was wanted since the last round counts too.
  const end = state === 'running' ? progress?.expectedEnd : undefined;
  const answer = {
    id,
    cluster: order.request.cluster,
    state,
    ...(reason !== undefined && { reason }),
    startedAt: new Date(startedAt).toISOString(),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
    ...(end !== undefined && { expectedEnd: new Date(end).toISOString() }),
    ...(progress && { progress: writable(progress) }),
    request: order.request,
  };
  return { kind: 'done', answer };
}

/** The state of a rotation that runs, by what is wanted of it. A paused one still waits for what it has begun. */
const RUNNING = { go: 'running', pause: 'paused', stop: 'stopping' } as const;

/** A run that AWS ended, or that failed, has no result. One that has handed over is followed by another at once. */
function endOf({ result }: RotationRun): RotationStatus['state'] {
  if (result === 'continued') return 'running';
  return STATES.find((state) => state === result) ?? 'failed';
}

const WANTED: Readonly<Record<'pause' | 'resume' | 'stop', Control>> = { pause: 'pause', resume: 'go', stop: 'stop' };

export async function controlRotation(
  id: string,
  action: keyof typeof WANTED,
  ports: ControlPorts,
): Promise<Outcome<ControlledRotation>> {
  const run = await ports.rotationHistory.find(id);
  if (run === undefined) return unknownRotation(id);
  const { cluster } = run.order.request;
  if (!run.isRunning && run.result !== 'continued') {
    const again = action === 'resume' ? ': ask for the same rotation again, and it goes on from there' : '';
    return refusal('conflict', `rotation: ${id} of ${cluster} has ended (${endOf(run)})${again}`);
  }
  if (action === 'resume' && (await ports.controls.wanted(id)) === 'stop') {
    return refusal('conflict', `rotation: ${id} of ${cluster} is being stopped: ask for the same rotation once it has`);
  }
  const wanted = WANTED[action];
  await ports.controls.want(id, wanted);
  return { kind: 'done', answer: { id, cluster, wanted } };
}

function unknownRotation(id: string): Refusal {
  const words = 'is unknown: it was never begun, has just been, or ended more than a month ago';
  return refusal('unknown', `rotation: ${id} ${words}`);
}

/** A copy whose lists may be changed, as the answer's type has them. */
function writable(progress: NonNullable<RotationRun['progress']>): NonNullable<RotationStatus['progress']> {
  return {
    groups: progress.groups.map((group) => ({ ...group, failed: [...group.failed], kept: [...group.kept] })),
    ...(progress.waitingFor && { waitingFor: [...progress.waitingFor] }),
  };
}
