/**
 * The retirement of an instance that nothing but us wants to go (contract 5.4, 8.2): it begins only where nobody is hurt,
 * forces nothing, and what cannot be drained by the deadline is restored and left to rest. At the end the instance is
 * terminated through its group, which meets our own hook, or is left to whoever removes it.
 */
import type { VoluntaryRelease } from '../../core/settings/cluster-settings.ts';
import { forcePoint } from '../../core/drain/deadline.ts';
import { isLasting } from '../../core/aws/lasting-error.ts';
import { phaseOf } from '../../core/aws/lifecycle-state.ts';
import type { CoolDown } from '../../core/node/cool-down.ts';
import { hookCompleted, instanceLeft, instanceTerminated, type Result } from '../../core/events/retirement-events.ts';
import type { Ending } from './begin-retirement.ts';
import type { DrainOrder } from '../drain/drain-stage.ts';
import { Retirement, type DrainEnd, type LateDrain, type Order } from './retirement.ts';
import { Stopped, unasked, valueOf } from './retirement-end.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import { passHookStage, progressStage, registerStage, restoreStage, surveyStage } from './voluntary-stages.ts';
import { giveWayStage, targetAllowanceStage } from '../traffic/target-allowance.ts';

/** Later than this before its deadline no drain begins. */
const DRAINS_FROM_MS = 300_000;

/** How long the restoration of a node is tried after the deadline; the sweep restores what is left (contract 1.7). */
const RESTORE_SECONDS = 600;

export class VoluntaryRetirement extends Retirement {
  protected readonly forces = false;
  /** Nothing presses: targets have their own time, whatever ours is. */
  protected readonly settlesBy = Infinity;
  readonly #release: VoluntaryRelease;
  readonly #hook: Hook | undefined;
  /** Ids of the pools that sent requests to the node when it began. */
  #pools: readonly string[] = [];
  /** The instance is on its way out: nothing of it is restored any more. */
  #terminated = false;

  constructor(
    order: Order & { readonly hook?: Hook },
    { release }: Pick<Extract<Ending, { kind: 'voluntary' }>, 'release'>,
  ) {
    super(order);
    this.#release = release;
    this.#hook = order.hook;
  }

  /** As long as pods would have a few minutes still: nothing is ever forced, but what is begun is to end (contract 5.4). */
  protected get slotBy(): number {
    const { startedAt } = this.order.course;
    const { deadline } = this.holder;
    return Math.max(forcePoint(Infinity, { startedAt, deadline }), deadline - DRAINS_FROM_MS);
  }

  /** Its load balancers can spare it (contract 7.1). */
  protected async mayBegin(node: string): Promise<void> {
    if (!this.order.cluster.withdraw.enabled) return;
    const end = await this.holder.through(targetAllowanceStage(this.order, node));
    if (end.kind === 'late') throw new Stopped('restored', `it could not be spared: ${end.waitingFor.join(', ')}`);
    this.#pools = valueOf(end).pools;
  }

  /** So they can beside all others that have begun meanwhile. One that gives way may be tried again at once. */
  protected async mayStay(node: string): Promise<void> {
    if (this.#pools.length === 0) return;
    const end = await this.holder.through(giveWayStage(this.order, { node, pools: this.#pools }));
    if (end.kind === 'late') throw new Stopped('restored', `it could not be spared: ${end.waitingFor.join(', ')}`);
    const { givesWay, ...others } = valueOf(end);
    this.unlessOthersWish(others);
    if (givesWay === undefined) return;
    throw new Stopped('restored', `others go before it: ${givesWay.join(', ')}`, { rests: false });
  }

  protected heldBack(waitingFor: readonly string[]): never {
    throw new Stopped('restored', `it was held back: ${waitingFor.join(', ')}`);
  }

  /** No pod wants to stay: such a node is skipped (contract 4.1). */
  protected async mayDrain(node: string): Promise<void> {
    const { kept } = valueOf(await this.holder.through(surveyStage(this.order, node)));
    if (kept.length > 0) throw new Stopped('restored', `it has pods that are not to be evicted: ${kept.join(', ')}`);
  }

  protected timeUp(_order: DrainOrder, { waitingFor }: LateDrain): Promise<DrainEnd> {
    throw new Stopped('restored', `at its deadline it was left with ${waitingFor.join(', ')}`);
  }

  protected async release(emptied: Result): Promise<Result> {
    if (emptied === 'never joined') throw new Stopped('stopped', 'the instance has no node');
    if (emptied === 'dead node') throw new Stopped('restored', 'the node died while it was drained');
    const come = this.#release === 'leave' ? ({ leftDrained: true } as const) : ({ completesHook: true } as const);
    const ownership = valueOf(await this.holder.through(progressStage(this.order, come, this.names?.leftOver)));
    if (ownership === 'superseded') throw new Stopped('superseded', 'the node is in its charge no more');
    if (ownership === 'unasked') throw unasked();
    await (this.#release === 'leave' ? this.tell(instanceLeft(this.holder.subject)) : this.#terminate());
    return emptied;
  }

  protected async giveUp({ result, rests }: Stopped): Promise<void> {
    if (this.names === undefined || this.#terminated || (result !== 'restored' && result !== 'failed')) return;
    const { node, leftOver } = this.names;
    const coolDown = rests === undefined ? undefined : await this.#restFrom(rests);
    const until = this.holder.deadline + RESTORE_SECONDS * 1000;
    await this.holder.through({ ...registerStage(this.order, node), until });
    await this.holder.through({ ...restoreStage(this.order, { node, ...(coolDown && { coolDown }) }), until });
    for (const name of leftOver) await this.holder.through({ ...restoreStage(this.order, { node: name }), until });
  }

  /** By the clock, so it is kept. */
  #restFrom(reason: string): Promise<CoolDown> {
    const { cluster, ports } = this.order;
    return ports.run.step('rest', () =>
      Promise.resolve({ until: Date.now() + cluster.tainted.retryAfterSeconds * 1000, reason }),
    );
  }

  async #terminate(): Promise<void> {
    const { notice, ports } = this.order;
    const { refused } = await ports.run.step('terminate', async () => {
      try {
        await ports.lifecycle.terminate(notice.instance);
      } catch (error) {
        if (isLasting(error)) return { refused: String(error) };
        throw error;
      }
      ports.journal.report(instanceTerminated(this.holder.subject));
      return {};
    });
    // It would be drained again and again, and never go.
    if (refused !== undefined) {
      throw new Stopped('failed', `it is drained, and its group does not terminate it: ${refused}`);
    }
    this.#terminated = true;
    if (this.#hook !== undefined) await this.#passHook(this.#hook);
  }

  async #passHook(hook: Hook): Promise<void> {
    const end = await this.holder.through(passHookStage(this.order, hook));
    if (end.kind === 'done' && end.value !== 'gone') {
      await this.tell(hookCompleted(this.holder.subject, { outcome: end.value }));
    }
    // Where it has only not reached the hook yet, the hook's own event, the sweep or its timeout sees to the rest.
    if (end.kind !== 'late' || phaseOf(end.memory) !== 'in service') return;
    this.#terminated = false;
    throw new Stopped('failed', `it is drained, and its group has not let it go: it is ${end.memory}`);
  }
}
