/** The rotations of a cluster, and what their users want of them. */
import type { RotationOrder } from '../../core/rotation/rotation-order.ts';
import type { RotationProgress } from '../../core/rotation/rotation-progress.ts';

export interface Rotations {
  /** Starts a rotation, or a part of one, under that name. `already`: the name is another's (contract 1.6). */
  start(name: string, order: RotationOrder): Promise<'started' | 'already'>;
}

export interface RotationHistory {
  /** The last run of a rotation of the cluster; undefined when none is on record. Dry runs and refused ones are left out. */
  last(cluster: string): Promise<RotationRun | undefined>;
  /** The last run of the rotation with that id; undefined when none is on record. */
  find(rotation: string): Promise<RotationRun | undefined>;
  /** The runs of rotations of the cluster that run now, dry runs left out. */
  running(cluster: string): Promise<readonly RotationRun[]>;
}

/** A durable run of a rotation, as AWS keeps it. */
export interface RotationRun {
  readonly name: string;
  readonly order: RotationOrder;
  readonly isRunning: boolean;
  /** Epoch milliseconds, as is the end. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Its result, once it has ended. */
  readonly result?: string;
  readonly reason?: string;
  /** How far it is, or was; absent before its first round. */
  readonly progress?: RotationProgress;
}

/** What a user wants of a rotation that runs. */
export type Control = 'go' | 'pause' | 'stop';

export interface RotationControls {
  /** @default go */
  wanted(rotation: string): Promise<Control>;
  /** Says what is wanted of it from now on. */
  want(rotation: string, control: Control): Promise<void>;
}
