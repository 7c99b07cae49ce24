/**
 * How the retirement of an instance ends that nothing but us wants to go. Emptied, it is terminated through its group, which
 * meets our own hook, or is left to whoever removes it (contract 8.2). Otherwise its node is put back (contract 5.4).
 */
import { isRefusal } from '../../core/aws/lasting-error.ts';
import { phaseOf } from '../../core/aws/lifecycle-state.ts';
import type { CoolDown } from '../../core/node/cool-down.ts';
import { hookCompleted, instanceLeft, instanceTerminated } from '../../core/events/retirement-events.ts';
import type { Release } from '../../core/notice/retirement-terms.ts';
import { takeBack } from '../rotation/take-back.ts';
import { reopenStage } from '../openstack/reopen-host.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import type { Ending } from '../beginning/beginning.ts';
import { tell, type Retirement } from './retirement.ts';
import { doneOrStop, Stopped, unasked } from './stopped.ts';
import { forgetNodeStage, passHookStage, progressStage, registerStage, restoreStage } from './voluntary-stages.ts';

export type VoluntaryEnding = Extract<Ending, { kind: 'voluntary' }>;

/** How long the restoration of a node is tried after the deadline; the sweep restores what is left (contract 1.7). */
const RESTORE_SECONDS = 600;

/** How long after the deadline the end of its machine is waited for, to see that its node goes with it. */
const NODE_SECONDS = 3_600;

/**
 * Lets an instance go whose node is empty.
 *
 * @param hook ours, which it meets when it is terminated
 * @throws Stopped
 */
export async function letGo(retirement: Retirement, release: Release, hook: Hook | undefined): Promise<void> {
  const { order, runner, names } = retirement;
  const come = release === 'leave' ? ({ leftDrained: true } as const) : ({ completesHook: true } as const);
  const told = doneOrStop(await runner.run(progressStage(order, come, names?.leftOver)));
  if (told === 'superseded') throw new Stopped('superseded', 'the node is in its charge no more');
  if (told === 'unasked') throw unasked();
  if (release === 'leave') {
    await tell(retirement, instanceLeft(runner.subject));
    return;
  }
  await terminate(retirement, release);
  // No hook of a group holds an instance that the group has let go.
  if (hook !== undefined && !isDetached(retirement)) await passHook(retirement, hook);
  if (order.notice.kind === 'request' && names !== undefined) {
    const until = runner.deadline + NODE_SECONDS * 1000;
    await runner.run(forgetNodeStage(order, { node: names.node, until }));
  }
}

async function terminate(retirement: Retirement, release: Exclude<Release, 'leave'>): Promise<void> {
  const { order, runner } = retirement;
  const { instance } = order.notice;
  const { lifecycle, replacing, journal, run } = order.ports;
  const { refused } = await run.step('terminate', async () => {
    try {
      if (isDetached(retirement)) await replacing.instances.terminate(instance);
      else if (release === 'shrink') await replacing.capacity.shrink(instance);
      else await lifecycle.terminate(instance);
    } catch (error) {
      if (isRefusal(error)) return { refused: String(error) };
      throw error;
    }
    journal.report(instanceTerminated(runner.subject));
    return {};
  });
  // It would be drained again and again, and never go.
  if (refused === undefined) return;
  const who = isDetached(retirement) ? 'EC2' : 'its group';
  throw new Stopped('failed', `it is drained, and ${who} does not terminate it: ${refused}`);
}

/** Whether no group has the instance: this retirement has detached it, or one before. */
function isDetached({ order, detachedAt }: Retirement): boolean {
  return detachedAt !== undefined || order.isDetached === true;
}

/** Completes our own hook, which the instance meets on its way out. @throws Stopped when its group has not let it go */
async function passHook(retirement: Retirement, hook: Hook): Promise<void> {
  const { order, runner } = retirement;
  const end = await runner.run(passHookStage(order, hook));
  if (end.kind === 'done' && end.value !== 'gone') {
    await tell(retirement, hookCompleted(runner.subject, { outcome: end.value }));
  }
  // Where it has only not reached the hook yet, the hook's own event, the sweep or its timeout sees to the rest.
  if (end.kind !== 'late' || phaseOf(end.memory) !== 'in service') return;
  throw new Stopped('failed', `it is drained, and its group has not let it go: it is ${end.memory}`);
}

/** Restores the nodes of a retirement that was stopped, unless another one has them or nothing was touched. */
export async function putBack(retirement: Retirement, { result, coolDown: why }: Stopped): Promise<void> {
  const { order, runner, names } = retirement;
  if (names === undefined || (result !== 'restored' && result !== 'failed')) return;
  const { node, leftOver } = names;
  const coolDown = why && (await coolDownFor(order, why));
  const until = runner.deadline + RESTORE_SECONDS * 1000;
  if (retirement.detachedAt !== undefined) await takeBack(retirement, retirement.detachedAt, until);
  await runner.run({ ...registerStage(order, node), until });
  await runner.run({ ...restoreStage(order, { node, ...(coolDown && { coolDown }) }), until });
  for (const name of leftOver) await runner.run({ ...restoreStage(order, { node: name }), until });
  const { openstack } = order.cluster;
  const { evacuatedHost: host } = retirement;
  if (openstack && host !== undefined) await runner.run({ ...reopenStage(order, { host, openstack }), until });
}

/** In a step, because it ends by the clock. */
function coolDownFor({ cluster, ports }: Retirement['order'], why: Omit<CoolDown, 'until'>): Promise<CoolDown> {
  return ports.run.step('rest', () =>
    Promise.resolve({ until: Date.now() + cluster.tainted.retryAfterSeconds * 1000, ...why }),
  );
}
