/**
 * The retirement of an instance that nothing but us wants to go (contract 5.4, 8.2): it begins only where nobody is hurt,
 * forces nothing, and what cannot be drained by the deadline is restored and left to cool down. How the instance is let go,
 * and how a node is put back, is in voluntary-end.ts.
 */
import { forcePoint } from '../../core/drain/deadline-times.ts';
import type { Result } from '../../core/events/retirement-events.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import { neighboursIn, type BatchPlace } from '../../core/notice/retirement-terms.ts';
import { turnStage } from '../rotation/await-turn.ts';
import { replaceFirst } from '../rotation/replace-first.ts';
import { giveWayStage, targetAllowanceStage } from '../traffic/target-allowance.ts';
import { holdDrained } from '../interruption/hold-drained.ts';
import { drainDetachAndSettle, withdraw } from './clear-node.ts';
import {
  createRetirement,
  findNodes,
  finish,
  finishStopped,
  isBare,
  isolate,
  stopIfCancelled,
  waitForSlot,
  type IsolatedNodes,
  type Order,
  type Retired,
  type Retirement,
} from './retirement.ts';
import { evacuateNode } from '../openstack/evacuate-node.ts';
import { doneOrStop, Stopped } from './stopped.ts';
import { letGo, putBack, type VoluntaryEnding } from './voluntary-end.ts';
import { surveyStage } from './voluntary-stages.ts';

/** Later than this before its deadline no drain begins. */
const DRAINS_FROM_MS = 300_000;

/** @throws RetirementFailed */
export async function retireVoluntarily(
  order: Order & { readonly hook?: Hook },
  ending: VoluntaryEnding,
): Promise<Retired> {
  const retirement = createRetirement(order);
  try {
    const result = await empty(retirement, ending);
    await letGo(retirement, ending.release, order.hook);
    const { holdSeconds } = ending;
    return await finish(retirement, {
      result: holdSeconds === undefined ? result : await holdDrained(retirement, holdSeconds),
    });
  } catch (error) {
    if (error instanceof Stopped) await putBack(retirement, error);
    return await finishStopped(retirement, error);
  }
}

/** Empties the node. @throws Stopped */
async function empty(retirement: Retirement, { forces, detaches, batch }: VoluntaryEnding): Promise<Result> {
  const names = await findNodes(retirement);
  if (names === undefined) throw new Stopped('stopped', 'the instance has no node');
  const { node, leftOver } = names;
  const pools = await waitForTargetAllowance(retirement, node);
  const isolated = await isolate(retirement, names);
  if (isolated === undefined) return 'drained';
  await giveWay(retirement, node, pools);
  // One that is replaced first costs no capacity until its pods go: it needs its slot only then.
  if (!detaches) await getSlot(retirement, isolated);
  if (!forces) for (const name of [node, ...leftOver]) await stopIfPodsStay(retirement, name);
  const withdrawing = await withdraw(retirement, node);
  // Its group takes it out of its target groups as it lets it go, so the withdrawal comes first (contract 7.1).
  if (detaches) await replaceFirst(retirement, isolated, batch);
  if (batch !== undefined) await waitForTurn(retirement, node, batch);
  if (detaches) await getSlot(retirement, isolated);
  await evacuateNode(retirement, isolated, slotUntil(retirement));
  const emptied = await drainDetachAndSettle(retirement, isolated, {
    withdrawing,
    keepsCompute: false,
    forces,
    // Nothing presses: targets have their own time, whatever ours is.
    settlesBy: () => Infinity,
    timeUp: (_order, { waitingFor }) =>
      Promise.reject(new Stopped('restored', `at its deadline it was left with ${waitingFor.join(', ')}`)),
  });
  if (emptied === 'dead node') throw new Stopped('restored', 'the node died while it was drained');
  return emptied;
}

/**
 * Waits, before the node is touched, until its load balancers can spare it (contract 7.1).
 *
 * @returns ids of the pools that send requests to it
 * @throws Stopped when they cannot
 */
async function waitForTargetAllowance({ order, runner }: Retirement, node: string): Promise<readonly string[]> {
  if (!order.cluster.withdraw.enabled || isBare(order)) return [];
  const end = await runner.run(targetAllowanceStage(order, node));
  if (end.kind === 'late') throw notSpared(end.waitingFor);
  return doneOrStop(end).pools;
}

/**
 * Looks again, isolated, whether they can spare it beside all others that have begun meanwhile. A node that gives way may
 * be tried again at once.
 *
 * @throws Stopped when it gives way
 */
async function giveWay({ order, runner }: Retirement, node: string, pools: readonly string[]): Promise<void> {
  if (pools.length === 0) return;
  const end = await runner.run(giveWayStage(order, { node, pools }));
  if (end.kind === 'late') throw notSpared(end.waitingFor);
  const { givesWay, ...cancellation } = doneOrStop(end);
  stopIfCancelled(cancellation);
  if (givesWay === undefined) return;
  throw new Stopped('restored', `others go before it: ${givesWay.join(', ')}`, { coolsDown: false });
}

function notSpared(waitingFor: readonly string[]): Stopped {
  return new Stopped('restored', `it could not be spared: ${waitingFor.join(', ')}`);
}

/** @throws Stopped when others keep it from draining until there is no more time for it */
async function getSlot(retirement: Retirement, isolated: IsolatedNodes): Promise<void> {
  const heldBackBy = await waitForSlot(retirement, isolated, slotUntil(retirement));
  if (heldBackBy !== undefined) throw new Stopped('restored', `it was held back: ${heldBackBy.join(', ')}`);
}

/** Waits until the nodes before it in its batch are drained (contract 10.2). @throws Stopped */
async function waitForTurn({ order, runner }: Retirement, node: string, batch: BatchPlace): Promise<void> {
  if (neighboursIn(batch, order.notice.instance).before.length === 0) return;
  const end = await runner.run(turnStage(order, { node, place: batch }));
  if (end.kind === 'late') throw new Stopped('restored', `its turn did not come: ${end.waitingFor.join(', ')}`);
  stopIfCancelled(doneOrStop(end));
}

/** As long as pods would have a few minutes still: nothing is ever forced, but what is begun is to end (contract 5.4). */
function slotUntil({ order, runner }: Retirement): number {
  const { startedAt } = order.course;
  const { deadline } = runner;
  return Math.max(forcePoint(Infinity, { startedAt, deadline }), deadline - DRAINS_FROM_MS);
}

/** A node with a pod that wants to stay is skipped, before its first pod is evicted (contract 4.1). @throws Stopped */
async function stopIfPodsStay({ order, runner }: Retirement, node: string): Promise<void> {
  const { kept } = doneOrStop(await runner.run(surveyStage(order, node)));
  if (kept.length === 0) return;
  throw new Stopped('restored', `it has pods that are not to be evicted: ${kept.join(', ')}`, { kept: true });
}
