/**
 * One pass of a drain: from what the node's pods and budgets are now, evict what may go, and watch until the time that
 * the driver gave is up (contract 4). A pass is idempotent; what it must remember for the next one it returns as data.
 * It owns no time of its own: when to watch again and what happens meanwhile is the driver's.
 */
import { blockKey, type Blocked } from '../core/blocked.ts';
import { evictionBlocked, podEvicted, podForced, podGone, type Subject } from '../core/domain-event.ts';
import { answered, asked, type Ask, type EvictionAnswer } from '../core/eviction-ask.ts';
import { graceOf, planEvictions, type EvictionPlan } from '../core/eviction-plan.ts';
import type { DrainTerms } from '../core/pacing.ts';
import { isFinished, podName, type Pod } from '../core/pod.ts';
import type { Cluster, DrainWatch, Journal } from './ports.ts';
import { Signal } from './signal.ts';

export interface Drain {
  readonly subject: Subject;
  readonly node: string;
  readonly terms: DrainTerms;
}

/** What one pass hands to the next: plain data, so that it can be kept over a suspension. */
export interface DrainMemory {
  /** Pods that were still to go, by uid. */
  readonly remaining: Readonly<Record<string, string>>;
  /** What held a pod when it was last reported, by uid, so that only news is reported. */
  readonly blocks: Readonly<Record<string, string>>;
  readonly evicted: number;
  readonly forced: number;
}

export const NOTHING_DRAINED: DrainMemory = { remaining: {}, blocks: {}, evicted: 0, forced: 0 };

export interface PassResult {
  readonly state: 'drained' | 'waiting';
  readonly memory: DrainMemory;
  /** Persistent volumes of the pods that stay; told once the node is drained. */
  readonly sparedVolumes: readonly string[];
  /** When the next pass can do something although nothing changes, epoch milliseconds; absent when never. */
  readonly wakeAt?: number;
}

/**
 * @param watchUntil epoch milliseconds; the pass ends then at the latest, or as soon as the node is drained
 * @throws ClusterAway, ClusterRefused
 */
export async function drainPass(
  drain: Drain,
  { memory, watchUntil }: { memory: DrainMemory; watchUntil: number },
  ports: { cluster: Cluster; journal: Journal },
): Promise<PassResult> {
  const signal = new Signal();
  const watch = await ports.cluster.watchDrain(drain.node, {
    changed: () => {
      signal.raise();
    },
    failed: (error) => {
      signal.fail(error);
    },
  });
  const pass = new Pass(drain, memory, { ...ports, watch, signal });
  try {
    return await pass.run(watchUntil);
  } finally {
    watch.close();
    await pass.settle();
  }
}

interface PassPorts {
  readonly cluster: Cluster;
  readonly journal: Journal;
  readonly watch: DrainWatch;
  readonly signal: Signal;
}

/** A pod that is asked to leave, and how. */
interface Leaving {
  readonly pod: Pod;
  readonly graceSeconds: number;
  readonly forced: boolean;
}

class Pass {
  readonly #drain: Drain;
  readonly #ports: PassPorts;
  readonly #asks = new Map<string, Ask>();
  readonly #inFlight = new Set<Promise<void>>();
  #remaining: Record<string, string>;
  #blocks: Record<string, string>;
  #evicted: number;
  #forced: number;

  constructor(drain: Drain, memory: DrainMemory, ports: PassPorts) {
    this.#drain = drain;
    this.#ports = ports;
    this.#remaining = { ...memory.remaining };
    this.#blocks = { ...memory.blocks };
    this.#evicted = memory.evicted;
    this.#forced = memory.forced;
  }

