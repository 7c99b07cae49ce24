/**
 * Taking a retirement through its stages while its lifecycle hook is kept alive (contract 6.1). A stage is passes: each
 * looks once and says whether it is done; between two passes the run suspends. This owns the time of a retirement, and
 * is all of it that knows steps and suspensions.
 */
import { ClusterAway, ClusterRefused, PatchRefused } from '../../core/kubernetes/cluster-error.ts';
import { nextHeartbeat } from '../../core/retirement/heartbeat.ts';
import { firstOf, type Holder } from '../../core/drain/holders.ts';
import { isLasting } from '../../core/aws/lasting-error.ts';
import { mergePatch, patched } from '../../core/retirement/merge-patch.ts';
import {
  clusterAway,
  heartbeatRecorded,
  retirementSuspended,
  stageFailed,
  type Subject,
} from '../../core/events/retirement-events.ts';
import {
  mayRoundEarly,
  suspends,
  suspensionSeconds,
  WATCHED_LATER_MS,
  WATCHED_MS,
  type Span,
} from '../../core/retirement/suspension.ts';
import type { Lifecycle } from '../ports/auto-scaling.ts';
import type { DurableRun } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import { Signal } from './signal.ts';
import { sleep } from './sleep.ts';
import type { Course, Pass, Stage, StageEnd } from './stage.ts';

export interface HoldPorts {
  readonly lifecycle: Lifecycle;
  readonly journal: Journal;
  readonly run: DurableRun;
}

/** What a step keeps of a turn, so that a replay goes on as the turn did. */
interface Round<Value> {
  readonly outcome:
    | Exclude<StageEnd<Value, unknown>, { kind: 'late' }>
    | {
        readonly kind: 'again';
        /** The memory after it, as a merge patch to the one before: what a run keeps is bounded (contract 14.1). */
        readonly changed?: unknown;
        readonly waitingFor: readonly string[];
        readonly heldBy?: readonly Holder[];
        readonly away: boolean;
        readonly suspendSeconds: number;
        /** As of the pass, or of those before. */
        readonly progressAt: number;
        /** Since when every pass has failed, epoch milliseconds; absent when the last one has not. */
        readonly failingSince?: number;
      };
  /** Its end, epoch milliseconds. */
  readonly at: number;
  /** When the next heartbeat is due, epoch milliseconds; absent once no hook is held any more. */
  readonly heartbeatAt?: number;
}

interface RoundStart<Memory> {
  readonly memory: Memory;
  /** How many turns the stage has had since it last got on. */
  readonly idleRounds: number;
  readonly until: number;
  /** When the stage last got on, or began; absent in its first turn. */
  readonly progressAt: number | undefined;
  /** The cluster was out of reach in the turn before, which has been said. */
  readonly wasAway: boolean;
  /** Since when every pass has failed, epoch milliseconds. */
  readonly failingSince: number | undefined;
}

/** How soon a heartbeat that failed during a pass is sent again. */
const HEARTBEAT_RETRY_MS = 2_000;

/**
 * A pass that fails, such as by an AWS API that is down, is tried again for about half an hour: longer than any outage that
 * waiting can bridge. That is the stage's own business, not a retry of the durable step, which would forget what the failed
 * one has done and heartbeat before its time.
 */
const FAILS_FOR_MS = 1_800_000;
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** What a server says may be of any length; what is kept may not (contract 14.1). */
const LONGEST_REASON = 2_000;

export class StageRunner {
  #course: Course;
  /** When the next heartbeat is due, epoch milliseconds; Infinity once no hook is held any more. */
  #heartbeatAt: number;
  #rounds = 0;
  readonly #ports: HoldPorts;

  constructor(course: Course, ports: HoldPorts) {
    this.#course = course;
    this.#ports = ports;
    this.#heartbeatAt = course.hold?.heartbeatAt ?? Infinity;
  }

  get subject(): Subject {
    return this.#course.subject;
  }

  /** When the retirement must have ended, epoch milliseconds. */
  get deadline(): number {
    return this.#course.deadline;
  }

  /** Once the node is known, events name it. */
  names(node: string): void {
    this.#course = { ...this.#course, subject: { ...this.subject, node } };
  }

  /** @param deadline epoch milliseconds, from now on */
  mustEndBy(deadline: number): void {
    this.#course = { ...this.#course, deadline };
  }

