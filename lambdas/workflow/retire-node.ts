/**
 * The retirement of one node: verify, find, isolate, wait for a slot, drain, detach, release. It reads as that sentence;
 * what a stage does stands in retirement-stages.ts and drain-stage.ts, how stages are kept alive over hours in
 * hold-hook.ts.
 */
import type { DeadlinePolicy } from '../core/cluster-settings.ts';
import { lastForceDeadline, retainedDeadline } from '../core/deadline.ts';
import {
  hookCompleted,
  instanceRetained,
  instanceTerminated,
  noticeReleased,
  retentionMissing,
  retirementFinished,
  type Result,
} from '../core/domain-event.ts';
import type { Notice } from '../core/notice.ts';
import { beginRetirement } from './begin-retirement.ts';
import type { DrainMemory } from './drain-record.ts';
import { drainStage, type Drained, type DrainOrder } from './drain-stage.ts';
import { HookHolder, type StageEnd } from './hold-hook.ts';
import type { Clusters, DurableRun, Instances, Journal, LifecycleAction, RunningRetirements } from './ports.ts';
import { detachStage, findStage, isolateStage, secondsSince, slotStage, type Retiree } from './retirement-stages.ts';
import type { VerificationPorts } from './verify-notice.ts';

export interface RetirementPorts extends VerificationPorts {
  readonly instances: Instances;
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

/**
 * Retires the node that the notice is about.
 *
 * @throws RetirementFailed when the instance had to be left to the hook's default result, or retained: an alarm
 */
export async function retireNode(notice: Notice, ports: RetirementPorts): Promise<Retired> {
  const beginning = await ports.run.step('verify', () => beginRetirement(notice, ports));
  switch (beginning.kind) {
    case 'ignore':
    case 'refuse':
      return { result: 'ignored', reason: beginning.reason };
    case 'release':
      return await ports.run.step('complete', () => releaseUndrained(beginning, ports));
    case 'retire':
      return await new Retirement({ notice, ports, ...beginning }).carryOut();
  }
}

async function releaseUndrained(
  { action, reason }: { action: LifecycleAction; reason: string },
  { lifecycle, journal }: RetirementPorts,
): Promise<Retired> {
  const outcome = await lifecycle.complete(action);
  journal.report(noticeReleased({ reason, instance: action.instance, group: action.group, outcome }));
  return { result: 'stopped', reason };
}

/** Ends a retirement before its time: what it came to, and why. */
class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly result: Result;

  constructor(result: Result, reason: string) {
    super(reason);
    this.result = result;
  }
}

interface Order extends Retiree {
  readonly atDeadline: DeadlinePolicy;
  readonly ports: RetirementPorts;
}

/** How a drain ended: `result` when its time was up before the node was empty. */
type DrainEnd = Pick<Drained, 'memory' | 'sparedVolumes'> & { readonly ended: Drained['ended'] | 'late' };

class Retirement {
  readonly #order: Order;
  readonly #holder: HookHolder;
  /** The hook is over and the group has kept the instance: it is ours to terminate. */
  #retained = false;

  constructor(order: Order) {
    this.#order = order;
    this.#holder = new HookHolder(order.held, order.ports);
  }

  async carryOut(): Promise<Retired> {
    try {
      const result = await this.#empty();
      await (this.#retained ? this.#terminate() : this.#complete());
      return await this.#finish({ result: this.#retained ? 'retained' : result });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      const ended = await this.#finish({ result: error.result, reason: error.message });
      if (ended.result === 'failed') throw new RetirementFailed(error.message);
      return ended;
    }
  }

  /** Empties the node as far as that can be done. */
  async #empty(): Promise<Result> {
    const { node } = valueOf(await this.#holder.through(findStage(this.#order)));
    if (node === undefined) return 'never joined';
    this.#holder.names(node);
    const isolated = valueOf(await this.#holder.through(isolateStage(this.#order, node)));
    if (isolated.kind === 'joined') throw new Stopped('joined', `${isolated.execution} is in charge of the node`);
    if (isolated.kind === 'gone') return 'drained';
    this.#holder.mustEndBy(isolated.deadline);
    await this.#waitForSlot(node);
    const { memory, sparedVolumes, ended } = await this.#drain(node, isolated.isolatedAt);
    // Nothing detaches volumes from a machine that does not answer, and another machine's are not ours.
    if (ended === 'dead node') return ended;
    if (ended !== 'replaced') await this.#detach(node, sparedVolumes);
    if (ended === 'late' && this.#order.atDeadline === 'wait') return 'waited';
    return memory.forced > 0 || ended === 'late' ? 'forced' : 'drained';
  }

  async #waitForSlot(node: string): Promise<void> {
    const end = await this.#holder.through(slotStage(this.#order, { node, deadline: this.#holder.deadline }));
    // Held back for as long as it could be: from here on the deadline is what counts.
    if (end.kind === 'late') return;
    this.#unlessSuperseded(valueOf(end).by);
  }

  /** Until every pod has gone, or the deadline: what is left then is for the group's policy. */
  async #drain(node: string, isolatedAt: number): Promise<DrainEnd> {
    const { held, atDeadline } = this.#order;
    const { deadline } = this.#holder;
    const order = { node, isolatedAt, startedAt: held.startedAt, deadline, forces: atDeadline === 'force' };
    const end = await this.#holder.through(drainStage(this.#order, order));
    if (end.kind !== 'late') return this.#drained(end);
    const { drain: memory } = end.memory;
    if (atDeadline === 'retain') return await this.#drainOn({ ...order, before: memory }, end.waitingFor);
    if (end.away) valueOf(end);
    return { memory, sparedVolumes: [], ended: 'late' };
  }

  #drained(end: StageEnd<Drained, unknown>): Drained {
    const drained = valueOf(end);
    this.#unlessSuperseded(drained.by);
    return drained;
  }

