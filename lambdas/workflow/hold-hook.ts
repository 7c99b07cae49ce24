/**
 * Taking a retirement through its stages while its lifecycle hook is kept alive (contract 6.1). A stage is passes: each
 * looks once and says whether it is done; between two passes the run suspends. This owns the time of a retirement, and
 * is all of it that knows steps and suspensions.
 */
import { ClusterAway, ClusterRefused } from '../core/cluster-error.ts';
import { clusterAway, heartbeatRecorded, retirementSuspended, type Subject } from '../core/domain-event.ts';
import { heartbeatInterval } from '../core/heartbeat.ts';
import { suspensionSeconds, WATCHED_FIRST_MS, WATCHED_LATER_MS } from '../core/suspension.ts';
import { sleep } from './sleep.ts';
import type { DurableRun, Hook, Journal, Lifecycle, LifecycleAction } from './ports.ts';

export interface HeldHook {
  readonly subject: Subject;
  readonly action: LifecycleAction;
  readonly hook: Hook;
  /** When the next heartbeat is due, epoch milliseconds. */
  readonly heartbeatAt: number;
  /** When the retirement must have ended, epoch milliseconds. */
  readonly deadline: number;
}

export interface HoldPorts {
  readonly lifecycle: Lifecycle;
  readonly journal: Journal;
  readonly run: DurableRun;
}

/** What one pass of a stage comes to. */
export type Pass<Value, Memory> =
  | { readonly state: 'done'; readonly value: Value }
  | {
      readonly state: 'waiting';
      readonly memory: Memory;
      /** Names of what it waits for. */
      readonly waitingFor: readonly string[];
      /** When it can go on although nothing changes, epoch milliseconds. */
      readonly wakeAt?: number;
      /** The cluster could not be reached. */
      readonly away?: true;
    };

export interface Stage<Value, Memory> {
  /** Static: the run's history shows it. */
  readonly name: string;
  readonly memory: Memory;
  /** When the stage gives up waiting, epoch milliseconds; absent: the retirement's deadline. */
  readonly until?: number;
  /** Suspends at most this long between two passes; absent: by the usual growing steps. */
  readonly pauseSeconds?: number;
  /** @param turn.watchUntil epoch milliseconds: when the pass must end at the latest */
  pass(memory: Memory, turn: { watchUntil: number; subject: Subject }): Promise<Pass<Value, Memory>>;
}

/** How a stage ended. */
export type StageEnd<Value, Memory> =
  | { readonly kind: 'done'; readonly value: Value }
  /** The hook ended meanwhile, by its timeout or by somebody else. */
  | { readonly kind: 'hook over' }
  /** Its time was up; `away` when the cluster could not be reached at the end. */
  | { readonly kind: 'late'; readonly memory: Memory; readonly waitingFor: readonly string[]; readonly away: boolean }
  /** The cluster does not let us in. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What a step keeps of a pass: the pass, when it ended, and how long to suspend after it. */
type Turn<Value, Memory> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'again';
      readonly memory: Memory;
      readonly waitingFor: readonly string[];
      readonly away: boolean;
      /** Epoch milliseconds, as is `at`, its end. */
      readonly began: number;
      readonly at: number;
      readonly suspendSeconds: number;
    };

interface TurnStart<Memory> {
  readonly memory: Memory;
  /** 0 for the first of its stage. */
  readonly number: number;
  readonly until: number;
  /** When the stage began; absent in its first turn. */
  readonly startedAt: number | undefined;
  /** The cluster was out of reach in the turn before, which has been said. */
  readonly wasAway: boolean;
}

export class HookHolder {
  #subject: Subject;
  #heartbeatAt: number;
  readonly #held: HeldHook;
  readonly #ports: HoldPorts;

  constructor(held: HeldHook, ports: HoldPorts) {
    this.#held = held;
    this.#ports = ports;
    this.#subject = held.subject;
    this.#heartbeatAt = held.heartbeatAt;
  }

  get subject(): Subject {
    return this.#subject;
  }

  /** Once the node is known, events name it. */
  names(node: string): void {
    this.#subject = { ...this.#subject, node };
  }

