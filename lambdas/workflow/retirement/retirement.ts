/**
 * What both kinds of retirement share: the order that they carry out, their first steps up to the slot, and how they end.
 * The order of all steps stands in retire-hooked.ts and retire-voluntarily.ts; the steps from the slot on are in
 * clear-node.ts. What a stage does is in retirement-stages.ts.
 */
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { retirementFinished, type Result } from '../../core/events/retirement-events.ts';
import { KINDS } from '../../core/notice/kinds.ts';
import { nodeOfBareMachine } from '../../core/kubernetes/node.ts';
import type { BudgetPorts } from '../disruption/ask-budgets.ts';
import type { VerificationPorts } from '../notice/verify-notice.ts';
import { identifying } from '../node/find-node.ts';
import type { ZonalShifts } from '../ports/arc.ts';
import type { Journal } from '../ports/journal.ts';
import type { Clusters } from '../ports/kubernetes.ts';
import type { ReplacementPorts } from '../rotation/replacement-ports.ts';
import type { DurableRun, RetirementHistory, RunningRetirements } from '../ports/lambda.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Clouds } from '../ports/openstack.ts';
import { StageRunner } from '../run/stage-runner.ts';
import { secondsSince, type NodeNames, type Retiree } from './retiree.ts';
import { doneOrStop, Stopped, unasked } from './stopped.ts';
import { findStage, isolateStage, slotStage } from './retirement-stages.ts';
import type { Cancellation } from './slot-contenders.ts';

export interface RetirementPorts extends VerificationPorts, Pick<BudgetPorts, 'budgets'> {
  readonly instances: Instances;
  readonly balancing: LoadBalancing;
  /** For recommendations: nothing voluntary begins while traffic is shifted. */
  readonly zonalShifts: ZonalShifts;
  readonly clusters: Clusters;
  /** For nodes that are compute hosts. */
  readonly clouds: Clouds;
  /** For instances that are replaced before they go. */
  readonly replacing: ReplacementPorts;
  readonly running: Pick<RunningRetirements, 'isRunning' | 'started'>;
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
  /** A retirement has detached the instance from its group before. */
  readonly isDetached?: true;
}

/** A retirement that is carried out. */
export interface Retirement {
  readonly order: Order;
  readonly runner: StageRunner;
  /** Names of the machine's nodes; undefined until they are found. */
  names: NodeNames | undefined;
  /** When its group let the instance go before the drain, epoch milliseconds; undefined while it is in its group. */
  detachedAt: number | undefined;
  /** Name of the compute host that its node is, once its evacuation has begun. */
  evacuatedHost: string | undefined;
}

/** A machine's nodes, and when they were isolated, epoch milliseconds. */
export interface IsolatedNodes extends NodeNames {
  readonly isolatedAt: number;
  /** AWS has warned of the deadline at short notice: no slot is waited for, and pods are forced early (contract 5.3). */
  readonly early?: true;
}

/** Whether the node has no EC2 instance: then what needs AWS is left out (contract 2.1). */
export function isBare({ notice }: Pick<Order, 'notice'>): boolean {
  return nodeOfBareMachine(notice.instance) !== undefined;
}

/** EC2 knows nothing of such a machine, and is not asked. */
const NO_INSTANCES: Pick<Instances, 'identity' | 'machine'> = {
  identity: (instance) => Promise.resolve({ instance, addresses: [] }),
  machine: () => Promise.resolve(undefined),
};

export function createRetirement(order: Order): Retirement {
  const { notice, course, ports } = order;
  const instances = isBare(order) ? { ...ports.instances, ...NO_INSTANCES } : ports.instances;
  const clusters = identifying(ports.clusters, notice.instance, instances);
  return {
    order: { ...order, ports: { ...ports, clusters, instances } },
    runner: new StageRunner(course, ports),
    names: undefined,
    detachedAt: undefined,
    evacuatedHost: undefined,
  };
}

/** Finds the machine's nodes. @returns undefined when the instance never joined */
export async function findNodes(retirement: Retirement): Promise<NodeNames | undefined> {
  const { order, runner } = retirement;
  const { names } = doneOrStop(await runner.run(findStage(order)));
  if (names !== undefined) {
    runner.nameNode(names.node);
    retirement.names = names;
  }
  return names;
}

/** Takes charge of the nodes and isolates them. @returns undefined when the node has gone meanwhile @throws Stopped */
export async function isolate({ order, runner }: Retirement, names: NodeNames): Promise<IsolatedNodes | undefined> {
  const isolated = doneOrStop(await runner.run(isolateStage(order, names)));
  if (isolated.kind === 'joined') throw new Stopped('joined', `${isolated.execution} is in charge of the node`);
  if (isolated.kind === 'gone') return undefined;
  if (isolated.kind === 'unasked') throw unasked();
  if (isolated.kind === 'taken') throw new Stopped('stopped', `${isolated.by} has the node in hand`);
  const { deadline, isolatedAt } = isolated;
  const early = isolated.early ?? KINDS[order.notice.kind].early;
  // What is left of a longer time may be too short to suspend in.
  runner.mustEndBy(deadline, early ? isolatedAt : undefined);
  if (order.course.hold?.renewedOnceIsolated) runner.mustBeatBy(isolatedAt);
  return { ...names, isolatedAt, ...(early && { early }) };
}

/**
 * Waits for a slot (contract 4.10).
 *
 * @param until epoch milliseconds
 * @returns what has held it back until then; undefined when it has a slot
 * @throws Stopped
 */
export async function waitForSlot(
  { order, runner }: Retirement,
  isolated: IsolatedNodes,
  until: number,
): Promise<readonly string[] | undefined> {
  const { deadline } = runner;
  const end = await runner.run(slotStage(order, { ...isolated, deadline, until }));
  if (end.kind === 'late') return end.waitingFor;
  stopIfCancelled(doneOrStop(end));
  return undefined;
}

/** @throws Stopped when the retirement is not to go on */
export function stopIfCancelled({ by, unasked: isUnasked }: Cancellation): void {
  if (by !== undefined) throw new Stopped('superseded', `${by} has taken charge of the node`);
  if (isUnasked) throw unasked();
}

/** Reports an event in a step, so that a replay does not report it again. */
export async function tell({ order }: Retirement, event: DomainEvent): Promise<void> {
  const { journal, run } = order.ports;
  await run.step('tell', () => {
    journal.report(event);
    return Promise.resolve(null);
  });
}

/** The last step of every retirement. */
export function finish(
  { order, runner }: Retirement,
  ended: { readonly result: Result; readonly reason?: string },
): Promise<Retired> {
  const { notice, ports } = order;
  return ports.run.step('finish', () => {
    ports.journal.report(retirementFinished(runner.subject, { ...ended, seconds: secondsSince(notice) }));
    return Promise.resolve(ended);
  });
}

/**
 * The last step of a retirement that was stopped.
 *
 * @throws RetirementFailed when the instance had to be left as it is; any other error but Stopped, as it is
 */
export async function finishStopped(retirement: Retirement, error: unknown): Promise<Retired> {
  if (!(error instanceof Stopped)) throw error;
  const { result, message: reason } = error;
  const ended = await finish(retirement, { result, reason });
  if (ended.result === 'failed') throw new RetirementFailed(reason);
  return ended;
}
