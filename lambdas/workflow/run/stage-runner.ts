/**
 * Runs the stages of a retirement. A stage is passes: each looks once and says whether it is done; between two passes the
 * run suspends. This owns the time of a retirement, and is all of it that knows rounds and suspensions. Heartbeats are in
 * kept-alive.ts, what a round keeps is in round.ts, and what a pass that throws comes to in failed-pass.ts.
 */
import { firstOf } from '../../core/drain/holders.ts';
import { retirementSuspended, type Subject } from '../../core/events/retirement-events.ts';
import {
  mayRoundEarly,
  suspends,
  suspensionSeconds,
  WATCHED_LATER_MS,
  WATCHED_MS,
  type Span,
} from '../../core/retirement/suspension.ts';
import type { DurableRun } from '../ports/lambda.ts';
import { failedPass, type Refused } from './failed-pass.ts';
import { Heartbeats, type HeartbeatPorts } from './kept-alive.ts';
import { firstStart, keptOf, nextStart, type Round, type RoundStart } from './round.ts';
import { sleep } from './sleep.ts';
import type { Course, Pass, Stage, StageEnd } from './stage.ts';

export interface RunnerPorts extends HeartbeatPorts {
  readonly run: DurableRun;
}

export class StageRunner {
  #course: Course;
  #rounds = 0;
  readonly #heartbeats: Heartbeats;
  readonly #ports: RunnerPorts;

  constructor(course: Course, ports: RunnerPorts) {
    this.#course = course;
    this.#ports = ports;
    this.#heartbeats = new Heartbeats(course.hold, ports);
  }

  get subject(): Subject {
    return this.#course.subject;
  }

  /** When the retirement must have ended, epoch milliseconds. */
  get deadline(): number {
    return this.#course.deadline;
  }

  /** Once the node is known, events name it. */
  nameNode(node: string): void {
    this.#course = { ...this.#course, subject: { ...this.subject, node } };
  }

  /**
   * @param deadline epoch milliseconds, from now on
   * @param startedAt since when there is only so much time, epoch milliseconds @default as before
   */
  mustEndBy(deadline: number, startedAt = this.#course.startedAt): void {
    this.#course = { ...this.#course, startedAt, deadline };
  }

  /** @param at epoch milliseconds: nobody knows for how long the hook still holds the instance */
  mustBeatBy(at: number): void {
    this.#heartbeats.mustComeBy(at);
  }

  /** The hook has been completed: what is still to do needs no more heartbeats. */
  letGo(): void {
    this.#heartbeats.stop();
  }

  /** Runs one stage to its end, heartbeating whenever that is due. */
  async run<Value, Memory>(stage: Stage<Value, Memory>): Promise<StageEnd<Value, Memory>> {
    const until = stage.until ?? this.deadline;
    let start = firstStart(stage.memory);
    for (;;) {
      const round: Round<Value> = await this.#round(stage, start, until);
      const { outcome } = round;
      this.#heartbeats.resume(round);
      if (outcome.kind !== 'again') return outcome;
      start = nextStart(start, outcome);
      const { memory, wasAway, failingSince } = start;
      const { waitingFor, suspendSeconds } = outcome;
      if (round.at >= until) return { kind: 'late', memory, waitingFor, away: wasAway || failingSince !== undefined };
      if (suspendSeconds > 0) await this.#ports.run.suspend(stage.name, suspendSeconds);
    }
  }

