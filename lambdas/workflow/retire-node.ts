/**
 * The retirement of one node: verify, find, isolate, wait for a slot, withdraw, drain, detach, settle, release. It reads
 * as that sentence; what a stage does stands in retirement-stages.ts, withdraw-node.ts and drain-stage.ts, how stages are
 * kept alive over hours in hold-hook.ts.
 */
import type { DeadlinePolicy } from '../core/cluster-settings.ts';
import { lastForceDeadline, retainedDeadline } from '../core/deadline.ts';
import {
  hookCompleted,
  instanceRetained,
  instanceTerminated,
  retentionMissing,
  retirementFinished,
  targetsLate,
  type DomainEvent,
  type Result,
} from '../core/domain-event.ts';
import type { Notice } from '../core/notice.ts';
import { beginRetirement } from './begin-retirement.ts';
import type { DrainMemory } from './drain-record.ts';
import { drainStage, type Drained, type DrainOrder } from './drain-stage.ts';
import { HookHolder, type StageEnd } from './hold-hook.ts';
import type { Clusters, DurableRun, Instances, Journal, LoadBalancing, RunningRetirements } from './ports.ts';
import { detachStage, findStage, isolateStage, secondsSince, slotStage, type Retiree } from './retirement-stages.ts';
import { releaseUndrained } from './turn-away.ts';
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
      await ports.run.step('complete', () => releaseUndrained(beginning, ports).then(() => null));
      return { result: 'stopped', reason: beginning.reason };
    case 'retire':
      return await new Retirement({ notice, ports, ...beginning }).carryOut();
  }
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
    return await this.#clear(node, isolated.isolatedAt);
  }

  /** Takes the node out of its load balancers, its pods off it, and its volumes and targets from it. */
  async #clear(node: string, isolatedAt: number): Promise<Result> {
    const withdrawn = await this.#withdraw(node);
    const { memory, sparedVolumes, ended } = await this.#drain(node, isolatedAt);
    // A machine that does not answer serves nothing, nor are volumes detached from it; another machine's are not ours.
    if (ended === 'dead node') return ended;
    // Its time is up: nothing is left to wait for volumes and targets in.
    if (ended === 'late') return this.#order.atDeadline === 'wait' ? 'waited' : 'forced';
    if (ended !== 'replaced') await this.#detach(node, sparedVolumes);
    if (withdrawn !== undefined) await this.#settle(withdrawn);
    return memory.forced > 0 ? 'forced' : 'drained';
  }

  async #waitForSlot(node: string): Promise<void> {
    const end = await this.#holder.through(slotStage(this.#order, { node, deadline: this.#holder.deadline }));
    // Held back for as long as it could be: from here on the deadline is what counts.
    if (end.kind === 'late') return;
    this.#unlessSuperseded(valueOf(end).by);
  }

  /** Out of its load balancers; undefined when it is in none, or when none of them could be asked. */
  async #withdraw(node: string): Promise<Withdrawn | undefined> {
    if (!this.#order.cluster.withdraw.enabled) return undefined;
    const end = await this.#holder.through(withdrawStage(this.#order, { node, deadline: this.#holder.deadline }));
    return end.kind === 'late' ? undefined : valueOf(end).withdrawn;
  }

  /** Targets that are late are left to their load balancer; they hold nobody up for longer. */
  async #settle(withdrawn: Withdrawn): Promise<void> {
    const { until, ...stage } = settleStage(this.#order, withdrawn);
    const end = await this.#holder.through({ ...stage, until: Math.min(until ?? Infinity, this.#holder.deadline) });
    if (end.kind !== 'late') {
      valueOf(end);
      return;
    }
    const { waitingFor: pools, memory: reason } = end;
    await this.#tell(targetsLate(this.#holder.subject, { pools, reason }));
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

  /** In a step, so that a replay does not say it again. */
  #tell(event: DomainEvent): Promise<null> {
    const { journal, run } = this.#order.ports;
    return run.step('tell', () => {
      journal.report(event);
      return Promise.resolve(null);
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
