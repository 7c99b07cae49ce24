/**
 * One pass of a drain (contract 4): evicts what may go by the node's present pods and budgets, and watches until its
 * time is up. A pass is idempotent, and returns what the next one must remember as data. Its caller, the driver,
 * decides how long it watches, when the next pass begins and what happens meanwhile.
 */
import { estimateDrain } from '../../core/drain/estimate.ts';
import { graceOf, planEvictions, type EvictionPlan } from '../../core/drain/eviction-plan.ts';
import type { Holder } from '../../core/drain/holders.ts';
import type { DrainTerms } from '../../core/drain/pacing.ts';
import { isFinished } from '../../core/kubernetes/pod.ts';
import type { Subject } from '../../core/events/retirement-events.ts';
import { stateOf } from '../../core/drain/stuck-pod.ts';
import { BlockInquiry } from './block-inquiry.ts';
import type { DrainMemory } from './drain-memory.ts';
import { DrainRecord } from './drain-record.ts';
import { EvictionRequests } from './eviction-requests.ts';
import type { Cluster, DrainWatch } from '../ports/kubernetes.ts';
import type { Journal } from '../ports/journal.ts';
import { Signal } from '../run/signal.ts';

export interface Drain {
  readonly subject: Subject;
  readonly node: string;
  readonly terms: DrainTerms;
  /** When the node had been isolated, epoch milliseconds: a pod that is made later counts as returned. */
  readonly isolatedAt: number;
}

export interface PassResult {
  readonly state: 'drained' | 'waiting';
  readonly memory: DrainMemory;
  /** Persistent volumes of the pods that stay; empty until the node is drained. */
  readonly sparedVolumes: readonly string[];
  /** When the next pass has something to do even if nothing changes, epoch milliseconds; absent: never. */
  readonly dueAt?: number;
  /** What holds the pods that are left. */
  readonly heldBy?: readonly Holder[];
}

/** Tells a pass whether the node is still ours to drain (contract 1.6). */
export interface OwnershipCheck {
  /** When the node was last seen to be ours, epoch milliseconds. */
  readonly seenAt: number;
  /** Asks the cluster. */
  isOurs(): Promise<boolean>;
}

/** Input of a pass: what it goes on from, and until when. */
interface PassGiven {
  readonly memory: DrainMemory;
  readonly watchUntil: number;
  readonly owner: OwnershipCheck;
  readonly keep?: (memory: DrainMemory) => void;
}

/** How long before a pod is asked to leave the node must have been seen to be ours, at most (contract 1.6). */
const SEEN_WITHIN_MS = 5_000;

/**
 * @param keep called with the memory even when the pass is cut off: what was reported must not be reported again
 * @param watchUntil latest end, epoch milliseconds. The pass ends earlier once the node is drained. It also ends when
 *   pods come although the node is isolated, or the node is no longer ours: then the driver must look at the node first
 * @throws ClusterAway, ClusterRefused
 */
export async function drainPass(
  drain: Drain,
  { memory, watchUntil, owner, keep }: PassGiven,
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
  const pass = new Pass(drain, memory, { ...ports, watch, signal, owner });
  try {
    return await pass.run(watchUntil);
  } finally {
    watch.close();
    await pass.settle();
    keep?.(pass.memory);
  }
}

interface PassPorts {
  readonly cluster: Cluster;
  readonly journal: Journal;
  readonly watch: DrainWatch;
  readonly signal: Signal;
  readonly owner: OwnershipCheck;
}

class Pass {
  readonly #drain: Drain;
  readonly #ports: PassPorts;
  readonly #requests: EvictionRequests;
  readonly #record: DrainRecord;
  readonly #inquiry: BlockInquiry;
  /** Pods have come although the node is isolated, or it is no longer ours: the driver must look at the node first. */
  #mustLook = false;
  /** When the node was last seen to be ours, epoch milliseconds. */
  #seenAt: number;

  constructor(drain: Drain, memory: DrainMemory, ports: PassPorts) {
    this.#drain = drain;
    this.#ports = ports;
    this.#record = new DrainRecord(drain.subject, memory, ports.journal);
    this.#seenAt = ports.owner.seenAt;
    this.#inquiry = new BlockInquiry(ports.cluster, () => ports.watch.state());
    this.#requests = new EvictionRequests({ ...ports, record: this.#record, inquiry: this.#inquiry });
  }

  get memory(): DrainMemory {
    return this.#record.memory;
  }

