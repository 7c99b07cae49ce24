/**
 * Holds a drained node for a while, and restores it (contract 1.2): EC2 has recommended to rebalance its instance, and may
 * interrupt it, or not. A warning or a hook that comes meanwhile takes the node over.
 */
import { returnAwaited, type Result } from '../../core/events/retirement-events.ts';
import type { Order, Retirement } from '../retirement/retirement.ts';
import { stopIfCancelled, tell } from '../retirement/retirement.ts';
import { cancellationOf } from '../retirement/slot-contenders.ts';
import { doneOrStop } from '../retirement/stopped.ts';
import { registerStage, restoreStage } from '../retirement/voluntary-stages.ts';
import type { Stage } from '../run/stage.ts';

/** How long the restoration of a node is tried; the sweep restores what is left (contract 1.7). */
const RESTORE_MS = 600_000;

/** @throws Stopped when another retirement has taken the node over */
export async function holdDrained(retirement: Retirement, holdSeconds: number): Promise<Result> {
  const { order, runner, names } = retirement;
  if (names === undefined) return 'drained';
  const until = await order.ports.run.step('hold-until', () => Promise.resolve(Date.now() + holdSeconds * 1000));
  const why = 'the hold of its rebalance recommendation to end';
  runner.mustEndBy(Math.max(until, runner.deadline));
  await tell(retirement, returnAwaited(runner.subject, { why, until }));
  const end = await runner.run(holdStage(order, { node: names.node, until, why }));
  if (end.kind !== 'late') stopIfCancelled(doneOrStop(end));
  for (const node of [names.node, ...names.leftOver]) {
    await runner.run({ ...registerStage(order, node), until: until + RESTORE_MS });
    await runner.run({ ...restoreStage(order, { node }), until: until + RESTORE_MS });
  }
  return 'restored';
}

/** Ends early only when the node is not the retirement's any more. */
function holdStage(
  order: Order,
  { node, until, why }: { node: string; until: number; why: string },
): Stage<{ by?: string }, null> {
  return {
    name: 'hold',
    memory: null,
    until,
    async pass() {
      const found = await (await order.ports.clusters.open(order.cluster)).readNode(node);
      const cancelled = found && cancellationOf(order, [found], node);
      return cancelled === undefined
        ? { state: 'waiting', memory: null, waitingFor: [why] }
        : { state: 'done', value: cancelled };
    },
  };
}