  /** One pass as one durable step: what it decided by the clock is kept with it, so that a replay decides the same. */
  #round<Value, Memory>(stage: Stage<Value, Memory>, start: RoundStart<Memory>, until: number): Promise<Round<Value>> {
    this.#rounds += 1;
    return this.#ports.run.step(stage.name, async () => {
      const outcome = await this.#outcome(stage, start, until);
      return { outcome, at: Date.now(), ...this.#heartbeats.record };
    });
  }

  async #outcome<Value, Memory>(
    stage: Stage<Value, Memory>,
    start: RoundStart<Memory>,
    until: number,
  ): Promise<Round<Value>['outcome']> {
    const began = Date.now();
    const isDue = began >= this.#heartbeats.dueAt;
    if (isDue && (await this.#heartbeats.beat(this.subject)) === 'over') return { kind: 'hook over' };
    const watchUntil = Math.min(until, this.#watchEnds(began, start.progressAt ?? began));
    const pass = await this.#heartbeats.during(this.#pass(stage, start, watchUntil), this.subject);
    if (pass.state === 'done') return { kind: 'done', value: pass.value };
    if (pass.state === 'refused') return { kind: 'refused', reason: pass.reason };
    const suspendSeconds = await this.#waitOrSuspend(stage, pass, { watchUntil, until, round: start.idleRounds + 1 });
    return { ...keptOf(pass, start, began), suspendSeconds };
  }

  async #pass<Value, Memory>(
    stage: Stage<Value, Memory>,
    start: RoundStart<Memory>,
    watchUntil: number,
  ): Promise<Pass<Value, Memory> | Refused> {
    const { subject } = this;
    let { memory } = start;
    const keep = (kept: Memory): void => {
      memory = kept;
    };
    try {
      return await stage.pass(memory, { watchUntil, subject, keep });
    } catch (error) {
      return failedPass(error, { ...start, memory, stage: stage.name, subject }, this.#ports.journal);
    }
  }

  /**
   * Waits here for what is due too soon to suspend.
   *
   * @returns how long to suspend before the next round, whole seconds; 0 for not at all
   */
  async #waitOrSuspend(
    { pauseSeconds }: { pauseSeconds?: number },
    {
      dueAt = Infinity,
      progressAt = 0,
      waitingFor,
    }: { dueAt?: number; progressAt?: number; waitingFor: readonly string[] },
    { watchUntil, until, round }: { watchUntil: number; until: number; round: number },
  ): Promise<number> {
    const now = Date.now();
    const early = mayRoundEarly({ rounds: this.#rounds, now }, this.#span);
    if (early && now >= watchUntil && now < progressAt + WATCHED_MS) return 0;
    const next = Math.min(this.#heartbeats.dueAt, until, early ? dueAt : Infinity);
    const seconds = this.#suspension(early ? { pauseSeconds } : {}, { round, dueAt: next });
    if (seconds === 0) await sleep(this.#pause({ pauseSeconds }, { dueAt: next, watchUntil }));
    else this.#ports.journal.report(retirementSuspended(this.subject, { seconds, waitingFor: firstOf(waitingFor) }));
    return seconds;
  }

  get #span(): Span {
    const { startedAt, deadline, lastsUntil = deadline } = this.#course;
    return { startedAt, deadline, lastsUntil, hookTimeoutSeconds: this.#heartbeats.timeoutSeconds };
  }

  #watchEnds(began: number, progressAt: number): number {
    if (!suspends(this.#span)) return began + WATCHED_MS;
    return Math.max(progressAt + WATCHED_MS, began + WATCHED_LATER_MS);
  }

  #suspension({ pauseSeconds = Infinity }: { pauseSeconds?: number }, next: { round: number; dueAt: number }): number {
    return Math.min(pauseSeconds, suspensionSeconds({ ...next, rounds: this.#rounds, now: Date.now() }, this.#span));
  }

  /**
   * Milliseconds to wait here before the next round. A suspension lasts whole seconds, so what is due within one is waited
   * for; a run that never suspends waits out the pause of a pass that had nothing to watch.
   */
  #pause(
    { pauseSeconds = WATCHED_LATER_MS / 1000 }: { pauseSeconds?: number },
    until: { dueAt: number; watchUntil: number },
  ): number {
    const { dueAt, watchUntil } = until;
    if (suspends(this.#span)) return dueAt - Date.now();
    return Math.min(Math.min(dueAt, watchUntil) - Date.now(), pauseSeconds * 1000);
  }
}