  /** @param at epoch milliseconds: nobody knows for how long the hook still holds the instance */
  mustBeatBy(at: number): void {
    if (Number.isFinite(this.#heartbeatAt)) this.#heartbeatAt = Math.min(this.#heartbeatAt, at);
  }

  /** The hook has been completed: what is still to do needs no more heartbeats. */
  letGo(): void {
    this.#heartbeatAt = Infinity;
  }

  /** Takes one stage to its end, heartbeating whenever that is due. */
  async through<Value, Memory>(stage: Stage<Value, Memory>): Promise<StageEnd<Value, Memory>> {
    const until = stage.until ?? this.deadline;
    let memory = stage.memory;
    let progressAt: number | undefined;
    let idleRounds = 0;
    let wasAway = false;
    let failingSince: number | undefined;
    for (;;) {
      const start: RoundStart<Memory> = { memory, idleRounds, until, progressAt, wasAway, failingSince };
      const { outcome, ...round }: Round<Value> = await this.#round(stage, start);
      this.#heartbeatAt = round.heartbeatAt ?? Infinity;
      if (outcome.kind !== 'again') return outcome;
      memory = patched(memory, outcome.changed) as Memory;
      ({ failingSince } = outcome);
      const { waitingFor, away } = outcome;
      if (round.at >= until) return { kind: 'late', memory, waitingFor, away: away || failingSince !== undefined };
      wasAway = away;
      idleRounds = outcome.progressAt === progressAt ? idleRounds + 1 : 0;
      progressAt = outcome.progressAt;
      if (outcome.suspendSeconds > 0) await this.#ports.run.suspend(stage.name, outcome.suspendSeconds);
    }
  }

  /** One pass as one durable step: what it decided by the clock is kept with it, so that a replay decides the same. */
  #round<Value, Memory>(stage: Stage<Value, Memory>, start: RoundStart<Memory>): Promise<Round<Value>> {
    this.#rounds += 1;
    return this.#ports.run.step(stage.name, async () => {
      const outcome = await this.#take(stage, start);
      const heartbeat = Number.isFinite(this.#heartbeatAt) ? { heartbeatAt: this.#heartbeatAt } : {};
      return { outcome, at: Date.now(), ...heartbeat };
    });
  }

