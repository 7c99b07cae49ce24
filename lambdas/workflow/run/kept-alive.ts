/**
 * Keeping a lifecycle hook alive while a retirement works (contract 6.1): heartbeats, and when the next one is due. A
 * retirement that no hook holds has none.
 */
import { heartbeatRecorded, type Subject } from '../../core/events/retirement-events.ts';
import { nextHeartbeat } from '../../core/retirement/heartbeat.ts';
import type { Lifecycle } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import { Signal } from './signal.ts';
import type { Hold } from './stage.ts';

export interface HeartbeatPorts {
  readonly lifecycle: Pick<Lifecycle, 'heartbeat'>;
  readonly journal: Journal;
}

/** How soon a heartbeat that failed during a pass is sent again. */
const RETRY_MS = 2_000;

export class Heartbeats {
  readonly #hold: Hold | undefined;
  readonly #ports: HeartbeatPorts;
  /** Epoch milliseconds; Infinity once no hook is held any more. */
  #nextAt: number;

  /** @param hold undefined when no hook holds the instance */
  constructor(hold: Hold | undefined, ports: HeartbeatPorts) {
    this.#hold = hold;
    this.#ports = ports;
    this.#nextAt = hold?.heartbeatAt ?? Infinity;
  }

  /** When a heartbeat is due, epoch milliseconds; Infinity when none is: the hook's deadline has come, or no hook is held. */
  get dueAt(): number {
    const { until = -Infinity } = this.#hold ?? {};
    return Math.max(this.#nextAt, Date.now()) < until ? this.#nextAt : Infinity;
  }

  /** How long one heartbeat keeps the hook, seconds; Infinity when none is due any more. */
  get timeoutSeconds(): number {
    return Number.isFinite(this.dueAt) && this.#hold ? this.#hold.timeoutSeconds : Infinity;
  }

  /** What a round's record keeps, so that a replay heartbeats when the round would have. */
  get record(): { readonly heartbeatAt?: number } {
    return Number.isFinite(this.#nextAt) ? { heartbeatAt: this.#nextAt } : {};
  }

  /** Goes on from a round's record. */
  resume({ heartbeatAt = Infinity }: { heartbeatAt?: number }): void {
    this.#nextAt = heartbeatAt;
  }

  /** @param at epoch milliseconds: nobody knows for how long the hook still holds the instance */
  mustComeBy(at: number): void {
    if (Number.isFinite(this.#nextAt)) this.#nextAt = Math.min(this.#nextAt, at);
  }

  /** The hook has been completed: no heartbeat is due any more. */
  stop(): void {
    this.#nextAt = Infinity;
  }

  /** Sends a heartbeat. @returns `over`: the hook has ended meanwhile */
  async beat(subject: Subject): Promise<'recorded' | 'over'> {
    const hold = this.#hold;
    if (hold === undefined) throw new Error('a heartbeat is due although no hook holds the instance');
    const outcome = await this.#ports.lifecycle.heartbeat(hold.action);
    if (outcome === 'over') return outcome;
    const now = Date.now();
    this.#nextAt = nextHeartbeat(now, hold, Math.random());
    const nextInSeconds = Math.round((this.#nextAt - now) / 1000);
    this.#ports.journal.report(heartbeatRecorded(subject, { nextInSeconds }));
    return outcome;
  }

  /**
   * Heartbeats whenever that falls due before `work` has ended: an API server that is slow to answer must not cost the
   * hook. A heartbeat that fails here is sent again soon, at the latest first thing in the next round, where its failure
   * counts.
   */
  async during<Outcome>(work: Promise<Outcome>, subject: Subject): Promise<Outcome> {
    const finished = new Signal();
    const worked = work.finally(() => {
      finished.raise();
    });
    // Its rejection is the caller's: `worked` is returned below.
    worked.catch(() => undefined);
    while (!(await finished.wait(this.dueAt - Date.now()))) {
      const beat = await this.beat(subject).catch(() => 'failed' as const);
      if (beat === 'over') break;
      if (beat === 'failed') this.#nextAt = Date.now() + RETRY_MS;
    }
    return await worked;
  }
}