  /** Takes one stage to its end, heartbeating whenever that is due. */
  async through<Value, Memory>(stage: Stage<Value, Memory>): Promise<StageEnd<Value, Memory>> {
    const until = stage.until ?? this.#held.deadline;
    let memory = stage.memory;
    let startedAt: number | undefined;
    let wasAway = false;
    for (let number = 0; ; number += 1) {
      const turn: Turn<Value, Memory> = await this.#turn(stage, { memory, number, until, startedAt, wasAway });
      if (turn.kind !== 'again') return turn;
      startedAt ??= turn.began;
      memory = turn.memory;
      wasAway = turn.away;
      if (turn.at >= until) return { ...turn, kind: 'late' };
      if (turn.suspendSeconds > 0) await this.#ports.run.suspend(stage.name, turn.suspendSeconds);
      const now = turn.at + turn.suspendSeconds * 1000;
      if (now >= this.#heartbeatAt && (await this.#heartbeat()) === 'over') return { kind: 'hook over' };
    }
  }

  /** One pass as one durable step: what it decided by the clock is kept with it, so that a replay decides the same. */
  #turn<Value, Memory>(
    stage: Stage<Value, Memory>,
    { memory, number, until, startedAt, wasAway }: TurnStart<Memory>,
  ): Promise<Turn<Value, Memory>> {
    return this.#ports.run.step(stage.name, async () => {
      const began = Date.now();
      const firstMinuteEnds = (startedAt ?? began) + WATCHED_FIRST_MS;
      const watched = began < firstMinuteEnds;
      const watchEnds = watched ? firstMinuteEnds : began + WATCHED_LATER_MS;
      const watchUntil = Math.min(watchEnds, until, this.#heartbeatAt);
      const attempt = () => stage.pass(memory, { watchUntil, subject: this.#subject });
      const pass = await this.#attempt(attempt, { memory, wasAway });
      if (pass.state === 'done') return { kind: 'done', value: pass.value };
      if (pass.state === 'refused') return { kind: 'refused', reason: pass.reason };
      const at = Date.now();
      const dueIn = Math.min(this.#heartbeatAt, until, pass.wakeAt ?? Infinity) - at;
      const suspendSeconds = this.#suspension(stage, { number, watched, dueIn });
      const { memory: next, waitingFor, away = false } = pass;
      // A suspension lasts whole seconds: what is due within one is waited for here.
      if (suspendSeconds === 0 && dueIn > 0) await sleep(dueIn);
      if (suspendSeconds > 0) {
        this.#ports.journal.report(retirementSuspended(this.#subject, { seconds: suspendSeconds, waitingFor }));
      }
      return { kind: 'again', memory: next, waitingFor, away, began, at, suspendSeconds };
    });
  }

  /** A cluster that is away is waited for with heartbeats; one that refuses us ends the stage (contract 6.3). */
  async #attempt<Value, Memory>(
    pass: () => Promise<Pass<Value, Memory>>,
    { memory, wasAway }: { memory: Memory; wasAway: boolean },
  ): Promise<Pass<Value, Memory> | { state: 'refused'; reason: string }> {
    try {
      return await pass();
    } catch (error) {
      if (error instanceof ClusterRefused) return { state: 'refused', reason: error.message };
      if (!(error instanceof ClusterAway)) throw error;
      // Said once for as long as it lasts: each suspension names what it waits for (faults.md 38).
      if (!wasAway) this.#ports.journal.report(clusterAway(this.#subject, { reason: error.message }));
      return { state: 'waiting', memory, waitingFor: [error.message], away: true };
    }
  }

  #suspension(
    stage: { pauseSeconds?: number },
    { number, watched, dueIn }: { number: number; watched: boolean; dueIn: number },
  ): number {
    if (dueIn <= 0) return 0;
    const seconds = suspensionSeconds(watched ? 1 : number, dueIn);
    return stage.pauseSeconds === undefined ? seconds : Math.min(seconds, stage.pauseSeconds);
  }

  async #heartbeat(): Promise<'recorded' | 'over'> {
    const beat = await this.#ports.run.step('heartbeat', async () => {
      const outcome = await this.#ports.lifecycle.heartbeat(this.#held.action);
      const interval = heartbeatInterval(this.#held.hook.timeoutSeconds, Math.random());
      if (outcome === 'recorded') {
        this.#ports.journal.report(heartbeatRecorded(this.#subject, { nextInSeconds: Math.round(interval / 1000) }));
      }
      return { outcome, nextAt: Date.now() + interval };
    });
    this.#heartbeatAt = beat.nextAt;
    return beat.outcome;
  }
}
