/**
 * The retirement of an instance that a lifecycle hook holds, and that goes whatever we do: at the deadline the group's
 * policy decides (contract 5.3), and at the end the hook is completed (contract 6).
 */
import type { DeadlinePolicy } from '../../core/settings/cluster-settings.ts';
import { forcePoint, lastForceDeadline, retainedDeadline } from '../../core/drain/deadline.ts';
import {
  hookCompleted,
  instanceRetained,
  instanceTerminated,
  podsLeft,
  retentionMissing,
  type Result,
} from '../../core/events/retirement-events.ts';
import type { Ending } from './begin-retirement.ts';
import type { DrainMemory } from '../drain/drain-memory.ts';
import { drainNodesStage, remainingOn } from '../drain/drain-nodes.ts';
import type { DrainOrder } from '../drain/drain-stage.ts';
import type { LifecycleAction } from '../ports/auto-scaling.ts';
import { Retirement, type DrainEnd, type LateDrain, type Order } from './retirement.ts';
import { overMeanwhile, Stopped, valueOf } from './retirement-end.ts';

export class HookRetirement extends Retirement {
  readonly #atDeadline: DeadlinePolicy;
  readonly #action: LifecycleAction;
  /** The hook is over and the group has kept the instance: it is ours to terminate. */
  #retained = false;

  constructor(order: Order, { atDeadline, hold }: Extract<Ending, { kind: 'hook' }>) {
    super(order);
    this.#atDeadline = atDeadline;
    this.#action = hold.action;
  }

  /** From half-way to the deadline pods may have to be forced, and holding back would leave them no time. */
  protected get slotBy(): number {
    const { startedAt } = this.order.course;
    return forcePoint(Infinity, { startedAt, deadline: this.holder.deadline });
  }

  protected get settlesBy(): number {
    return this.holder.deadline;
  }

  protected get forces(): boolean {
    return this.#atDeadline === 'force';
  }

  /** It must, whatever there is. */
  protected mayBegin(): Promise<void> {
    return Promise.resolve();
  }

  protected mayStay(): Promise<void> {
    return Promise.resolve();
  }

  /** For as long as it could be: from here on the deadline is what counts. */
  protected heldBack(): void {
    // It drains without a slot.
  }

  protected mayDrain(): Promise<void> {
    return Promise.resolve();
  }

  protected async timeUp(order: DrainOrder, end: LateDrain): Promise<DrainEnd> {
    const { drain: memory } = end.memory;
    if (this.#atDeadline === 'retain') return await this.#drainOn({ ...order, before: memory }, end.waitingFor);
    if (end.away) valueOf(end);
    await this.tell(podsLeft(this.holder.subject, { pods: remainingOn(end.memory) }));
    return { ended: 'late', result: this.#atDeadline === 'wait' ? 'waited' : 'forced' };
  }

  protected async release(emptied: Result): Promise<Result> {
    await (this.#retained ? this.#terminate() : this.#complete());
    if (this.#retained) return 'retained';
    const isCutShort = emptied === 'forced' || emptied === 'waited';
    return this.order.course.late && isCutShort ? 'late' : emptied;
  }

  /** The marks stay, and the hook has its default result (contract 6.3). */
  protected giveUp(): Promise<void> {
    return Promise.resolve();
  }

  /** Past the deadline of a group that retains: without its hook, or in what is left of it (contract 5.3). */
  async #drainOn(order: DrainOrder & { before: DrainMemory }, pods: readonly string[]): Promise<DrainEnd> {
    const until = retainedDeadline(order);
    const abandoned = await this.order.ports.run.step('abandon', () => this.#abandon(pods, until));
    if (abandoned === 'over') throw overMeanwhile();
    this.#retained = abandoned === 'retained';
    const deadline = this.#retained ? until : lastForceDeadline(order.deadline);
    this.holder.mustEndBy(deadline);
    if (this.#retained) this.holder.letGo();
    const { leftOver = [] } = this.names ?? {};
    const drainingOn = { ...order, leftOver, deadline, forces: !this.#retained };
    const end = await this.holder.through(drainNodesStage(this.order, drainingOn));
    if (end.kind !== 'late') return this.drained(end);
    if (this.#retained) throw new Stopped('failed', stillRetained(this.order.notice.instance, end.waitingFor));
    await this.tell(podsLeft(this.holder.subject, { pods: remainingOn(end.memory) }));
    return { ended: 'late', result: 'forced' };
  }

  /** The policy is read right before, because ABANDON without it terminates and ends every other hook. */
  async #abandon(pods: readonly string[], until: number): Promise<'retained' | 'over' | 'not retained'> {
    const { lifecycle, journal } = this.order.ports;
    const { subject } = this.holder;
    const isRetained = async (): Promise<boolean> =>
      (await lifecycle.membership(this.#action.instance))?.state === RETAINED;
    if (!(await isRetained())) {
      if (!(await lifecycle.retains(this.#action.group))) {
        journal.report(retentionMissing(subject));
        return 'not retained';
      }
      if ((await lifecycle.abandon(this.#action)) === 'over') return 'over';
    }
    journal.report(instanceRetained(subject, { pods, until }));
    return 'retained';
  }

  async #complete(): Promise<void> {
    const { lifecycle, journal, run } = this.order.ports;
    await run.step('complete', async () => {
      const outcome = await lifecycle.complete(this.#action);
      journal.report(hookCompleted(this.holder.subject, { outcome }));
      return outcome;
    });
  }

  async #terminate(): Promise<void> {
    const { lifecycle, journal, run } = this.order.ports;
    await run.step('terminate', async () => {
      const outcome = await lifecycle.terminate(this.#action.instance);
      journal.report(instanceTerminated(this.holder.subject));
      return outcome;
    });
  }
}

/** The lifecycle state of an instance that its group has kept (contract 5.3). */
const RETAINED = 'Terminating:Retained';

function stillRetained(instance: string, pods: readonly string[]): string {
  return (
    `${instance} is retained, runs and is billed, and still has ${pods.join(', ')}: empty it, then ` +
    `aws autoscaling terminate-instance-in-auto-scaling-group --instance-id ${instance} --no-should-decrement-desired-capacity`
  );
}
