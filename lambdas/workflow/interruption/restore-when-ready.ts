/**
 * Restores the node of an instance that comes back: after a reboot, or with a new root volume (contract 1.2). Until it has
 * booted anew and is Ready, its node stays isolated.
 */
import { phaseOf, REPLACING_WAIT } from '../../core/aws/lifecycle-state.ts';
import { returnAwaited } from '../../core/events/retirement-events.ts';
import { isInstance } from '../../core/kubernetes/node.ts';
import type { Order, Retirement } from '../retirement/retirement.ts';
import { tell } from '../retirement/retirement.ts';
import { doneOrStop } from '../retirement/stopped.ts';
import { registerStage, restoreStage } from '../retirement/voluntary-stages.ts';
import type { Stage } from '../run/stage.ts';

/** How long after its time the instance is waited for; the sweep restores a node that comes back later. */
const RETURN_MS = 7_200_000;

/** How often the node is looked at. */
const LOOK_SECONDS = 15;

/** The boot of the node that is isolated: another one means that its machine has booted anew. Absent when it says none. */
export async function bootIdOf({ order }: Retirement, node: string): Promise<string | undefined> {
  const { clusters, run } = order.ports;
  const { bootId } = await run.step('boot', async () => {
    const found = await (await clusters.open(order.cluster)).readNode(node);
    return found?.bootId === undefined ? {} : { bootId: found.bootId };
  });
  return bootId;
}

export interface Return {
  /** Its last boot before. */
  readonly bootId: string | undefined;
  /** What it waits for, in words. */
  readonly why: string;
  /** When the instance goes at the earliest, epoch milliseconds. */
  readonly from: number;
}

/** @throws Stopped */
export async function restoreWhenReady(retirement: Retirement, { bootId, why, from }: Return): Promise<void> {
  const { order, runner, names } = retirement;
  if (names === undefined) return;
  const until = from + RETURN_MS;
  await tell(retirement, returnAwaited(runner.subject, { why, until }));
  const end = await runner.run(returnStage(order, { node: names.node, bootId, until, why }));
  if (end.kind === 'late' || doneOrStop(end) !== 'back') return;
  for (const node of [names.node, ...names.leftOver]) {
    await runner.run({ ...registerStage(order, node), until });
    await runner.run({ ...restoreStage(order, { node }), until });
  }
}

/** Waits until the machine has booted anew, serves its group, and its node is Ready; `gone`: it does not come back. */
function returnStage(
  { notice, cluster, ports }: Order,
  { node, bootId, until, why }: Omit<Return, 'from'> & { readonly node: string; readonly until: number },
): Stage<'back' | 'gone', null> {
  const { instance } = notice;
  return {
    name: 'return',
    memory: null,
    until,
    pauseSeconds: LOOK_SECONDS,
    async pass() {
      const membership = await ports.lifecycle.membership(instance);
      if (membership === undefined || isLeaving(membership.state)) return { state: 'done', value: 'gone' };
      const found = await (await ports.clusters.open(cluster)).readNode(node);
      if (found === undefined || !isInstance(found, instance)) return { state: 'done', value: 'gone' };
      const serves = phaseOf(membership.state) === 'in service';
      const isAnew = bootId === undefined || found.bootId !== bootId;
      if (serves && isAnew && found.notReadySince === undefined) return { state: 'done', value: 'back' };
      return { state: 'waiting', memory: null, waitingFor: [why] };
    },
  };
}

/** Whether a hook holds the instance on its way out. AWS may be late to show that its root volume is being replaced. */
function isLeaving(state: string): boolean {
  return phaseOf(state) === 'waiting' && state !== REPLACING_WAIT;
}
