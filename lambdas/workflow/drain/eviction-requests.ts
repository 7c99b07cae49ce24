/**
 * The requests of one pass of a drain: evictions, forced deletions and the questions beside them. They run side by side;
 * the end of each wakes the pass, and what the server answers is kept by pod (contract 4.3).
 */
import { answered, asked, type Ask, type EvictionAnswer } from '../../core/drain/eviction-ask.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import type { Signal } from '../run/signal.ts';
import type { BlockInquiry } from './block-inquiry.ts';
import type { DrainRecord, Leaving } from './drain-record.ts';

interface RequestPorts {
  readonly cluster: Pick<Cluster, 'isStaying'>;
  readonly signal: Signal;
  readonly record: DrainRecord;
  readonly inquiry: BlockInquiry;
}

export class EvictionRequests {
  /** What was asked of the server, by the uid of the pod. */
  readonly asks = new Map<string, Ask>();
  readonly #ports: RequestPorts;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(ports: RequestPorts) {
    this.#ports = ports;
  }

  /** Whether no request is under way. */
  get areDone(): boolean {
    return this.#inFlight.size === 0;
  }

  /** Waits for every request that is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  /** Sends the request that makes a pod leave. */
  ask(leaving: Leaving, send: () => Promise<EvictionAnswer>): void {
    const { pod, forced } = leaving;
    this.#ports.inquiry.leaving(pod);
    const ask = asked(this.asks.get(pod.uid), { now: Date.now(), ready: pod.ready, forced });
    this.asks.set(pod.uid, ask);
    this.#ports.record.asked(ask.askedAt);
    this.await(send().then((answer) => this.#settleAnswer(leaving, ask, answer)));
  }

  /** Lets the request run beside the others. Its end wakes the pass, and its failure ends the pass. */
  await(request: Promise<void>): void {
    const work = request
      .catch((error: unknown) => {
        this.#ports.signal.fail(error as Error);
      })
      .finally(() => {
        this.#inFlight.delete(work);
        this.#ports.signal.raise();
      });
    this.#inFlight.add(work);
  }

  async #settleAnswer(leaving: Leaving, ask: Ask, answer: EvictionAnswer): Promise<void> {
    const { pod } = leaving;
    const { record, cluster } = this.#ports;
    const next = answered(ask, answer, { now: Date.now(), random: Math.random() });
    if (next.state !== 'unknown') {
      this.asks.set(pod.uid, next);
      if (answer.kind === 'granted') record.leaving(leaving);
      return;
    }
    // The eviction may be done and its answer lost: read that pod before asking again (contract 4.3).
    const staying = await cluster.isStaying(pod);
    this.asks.set(pod.uid, { ...next, state: staying ? 'refused' : 'granted' });
    if (!staying) record.leaving(leaving);
  }
}
