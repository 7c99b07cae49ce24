/**
 * Clearing a node that is isolated: out of its load balancers, then its pods, its volumes and its targets. In a hurry the
 * first two go side by side. It is drained again when pods may have come meanwhile: when somebody took its isolation off,
 * or its machine got another node.
 */
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import { targetsLate, type Result } from '../../core/events/retirement-events.ts';
import { hurriedFrom } from '../../core/traffic/withdrawal.ts';
import { drainNodesStage } from '../drain/drain-nodes.ts';
import type { Drained, DrainOrder } from '../drain/drain-stage.ts';
import type { StageRunner } from '../run/stage-runner.ts';
import type { StageEnd } from '../run/stage.ts';
import { keepingIsolated, type Isolation } from '../node/keep-isolated.ts';
import type { DrainEnd, LateDrain, Order } from './retirement.ts';
import { valueOf } from './retirement-end.ts';
import { detachStage, type NodeNames } from './retirement-stages.ts';
import type { Withdrawn } from '../traffic/leave-together.ts';
import { settleStage } from '../traffic/settle-targets.ts';
import { NodeWithdrawal } from '../traffic/withdraw-node.ts';

/** A machine's nodes, and when they were isolated, epoch milliseconds. */
export interface IsolatedNodes extends NodeNames {
  readonly isolatedAt: number;
}

/** In what a retirement's kind makes a difference here. */
export interface ClearingTerms {
  readonly order: Order;
  readonly holder: StageRunner;
  readonly forces: boolean;
  /** When targets are waited for no longer, however long they may drain, epoch milliseconds. */
  readonly settlesBy: () => number;
  /** Finds the machine's nodes once more, and isolates them; undefined when it has none any more. */
  readonly isolateAnew: () => Promise<IsolatedNodes | undefined>;
  readonly timeUp: (order: DrainOrder, end: LateDrain) => Promise<DrainEnd>;
  readonly drained: (end: Exclude<StageEnd<Drained, unknown>, { kind: 'late' }>) => Drained;
  readonly tell: (event: DomainEvent) => Promise<null>;
}

/** Who keeps taking the isolation off, more often than this, gets his way. */
const MOST_DRAINS = 10;

/** One drain of possibly several. */
interface Round {
  readonly nodes: IsolatedNodes;
  /** The how manyth it is. */
  readonly drains: number;
  /** What the one before came to. */
  readonly before?: Drained['memory'];
}

type Withdrawing = { readonly withdrawn?: Withdrawn } | { readonly isBeside: true };

export class Clearing {
  readonly #terms: ClearingTerms;
  readonly #order: Order;
  readonly #holder: StageRunner;

  constructor(terms: ClearingTerms) {
    this.#terms = terms;
    this.#order = terms.order;
    this.#holder = terms.holder;
  }

