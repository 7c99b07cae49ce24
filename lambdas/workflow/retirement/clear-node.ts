/**
 * Clears a node that is isolated: out of its load balancers, then its pods, its volumes and its targets. In a hurry the
 * first two go side by side. It is drained again when pods may have come meanwhile: when somebody took its isolation off,
 * or its machine got another node.
 */
import { isVoluntary } from '../../core/notice/notice.ts';
import { targetsLate, type Result } from '../../core/events/retirement-events.ts';
import { hurriedFrom } from '../../core/traffic/withdrawal.ts';
import { drainNodesStage, type NodesMemory } from '../drain/drain-nodes.ts';
import type { Drained, DrainOrder } from '../drain/drain-stage.ts';
import { keepingIsolated, type Isolation } from '../node/keep-isolated.ts';
import type { StageEnd } from '../run/stage.ts';
import type { Withdrawn } from '../traffic/leave-together.ts';
import { settleStage } from '../traffic/settle-targets.ts';
import { NodeWithdrawal } from '../traffic/withdraw-node.ts';
import {
  findNodes,
  isBare,
  isolate,
  stopIfCancelled,
  tell,
  type IsolatedNodes,
  type Retirement,
} from './retirement.ts';
import { doneOrStop } from './stopped.ts';
import { detachStage } from './retirement-stages.ts';

/** What a withdrawal came to; `beside`: there is no time to wait for it, so it goes on beside the drain. */
export type Withdrawing = { readonly withdrawn?: Withdrawn } | { readonly beside: NodeWithdrawal };

/** How a drain ended; `late`: its time was up before the node was empty, and `result` is what that comes to. */
export type DrainEnd = Drained | { readonly ended: 'late'; readonly result: Result };

/** The end of a drain whose time was up. */
export type LateDrain = Extract<StageEnd<Drained, NodesMemory>, { kind: 'late' }>;

/** In what the kinds of retirement differ here. */
export interface ClearingTerms {
  readonly withdrawing: Withdrawing;
  /** Whether its nova-compute pod stays, because guests do (contract 11.4). */
  readonly keepsCompute: boolean;
  /** Whether pods are deleted past their budgets before the deadline (contract 5.3). */
  readonly forces: boolean;
  /** When targets are waited for no longer, however long they may drain, epoch milliseconds. */
  readonly settlesBy: () => number;
  /** The drain's time is up and pods are left. @throws Stopped */
  readonly timeUp: (order: DrainOrder, end: LateDrain) => Promise<DrainEnd>;
}

/** Most drains of a node whose isolation is taken off again and again; then the retirement goes on without it. */
const MOST_DRAINS = 10;

/** One drain of possibly several. */
interface DrainRound {
  readonly nodes: IsolatedNodes;
  /** Which one it is, from 1. */
  readonly drains: number;
  /** What the one before came to. */
  readonly before?: Drained['memory'];
}

/** Waits until the node is out of its load balancers, or until there is no more time to wait for that. @throws Stopped */
export async function withdraw({ order, runner }: Retirement, node: string): Promise<Withdrawing> {
  const { cluster, notice } = order;
  if (!cluster.withdraw.enabled || isBare(order)) return {};
  const { deadline } = runner;
  const withdrawal = new NodeWithdrawal(order, { node, deadline });
  const end = await runner.run(withdrawal.stage(isVoluntary(notice.kind) ? deadline : hurriedFrom(deadline)));
  return end.kind === 'late' ? { beside: withdrawal } : doneOrStop(end);
}

/** Drains, detaches and settles, in that order, until no pods can have come meanwhile. @throws Stopped */
export async function drainDetachAndSettle(
  retirement: Retirement,
  isolated: IsolatedNodes,
  terms: ClearingTerms,
): Promise<Result> {
  let round: DrainRound = { nodes: isolated, drains: 1 };
  for (;;) {
    const end = await drain(retirement, round, terms);
    // Its time is up: nothing is left to wait for volumes and targets in.
    if (end.ended === 'late') return end.result;
    // A machine that does not answer serves nothing, nor are volumes detached from it.
    if (end.ended === 'dead node') return end.ended;
    const again = await detachAndSettle(retirement, round, end, terms);
    if (again === undefined) return end.memory.forced > 0 ? 'forced' : 'drained';
    round = again;
  }
}

