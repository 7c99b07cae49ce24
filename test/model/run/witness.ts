/**
 * Watches what is done to the world, at the moment that it is done, and notes each promise that it breaks (faults
 * P1–P6). What is promised is told here by the contract, not by the code.
 */
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { MINUTE, SECOND } from '../../given.ts';
import type { Pause } from './crashes.ts';
import { lostSince } from './lost-time.ts';
import { foreignMarks, isIsolated } from '../world/marks.ts';
import { INSTANCE } from '../world/names.ts';
import { spanOf, type Span } from './scenario.ts';
import type { ModelPod } from '../world/workloads.ts';
import type { World } from '../world/world.ts';

/** A pass ends within this, so whoever has lost the charge of a node leaves it alone from then on. */
const PASS_MS = 2 * MINUTE;

/** A pass looks at the latest after the longest suspension. */
const LONGEST_OPEN_MS = 5 * MINUTE;

/** A hook may run out when we, or AWS, were away for this share of its timeout. */
const EXCUSING_SHARE = 0.1;

/** How long after its hook has ended a retirement may still be at work, beyond its next heartbeat. */
const UNAWARE_MS = 3 * MINUTE;

export class Witness {
  readonly #world: World;
  readonly #begin = Date.now();
  /** What was broken, in words. */
  readonly broke: string[] = [];
  /** Executions that AWS has told that the instance waits. */
  readonly #verified = new Set<string>();
  /** Executions that have changed anything. */
  readonly touchedBy = new Set<string>();
  readonly #noticedAt = new Map<string, number>();
  /** Of each retirement that has begun, counted from when the first of them has. */
  readonly spans = new Map<string, Span>();
  /** Counted from when AWS has confirmed it last before it did anything, epoch milliseconds. */
  readonly latestDeadlines = new Map<string, number>();
  /** When processes were dead. */
  readonly pauses: Pause[] = [];
  #inCharge: { execution: string; since: number } | undefined;
  /** When an execution was told that it has completed the hook, epoch milliseconds. */
  readonly #toldOfCompletion = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  broken(what: string): void {
    const seconds = Math.round((Date.now() - this.#begin) / SECOND);
    if (this.broke.length < 10) this.broke.push(`${what} (at ${seconds} s)`);
  }

  /** @param at of its notice, epoch milliseconds */
  begun(execution: string, at: number): void {
    this.#noticedAt.set(execution, at);
    const first = Math.min(Date.now(), ...[...this.spans.values()].map(({ startedAt }) => startedAt));
    this.spans.set(execution, spanOf(this.#world.scenario, at, first));
  }

  verified(execution: string): void {
    this.#verified.add(execution);
    if (this.touchedBy.has(execution)) return;
    const { deadline } = spanOf(this.#world.scenario, this.#noticedAt.get(execution), Date.now());
    this.latestDeadlines.set(execution, deadline);
  }

  /** @param view what the retirement could have known */
  asked(pod: Pod, view: DrainState | undefined): void {
    const [budget, second] = view?.budgets.filter(({ name }) => name.startsWith(pod.labels.app ?? '-')) ?? [];
    if (budget === undefined || second !== undefined || !pod.ready) return;
    if (budget.disruptionsAllowed <= 0)
      this.broken(`P3: ${pod.name} is asked for while its budget is seen to allow nothing`);
  }

  /** @param seen as the retirement saw it: what it saw as not Ready cost nobody anything, as far as it could know */
  evicting(execution: string, seen: Pod): void {
    this.#touching(execution);
    const found = this.#world.workloads.find(seen.uid);
    if (found === undefined || found.pod.deletingUntil !== undefined) return;
    this.#leavesByUs(execution, found);
    this.#isIsolatedFor(execution, found);
    if (found.app.isProtected) this.broken(`4.1: ${found.pod.name} is protected, and evicted`);
    if (seen.ready) this.#world.pace.evicting(found);
  }

  answered({ kind }: EvictionAnswer, { name }: Pod): void {
    const { lagMs, latencyMs, crashes } = this.#world.scenario;
    const isExact = lagMs === 0 && latencyMs === 0 && crashes.length === 0 && this.spans.size === 1;
    if (kind === 'over-budget' && isExact) this.broken(`4.4: ${name} is asked for although its budget allows no more`);
  }

  removing(execution: string, { uid }: Pod, graceSeconds: number): void {
    this.#touching(execution);
    const found = this.#world.workloads.find(uid);
    if (found === undefined) return;
    this.#leavesByUs(execution, found);
    if (this.#world.machine.status === 'terminated') return;
    const { name } = found.pod;
    this.#world.pace.forcing(found, this.#inCharge?.since ?? Date.now());
    const grace = this.#graceOf(found);
    const from = this.#forcedFrom(grace);
    if (Date.now() < from)
      this.broken(`P3: ${name} is forced ${(from - Date.now()) / SECOND} s before its force point`);
    // What may not be retained after all is forced within half a minute after the deadline (contract 5.3).
    const left = Math.ceil((this.#lastDeadline() + 30 * SECOND - Date.now()) / SECOND);
    if (graceSeconds < 1 || graceSeconds > Math.max(1, Math.min(grace, left))) {
      this.broken(
        `5.3: ${name} is forced with a grace of ${graceSeconds} s, while ${left} s are left and its own is ${grace} s`,
      );
    }
  }

  patched(execution: string, before: Node | undefined): void {
    this.#touching(execution);
    const after = this.#world.node.object;
    if (before === undefined || after === undefined) return;
    if (!after.providerId?.endsWith(INSTANCE)) this.broken('P2: another machine is marked');
    const kept = new Set(foreignMarks(after));
    const lost = foreignMarks(before).filter((mark) => !kept.has(mark));
    if (lost.length > 0) this.broken(`P6: ${lost.join()} is somebody else's, and was taken off`);
    this.#notesCharge(ownershipOf(after)?.execution ?? 'nobody');
  }

  #notesCharge(execution: string): void {
    if (execution !== this.#inCharge?.execution) this.#inCharge = { execution, since: Date.now() };
  }

  completing(execution: string): void {
    this.#touching(execution);
    const toldAt = this.#toldOfCompletion.get(execution) ?? Infinity;
    const hasForgotten = this.pauses.some(({ from }) => from >= toldAt);
    if (toldAt < Infinity && !hasForgotten) this.broken('P1: the hook is completed once more');
    const { node, machine } = this.#world;
    this.#staysIsolated();
    const ends = node.object === undefined || !node.isAlive || machine.status !== 'up';
    if (ends || Date.now() >= this.#firstDeadline() - SECOND) return;
    const left = this.#world.workloads.on('here').filter(mustLeave);
    if (left.length > 0) this.broken(`P1: released with time left and ${left.map(({ pod }) => pod.name).join()} on it`);
  }

  toldOfCompletion(execution: string): void {
    this.#toldOfCompletion.set(execution, Date.now());
  }

  abandoning(retains: boolean): void {
    if (!retains) this.broken('5.3: abandoned although the group does not retain');
  }

  terminating(instance: string): void {
    if (instance !== INSTANCE) this.broken(`P2: ${instance} is terminated`);
    if (this.#world.group.isHeld) this.broken('P1: terminated while its hook holds it');
  }

  /** The hook has run out. @param keptAliveAt epoch milliseconds: its last heartbeat, or its start */
  expired(keptAliveAt: number): void {
    // After its deadline nobody keeps the hook alive (contract 6.3).
    if (this.#world.running.size === 0 || Date.now() > this.#runningDeadline()) return;
    const excusing = this.#world.scenario.hookTimeoutSeconds * SECOND * EXCUSING_SHARE;
    if (lostSince(this.#world, keptAliveAt) < excusing) this.broken('P1: the hook has run out');
  }

  #touching(execution: string): void {
    this.touchedBy.add(execution);
    if (!this.#verified.has(execution))
      this.broken('P2: something is done before AWS has said that the instance waits');
  }

  #leavesByUs(execution: string, { pod, app, place }: ModelPod): void {
    if (place !== 'here') this.broken(`P2: ${pod.name} is sent away, which is not on the instance's node but ${place}`);
    if (app.kind === 'DaemonSet') this.broken(`4.1: ${pod.name} is a DaemonSet's, and sent away`);
    const { ended } = this.#world.group;
    if (ended === undefined || ended.by === 'abandonment') return;
    const { hookTimeoutSeconds } = this.#world.scenario;
    const aware = ended.at + hookTimeoutSeconds * SECOND * 0.6 + UNAWARE_MS + lostSince(this.#world, ended.at);
    if (Date.now() > aware) this.broken(`P2: ${execution} sends ${pod.name} away long after the hook has ended`);
  }

  /** Isolated first, again by the next pass where that is lost, and by whoever is in charge (contract 1.6, 3.3, 3.4). */
  #isIsolatedFor(execution: string, { pod }: ModelPod): void {
    const { object, isolationLostAt } = this.#world.node;
    if (object === undefined) return;
    if (!isIsolated(object) && Date.now() > isolationLostAt + PASS_MS)
      this.broken(`3.3: ${pod.name} is evicted from a node that is not isolated`);
    const { execution: by = execution, since = 0 } = this.#inCharge ?? {};
    if (by !== execution && Date.now() > since + PASS_MS) {
      this.broken(`P4: ${pod.name} is evicted by a retirement that lost the charge of its node long ago`);
    }
  }

  /** What is lost is put back, pods or none (contract 3.4). */
  #staysIsolated(): void {
    const { node, scenario } = this.#world;
    const { object, isolationLostAt } = node;
    const isUndisturbed = scenario.faults.every(({ kind }) => kind === 'isolation taken off');
    if (object === undefined || isIsolated(object) || !isUndisturbed || this.spans.size > 1) return;
    const open = Math.round((Date.now() - isolationLostAt) / SECOND);
    if (open * SECOND > LONGEST_OPEN_MS) this.broken(`3.4: the node has not been isolated again for ${open} s`);
  }

  #graceOf({ pod }: ModelPod): number {
    return this.#world.scenario.drain.gracePeriodSeconds ?? pod.graceSeconds;
  }

  /** By contract 5.3, of the retirement that has least time. */
  #forcedFrom(graceSeconds: number): number {
    const { scenario } = this.#world;
    const { atDeadline } = scenario.drain;
    const keeps = atDeadline === 'wait' || (atDeadline === 'retain' && this.#world.group.retains);
    if (keeps) return Infinity;
    const points = [...this.spans.values()].map(({ startedAt, deadline }) =>
      Math.max(deadline - Math.max(graceSeconds, 10) * SECOND, (startedAt + deadline) / 2),
    );
    return Math.min(...points);
  }

  #firstDeadline(): number {
    return Math.min(...[...this.spans.values()].map(({ deadline }) => deadline));
  }

  /** The hook's, as those that still run have it: one that was superseded keeps nothing alive, and none renews it. */
  #runningDeadline(): number {
    const names = [...this.#world.running];
    return Math.max(...names.map((name) => this.spans.get(name)?.deadline ?? this.#firstDeadline()));
  }

  #lastDeadline(): number {
    return Math.max(this.#firstDeadline(), ...this.latestDeadlines.values());
  }
}

/** Whether the pod has to have left before its node is released early. */
function mustLeave({ pod, app }: ModelPod): boolean {
  const isFinished = pod.phase === 'Succeeded';
  const isHeld = pod.deletingUntil !== undefined && pod.containersTerminated;
  return app.kind !== 'DaemonSet' && !app.comesBack && !isFinished && !isHeld;
}
