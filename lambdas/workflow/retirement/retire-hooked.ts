/**
 * The retirement of an instance that a lifecycle hook holds, and that goes whatever we do: at the deadline the group's
 * policy decides (contract 5.3; end-at-deadline.ts), and at the end the hook is completed (contract 6).
 */
import { forcePoint } from '../../core/drain/deadline-times.ts';
import { KINDS } from '../../core/notice/kinds.ts';
import { hookCompleted, instanceTerminated, type Result } from '../../core/events/retirement-events.ts';
import { bootIdOf, restoreWhenReady } from '../interruption/restore-when-ready.ts';
import { drainDetachAndSettle, withdraw } from './clear-node.ts';
import { evacuateNode } from '../openstack/evacuate-node.ts';
import { endAtDeadline, type HookedRetirement, type HookEnding } from './end-at-deadline.ts';
import {
  createRetirement,
  findNodes,
  finish,
  finishStopped,
  isolate,
  waitForSlot,
  type Order,
  type Retired,
} from './retirement.ts';

/** @throws RetirementFailed: the marks stay, and the hook has its default result (contract 6.3) */
export async function retireHooked(order: Order, ending: HookEnding): Promise<Retired> {
  const retirement: HookedRetirement = { ...createRetirement(order), ending, isRetained: false };
  try {
    const emptied = await empty(retirement);
    const comesBack = KINDS[order.notice.kind].restore === 'ready' ? retirement.names : undefined;
    const bootId = comesBack && (await bootIdOf(retirement, comesBack.node));
    const result = await release(retirement, emptied);
    if (comesBack)
      await restoreWhenReady(retirement, { bootId, why: 'its new root volume', from: order.course.deadline });
    return await finish(retirement, { result });
  } catch (error) {
    return await finishStopped(retirement, error);
  }
}

/** Empties the node as far as that can be done. @throws Stopped */
async function empty(retirement: HookedRetirement): Promise<Result> {
  const { runner, ending } = retirement;
  const names = await findNodes(retirement);
  if (names === undefined) return 'never joined';
  const isolated = await isolate(retirement, names);
  if (isolated === undefined) return 'drained';
  // Where none has come free by then, it drains without one.
  if (!isolated.early) await waitForSlot(retirement, isolated, slotUntil(retirement));
  const withdrawing = await withdraw(retirement, names.node);
  const keepsCompute = await evacuateNode(retirement, isolated, slotUntil(retirement));
  return await drainDetachAndSettle(retirement, isolated, {
    withdrawing,
    keepsCompute,
    forces: ending.atDeadline === 'force',
    settlesBy: () => runner.deadline,
    timeUp: (order, end) => endAtDeadline(retirement, order, end),
  });
}

/** Half-way to the deadline: from then on pods may have to be forced, and holding back would leave them no time. */
function slotUntil({ order, runner }: HookedRetirement): number {
  return forcePoint(Infinity, { startedAt: order.course.startedAt, deadline: runner.deadline });
}

/** Lets the instance go. @param emptied what emptying its node came to @returns what it all came to */
async function release(retirement: HookedRetirement, emptied: Result): Promise<Result> {
  if (retirement.isRetained) {
    await terminate(retirement);
    return 'retained';
  }
  await complete(retirement);
  const isCutShort = emptied === 'forced' || emptied === 'waited';
  return retirement.order.course.late && isCutShort ? 'late' : emptied;
}

async function complete({ order, runner, ending }: HookedRetirement): Promise<void> {
  const { lifecycle, journal, run } = order.ports;
  await run.step('complete', async () => {
    const outcome = await lifecycle.complete(ending.hold.action);
    journal.report(hookCompleted(runner.subject, { outcome }));
    return outcome;
  });
}

async function terminate({ order, runner, ending }: HookedRetirement): Promise<void> {
  const { lifecycle, journal, run } = order.ports;
  await run.step('terminate', async () => {
    const outcome = await lifecycle.terminate(ending.hold.action.instance);
    journal.report(instanceTerminated(runner.subject));
    return outcome;
  });
}
