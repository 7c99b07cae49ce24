/**
 * What happens at the deadline of an instance that a lifecycle hook holds, when pods are left on its node (contract 5.3):
 *
 * - `force` and `wait`: the drain ends, and the hook is completed;
 * - `retain`: the hook is abandoned, so that the group keeps the instance, and the node is drained on. If the group no longer
 *   retains, the rest is forced.
 */
import { lastForceDeadline, retainedDeadline } from '../../core/drain/deadline-times.ts';
import { instanceRetained, podsLeft, retentionMissing } from '../../core/events/retirement-events.ts';
import type { DrainMemory } from '../drain/drain-memory.ts';
import { drainNodesStage, remainingOn } from '../drain/drain-nodes.ts';
import type { DrainOrder } from '../drain/drain-stage.ts';
import type { Ending } from '../beginning/beginning.ts';
import { drainedOrStop, type DrainEnd, type LateDrain } from './clear-node.ts';
import { tell, type Retirement } from './retirement.ts';
import { overMeanwhile, stoppedAt, Stopped } from './stopped.ts';

export type HookEnding = Extract<Ending, { kind: 'hook' }>;

export interface HookedRetirement extends Retirement {
  readonly ending: HookEnding;
  /** The hook is over and the group has kept the instance: it is ours to terminate. */
  isRetained: boolean;
}

/** @throws Stopped */
export async function endAtDeadline(
  retirement: HookedRetirement,
  order: DrainOrder,
  end: LateDrain,
): Promise<DrainEnd> {
  const { atDeadline } = retirement.ending;
  const { drain: before } = end.memory;
  if (atDeadline === 'retain') return await drainOn(retirement, { ...order, before }, end.waitingFor);
  // Nobody could look at the node at the end: what is left on it is not known.
  if (end.away) throw stoppedAt(end);
  await tell(retirement, podsLeft(retirement.runner.subject, { pods: remainingOn(end.memory) }));
  return { ended: 'late', result: atDeadline === 'wait' ? 'waited' : 'forced' };
}

/**
 * Drains on past the deadline of a group that retains: without its hook, or in what is left of it (contract 5.3).
 *
 * @param pods names of those that are left
 */
async function drainOn(
  retirement: HookedRetirement,
  order: DrainOrder & { before: DrainMemory },
  pods: readonly string[],
): Promise<DrainEnd> {
  const { runner } = retirement;
  const until = retainedDeadline(order);
  const isRetained = await abandon(retirement, pods, until);
  retirement.isRetained = isRetained;
  const deadline = isRetained ? until : lastForceDeadline(order.deadline);
  runner.mustEndBy(deadline);
  if (isRetained) runner.letGo();
  const { leftOver = [] } = retirement.names ?? {};
  const drainingOn = { ...order, leftOver, deadline, forces: !isRetained };
  const end = await runner.run(drainNodesStage(retirement.order, drainingOn));
  if (end.kind !== 'late') return drainedOrStop(end);
  if (isRetained) throw new Stopped('failed', stillRetained(retirement.order.notice.instance, end.waitingFor));
  await tell(retirement, podsLeft(runner.subject, { pods: remainingOn(end.memory) }));
  return { ended: 'late', result: 'forced' };
}

/** @returns whether the group has kept the instance @throws Stopped when the hook has ended meanwhile */
async function abandon(retirement: HookedRetirement, pods: readonly string[], until: number): Promise<boolean> {
  const { run } = retirement.order.ports;
  const abandoned = await run.step('abandon', () => abandonHook(retirement, pods, until));
  if (abandoned === 'over') throw overMeanwhile();
  return abandoned === 'retained';
}

/** The policy is read right before, because ABANDON without it terminates and ends every other hook. */
async function abandonHook(
  { order, runner, ending }: HookedRetirement,
  pods: readonly string[],
  until: number,
): Promise<'retained' | 'over' | 'not retained'> {
  const { lifecycle, journal } = order.ports;
  const { subject } = runner;
  const { action } = ending.hold;
  const isRetained = (await lifecycle.membership(action.instance))?.state === RETAINED;
  if (!isRetained) {
    if (!(await lifecycle.retains(action.group))) {
      journal.report(retentionMissing(subject));
      return 'not retained';
    }
    if ((await lifecycle.abandon(action)) === 'over') return 'over';
  }
  journal.report(instanceRetained(subject, { pods, until }));
  return 'retained';
}

/** The lifecycle state of an instance that its group has kept (contract 5.3). */
const RETAINED = 'Terminating:Retained';

function stillRetained(instance: string, pods: readonly string[]): string {
  return (
    `${instance} is retained, runs and is billed, and still has ${pods.join(', ')}: empty it, then ` +
    `aws autoscaling terminate-instance-in-auto-scaling-group --instance-id ${instance} --no-should-decrement-desired-capacity`
  );
}
