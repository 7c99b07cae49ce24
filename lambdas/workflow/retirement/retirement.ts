/**
 * What every retirement does: find, isolate, wait for a slot, withdraw, drain, detach, settle, release. It reads as that
 * sentence, whose middle is in clear-node.ts; what a stage does stands in retirement-stages.ts, withdraw-node.ts and
 * drain-stage.ts, how stages are kept alive over hours in stage-runner.ts, and how a retirement ends in hook-retirement.ts and
 * voluntary-retirement.ts.
 */
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { retirementFinished, type Result } from '../../core/events/retirement-events.ts';
import { Clearing, type ClearingTerms, type IsolatedNodes } from './clear-node.ts';
import type { NodesMemory } from '../drain/drain-nodes.ts';
import type { Drained, DrainOrder } from '../drain/drain-stage.ts';
import { identifying } from '../node/find-node.ts';
import { StageRunner } from '../run/stage-runner.ts';
import type { StageEnd } from '../run/stage.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Clusters } from '../ports/kubernetes.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import type { DurableRun, RetirementHistory, RunningRetirements } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import {
  findStage,
  isolateStage,
  secondsSince,
  slotStage,
  type NodeNames,
  type OthersWish,
  type Retiree,
} from './retirement-stages.ts';
import { Stopped, unasked, valueOf } from './retirement-end.ts';
import type { VerificationPorts } from '../notice/verify-notice.ts';

export interface RetirementPorts extends VerificationPorts {
  readonly instances: Instances;
  readonly balancing: LoadBalancing;
  readonly clusters: Clusters;
  readonly running: Pick<RunningRetirements, 'isRunning'>;
  readonly history: Pick<RetirementHistory, 'started'>;
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

export interface Order extends Retiree {
  readonly ports: RetirementPorts;
}

/** How a drain ended; `late`: its time was up before the node was empty, and `result` is what that comes to. */
export type DrainEnd = Drained | { readonly ended: 'late'; readonly result: Result };

/** The end of a drain whose time was up. */
export type LateDrain = Extract<StageEnd<Drained, NodesMemory>, { kind: 'late' }>;

export abstract class Retirement {
  protected readonly order: Order;
  protected readonly holder: StageRunner;
  /** Of the machine; undefined until they are found. */
  protected names: NodeNames | undefined;

  constructor(order: Order) {
    const { notice, ports } = order;
    const clusters = identifying(ports.clusters, notice.instance, ports.instances);
    this.order = { ...order, ports: { ...ports, clusters } };
    this.holder = new StageRunner(order.course, order.ports);
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
    const names = await this.#find();
    if (names === undefined) return 'never joined';
    await this.mayBegin(names.node);
    const isolated = await this.#isolate(names);
    if (isolated === undefined) return 'drained';
    await this.mayStay(names.node);
    await this.#waitForSlot(isolated);
    for (const node of [names.node, ...names.leftOver]) await this.mayDrain(node);
    return await new Clearing(this.#clearingTerms()).clear(isolated);
  }

  async #find(): Promise<NodeNames | undefined> {
    const { names } = valueOf(await this.holder.through(findStage(this.order)));
    if (names !== undefined) {
      this.holder.names(names.node);
      this.names = names;
    }
    return names;
  }

  /** @returns undefined when the node has gone meanwhile @throws Stopped */
  async #isolate(names: NodeNames): Promise<IsolatedNodes | undefined> {
    const isolated = valueOf(await this.holder.through(isolateStage(this.order, names)));
    if (isolated.kind === 'joined') throw new Stopped('joined', `${isolated.execution} is in charge of the node`);
    if (isolated.kind === 'gone') return undefined;
    if (isolated.kind === 'unasked') throw unasked();
    this.holder.mustEndBy(isolated.deadline);
    if (this.order.course.hold?.renewedOnceIsolated) this.holder.mustBeatBy(isolated.isolatedAt);
    return { ...names, isolatedAt: isolated.isolatedAt };
  }

  async #isolateAnew(): Promise<IsolatedNodes | undefined> {
    const names = await this.#find();
    return names && (await this.#isolate(names));
  }

  #clearingTerms(): ClearingTerms {
    return {
      order: this.order,
      holder: this.holder,
      forces: this.forces,
      settlesBy: () => this.settlesBy,
      isolateAnew: () => this.#isolateAnew(),
      timeUp: (order, end) => this.timeUp(order, end),
      drained: (end) => this.drained(end),
      tell: (event) => this.tell(event),
    };
  }

  async #waitForSlot(isolated: IsolatedNodes): Promise<void> {
    const { deadline } = this.holder;
    const end = await this.holder.through(slotStage(this.order, { ...isolated, deadline, until: this.slotBy }));
    if (end.kind === 'late') {
      this.heldBack(end.waitingFor);
      return;
    }
    const found = valueOf(end);
    this.unlessOthersWish(found);
  }

  protected drained(end: Exclude<StageEnd<Drained, unknown>, { kind: 'late' }>): Drained {
    const drained = valueOf(end);
    const { by, ended } = drained;
    this.unlessOthersWish({ ...(by !== undefined && { by }), ...(ended === 'unasked' && { unasked: true }) });
    return drained;
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