  async run(watchUntil: number): Promise<PassResult> {
    for (;;) {
      const plan = this.#plan();
      this.#reportGone(plan);
      if (plan.remaining.length === 0 && (await this.#isEmpty())) return await this.#drained(plan);
      this.#reportBlocked(plan.blocked);
      const left = watchUntil - Date.now();
      if (left > 0) this.#carryOut(plan);
      else if (this.#inFlight.size === 0) return this.#waiting(plan);
      await this.#ports.signal.wait(left <= 0 ? Infinity : Math.min(left, plan.wakeAt - Date.now()));
    }
  }

  /** Lets every request that is under way end, so that none outlives the pass. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  #plan(): EvictionPlan {
    return planEvictions(this.#ports.watch.state(), this.#asks, { ...this.#drain.terms, now: Date.now() });
  }

  /** A watch may lag: only a consistent read shows that no pod is left (faults.md 42). */
  async #isEmpty(): Promise<boolean> {
    await this.#ports.watch.confirm();
    const plan = this.#plan();
    this.#reportGone(plan);
    return plan.remaining.length === 0;
  }

  #carryOut(plan: EvictionPlan): void {
    for (const pod of plan.follow) this.#ports.watch.follow(pod);
    const { cluster } = this.#ports;
    const { terms } = this.#drain;
    for (const pod of plan.evict) {
      this.#ask({ pod, graceSeconds: graceOf(pod, terms), forced: false }, () =>
        cluster.evict(pod, terms.gracePeriodSeconds),
      );
    }
    for (const { pod, graceSeconds } of plan.force) {
      this.#ask({ pod, graceSeconds, forced: true }, () => cluster.remove(pod, graceSeconds));
    }
  }

  #ask(leaving: Leaving, send: () => Promise<EvictionAnswer>): void {
    const { pod, forced } = leaving;
    const ask = asked(this.#asks.get(pod.uid), { now: Date.now(), ready: pod.ready, forced });
    this.#asks.set(pod.uid, ask);
    const work = send()
      .then((answer) => this.#settleAnswer(leaving, ask, answer))
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
    const next = answered(ask, answer, { now: Date.now(), random: Math.random() });
    if (next.state !== 'unknown') {
      this.#asks.set(pod.uid, next);
      if (answer.kind === 'granted') this.#reportLeaving(leaving);
      return;
    }
    // It may have been done and its answer lost: read that pod again before asking again (contract 4.3).
    const staying = await this.#ports.cluster.isStaying(pod);
    this.#asks.set(pod.uid, { ...next, state: staying ? 'refused' : 'granted' });
    if (!staying) this.#reportLeaving(leaving);
  }

  #reportLeaving({ pod, graceSeconds, forced }: Leaving): void {
    const { subject } = this.#drain;
    this.#evicted += 1;
    if (forced) {
      this.#forced += 1;
      this.#ports.journal.report(podForced(subject, pod, graceSeconds));
    } else {
      const warning = pod.owner === undefined ? { warning: 'no controller will make this pod again' } : {};
      this.#ports.journal.report(podEvicted(subject, pod, { graceSeconds, ...warning }));
    }
  }

  #reportGone(plan: EvictionPlan): void {
    const remaining = Object.fromEntries(plan.remaining.map((pod) => [pod.uid, podName(pod)]));
    for (const [uid, pod] of Object.entries(this.#remaining)) {
      if (uid in remaining) continue;
      // A pod may be gone before the answer to its eviction is here: that is told first.
      if (this.#asks.get(uid)?.state === 'asking') remaining[uid] = pod;
      else this.#ports.journal.report(podGone(this.#drain.subject, { pod, uid }));
    }
    this.#remaining = remaining;
  }

  #reportBlocked(blocked: readonly Blocked[]): void {
    for (const { pod, by } of blocked) {
      const key = blockKey(by);
      if (this.#blocks[pod.uid] === key) continue;
      this.#blocks[pod.uid] = key;
      this.#ports.journal.report(evictionBlocked(this.#drain.subject, pod, by));
    }
  }

  async #drained(plan: EvictionPlan): Promise<PassResult> {
    await this.settle();
    this.#reportGone(plan);
    const staying = plan.spared.filter((pod) => !isFinished(pod) && pod.claims.length > 0);
    const volumes = await Promise.all(staying.map((pod) => this.#ports.cluster.volumesOf(pod)));
    return { state: 'drained', memory: this.#memory(), sparedVolumes: volumes.flat() };
  }

  #waiting({ wakeAt }: EvictionPlan): PassResult {
    const wake = Number.isFinite(wakeAt) ? { wakeAt } : {};
    return { state: 'waiting', memory: this.#memory(), sparedVolumes: [], ...wake };
  }

  #memory(): DrainMemory {
    return {
      remaining: this.#remaining,
      blocks: this.#blocks,
      evicted: this.#evicted,
      forced: this.#forced,
    };
  }
}
