/**
 * Remembers a drain from pass to pass, and reports each fact once, when it is new: which pods went, what holds pods,
 * and which pods came although the node is isolated. It decides nothing.
 */
import { blockKey, waitsForPods, type Blocked, type BlockedBy } from '../../core/drain/blocked.ts';
import type { DrainEstimate } from '../../core/drain/estimate.ts';
import type { DomainEvent } from '../../core/events/domain-event.ts';
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
} from '../../core/events/retirement-events.ts';
import type { Asks } from '../../core/drain/eviction-ask.ts';
import type { EvictionPlan } from '../../core/drain/eviction-plan.ts';
import { isBeingDeleted, ownerKey, podName, type Pod } from '../../core/kubernetes/pod.ts';
import { holdersOf, type Holder } from '../../core/drain/holders.ts';
import { bytesOf, digest, keepPods, recallPods, type KeptPod } from '../../core/drain/pod-memory.ts';
import { countReturns, isMadeSince, leftOnNode, stillLeft, type ReturnedPod } from '../../core/drain/returned-pod.ts';
import type { NodeState } from '../../core/drain/stuck-pod.ts';
import { UNSCHEDULABLE, unreadyKey, type UnreadyPods } from '../../core/kubernetes/unready-pod.ts';
import type { DrainMemory } from './drain-memory.ts';
import type { Journal } from '../ports/journal.ts';

/** Most bytes of the memory: a quarter of what Lambda keeps at a time, less what else a round keeps. */
const MOST_BYTES = 62_000;

/** Most facts in `told`: more than a node has pods. New unschedulable pods can always appear; the oldest go. */
const MOST_TOLD = 1_000;

/** Facts that are reported once of each pod that is to go, by the letter that the memory keeps. */
const ONCE = { forced: 'f', stuck: 's' } as const;

/** A pod that is asked to leave, and how. */
export interface Leaving {
  readonly pod: Pod;
  readonly graceSeconds: number;
  readonly forced: boolean;
}

export class DrainRecord {
  readonly #subject: Subject;
  readonly #journal: Journal;
  #memory: Omit<DrainMemory, 'pods'>;
  /** Pods that were still to go at the last look, by uid; undefined before the first. */
  #pods: Map<string, KeptPod> | undefined;
  #holders: readonly Holder[] = [];
  readonly #digests = new Map<string, string>();
  /** Keys of blocks that this pass has reported again because of their pods: once in a pass is enough. */
  readonly #retold = new Set<string>();

  constructor(subject: Subject, { pods, ...memory }: DrainMemory, journal: Journal) {
    this.#subject = subject;
    this.#memory = memory;
    this.#pods = pods && recallPods(pods);
    this.#journal = journal;
  }