  /** @returns what it came to @throws Stopped */
  async clear(isolated: IsolatedNodes): Promise<Result> {
    const withdrawal = new NodeWithdrawal(this.#order, { node: isolated.node, deadline: this.#holder.deadline });
    const withdrawing = await this.#withdraw(withdrawal);
    const beside = 'isBeside' in withdrawing ? withdrawal : undefined;
    let round: Round = { nodes: isolated, drains: 1 };
    for (;;) {
      const end = await this.#drain(round, beside);
      // Its time is up: nothing is left to wait for volumes and targets in.
      if (end.ended === 'late') return end.result;
      // A machine that does not answer serves nothing, nor are volumes detached from it.
      if (end.ended === 'dead node') return end.ended;
      const again = await this.#leave(round, end, () => this.#collect(withdrawing, withdrawal));
      if (again === undefined) return end.memory.forced > 0 ? 'forced' : 'drained';
      round = again;
    }
  }

  /** Waits for volumes and targets. @returns the round in which it is to be drained again, if it is */
  async #leave(
    { nodes, drains }: Round,
    { ended, memory, sparedVolumes }: Drained,
    withdrawn: () => Promise<Withdrawn | undefined>,
  ): Promise<Round | undefined> {
    const isLast = drains === MOST_DRAINS;
    const again = { nodes, drains: drains + 1, before: memory };
    if (ended === 'renamed' && !isLast) return { ...again, nodes: (await this.#terms.isolateAnew()) ?? nodes };
    // Another machine's node is not ours to keep isolated, nor are its volumes ours to wait for.
    const isOthers = ended === 'replaced';
    const kept = isLast || isOthers ? [] : this.#isolations(nodes);
    const isDetached = isOthers || (await this.#detach(nodes.node, sparedVolumes, kept));
    return isDetached && (await this.#settle(await withdrawn(), kept)) ? undefined : again;
  }

  /** Waits until it is out of its load balancers; `isBeside`: there is no time to wait, so that goes beside the drain. */
  async #withdraw(withdrawal: NodeWithdrawal): Promise<Withdrawing> {
    const { cluster, notice } = this.#order;
    if (!cluster.withdraw.enabled) return {};
    const { deadline } = this.#holder;
    const until = isVoluntary(notice.kind) ? deadline : hurriedFrom(deadline);
    const end = await this.#holder.through(withdrawal.stage(until));
    return end.kind === 'late' ? { isBeside: true } : valueOf(end);
  }

  /** What a withdrawal that went beside the drain came to, until the deadline. */
  async #collect(withdrawing: Withdrawing, withdrawal: NodeWithdrawal): Promise<Withdrawn | undefined> {
    if (!('isBeside' in withdrawing)) return withdrawing.withdrawn;
    const end = await this.#holder.through(withdrawal.stage(this.#holder.deadline));
    return end.kind === 'late' ? undefined : valueOf(end).withdrawn;
  }

  /** Until every pod has gone, or the deadline: what is left then is for the way in which the retirement ends. */
  async #drain({ nodes, before }: Round, beside: NodeWithdrawal | undefined): Promise<DrainEnd> {
    const { startedAt } = this.#order.course;
    const { deadline } = this.#holder;
    const { forces } = this.#terms;
    const order = { ...nodes, startedAt, deadline, forces, ...(before && { before, drained: before.evicted }) };
    const stage = drainNodesStage(this.#order, order);
    const end = await this.#holder.through(beside === undefined ? stage : beside.beside(stage, deadline));
    return end.kind === 'late' ? await this.#terms.timeUp(order, end) : this.#terms.drained(end);
  }

  /** Volumes that are late are left behind; they hold nobody up for longer. @returns false: to be drained again */
  async #detach(node: string, spared: readonly string[], kept: readonly Isolation[]): Promise<boolean> {
    const { cluster, ports } = this.#order;
    const { deadline } = this.#holder;
    const until = await ports.run.step('detach-until', () =>
      Promise.resolve(Math.min(Date.now() + cluster.drain.detachTimeoutSeconds * 1000, deadline)),
    );
    const stage = detachStage(this.#order, { node, spared, until });
    const end = await this.#holder.through(keepingIsolated(stage, kept, this.#order));
    return end.kind === 'late' || !('wasLost' in valueOf(end));
  }

  /** Targets that are late are left to their load balancer; they hold nobody up for longer. @returns as above */
  async #settle(withdrawn: Withdrawn | undefined, kept: readonly Isolation[]): Promise<boolean> {
    if (withdrawn === undefined) return true;
    const stage = settleStage(this.#order, withdrawn, this.#terms.settlesBy());
    const end = await this.#holder.through(keepingIsolated(stage, kept, this.#order));
    if (end.kind !== 'late') return !('wasLost' in valueOf(end));
    const { waitingFor: pools, memory: reason } = end;
    await this.#terms.tell(targetsLate(this.#holder.subject, { pools, reason }));
    return true;
  }

  #isolations({ node, leftOver, isolatedAt }: IsolatedNodes): Isolation[] {
    const { deadline } = this.#holder;
    return [node, ...leftOver].map((name) => ({
      node: name,
      isolatedAt,
      deadline,
      isLeftOver: name !== node,
    }));
  }
}
