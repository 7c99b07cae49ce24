/**
 * What a drain remembers from pass to pass and reports: each fact once, when it is news. It decides nothing; it tells
 * which pods went, which are held by what, and which came although the node is isolated.
 */
import { createHash } from 'node:crypto';
import { blockKey, waitsForPods, type Blocked, type BlockedBy } from '../core/blocked.ts';
import type { DrainEstimate } from '../core/drain-estimate.ts';
import type { DomainEvent } from '../core/domain-event.ts';
import {
  controllerUnknown,
  drainPlanned,
  evictionBlocked,
  podEvicted,
  podForced,
  podGone,
  podReturned,
  podStuck,
  podUnschedulable,
  type Subject,
} from '../core/retirement-events.ts';
import type { Asks } from '../core/eviction-ask.ts';
import type { EvictionPlan } from '../core/eviction-plan.ts';
import { isBeingDeleted, ownerKey, podName, type Pod } from '../core/pod.ts';
import { countReturns, isMadeSince, leftOnNode, type ReturnedPod, type ReturnsOf } from '../core/returned-pod.ts';
import type { NodeState } from '../core/stuck-pod.ts';
import { UNSCHEDULABLE, unreadyKey } from '../core/unready-pod.ts';
import type { Journal } from './ports.ts';

/** What one pass hands to the next: plain data, so that it can be kept over a suspension. */
export interface DrainMemory {
  /** Pods that were still to go, by uid; absent before the first look. */
  readonly remaining?: Readonly<Record<string, string>>;
  /** What held a pod when it was last reported, by uid, so that only news is reported. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Which pods its budget missed when that was last reported, by the key of the block. */
  readonly missed: Readonly<Record<string, string>>;
  /** What is told only once of a pod: the kind of event and the pod's uid. */
  readonly told: readonly string[];
  /** Pods that came although the node is isolated. */
  readonly returns: ReturnsOf;
  readonly evicted: number;
  readonly forced: number;
  /** When the last pod was asked to leave, epoch milliseconds; absent before the first. */
  readonly lastAskedAt?: number;
  /** When a pod last left or was let go, epoch milliseconds; absent before the first. */
  readonly progressAt?: number;
}

export const NOTHING_DRAINED: DrainMemory = {
  blocks: {},
  missed: {},
  told: [],
  returns: {},
  evicted: 0,
  forced: 0,
};

/** A pod that is asked to leave, and how. */
export interface Leaving {
  readonly pod: Pod;
  readonly graceSeconds: number;
  readonly forced: boolean;
}

/** Enough to tell the controllers of one node apart. */
const HASH_DIGITS = 12;

export class DrainRecord {
  readonly #subject: Subject;
  readonly #journal: Journal;
  #memory: DrainMemory;
  /** Keys of blocks that have been reported again because of their pods: once in a pass is enough. */
  readonly #retold = new Set<string>();

  constructor(subject: Subject, memory: DrainMemory, journal: Journal) {
    this.#subject = subject;
    this.#memory = memory;
    this.#journal = journal;
  }

  get memory(): DrainMemory {
    return this.#memory;
  }

