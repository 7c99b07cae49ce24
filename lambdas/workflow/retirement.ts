/**
 * What every retirement does: find, isolate, wait for a slot, withdraw, drain, detach, settle, release. It reads as that
 * sentence; what a stage does stands in retirement-stages.ts, withdraw-node.ts and drain-stage.ts, how stages are kept
 * alive over hours in hold-hook.ts, and how a retirement ends in hook-retirement.ts and voluntary-retirement.ts.
 */
import type { DomainEvent } from '../core/domain-event.ts';
import { retirementFinished, targetsLate, type Result } from '../core/retirement-events.ts';
import { drainStage, type Drained, type DrainOrder, type DrainStageMemory } from './drain-stage.ts';
import { HookHolder, type StageEnd } from './hold-hook.ts';
import type { Clusters, DurableRun, Instances, Journal, LoadBalancing, RunningRetirements } from './ports.ts';
import {
  detachStage,
  findStage,
  isolateStage,
  secondsSince,
  slotStage,
  type OthersWish,
  type Retiree,
} from './retirement-stages.ts';
import type { VerificationPorts } from './verify-notice.ts';
import { settleStage, withdrawStage, type Withdrawn } from './withdraw-node.ts';

export interface RetirementPorts extends VerificationPorts {
  readonly instances: Instances;
  readonly balancing: LoadBalancing;
  readonly clusters: Clusters;
  readonly running: Pick<RunningRetirements, 'isRunning'>;
  readonly journal: Journal;
  readonly run: DurableRun;
}

/** What a retirement came to. */
export interface Retired {
  readonly result: Result | 'ignored';
  readonly reason?: string;
}

/** The instance was left as it is, for a reason that a person must look at (contract 6.3). */
export class RetirementFailed extends Error {
  override readonly name = 'RetirementFailed';
}

/** Ends a retirement before its time: what it came to, and why. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
  readonly result: Result;
  /** Why a node that nothing forces to go is left alone for a while; absent when it may be tried again at once. */
  readonly rests: string | undefined;

  constructor(result: Result, reason: string, { rests = true }: { rests?: boolean } = {}) {
    super(reason);
    this.result = result;
    this.rests = rests ? reason : undefined;
  }
}

export interface Order extends Retiree {
  readonly ports: RetirementPorts;
}

/** How a drain ended; `late`: its time was up before the node was empty, and `result` is what that comes to. */
export type DrainEnd = Drained | { readonly ended: 'late'; readonly result: Result };

/** The end of a drain whose time was up. */
export type LateDrain = Extract<StageEnd<Drained, DrainStageMemory>, { kind: 'late' }>;

export abstract class Retirement {
  protected readonly order: Order;
  protected readonly holder: HookHolder;

  constructor(order: Order) {
    this.order = order;
    this.holder = new HookHolder(order.course, order.ports);
  }

  /** Whether pods are deleted past their budgets before the deadline (contract 5.3). */
  protected abstract readonly forces: boolean;

  /** When a slot is waited for no longer, epoch milliseconds. */
  protected abstract readonly slotBy: number;

  /** When targets are waited for no longer, however long they may drain, epoch milliseconds. */
  protected abstract readonly settlesBy: number;

  /** @throws RetirementFailed */
  async carryOut(): Promise<Retired> {
    try {
      return await this.#finish({ result: await this.release(await this.#empty()) });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      await this.giveUp(error);
      const ended = await this.#finish({ result: error.result, reason: error.message });
      if (ended.result === 'failed') throw new RetirementFailed(error.message);
      return ended;
    }
  }

  /** Before the node is touched. @throws Stopped when it must not be */
  protected abstract mayBegin(node: string): Promise<void>;

  /** Isolated, before a slot is waited for. @throws Stopped when it must be put back */
  protected abstract mayStay(node: string): Promise<void>;

  /** No slot has come free in time. @throws Stopped when it must not drain without one */
  protected abstract heldBack(waitingFor: readonly string[]): void;

  /** Before the first pod is evicted, isolated. @throws Stopped when none may be */
  protected abstract mayDrain(node: string): Promise<void>;

  /** The drain's time is up and pods are left. @throws Stopped */
  protected abstract timeUp(order: DrainOrder, end: LateDrain): Promise<DrainEnd>;

  /** The node is as empty as it gets: lets the instance go. @param emptied what that took @returns what it all came to */
  protected abstract release(emptied: Result): Promise<Result>;

  /** Before an end that was not planned is told. */
  protected abstract giveUp(stopped: Stopped): Promise<void>;

