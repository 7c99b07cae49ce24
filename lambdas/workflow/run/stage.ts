/**
 * A retirement's course, and the stages that it goes through: a stage is passes, each of which looks once and says whether
 * it is done. What repeats them is stage-runner.ts; kept-alive.ts keeps the hook alive meanwhile.
 */
import type { Holder } from '../../core/drain/holders.ts';
import type { Subject } from '../../core/events/retirement-events.ts';
import type { LifecycleAction } from '../ports/auto-scaling.ts';

/** What a retirement is about, and its time. */
export interface Course {
  readonly subject: Subject;
  /** When the retirement began, and when it must have ended, epoch milliseconds. */
  readonly startedAt: number;
  readonly deadline: number;
  /** Until when it may go on without its hook, epoch milliseconds; absent: the deadline is its end. */
  readonly lastsUntil?: number;
  /** The hook's time was over when the retirement began, and this is its last pass. */
  readonly late?: true;
  /** Absent when no hook holds the instance. */
  readonly hold?: Hold;
}

/** A hook that holds an instance until its action is completed. */
export interface Hold {
  readonly action: LifecycleAction;
  readonly timeoutSeconds: number;
  /** When the next heartbeat is due, epoch milliseconds. */
  readonly heartbeatAt: number;
  /** The hook's one deadline, epoch milliseconds: from then on nobody heartbeats, whatever is begun anew (contract 6.3). */
  readonly until: number;
  /** The next heartbeat is due as soon as the node is isolated. */
  readonly renewedOnceIsolated?: true;
}

/** What one pass of a stage comes to. */
export type Pass<Value, Memory> =
  | { readonly state: 'done'; readonly value: Value }
  | {
      readonly state: 'waiting';
      readonly memory: Memory;
      /** Names of what it waits for. */
      readonly waitingFor: readonly string[];
      /** What keeps those from going, for people. */
      readonly heldBy?: readonly Holder[];
      /** When it has something to do although nothing changes, epoch milliseconds. */
      readonly dueAt?: number;
      /** When it last got on, epoch milliseconds: it is watched for a minute from then, and only then suspended. */
      readonly progressAt?: number;
      /** The cluster could not be reached, or the pass failed. */
      readonly away?: true;
      /** The pass failed. */
      readonly failed?: true;
    };

export interface PassContext<Memory> {
  readonly subject: Subject;
  /** When the pass must end at the latest, epoch milliseconds. */
  readonly watchUntil: number;
  /** What to go on from, should the pass be cut off by a cluster that is away. */
  readonly keep: (memory: Memory) => void;
}

export interface Stage<Value, Memory> {
  /** Static: the run's history shows it. */
  readonly name: string;
  readonly memory: Memory;
  /** When the stage gives up waiting, epoch milliseconds; absent: the retirement's deadline. */
  readonly until?: number;
  /** Suspends at most this long between two passes; absent: by the usual growing steps. */
  readonly pauseSeconds?: number;
  pass(memory: Memory, context: PassContext<Memory>): Promise<Pass<Value, Memory>>;
}

/** How a stage ended. */
export type StageEnd<Value, Memory> =
  | { readonly kind: 'done'; readonly value: Value }
  /** The hook ended meanwhile, by its timeout or by somebody else. */
  | { readonly kind: 'hook over' }
  /** Its time was up; `away` when it could not look at the end. */
  | { readonly kind: 'late'; readonly memory: Memory; readonly waitingFor: readonly string[]; readonly away: boolean }
  /** The cluster does not let us in, or refuses what the stage is about; or it has failed for too long. */
  | { readonly kind: 'refused'; readonly reason: string };