  async run(watchUntil: number): Promise<PassResult> {
    this.#record.planned(() => estimateDrain(this.#ports.watch.state(), { ...this.#drain.terms, now: Date.now() }));
    for (;;) {
      const plan = this.#look();
      if (plan.remaining.length === 0 && (await this.#isEmpty())) return await this.#drained(plan);
      // Pods and budgets may have changed during the request: the plan is made anew.
      if (await this.#askedForOwner(plan, watchUntil)) continue;
      const left = this.#mustLook ? 0 : watchUntil - Date.now();
      if (left > 0) {
        this.#carryOut(plan);
        this.#inquire(plan);
      }
      this.#record.unknown(plan);
      this.#record.blocked(this.#inquiry.explained(plan.blocked));
      if (left <= 0 && this.#requests.areDone) return this.#waiting(plan);
      const wakeAt = Math.min(plan.wakeAt, this.#inquiry.nextAt(plan.blocked));
      await this.#ports.signal.wait(left <= 0 ? Infinity : Math.min(left, wakeAt - Date.now()));
    }
  }

  /**
   * Asks who owns the node before a pod is asked to leave, unless that was seen just now. A drain that waits for
   * budgets, or ends within seconds, sends no request for it; one that keeps evicting sends one in five seconds.
   */
  async #askedForOwner({ evict, force }: EvictionPlan, watchUntil: number): Promise<boolean> {
    const now = Date.now();
    const isAsking = !this.#mustLook && now < watchUntil && evict.length + force.length > 0;
    if (!isAsking || now - this.#seenAt < SEEN_WITHIN_MS) return false;
    this.#mustLook = !(await this.#ports.owner.isOurs());
    this.#seenAt = Date.now();
    return true;
  }

  /** Waits for every request that is under way, so that none outlives the pass. */
  settle(): Promise<void> {
    return this.#requests.settle();
  }

  /** Plans by the pods that the node has now, and records which went and which came since the last look. */
  #look(): EvictionPlan {
    let plan = this.#plan();
    const news = this.#record.returned(plan, this.#drain.isolatedAt);
    this.#mustLook ||= news.length > 0;
    // Pods that are left on the node from now on are no part of the plan.
    if (news.some(({ left }) => left)) plan = this.#plan();
    this.#record.gone(plan, this.#requests.asks);
    return plan;
  }

  #plan(): EvictionPlan {
    const { lastAskedAt } = this.#record;
    const past = { left: this.#record.left, ...(lastAskedAt !== undefined && { lastAskedAt }) };
    const terms = { ...this.#drain.terms, ...past, now: Date.now() };
    return planEvictions(this.#ports.watch.state(), this.#requests.asks, terms);
  }

  /** Reads the pods consistently: a watch may lag, and cannot prove that no pod is left (faults 42). */
  async #isEmpty(): Promise<boolean> {
    await this.#ports.watch.confirm();
    return this.#look().remaining.length === 0;
  }

  #carryOut(plan: EvictionPlan): void {
    for (const pod of plan.follow) this.#ports.watch.follow(pod);
    const { cluster } = this.#ports;
    const { terms } = this.#drain;
    for (const pod of plan.evict) {
      this.#requests.ask({ pod, graceSeconds: graceOf(pod, terms), forced: false }, () =>
        cluster.evict(pod, terms.gracePeriodSeconds),
      );
    }
    for (const { pod, graceSeconds } of plan.force) {
      this.#requests.ask({ pod, graceSeconds, forced: true }, () => cluster.remove(pod, graceSeconds));
    }
  }

  /** Finds out what a person will want to know about pods that do not leave (contract 13.2). */
  #inquire(plan: EvictionPlan): void {
    for (const asking of this.#inquiry.ask(plan.blocked)) this.#requests.await(asking);
    const stuck = this.#record.newlyStuck(plan);
    if (stuck.length === 0) return;
    const look = async (): Promise<void> => {
      const state = stateOf(await this.#ports.cluster.readNode(this.#drain.node));
      for (const pod of stuck) this.#record.stuck(pod, state);
    };
    this.#requests.await(look());
  }

  async #drained(plan: EvictionPlan): Promise<PassResult> {
    await this.settle();
    this.#record.gone(plan, this.#requests.asks);
    const staying = plan.spared.filter((pod) => !isFinished(pod) && pod.claims.length > 0);
    const volumes = await Promise.all(staying.map((pod) => this.#ports.cluster.volumesOf(pod)));
    return { state: 'drained', memory: this.#record.memory, sparedVolumes: volumes.flat() };
  }

  #waiting({ dueAt }: EvictionPlan): PassResult {
    const due = this.#mustLook ? { dueAt: Date.now() } : Number.isFinite(dueAt) ? { dueAt } : {};
    const { memory, holders: heldBy } = this.#record;
    return { state: 'waiting', memory, sparedVolumes: [], heldBy, ...due };
  }
}