  /** Past the deadline of a group that retains: without its hook, or in what is left of it (contract 5.3). */
  async #drainOn(order: DrainOrder & { before: DrainMemory }, pods: readonly string[]): Promise<DrainEnd> {
    const until = retainedDeadline(order);
    const abandoned = await this.#order.ports.run.step('abandon', () => this.#abandon(pods, until));
    if (abandoned === 'over') throw overMeanwhile();
    this.#retained = abandoned === 'retained';
    const deadline = this.#retained ? until : lastForceDeadline(order.deadline);
    this.#holder.mustEndBy(deadline);
    if (this.#retained) this.#holder.letGo();
    const end = await this.#holder.through(drainStage(this.#order, { ...order, deadline, forces: !this.#retained }));
    if (end.kind !== 'late') return this.#drained(end);
    if (this.#retained) throw new Stopped('failed', stillRetained(this.#order.notice.instance, end.waitingFor));
    return { memory: end.memory.drain, sparedVolumes: [], ended: 'late' };
  }

  /** The policy is read right before, because ABANDON without it terminates and ends every other hook. */
  async #abandon(pods: readonly string[], until: number): Promise<'retained' | 'over' | 'not retained'> {
    const { held, ports } = this.#order;
    const { subject } = this.#holder;
    const isRetained = async (): Promise<boolean> =>
      (await ports.lifecycle.membership(held.action.instance))?.state === RETAINED;
    if (!(await isRetained())) {
      if (!(await ports.lifecycle.retains(held.action.group))) {
        ports.journal.report(retentionMissing(subject));
        return 'not retained';
      }
      if ((await ports.lifecycle.abandon(held.action)) === 'over') return 'over';
    }
    ports.journal.report(instanceRetained(subject, { pods, until }));
    return 'retained';
  }

  /** Volumes that are late are left behind; they hold nobody up for longer. */
  async #detach(node: string, spared: readonly string[]): Promise<void> {
    const { cluster, ports } = this.#order;
    const { deadline } = this.#holder;
    const until = await ports.run.step('detach-until', () =>
      Promise.resolve(Math.min(Date.now() + cluster.drain.detachTimeoutSeconds * 1000, deadline)),
    );
    const end = await this.#holder.through(detachStage(this.#order, { node, spared, until }));
    if (end.kind !== 'late') valueOf(end);
  }

  async #complete(): Promise<void> {
    const { held, ports } = this.#order;
    await ports.run.step('complete', async () => {
      const outcome = await ports.lifecycle.complete(held.action);
      ports.journal.report(hookCompleted(this.#holder.subject, { outcome }));
      return outcome;
    });
  }

  async #terminate(): Promise<void> {
    const { notice, ports } = this.#order;
    await ports.run.step('terminate', async () => {
      const outcome = await ports.lifecycle.terminate(notice.instance);
      ports.journal.report(instanceTerminated(this.#holder.subject));
      return outcome;
    });
  }

  #unlessSuperseded(by: string | undefined): void {
    if (by !== undefined) throw new Stopped('superseded', `${by} has taken charge of the node`);
  }

  #finish(ended: { result: Result; reason?: string }): Promise<Retired> {
    const { notice, ports } = this.#order;
    return ports.run.step('finish', () => {
      ports.journal.report(retirementFinished(this.#holder.subject, { ...ended, seconds: secondsSince(notice) }));
      return Promise.resolve(ended);
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

function overMeanwhile(): Stopped {
  return new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
}

/** @throws Stopped when the stage did not get that far */
function valueOf<Value>(end: StageEnd<Value, unknown>): Value {
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