  async #take<Value, Memory>(stage: Stage<Value, Memory>, start: RoundStart<Memory>): Promise<Round<Value>['outcome']> {
    const began = Date.now();
    const { memory, until, progressAt: progressBefore = began } = start;
    if (began >= this.#beatDue && (await this.#heartbeat()) === 'over') return { kind: 'hook over' };
    const watchUntil = Math.min(until, this.#watchEnds(began, progressBefore));
    const attempt = (keep: (kept: Memory) => void) => stage.pass(memory, { watchUntil, subject: this.subject, keep });
    const pass = await this.#keptAlive(this.#attempt(stage.name, attempt, start));
    if (pass.state === 'done') return { kind: 'done', value: pass.value };
    if (pass.state === 'refused') return { kind: 'refused', reason: pass.reason };
    const suspendSeconds = await this.#rest(stage, pass, { watchUntil, until, round: start.idleRounds + 1 });
    return { ...keptOf(pass, { ...start, progressAt: progressBefore, began }), suspendSeconds };
  }

  /**
   * Waits here for what is due too soon to suspend.
   *
   * @returns how long to suspend before the next turn, whole seconds; 0 for not at all
   */
  async #rest(
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
    const next = Math.min(this.#beatDue, until, early ? dueAt : Infinity);
    const seconds = this.#suspension(early ? { pauseSeconds } : {}, { round, dueAt: next });
    if (seconds === 0) await sleep(this.#pause({ pauseSeconds }, { dueAt: next, watchUntil }));
    else this.#ports.journal.report(retirementSuspended(this.subject, { seconds, waitingFor: firstOf(waitingFor) }));
    return seconds;
  }

  get #span(): Span {
    const { startedAt, deadline, lastsUntil = deadline, hold } = this.#course;
    const isHeld = Number.isFinite(this.#beatDue);
    return { startedAt, deadline, lastsUntil, hookTimeoutSeconds: isHeld && hold ? hold.timeoutSeconds : Infinity };
  }

  #watchEnds(began: number, progressAt: number): number {
    if (!suspends(this.#span)) return began + WATCHED_MS;
    return Math.max(progressAt + WATCHED_MS, began + WATCHED_LATER_MS);
  }

  #suspension({ pauseSeconds = Infinity }: { pauseSeconds?: number }, next: { round: number; dueAt: number }): number {
    return Math.min(pauseSeconds, suspensionSeconds({ ...next, rounds: this.#rounds, now: Date.now() }, this.#span));
  }

  /**
   * Milliseconds to wait here before the next turn. A suspension lasts whole seconds, so what is due within one is waited
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

  /** A cluster that is away is waited for with heartbeats; one that refuses us ends the stage (contract 6.3). */
  async #attempt<Value, Memory>(
    stage: string,
    pass: (keep: (memory: Memory) => void) => Promise<Pass<Value, Memory>>,
    { memory: before, wasAway, failingSince }: Pick<RoundStart<Memory>, 'memory' | 'wasAway' | 'failingSince'>,
  ): Promise<Pass<Value, Memory> | { state: 'refused'; reason: string }> {
    let memory = before;
    try {
      return await pass((kept) => {
        memory = kept;
      });
    } catch (error) {
      if (error instanceof ClusterRefused || error instanceof PatchRefused) {
        return { state: 'refused', reason: cut(error.message) };
      }
      if (!(error instanceof ClusterAway)) return this.#failed(error, { stage, memory, failingSince });
      // Said once for as long as it lasts: each suspension names what it waits for (faults 38).
      if (!wasAway) this.#ports.journal.report(clusterAway(this.subject, { reason: cut(error.message) }));
      return { state: 'waiting', memory, waitingFor: [cut(error.message)], away: true };
    }
  }

  /** What may pass is tried again; what lasts, such as a right that AWS says is missing, ends the stage. */
  #failed<Memory>(
    error: unknown,
    { stage, memory, failingSince }: { stage: string; memory: Memory; failingSince: number | undefined },
  ): Pass<never, Memory> | { state: 'refused'; reason: string } {
    const reason = cut(String(error));
    const now = Date.now();
    const failedFor = now - (failingSince ?? now);
    if (isLasting(error) || failedFor >= FAILS_FOR_MS) return { state: 'refused', reason };
    if (failingSince === undefined) this.#ports.journal.report(stageFailed(this.subject, { stage, reason }));
    // No pause is longer than it has been tried already.
    const pause = Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, failedFor));
    return { state: 'waiting', memory, waitingFor: [reason], failed: true, dueAt: now + pause };
  }

  /** When a heartbeat is due, epoch milliseconds; Infinity when none is any more. */
  get #beatDue(): number {
    const { until = -Infinity } = this.#course.hold ?? {};
    return Math.max(this.#heartbeatAt, Date.now()) < until ? this.#heartbeatAt : Infinity;
  }

  /**
   * Heartbeats whenever that falls due before `work` has ended: an API server that is slow to answer must not cost the
   * hook. One that fails here is sent again soon, at the latest first thing in the next turn, where its failure counts.
   */
  async #keptAlive<Outcome>(work: Promise<Outcome>): Promise<Outcome> {
    const finished = new Signal();
    const worked = work.finally(() => {
      finished.raise();
    });
    // Its rejection is the caller's: `worked` is returned below.
    worked.catch(() => undefined);
    while (!(await finished.wait(this.#beatDue - Date.now()))) {
      const beat = await this.#heartbeat().catch(() => 'failed' as const);
      if (beat === 'over') break;
      if (beat === 'failed') this.#heartbeatAt = Date.now() + HEARTBEAT_RETRY_MS;
    }
    return await worked;
  }

  async #heartbeat(): Promise<'recorded' | 'over'> {
    const { hold } = this.#course;
    if (hold === undefined) throw new Error('a heartbeat is due although no hook holds the instance');
    const outcome = await this.#ports.lifecycle.heartbeat(hold.action);
    if (outcome === 'over') return outcome;
    const now = Date.now();
    this.#heartbeatAt = nextHeartbeat(now, hold, Math.random());
    const nextInSeconds = Math.round((this.#heartbeatAt - now) / 1000);
    this.#ports.journal.report(heartbeatRecorded(this.subject, { nextInSeconds }));
    return outcome;
  }
}

type Again<Value> = Extract<Round<Value>['outcome'], { kind: 'again' }>;

/** What is kept of a pass that has not come to the stage's end. */
function keptOf<Memory>(
  { memory: after, waitingFor, heldBy, away, failed, progressAt }: Extract<Pass<never, Memory>, { state: 'waiting' }>,
  before: Pick<RoundStart<Memory>, 'memory' | 'failingSince'> & { progressAt: number; began: number },
): Omit<Again<never>, 'suspendSeconds'> {
  return {
    kind: 'again',
    changed: mergePatch(before.memory, after),
    waitingFor: firstOf(waitingFor),
    ...(heldBy && { heldBy }),
    away: away === true,
    progressAt: progressAt ?? before.progressAt,
    ...(failed && { failingSince: before.failingSince ?? before.began }),
  };
}

function cut(words: string): string {
  return words.length > LONGEST_REASON ? `${words.slice(0, LONGEST_REASON)}…` : words;
}