/** Until every pod has gone, or the deadline: what is left then is for the way in which the retirement ends. */
async function drain(
  { order, runner }: Retirement,
  { nodes, before }: DrainRound,
  { withdrawing, keepsCompute, forces, timeUp }: ClearingTerms,
): Promise<DrainEnd> {
  const { startedAt } = order.course;
  const { deadline } = runner;
  const drainOrder = {
    ...nodes,
    startedAt,
    deadline,
    forces,
    keepsCompute,
    ...(before && { before, drained: before.evicted }),
  };
  const stage = drainNodesStage(order, drainOrder);
  const end = await runner.run('beside' in withdrawing ? withdrawing.beside.beside(stage, deadline) : stage);
  return end.kind === 'late' ? await timeUp(drainOrder, end) : drainedOrStop(end);
}

/** What a drain that was in time came to. @throws Stopped */
export function drainedOrStop(end: Exclude<StageEnd<Drained, unknown>, { kind: 'late' }>): Drained {
  const drained = doneOrStop(end);
  const { by, ended } = drained;
  stopIfCancelled({ ...(by !== undefined && { by }), ...(ended === 'unasked' && { unasked: true }) });
  return drained;
}

/** Waits for volumes and targets. @returns the round in which the node is to be drained again, if it is */
async function detachAndSettle(
  retirement: Retirement,
  { nodes, drains }: DrainRound,
  { ended, memory, sparedVolumes }: Drained,
  { withdrawing, settlesBy }: ClearingTerms,
): Promise<DrainRound | undefined> {
  const isLast = drains === MOST_DRAINS;
  const again = { nodes, drains: drains + 1, before: memory };
  if (ended === 'renamed' && !isLast) return { ...again, nodes: (await isolateAnew(retirement)) ?? nodes };
  // Another machine's node is not ours to keep isolated, nor are its volumes ours to wait for.
  const isOthers = ended === 'replaced';
  const kept = isLast || isOthers ? [] : isolationsOf(nodes, retirement.runner.deadline);
  if (!isOthers && !(await detach(retirement, { node: nodes.node, spared: sparedVolumes, kept }))) return again;
  const withdrawn = await collectWithdrawn(retirement, withdrawing);
  if (withdrawn === undefined) return undefined;
  return (await settle(retirement, { withdrawn, kept, until: settlesBy() })) ? undefined : again;
}

async function isolateAnew(retirement: Retirement): Promise<IsolatedNodes | undefined> {
  const names = await findNodes(retirement);
  return names && (await isolate(retirement, names));
}

/** @param deadline by when they must be drained, epoch milliseconds */
export function isolationsOf({ node, leftOver, isolatedAt, early }: IsolatedNodes, deadline: number): Isolation[] {
  const of = { isolatedAt, deadline, ...(early && { early }) };
  return [node, ...leftOver].map((name) => ({ ...of, node: name, isLeftOver: name !== node }));
}

/** Volumes that are late are left behind; they hold nobody up for longer. @returns false: to be drained again */
async function detach(
  { order, runner }: Retirement,
  { node, spared, kept }: { node: string; spared: readonly string[]; kept: readonly Isolation[] },
): Promise<boolean> {
  const { cluster, ports } = order;
  const { deadline } = runner;
  const until = await ports.run.step('detach-until', () =>
    Promise.resolve(Math.min(Date.now() + cluster.drain.detachTimeoutSeconds * 1000, deadline)),
  );
  const stage = detachStage(order, { node, spared, until });
  const end = await runner.run(keepingIsolated(stage, kept, order));
  return end.kind === 'late' || !('wasLost' in doneOrStop(end));
}

/** What a withdrawal that went on beside the drain came to, until the deadline. */
async function collectWithdrawn({ runner }: Retirement, withdrawing: Withdrawing): Promise<Withdrawn | undefined> {
  if (!('beside' in withdrawing)) return withdrawing.withdrawn;
  const end = await runner.run(withdrawing.beside.stage(runner.deadline));
  return end.kind === 'late' ? undefined : doneOrStop(end).withdrawn;
}

/** Targets that are late are left to their load balancer; they hold nobody up for longer. @returns as `detach` does */
async function settle(
  retirement: Retirement,
  { withdrawn, kept, until }: { withdrawn: Withdrawn; kept: readonly Isolation[]; until: number },
): Promise<boolean> {
  const { order, runner } = retirement;
  const end = await runner.run(keepingIsolated(settleStage(order, withdrawn, until), kept, order));
  if (end.kind !== 'late') return !('wasLost' in doneOrStop(end));
  const { waitingFor: pools, memory: reason } = end;
  await tell(retirement, targetsLate(runner.subject, { pools, reason }));
  return true;
}
