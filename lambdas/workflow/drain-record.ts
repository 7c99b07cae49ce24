/**
 * What a drain remembers from pass to pass and reports: each fact once, when it is news. It decides nothing; it tells
 * which pods went, which are held by what, and which came although the node is isolated.
 */
import { blockKey, type Blocked } from '../core/blocked.ts';
import {
  evictionBlocked,
  podEvicted,
  podForced,
  podGone,
  podReturned,
  type DomainEvent,
  type Subject,
} from '../core/domain-event.ts';
import type { Asks } from '../core/eviction-ask.ts';
import type { EvictionPlan } from '../core/eviction-plan.ts';
import { isBeingDeleted, podName, type Pod } from '../core/pod.ts';
import { countReturns, isMadeSince, leftOnNode, type ReturnedPod, type ReturnsOf } from '../core/returned-pod.ts';
import type { Journal } from './ports.ts';

/** What one pass hands to the next: plain data, so that it can be kept over a suspension. */
export interface DrainMemory {
  /** Pods that were still to go, by uid; absent before the first look. */
  readonly remaining?: Readonly<Record<string, string>>;
  /** What held a pod when it was last reported, by uid, so that only news is reported. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Pods that came although the node is isolated. */
  readonly returns: ReturnsOf;
  readonly evicted: number;
  readonly forced: number;
}

export const NOTHING_DRAINED: DrainMemory = { blocks: {}, returns: {}, evicted: 0, forced: 0 };

/** A pod that is asked to leave, and how. */
export interface Leaving {
  readonly pod: Pod;
  readonly graceSeconds: number;
  readonly forced: boolean;
}

export class DrainRecord {
  readonly #subject: Subject;
  readonly #journal: Journal;
  #memory: DrainMemory;

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
      this.#report(podGone(this.#subject, { pod, uid, ...warning }));
    }
    this.#memory = { ...this.#memory, remaining: names };
  }

  blocked(blocked: readonly Blocked[]): void {
    const blocks = { ...this.#memory.blocks };
    for (const { pod, by } of blocked) {
      const key = blockKey(by);
      if (blocks[pod.uid] === key) continue;
      blocks[pod.uid] = key;
      this.#report(evictionBlocked(this.#subject, pod, by));
    }
    this.#memory = { ...this.#memory, blocks };
  }

  leaving({ pod, graceSeconds, forced }: Leaving): void {
    const { evicted, forced: before } = this.#memory;
    this.#memory = { ...this.#memory, evicted: evicted + 1, forced: forced ? before + 1 : before };
    if (forced) {
      this.#report(podForced(this.#subject, pod, graceSeconds));
      return;
    }
    const warning = pod.owner === undefined ? { warning: 'no controller will make this pod again' } : {};
    this.#report(podEvicted(this.#subject, pod, { graceSeconds, ...warning }));
  }

  #report(event: DomainEvent): void {
    this.#journal.report(event);
  }
}

function namesOf(pods: readonly Pod[]): Record<string, string> {
  return Object.fromEntries(pods.map((pod) => [pod.uid, podName(pod)]));
}