  /** Empties the node as far as that can be done. */
  async #empty(): Promise<Result> {
    const { node } = valueOf(await this.holder.through(findStage(this.order)));
    if (node === undefined) return 'never joined';
    this.holder.names(node);
    await this.mayBegin(node);
    const isolated = valueOf(await this.holder.through(isolateStage(this.order, node)));
    if (isolated.kind === 'joined') throw new Stopped('joined', `${isolated.execution} is in charge of the node`);
    if (isolated.kind === 'gone') return 'drained';
    if (isolated.kind === 'unasked') throw unasked();
    this.holder.mustEndBy(isolated.deadline);
    await this.mayStay(node);
    await this.#waitForSlot(node);
    await this.mayDrain(node);
    return await this.#clear(node, isolated.isolatedAt);
  }

  /** Takes the node out of its load balancers, its pods off it, and its volumes and targets from it. */
  async #clear(node: string, isolatedAt: number): Promise<Result> {
    const withdrawn = await this.#withdraw(node);
    const end = await this.#drain(node, isolatedAt);
    // Its time is up: nothing is left to wait for volumes and targets in.
    if (end.ended === 'late') return end.result;
    // A machine that does not answer serves nothing, nor are volumes detached from it; another machine's are not ours.
    if (end.ended === 'dead node') return end.ended;
    if (end.ended !== 'replaced') await this.#detach(node, end.sparedVolumes);
    if (withdrawn !== undefined) await this.#settle(withdrawn);
    return end.memory.forced > 0 ? 'forced' : 'drained';
  }

  async #waitForSlot(node: string): Promise<void> {
    const end = await this.holder.through(slotStage(this.order, { node, until: this.slotBy }));
    if (end.kind === 'late') {
      this.heldBack(end.waitingFor);
      return;
    }
    const found = valueOf(end);
    this.unlessOthersWish(found);
  }

  /** Out of its load balancers; undefined when it is in none, or when none of them could be asked. */
  async #withdraw(node: string): Promise<Withdrawn | undefined> {
    if (!this.order.cluster.withdraw.enabled) return undefined;
    const end = await this.holder.through(withdrawStage(this.order, { node, deadline: this.holder.deadline }));
    return end.kind === 'late' ? undefined : valueOf(end).withdrawn;
  }

  /** Targets that are late are left to their load balancer; they hold nobody up for longer. */
  async #settle(withdrawn: Withdrawn): Promise<void> {
    const { until, ...stage } = settleStage(this.order, withdrawn);
    const end = await this.holder.through({ ...stage, until: Math.min(until ?? Infinity, this.settlesBy) });
    if (end.kind !== 'late') {
      valueOf(end);
      return;
    }
    const { waitingFor: pools, memory: reason } = end;
    await this.tell(targetsLate(this.holder.subject, { pools, reason }));
  }

  /** Until every pod has gone, or the deadline: what is left then is for the way in which the retirement ends. */
  async #drain(node: string, isolatedAt: number): Promise<DrainEnd> {
    const { startedAt } = this.order.course;
    const { deadline } = this.holder;
    const order = { node, isolatedAt, startedAt, deadline, forces: this.forces };
    const end = await this.holder.through(drainStage(this.order, order));
    return end.kind === 'late' ? await this.timeUp(order, end) : this.drained(end);
  }

  protected drained(end: Exclude<StageEnd<Drained, unknown>, { kind: 'late' }>): Drained {
    const drained = valueOf(end);
    const { by, ended } = drained;
    this.unlessOthersWish({ ...(by !== undefined && { by }), ...(ended === 'unasked' && { unasked: true }) });
    return drained;
  }

  /** Volumes that are late are left behind; they hold nobody up for longer. */
  async #detach(node: string, spared: readonly string[]): Promise<void> {
    const { cluster, ports } = this.order;
    const { deadline } = this.holder;
    const until = await ports.run.step('detach-until', () =>
      Promise.resolve(Math.min(Date.now() + cluster.drain.detachTimeoutSeconds * 1000, deadline)),
    );
    const end = await this.holder.through(detachStage(this.order, { node, spared, until }));
    if (end.kind !== 'late') valueOf(end);
  }

  /** In a step, so that a replay does not say it again. */
  protected tell(event: DomainEvent): Promise<null> {
    const { journal, run } = this.order.ports;
    return run.step('tell', () => {
      journal.report(event);
      return Promise.resolve(null);
    });
  }

  /** @throws Stopped when the retirement is not to go on */
  protected unlessOthersWish({ by, unasked: isUnasked }: OthersWish): void {
    if (by !== undefined) throw new Stopped('superseded', `${by} has taken charge of the node`);
    if (isUnasked) throw unasked();
  }

  #finish(ended: { result: Result; reason?: string }): Promise<Retired> {
    const { notice, ports } = this.order;
    return ports.run.step('finish', () => {
      ports.journal.report(retirementFinished(this.holder.subject, { ...ended, seconds: secondsSince(notice) }));
      return Promise.resolve(ended);
    });
  }
}

/** The taint that asked for it has gone (contract 9.5). */
export function unasked(): Stopped {
  return new Stopped('restored', 'the taint that asked for its drain was taken away', { rests: false });
}

export function overMeanwhile(): Stopped {
  return new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
}

/** @throws Stopped when the stage did not get that far */
export function valueOf<Value>(end: StageEnd<Value, unknown>): Value {
  switch (end.kind) {
    case 'done':
      return end.value;
    case 'hook over':
      throw overMeanwhile();
    case 'late':
      throw new Stopped('failed', `time was up while it waited for ${end.waitingFor.join(', ')}`);
    case 'refused':
      throw new Stopped('failed', end.reason);
  }
}
