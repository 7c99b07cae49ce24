/**
 * The retirement of one node: verify, find, isolate, drain, detach, release. It reads as that sentence; how its stages
 * are kept alive over hours is hold-hook's, what one pass of each does the stage's own.
 */
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { hookDeadline } from '../core/deadline.ts';
import {
  hookCompleted,
  nodeDrained,
  nodeMissing,
  noticeIgnored,
  noticeRefused,
  noticeReleased,
  retirementFinished,
  retirementStarted,
  volumesDetached,
  volumesKept,
  type Result,
  type Subject,
} from '../core/domain-event.ts';
import type { DrainTerms } from '../core/pacing.ts';
import { heartbeatInterval } from '../core/heartbeat.ts';
import { executionName, type Notice } from '../core/notice.ts';
import { detachPass } from './detach-volumes.ts';
import { drainPass, NOTHING_DRAINED, type DrainMemory } from './drain-node.ts';
import { findNode, isolateNode } from './find-node.ts';
import { HookHolder, type HeldHook, type Stage, type StageEnd } from './hold-hook.ts';
import type { Cluster, Clusters, DurableRun, Instances, Journal, LifecycleAction } from './ports.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

export interface RetirementPorts extends VerificationPorts {
  readonly instances: Instances;
  readonly clusters: Clusters;
  readonly journal: Journal;
  readonly run: DurableRun;
}

export interface Retired {
  readonly result: Result | 'ignored';
  readonly reason?: string;
}

/** A node that has not appeared after these tries never joined (contract 2.2). */
const FIND_TRIES = 3;
const FIND_PAUSE_SECONDS = 15;

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
      return await new Retirement(notice, verified, ports).carryOut();
  }
}

type Started =
  Exclude<Verification, { kind: 'retire' }> | (Extract<Verification, { kind: 'retire' }> & { held: HeldHook });

async function verifyAndStart(notice: Notice, ports: RetirementPorts): Promise<Started> {
  const verified = await verifyNotice(notice, ports);
  const { instance } = notice;
  if (verified.kind === 'ignore') ports.journal.report(noticeIgnored({ reason: verified.reason, instance }));
  if (verified.kind === 'refuse') ports.journal.report(noticeRefused({ reason: verified.reason, instance }));
  if (verified.kind !== 'retire') return verified;
  const { action, hook, cluster } = verified;
  const subject: Subject = {
    execution: executionName(notice),
    cluster: cluster.name,
    group: action.group,
    instance,
  };
  const drainTimeoutSeconds =
    cluster.groups.find(({ name }) => name === action.group)?.drainTimeoutSeconds ?? cluster.drain.timeoutSeconds;
  const deadline = hookDeadline(notice.at, { globalTimeoutSeconds: hook.globalTimeoutSeconds, drainTimeoutSeconds });
  ports.journal.report(retirementStarted(subject, { kind: notice.kind, deadline }));
  const heartbeatAt = notice.at + heartbeatInterval(hook.timeoutSeconds, Math.random());
  return { ...verified, held: { subject, action, hook, heartbeatAt, deadline } };
}

async function releaseUndrained(
  { action, reason }: { action: LifecycleAction; reason: string },
  { lifecycle, journal }: RetirementPorts,
): Promise<Retired> {
  const outcome = await lifecycle.complete(action);
  journal.report(noticeReleased({ reason, instance: action.instance, group: action.group, outcome }));
  return { result: 'stopped', reason };
}

/** Ends a retirement before its time: the reason why, and what it came to. */
class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly result: Result;

  constructor(result: Result, reason: string) {
    super(reason);
    this.result = result;
  }
}

/** The hook was left to its default result, for a reason that a person must look at (contract 6.3). */
export class RetirementFailed extends Error {
  override readonly name = 'RetirementFailed';
}

class Retirement {
  readonly #notice: Notice;
  readonly #settings: ClusterSettings;
  readonly #held: HeldHook;
  readonly #ports: RetirementPorts;
  readonly #holder: HookHolder;
  readonly #terms: DrainTerms;

  constructor(notice: Notice, { cluster, held }: { cluster: ClusterSettings; held: HeldHook }, ports: RetirementPorts) {
    this.#notice = notice;
    this.#settings = cluster;
    this.#held = held;
    this.#ports = ports;
    this.#holder = new HookHolder(held, ports);
    this.#terms = drainTerms(cluster, { startedAt: notice.at, deadline: held.deadline });
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
    const node = await this.#find();
    if (node === undefined) return 'never joined';
    this.#holder.names(node);
    if ((await this.#isolate(node)) === 'gone') return 'drained';
    const drained = await this.#drain(node);
    await this.#detach(node, drained.sparedVolumes);
    return drained.memory.forced > 0 || drained.left.length > 0 ? 'forced' : 'drained';
  }

  async #find(): Promise<string | undefined> {
    const found = await this.#through<{ node?: string }, { tries: number }>({
      name: 'find-node',
      memory: { tries: 0 },
      pauseSeconds: FIND_PAUSE_SECONDS,
      pass: async ({ tries }, _watchUntil, subject) => {
        const cluster = await this.#cluster();
        const node = await findNode(this.#notice.instance, { cluster, instances: this.#ports.instances });
        if (node !== undefined) return { state: 'done', value: { node } };
        if (tries + 1 < FIND_TRIES) {
          return { state: 'waiting', memory: { tries: tries + 1 }, waitingFor: ['the node to appear'] };
        }
        this.#ports.journal.report(nodeMissing(subject));
        return { state: 'done', value: {} };
      },
    });
    return found.kind === 'done' ? found.value.node : this.#stop(found);
  }

