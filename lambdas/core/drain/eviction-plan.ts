/**
 * The eviction plan: which of a node's pods to evict now, which to force, and what holds the others (contract 4).
 *
 * Pure, and computed anew from the watched state at every change. So it may be computed twice, late, or after a crash,
 * and never asks twice for one pod.
 */
import type { Blocked } from './blocked.ts';
import { clampedGrace, forcePoint } from './deadline-times.ts';
import { isLeaving, type Ask, type Asks } from './eviction-ask.ts';
import { Pacing, type DrainState, type DrainTerms, type Permission } from './pacing.ts';
import { isBeingDeleted, ownerKey, type Owner, type Pod } from '../kubernetes/pod.ts';
import { isStuck, stuckFrom } from './stuck-pod.ts';
import { judge, type Verdict } from './verdict.ts';
import { criticalWaveBegins, singleWaveFrom, waveOf } from './wave.ts';

export interface EvictionPlan {
  readonly evict: readonly Pod[];
  readonly force: readonly Forced[];
  readonly blocked: readonly Blocked[];
  /** Pods that are still to go, whatever holds them. The node is drained when there are none. */
  readonly remaining: readonly Pod[];
  /** Pods that should have ended long ago. */
  readonly stuck: readonly Pod[];
  /** Pods that stay on the node. */
  readonly spared: readonly Pod[];
  /** Pods whose controller must be read before they can be paced. */
  readonly follow: readonly Pod[];
  /** Controllers that are not known, so that their pods go one at a time. */
  readonly unknown: readonly UnknownOwner[];
  /** When the plan can change although nothing else does, epoch milliseconds; Infinity if never. */
  readonly wakeAt: number;
  /**
   * `wakeAt` without the backoffs of refusals: graces, force points and pauses, which must not be missed. A drain that
   * suspends need not wake up for a backoff: it asks again when it wakes up anyway.
   */
  readonly dueAt: number;
}

export interface UnknownOwner {
  readonly owner: Owner;
  /** The first of its pods. */
  readonly pod: Pod;
  readonly reason: string;
}

export interface Forced {
  readonly pod: Pod;
  readonly graceSeconds: number;
}

interface Judged {
  readonly pod: Pod;
  readonly verdict: Verdict;
}

export interface PlanTerms extends DrainTerms {
  readonly now: number;
  /** Uids of pods that stay on the node, because their makers would only send others (contract 4.7). */
  readonly left?: ReadonlySet<string>;
}

export function planEvictions(state: DrainState, asks: Asks, terms: PlanTerms): EvictionPlan {
  const judged = state.pods.map((pod): Judged => ({ pod, verdict: verdictOn(pod, terms) }));
  const left = judged.filter(({ verdict }) => verdict.action !== 'spare');
  const force = forcedNow(left, asks, terms);
  const wave = currentWave(left, terms).filter(({ pod }) => !isBeingDeleted(pod) && !isForcedBy(pod, terms));
  const open = wave.filter(({ pod }) => !isLeaving(asks.get(pod.uid)));
  const pacing = new Pacing(state, asks, terms);
  const decided = inOrder(open).map(({ pod, verdict }) => ({ pod, permission: permit(pod, verdict, pacing) }));
  const of = <Kind extends Permission['kind']>(kind: Kind) =>
    decided.flatMap(({ pod, permission }) =>
      permission.kind === kind ? [{ pod, permission: permission as Extract<Permission, { kind: Kind }> }] : [],
    );
  const due = [
    ...of('later').flatMap(({ pod, permission }) => (asks.has(pod.uid) ? [] : [permission.at])),
    ...left.flatMap(({ pod }) => [pod.deletingUntil, stuckFrom(pod)]),
    singleWaveFrom(terms.deadline) + 1,
    ...(terms.forces ? left.map(({ pod }) => forceTime(pod, terms)) : []),
  ];
  const retries = [
    ...of('later').map(({ permission }) => permission.at),
    ...of('blocked').map(({ permission }) => permission.until),
    ...left.map(({ pod }) => asks.get(pod.uid)?.notBefore),
  ];
  return {
    evict: of('evict').map(({ pod }) => pod),
    force,
    blocked: [
      ...of('blocked').map(({ pod, permission }) => ({ pod, by: permission.by })),
      ...refusedThoughForced(left, asks, terms),
    ],
    remaining: left.map(({ pod }) => pod),
    stuck: left.map(({ pod }) => pod).filter((pod) => isStuck(pod, terms.now)),
    spared: judged.filter(({ verdict }) => verdict.action === 'spare').map(({ pod }) => pod),
    follow: of('follow').map(({ pod }) => pod),
    unknown: unknownOwners(
      left.map(({ pod }) => pod),
      state,
    ),
    wakeAt: nextWake([...due, ...retries], terms.now),
    dueAt: nextWake(due, terms.now),
  };
}