  /** Uids of pods that are left on the node, because their makers would only send others (contract 4.7). */
  get left(): ReadonlySet<string> {
    return leftOnNode(this.#memory.returns);
  }

  /**
   * Counts the pods that have come since the last look. A pod that was made before may have been on its way still.
   *
   * @param isolatedAt epoch milliseconds
   */
  returned({ remaining }: EvictionPlan, isolatedAt: number): readonly ReturnedPod[] {
    const { remaining: before, returns: known } = this.#memory;
    if (before === undefined) return [];
    const came = remaining.filter((pod) => !(pod.uid in before) && isMadeSince(pod, isolatedAt));
    if (came.length === 0) return [];
    const { returns, news } = countReturns(came, known);
    this.#memory = { ...this.#memory, returns, remaining: { ...before, ...namesOf(came) } };
    for (const pod of news) this.#report(podReturned(this.#subject, pod));
    return news;
  }

  /** @param asks a pod may be gone before the answer to its eviction is here: that is told first */
  gone({ remaining, spared }: EvictionPlan, asks: Asks): void {
    const names = namesOf(remaining);
    const left = this.left;
    for (const [uid, pod] of Object.entries(this.#memory.remaining ?? {})) {
      if (uid in names || left.has(uid)) continue;
      if (asks.get(uid)?.state === 'asking') {
        names[uid] = pod;
        continue;
      }
      const held = spared.find((each) => each.uid === uid && isBeingDeleted(each))?.finalizers;
      const warning = held && { warning: `its containers have ended; finalizer ${held.join(', ')} holds its object` };
      this.#gotOn();
      this.#report(podGone(this.#subject, { pod, uid, ...warning }));
    }
    this.#memory = { ...this.#memory, remaining: names };
  }

  /** A block is news of each pod that it holds; which pods its budget misses is news of the budget. */
  blocked(blocked: readonly Blocked[]): void {
    for (const { pod, by } of blocked) {
      const key = blockKey(by);
      const isFirst = this.#memory.blocks[pod.uid] !== key;
      if (!isFirst && !this.#missesOthers(by)) continue;
      if (!isFirst) this.#retold.add(key);
      this.#remember(pod, by);
      this.#report(evictionBlocked(this.#subject, pod, by));
    }
    for (const { by } of blocked) this.#unschedulable(by);
  }

  #missesOthers(by: BlockedBy): boolean {
    const key = blockKey(by);
    if (!waitsForPods(by) || by.unready === undefined || this.#retold.has(key)) return false;
    return unreadyKey(by.unready) !== (this.#memory.missed[key] ?? '');
  }

  #remember({ uid }: Pod, by: BlockedBy): void {
    const key = blockKey(by);
    const { blocks, missed } = this.#memory;
    const unready = waitsForPods(by) && by.unready !== undefined ? { [key]: unreadyKey(by.unready) } : {};
    this.#memory = { ...this.#memory, blocks: { ...blocks, [uid]: key }, missed: { ...missed, ...unready } };
  }

  #unschedulable(by: BlockedBy): void {
    if (!waitsForPods(by)) return;
    const missedBy = by.kind === 'budget' ? `budget ${by.budget}` : by.workload;
    for (const pod of by.unready?.pods ?? []) {
      if (pod.reason !== UNSCHEDULABLE || !this.#isFirst('unschedulable', pod)) continue;
      this.#report(podUnschedulable(this.#subject, pod, { missedBy }));
    }
  }

  /** Each of them once. */
  unknown({ unknown }: EvictionPlan): void {
    for (const each of unknown) {
      // What a pod claims may be of any length; what is remembered may not.
      const uid = createHash('sha256').update(ownerKey(each.owner)).digest('hex').slice(0, HASH_DIGITS);
      if (this.#isFirst('unknown', { uid })) this.#report(controllerUnknown(this.#subject, each));
    }
  }

  /** Those that have not been told as stuck yet; whoever asks tells them. */
  newlyStuck({ stuck }: EvictionPlan): readonly Pod[] {
    return stuck.filter((pod) => this.#isFirst('stuck', pod));
  }

  stuck(pod: Pod, nodeState: NodeState): void {
    const overdueSeconds = Math.round((Date.now() - (pod.deletingUntil ?? Date.now())) / 1000);
    this.#report(podStuck(this.#subject, pod, { overdueSeconds, nodeState }));
  }

  #isFirst(what: string, { uid }: { readonly uid: string }): boolean {
    const key = `${what} ${uid}`;
    if (this.#memory.told.includes(key)) return false;
    this.#memory = { ...this.#memory, told: [...this.#memory.told, key] };
    return true;
  }

  /** Tells the plan, before the first look. */
  planned(estimate: () => DrainEstimate): void {
    if (this.#memory.remaining === undefined) this.#report(drainPlanned(this.#subject, estimate()));
  }

  /** @param at epoch milliseconds */
  asked(at: number): void {
    this.#memory = { ...this.#memory, lastAskedAt: at };
  }

  leaving({ pod, graceSeconds, forced }: Leaving): void {
    // One that outlives its grace by a moment is deleted again, which is nothing new.
    if (forced && !this.#isFirst('forced', pod)) return;
    const { evicted, forced: before } = this.#memory;
    this.#memory = { ...this.#memory, evicted: evicted + 1, forced: forced ? before + 1 : before };
    this.#gotOn();
    if (forced) {
      this.#report(podForced(this.#subject, pod, graceSeconds));
      return;
    }
    const warning = pod.owner === undefined ? { warning: 'no controller will make this pod again' } : {};
    this.#report(podEvicted(this.#subject, pod, { graceSeconds, ...warning }));
  }

  #gotOn(): void {
    this.#memory = { ...this.#memory, progressAt: Date.now() };
  }

  #report(event: DomainEvent): void {
    this.#journal.report(event);
  }
}

function namesOf(pods: readonly Pod[]): Record<string, string> {
  return Object.fromEntries(pods.map((pod) => [pod.uid, podName(pod)]));
}