  get memory(): DrainMemory {
    const pods = this.#pods;
    if (pods === undefined) return this.#memory;
    const holding = new Set([...pods.values()].map(({ heldBy }) => heldBy));
    const missed = Object.fromEntries(Object.entries(this.#memory.missed).filter(([block]) => holding.has(block)));
    const rest = { ...this.#memory, missed };
    return { ...rest, pods: keepPods(pods, MOST_BYTES - bytesOf(rest)) };
  }

  /** When the last pod was asked to leave, epoch milliseconds. */
  get lastAskedAt(): number | undefined {
    return this.#memory.lastAskedAt;
  }

  /** What holds pods, as of the last look. */
  get holders(): readonly Holder[] {
    return this.#holders;
  }

  /** Uids of pods that are left on the node, because their controllers would only make others (contract 4.7). */
  get left(): ReadonlySet<string> {
    return leftOnNode(this.#memory.returns);
  }

  /**
   * Counts the pods that have come since the last look. One made before the isolation may have been on its way still.
   *
   * @param isolatedAt epoch milliseconds
   */
  returned({ remaining }: EvictionPlan, isolatedAt: number): readonly ReturnedPod[] {
    const before = this.#pods;
    if (before === undefined) return [];
    const came = remaining.filter((pod) => !before.has(pod.uid) && isMadeSince(pod, isolatedAt));
    if (came.length === 0) return [];
    const { returns, news } = countReturns(came, this.#memory.returns);
    this.#memory = { ...this.#memory, returns };
    for (const pod of came) before.set(pod.uid, { name: podName(pod) });
    for (const pod of news) this.#report(podReturned(this.#subject, pod));
    return news;
  }

  /** Reports pods that have gone. @param asks while a pod's is under way, it waits: the answer is reported first */
  gone({ remaining, spared }: EvictionPlan, asks: Asks): void {
    const before = this.#pods ?? new Map<string, KeptPod>();
    const pods = new Map(remaining.map((pod) => [pod.uid, { ...before.get(pod.uid), name: podName(pod) }]));
    const left = this.left;
    for (const [uid, pod] of before) {
      if (pods.has(uid) || left.has(uid)) continue;
      if (asks.get(uid)?.state === 'asking') {
        pods.set(uid, pod);
        continue;
      }
      const held = spared.find((each) => each.uid === uid && isBeingDeleted(each))?.finalizers;
      const warning = held && { warning: `its containers have ended; finalizer ${held.join(', ')} holds its object` };
      this.#gotOn();
      this.#report(podGone(this.#subject, { pod: pod.name, uid, ...warning }));
    }
    this.#pods = pods;
    const there = new Set([...pods.keys(), ...spared.map(({ uid }) => uid)]);
    this.#memory = { ...this.#memory, returns: stillLeft(this.#memory.returns, there) };
  }

  /** Reports a block once for each pod that it holds, and again when its budget misses other pods. */
  blocked(blocked: readonly Blocked[]): void {
    for (const { pod, by } of blocked) {
      const key = this.#digestOf(blockKey(by));
      const isFirst = this.#pods?.get(pod.uid)?.heldBy !== key;
      if (!isFirst && !this.#missesOthers(by, key)) continue;
      if (!isFirst) this.#retold.add(key);
      this.#remember(pod, by, key);
      this.#report(evictionBlocked(this.#subject, pod, by));
    }
    for (const { by } of blocked) this.#unschedulable(by);
    this.#holders = holdersOf(blocked);
  }

  /** Caches digests: each look meets the same texts again. */
  #digestOf(words: string): string {
    const known = this.#digests.get(words) ?? digest(words);
    this.#digests.set(words, known);
    return known;
  }

  #missesOthers(by: BlockedBy, key: string): boolean {
    if (!waitsForPods(by) || by.unready === undefined || this.#retold.has(key)) return false;
    return missedBy(by.unready) !== (this.#memory.missed[key] ?? '');
  }

  #remember(pod: Pod, by: BlockedBy, key: string): void {
    this.#pods?.set(pod.uid, { ...this.#pods.get(pod.uid), name: podName(pod), heldBy: key });
    if (!waitsForPods(by) || by.unready === undefined) return;
    this.#memory = { ...this.#memory, missed: { ...this.#memory.missed, [key]: missedBy(by.unready) } };
  }

  #unschedulable(by: BlockedBy): void {
    if (!waitsForPods(by)) return;
    const missedBy = by.kind === 'budget' ? `budget ${by.budget}` : by.workload;
    for (const pod of by.unready?.pods ?? []) {
      if (pod.reason !== UNSCHEDULABLE || !this.#isNews(`unschedulable ${pod.uid}`)) continue;
      this.#report(podUnschedulable(this.#subject, pod, { missedBy }));
    }
  }

  /** Reports each unknown controller once. */
  unknown({ unknown }: EvictionPlan): void {
    for (const each of unknown) {
      if (this.#isNews(`unknown ${ownerKey(each.owner)}`)) this.#report(controllerUnknown(this.#subject, each));
    }
  }

  /** Remembers a fact about others than the pods that are to go. @returns whether it is new */
  #isNews(fact: string): boolean {
    const key = digest(fact);
    const { told } = this.#memory;
    if (key in told) return false;
    const newest = Object.entries({ ...told, [key]: 1 as const }).slice(-MOST_TOLD);
    this.#memory = { ...this.#memory, told: Object.fromEntries(newest) };
    return true;
  }

  /** Returns the stuck pods that were not reported yet: the caller reports them. */
  newlyStuck({ stuck }: EvictionPlan): readonly Pod[] {
    return stuck.filter((pod) => this.#isFirst('stuck', pod));
  }

  stuck(pod: Pod, nodeState: NodeState): void {
    const overdueSeconds = Math.round((Date.now() - (pod.deletingUntil ?? Date.now())) / 1000);
    this.#report(podStuck(this.#subject, pod, { overdueSeconds, nodeState }));
  }

  /** Remembers a fact about a pod for as long as the pod is to go. @returns whether it is new */
  #isFirst(what: keyof typeof ONCE, { uid }: Pod): boolean {
    const pod = this.#pods?.get(uid);
    const { told = '', ...rest } = pod ?? { name: '' };
    if (told.includes(ONCE[what])) return false;
    if (pod !== undefined) this.#pods?.set(uid, { ...rest, told: told + ONCE[what] });
    return true;
  }

  /** Reports the plan, before the first look. */
  planned(estimate: () => DrainEstimate): void {
    if (this.#pods === undefined) this.#report(drainPlanned(this.#subject, estimate()));
  }

  /** @param at epoch milliseconds */
  asked(at: number): void {
    this.#memory = { ...this.#memory, lastAskedAt: at };
  }

  leaving({ pod, graceSeconds, forced }: Leaving): void {
    // A pod that outlives its grace period by a moment is deleted again, which is nothing new.
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

/** Digest of the pods that a budget misses; empty when it misses none. */
function missedBy(unready: UnreadyPods): string {
  const key = unreadyKey(unready);
  return key === '' ? '' : digest(key);
}