function verdictOn(pod: Pod, { left, policy, now }: PlanTerms): Verdict {
  return left?.has(pod.uid) === true ? { action: 'spare', reason: 'keeps coming back' } : judge(pod, policy, now);
}

function unknownOwners(pods: readonly Pod[], { workloads }: DrainState): UnknownOwner[] {
  const found = new Map<string, UnknownOwner>();
  for (const pod of pods) {
    const { owner } = pod;
    if (owner === undefined) continue;
    const key = ownerKey(owner);
    const reason = workloads.get(key)?.unknown;
    if (reason !== undefined && !found.has(key)) found.set(key, { owner, pod, reason });
  }
  return [...found.values()];
}

function nextWake(times: readonly (number | undefined)[], now: number): number {
  return Math.min(...times.filter((time) => time !== undefined).filter((time) => time > now));
}

/** Returns when the first of the pods may be forced, epoch milliseconds; Infinity when none ever is. */
export function firstForceTime(pods: readonly Pod[], terms: DrainTerms): number {
  return terms.forces ? Math.min(...pods.map((pod) => forceTime(pod, terms))) : Infinity;
}

function forceTime(pod: Pod, terms: DrainTerms): number {
  return forcePoint(graceOf(pod, terms), terms);
}

/** Returns the pod's grace, seconds (contract 4.6). */
export function graceOf(pod: Pod, { gracePeriodSeconds }: Pick<DrainTerms, 'gracePeriodSeconds'>): number {
  return gracePeriodSeconds ?? pod.graceSeconds;
}

/** Whether the pod is past its force point: then it is deleted, not evicted. */
function isForcedBy(pod: Pod, terms: PlanTerms): boolean {
  if (terms.machineGone === true) return true;
  return terms.forces && terms.now >= forceTime(pod, terms);
}

/**
 * Returns the pods past their force point that have not been forced yet. Protection and budgets do not hold them any
 * more, and a grace that would end after the deadline is cut (contract 5.3).
 */
function forcedNow(left: readonly Judged[], asks: Asks, terms: PlanTerms): Forced[] {
  return left
    .filter(({ pod }) => isForcedBy(pod, terms) && !endsByItself(pod, terms))
    .filter(({ pod }) => asks.get(pod.uid)?.forced !== true || mayRetry(asks.get(pod.uid), terms.now))
    .map(({ pod }) => ({
      pod,
      graceSeconds: terms.machineGone === true ? 0 : clampedGrace(graceOf(pod, terms), terms),
    }));
}

/** Pods whose forced deletion the server refuses: it is tried again until the deadline, when they are left. */
function refusedThoughForced(left: readonly Judged[], asks: Asks, terms: PlanTerms): Blocked[] {
  return left.flatMap(({ pod }) => {
    const { forced = false, state, blockedBy: by } = asks.get(pod.uid) ?? {};
    return forced && state === 'refused' && by !== undefined && !endsByItself(pod, terms) ? [{ pod, by }] : [];
  });
}

/** Whether the kubelet ends a pod that is being deleted before the deadline. On a machine that is gone, none does. */
function endsByItself({ deletingUntil = Infinity }: Pod, { deadline, machineGone = false }: PlanTerms): boolean {
  return !machineGone && deletingUntil <= deadline;
}

function mayRetry(ask: Ask | undefined, now: number): boolean {
  return ask?.state === 'refused' && ask.notBefore <= now;
}

function currentWave(left: readonly Judged[], terms: PlanTerms): readonly Judged[] {
  const ordinary = left.filter(({ pod }) => waveOf(pod) === 'ordinary');
  const critical = left.filter(({ pod }) => waveOf(pod) === 'system-critical');
  const firstForced = Math.min(...critical.map(({ pod }) => forceTime(pod, terms)));
  return criticalWaveBegins(ordinary.length, firstForced, terms) ? left : ordinary;
}

/** Sorts: pods that are not Ready first, because they use up no budget, then those with the longest grace. */
function inOrder(judged: readonly Judged[]): Judged[] {
  return judged.toSorted(
    (a, b) => Number(a.pod.ready) - Number(b.pod.ready) || b.pod.graceSeconds - a.pod.graceSeconds,
  );
}

function permit(pod: Pod, verdict: Verdict, pacing: Pacing): Permission {
  switch (verdict.action) {
    case 'evict':
      return pacing.permit(pod);
    case 'blocked':
      return { kind: 'blocked', by: { kind: 'policy', reason: verdict.reason } };
    case 'wait':
    case 'spare':
      return { kind: 'later', at: Infinity };
  }
}
