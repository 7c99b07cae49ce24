/** Events about rotations, and about instances that are replaced before they go (contract 10). */
import type { RotationProgress } from '../rotation/rotation-progress.ts';
import type { RotationRequest } from '../rotation/rotation-request.ts';
import type { Subject } from './retirement-events.ts';

/** The rotation that an event is about. */
export interface RotationSubject {
  readonly rotation: string;
  readonly cluster: string;
}

export const rotationStarted = (subject: RotationSubject, request: RotationRequest) =>
  ({ type: 'rotation.started', ...subject, request }) as const;

/** A batch of nodes is retired. */
export const rotationBatch = (subject: RotationSubject, about: { group: string; nodes: readonly string[] }) =>
  ({ type: 'rotation.batch', ...subject, ...about }) as const;

/** The desired capacity of a managed node group changes for a batch, and changes back after it. */
export const rotationSurged = (subject: RotationSubject, about: { group: string; from: number; to: number }) =>
  ({ type: 'rotation.surged', ...subject, ...about }) as const;

/** The rotation waits. `waitingFor`: for what; it is reported again when that has changed. */
export const rotationWaiting = (subject: RotationSubject, about: { group: string; waitingFor: readonly string[] }) =>
  ({ type: 'rotation.waiting', ...subject, ...about }) as const;

/** Another run of the rotation goes on, because a run takes a bounded number of operations. */
export const rotationContinued = (subject: RotationSubject, about: { part: number }) =>
  ({ type: 'rotation.continued', ...subject, ...about }) as const;

/** The rotation has ended. `stopped`: by its user. `refused`: nothing was begun. */
export const rotationFinished = (
  subject: RotationSubject,
  end: { result: 'done' | 'failed' | 'stopped' | 'refused' | 'planned'; reason?: string },
  progress: RotationProgress,
) => ({ type: 'rotation.finished', ...subject, ...end, groups: progress.groups }) as const;

/** Its group has let the instance go, and launches another in its place. */
export const instanceDetached = (subject: Subject) => ({ type: 'instance.detached', ...subject }) as const;

/** The group is whole again without the instance: the node may be drained. */
export const replacementReady = (subject: Subject, about: { seconds: number }) =>
  ({ type: 'replacement.ready', ...subject, ...about }) as const;

/** The instance is in its group again, as before; `removed`: the replacement that was not fit, if there was one. */
export const instanceAttached = (subject: Subject, about: { removed?: string }) =>
  ({ type: 'instance.attached', ...subject, ...about }) as const;

/** The instance could not be put back into its group: a person must. */
export const instanceOrphaned = (subject: Subject, about: { reason: string }) =>
  ({ type: 'instance.orphaned', ...subject, ...about }) as const;
