/**
 * The retirement of one node: verify, find, isolate, drain, detach, release. It reads as that sentence; what a stage does
 * stands in retirement-stages.ts, how stages are kept alive over hours in hold-hook.ts.
 */
import { hookDeadline } from '../core/deadline.ts';
import {
  hookCompleted,
  noticeIgnored,
  noticeRefused,
  noticeReleased,
  retirementFinished,
  retirementStarted,
  type Result,
  type Subject,
} from '../core/domain-event.ts';
import { heartbeatInterval } from '../core/heartbeat.ts';
import { executionName, type Notice } from '../core/notice.ts';
import { drainStage, type Drained } from './drain-stage.ts';
import { HookHolder, type HeldHook, type StageEnd } from './hold-hook.ts';
import type { Clusters, DurableRun, Instances, Journal, LifecycleAction } from './ports.ts';
import { detachStage, findStage, isolateStage, secondsSince, type Retiree } from './retirement-stages.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

export interface RetirementPorts extends VerificationPorts {
  readonly instances: Instances;
  readonly clusters: Clusters;
  readonly journal: Journal;
  readonly run: DurableRun;
}

/** What a retirement came to. */
export interface Retired {
  readonly result: Result | 'ignored';
  readonly reason?: string;
}

/** The hook was left to its default result, for a reason that a person must look at (contract 6.3). */
export class RetirementFailed extends Error {
  override readonly name = 'RetirementFailed';
}

/**
 * Retires the node that the notice is about.
 *
 * @throws RetirementFailed when the instance had to be left to the hook's default result: an alarm
 */
export async function retireNode(notice: Notice, ports: RetirementPorts): Promise<Retired> {
  const verified = await ports.run.step('verify', () => verifyAndStart(notice, ports));
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      return { result: 'ignored', reason: verified.reason };
    case 'release':
      return await ports.run.step('complete', () => releaseUndrained(verified, ports));
    case 'retire':
      return await new Retirement({ notice, ports, ...verified }).carryOut();
  }
}

type Held = Extract<Verification, { kind: 'retire' }> & { readonly held: HeldHook };

async function verifyAndStart(
  notice: Notice,
  ports: RetirementPorts,
): Promise<Exclude<Verification, { kind: 'retire' }> | Held> {
  const verified = await verifyNotice(notice, ports);
  const { instance } = notice;
  if (verified.kind === 'ignore') {
    const { reason, stale } = verified;
    ports.journal.report(noticeIgnored({ reason, instance, ...(stale && { stale }) }));
  }
  if (verified.kind === 'refuse') ports.journal.report(noticeRefused({ reason: verified.reason, instance }));
  if (verified.kind !== 'retire') return verified;
  const held = heldHook(notice, verified);
  ports.journal.report(retirementStarted(held.subject, { kind: notice.kind, deadline: held.deadline }));
  return { ...verified, held };
}

/** Within a step, because it draws the jitter of the first heartbeat. */
function heldHook(notice: Notice, { action, hook, cluster }: Omit<Held, 'held'>): HeldHook {
  const { instance } = notice;
  const subject: Subject = { execution: executionName(notice), cluster: cluster.name, group: action.group, instance };
  const group = cluster.groups.find(({ name }) => name === action.group);
  const drainTimeoutSeconds = group?.drainTimeoutSeconds ?? cluster.drain.timeoutSeconds;
  return {
    subject,
    action,
    hook,
    deadline: hookDeadline(notice.at, { globalTimeoutSeconds: hook.globalTimeoutSeconds, drainTimeoutSeconds }),
    heartbeatAt: notice.at + heartbeatInterval(hook.timeoutSeconds, Math.random()),
  };
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

class Retirement {
  readonly #retiree: Retiree & { readonly ports: RetirementPorts };
  readonly #holder: HookHolder;

  constructor(retiree: Retiree & { readonly ports: RetirementPorts }) {
    this.#retiree = retiree;
    this.#holder = new HookHolder(retiree.held, retiree.ports);
  }

  async carryOut(): Promise<Retired> {
    try {
      const result = await this.#retire();
      await this.#complete();
      return await this.#finish({ result });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      const ended = await this.#finish({ result: error.result, reason: error.message });
      if (ended.result === 'failed') throw new RetirementFailed(error.message);
      return ended;
    }
  }

  async #retire(): Promise<Result> {
    const { node } = valueOf(await this.#holder.through(findStage(this.#retiree)));
    if (node === undefined) return 'never joined';
    this.#holder.names(node);
    const { isolatedAt } = valueOf(await this.#holder.through(isolateStage(this.#retiree, node)));
    if (isolatedAt === undefined) return 'drained';
    const { memory, sparedVolumes, ended } = await this.#drain(node, isolatedAt);
    // Nothing detaches volumes from a machine that does not answer, and another machine's are not ours.
    if (ended === 'dead node') return ended;
    if (ended !== 'replaced') await this.#detach(node, sparedVolumes);
    return memory.forced > 0 || ended === 'late' ? 'forced' : 'drained';
  }

  /** Until every pod has gone, or the deadline: what is left then goes with the instance. */
  async #drain(node: string, isolatedAt: number): Promise<Drained> {
    const end = await this.#holder.through(drainStage(this.#retiree, { node, isolatedAt }));
    if (end.kind === 'late' && !end.away) return { memory: end.memory.drain, sparedVolumes: [], ended: 'late' };
    return valueOf(end);
  }

  /** Volumes that are late are left behind; they hold nobody up for longer. */
  async #detach(node: string, spared: readonly string[]): Promise<void> {
    const { cluster, held, ports } = this.#retiree;
    const until = await ports.run.step('detach-until', () =>
      Promise.resolve(Math.min(Date.now() + cluster.drain.detachTimeoutSeconds * 1000, held.deadline)),
    );
    const end = await this.#holder.through(detachStage(this.#retiree, { node, spared, until }));
    if (end.kind !== 'late') valueOf(end);
  }

  async #complete(): Promise<void> {
    const { held, ports } = this.#retiree;
    await ports.run.step('complete', async () => {
      const outcome = await ports.lifecycle.complete(held.action);
      ports.journal.report(hookCompleted(this.#holder.subject, { outcome }));
      return outcome;
    });
  }

  #finish(ended: { result: Result; reason?: string }): Promise<Retired> {
    const { notice, ports } = this.#retiree;
    return ports.run.step('finish', () => {
      ports.journal.report(retirementFinished(this.#holder.subject, { ...ended, seconds: secondsSince(notice) }));
      return Promise.resolve(ended);
    });
  }
}

/** @throws Stopped when the stage did not get that far */
function valueOf<Value>(end: StageEnd<Value, unknown>): Value {
  switch (end.kind) {
    case 'done':
      return end.value;
    case 'hook over':
      throw new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
    case 'late':
      throw new Stopped('failed', `time was up while it waited for ${end.waitingFor.join(', ')}`);
    case 'refused':
      throw new Stopped('failed', end.reason);
  }
}