  async #isolate(node: string): Promise<'isolated' | 'gone'> {
    const { execution } = this.#held.subject;
    const isolated = await this.#through<'isolated' | 'gone', null>({
      name: 'isolate',
      memory: null,
      pass: async (_memory, _watchUntil, subject) => {
        const takeover = { execution, kind: this.#notice.kind, now: Date.now(), deadline: this.#held.deadline };
        const cluster = await this.#cluster();
        const value = await isolateNode(
          { subject, node, takeover, taint: this.#settings.taint },
          { ...this.#ports, cluster },
        );
        return { state: 'done', value };
      },
    });
    return isolated.kind === 'done' ? isolated.value : this.#stop(isolated);
  }

  /** Until every pod has gone, or the deadline: whatever is left then goes with the instance. */
  async #drain(
    node: string,
  ): Promise<{ memory: DrainMemory; sparedVolumes: readonly string[]; left: readonly string[] }> {
    const drained = await this.#through<{ memory: DrainMemory; sparedVolumes: readonly string[] }, DrainMemory>({
      name: 'drain',
      memory: NOTHING_DRAINED,
      pass: async (memory, watchUntil, subject) => {
        const cluster = await this.#cluster();
        const drain = { subject, node, terms: this.#terms };
        const pass = await drainPass(drain, { memory, watchUntil }, { cluster, journal: this.#ports.journal });
        if (pass.state === 'waiting') {
          const waitingFor = Object.values(pass.memory.remaining);
          return { state: 'waiting', memory: pass.memory, waitingFor, ...(pass.wakeAt && { wakeAt: pass.wakeAt }) };
        }
        const { evicted: pods, forced } = pass.memory;
        this.#ports.journal.report(nodeDrained(subject, { pods, forced, seconds: this.#seconds() }));
        return { state: 'done', value: { memory: pass.memory, sparedVolumes: pass.sparedVolumes } };
      },
    });
    if (drained.kind === 'done') return { ...drained.value, left: [] };
    if (drained.kind === 'late' && !drained.away) return { ...drained, sparedVolumes: [], left: drained.waitingFor };
    return this.#stop(drained);
  }

  async #detach(node: string, spared: readonly string[]): Promise<void> {
    const { detachTimeoutSeconds } = this.#settings.drain;
    const until = await this.#ports.run.step('detach-until', () =>
      Promise.resolve(Math.min(Date.now() + detachTimeoutSeconds * 1000, this.#held.deadline)),
    );
    const detached = await this.#through<null, null>({
      name: 'detach',
      memory: null,
      until,
      pass: async (memory, watchUntil, subject) => {
        const pass = await detachPass({ node, spared, watchUntil }, await this.#cluster());
        if (pass.state === 'detached') {
          this.#ports.journal.report(volumesDetached(subject, { seconds: this.#seconds() }));
          return { state: 'done', value: null };
        }
        if (Date.now() >= until) this.#ports.journal.report(volumesKept(subject, { volumes: pass.volumes }));
        return { state: 'waiting', memory, waitingFor: pass.volumes };
      },
    });
    if (detached.kind === 'hook over' || detached.kind === 'refused') this.#stop(detached);
  }

  async #complete(): Promise<void> {
    await this.#ports.run.step('complete', async () => {
      const outcome = await this.#ports.lifecycle.complete(this.#held.action);
      this.#ports.journal.report(hookCompleted(this.#holder.subject, { outcome }));
      return outcome;
    });
  }

  #finish(ended: { result: Result; reason?: string }): Promise<Retired> {
    return this.#ports.run.step('finish', () => {
      this.#ports.journal.report(retirementFinished(this.#holder.subject, { ...ended, seconds: this.#seconds() }));
      return Promise.resolve(ended);
    });
  }

  #through<Value, Memory>(stage: Stage<Value, Memory>): Promise<StageEnd<Value, Memory>> {
    return this.#holder.through(stage);
  }

  #stop(end: Exclude<StageEnd<unknown, unknown>, { kind: 'done' }>): never {
    switch (end.kind) {
      case 'hook over':
        throw new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
      case 'late':
        throw new Stopped('failed', `time was up while it waited for ${end.waitingFor.join(', ')}`);
      case 'refused':
        throw new Stopped('failed', end.reason);
    }
  }

  #cluster(): Promise<Cluster> {
    return this.#ports.clusters.open(this.#settings.name);
  }

  #seconds(): number {
    return Math.round((Date.now() - this.#notice.at) / 100) / 10;
  }
}

function drainTerms({ drain, taint }: ClusterSettings, span: { startedAt: number; deadline: number }): DrainTerms {
  return {
    // The instance goes whatever we do, so a pod that nobody will make again is evicted, with a warning (contract 4.1).
    policy: { ...drain, taintKey: taint.key, blockUncontrolled: false },
    impliedBudget: drain.impliedBudget,
    ...(drain.gracePeriodSeconds !== undefined && { gracePeriodSeconds: drain.gracePeriodSeconds }),
    maxInFlight: drain.maxEvictionsInFlight,
    pauseMs: drain.pauseBetweenEvictionsSeconds * 1000,
    forces: true,
    ...span,
  };
}
