/**
 * The retirement of an instance of which AWS has warned, and that goes whatever we do (contract 1.2): a Spot instance, one
 * whose reservation ends, one that AWS stops, retires or reboots, or one that stops by itself. No hook holds it. When the
 * event of a hook follows, that retirement takes the node over and completes it (contract 1.6).
 */
import { forcePoint } from '../../core/drain/deadline-times.ts';
import { KINDS } from '../../core/notice/kinds.ts';
import { podsLeft, type Result } from '../../core/events/retirement-events.ts';
import { remainingOn } from '../drain/drain-nodes.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import { drainDetachAndSettle, withdraw } from '../retirement/clear-node.ts';
import {
  createRetirement,
  findNodes,
  finish,
  finishStopped,
  isolate,
  tell,
  waitForSlot,
  type IsolatedNodes,
  type Order,
  type Retired,
  type Retirement,
} from '../retirement/retirement.ts';
import { letGo } from '../retirement/voluntary-end.ts';
import type { WarnedEnding } from '../beginning/warning.ts';
import { bootIdOf, restoreWhenReady } from './restore-when-ready.ts';

/** @throws RetirementFailed */
export async function retireWarned(order: Order & { readonly hook?: Hook }, ending: WarnedEnding): Promise<Retired> {
  const retirement = createRetirement(order);
  try {
    const names = await findNodes(retirement);
    if (names === undefined) return await finish(retirement, { result: 'never joined' });
    const bootId = ending.returns ? await bootIdOf(retirement, names.node) : undefined;
    const isolated = await isolate(retirement, names);
    const result = isolated === undefined ? 'drained' : await empty(retirement, isolated);
    if (ending.release === 'terminate') await letGo(retirement, 'terminate', order.hook);
    if (ending.returns)
      await restoreWhenReady(retirement, { bootId, why: 'its reboot', from: retirement.runner.deadline });
    return await finish(retirement, { result });
  } catch (error) {
    return await finishStopped(retirement, error);
  }
}

/** Empties the node as far as its time allows. @throws Stopped */
async function empty(retirement: Retirement, isolated: IsolatedNodes): Promise<Result> {
  const { order, runner } = retirement;
  if (KINDS[order.notice.kind].slot) await waitForSlot(retirement, isolated, slotUntil(retirement));
  const withdrawing = await withdraw(retirement, isolated.node);
  return await drainDetachAndSettle(retirement, isolated, {
    withdrawing,
    // A warning leaves minutes: no guest of a compute host could be migrated in them.
    keepsCompute: false,
    forces: true,
    settlesBy: () => runner.deadline,
    timeUp: async (_order, end) => {
      // Who could not be saved.
      await tell(retirement, podsLeft(runner.subject, { pods: remainingOn(end.memory) }));
      return { ended: 'late', result: 'forced' };
    },
  });
}

/** Half-way to the deadline: holding back for longer would leave the pods no time. */
function slotUntil({ order, runner }: Retirement): number {
  return forcePoint(Infinity, { startedAt: order.course.startedAt, deadline: runner.deadline });
}
