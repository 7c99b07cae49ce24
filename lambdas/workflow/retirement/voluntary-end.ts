/**
 * How the retirement of an instance ends that nothing but us wants to go. Emptied, it is terminated through its group, which
 * meets our own hook, or is left to whoever removes it (contract 8.2). Otherwise its node is put back (contract 5.4).
 */
import type { VoluntaryRelease } from '../../core/settings/cluster-settings.ts';
import { isLasting } from '../../core/aws/lasting-error.ts';
import { phaseOf } from '../../core/aws/lifecycle-state.ts';
import type { CoolDown } from '../../core/node/cool-down.ts';
import { hookCompleted, instanceLeft, instanceTerminated } from '../../core/events/retirement-events.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import type { Ending } from './begin-retirement.ts';
import { tell, type Retirement } from './retirement.ts';
import { doneOrStop, Stopped, unasked } from './stopped.ts';
import { passHookStage, progressStage, registerStage, restoreStage } from './voluntary-stages.ts';

export type VoluntaryEnding = Extract<Ending, { kind: 'voluntary' }>;

/** How long the restoration of a node is tried after the deadline; the sweep restores what is left (contract 1.7). */
const RESTORE_SECONDS = 600;

/**
 * Lets an instance go whose node is empty.
 *
 * @param hook ours, which it meets when it is terminated
 * @throws Stopped
 */
export async function letGo(retirement: Retirement, release: VoluntaryRelease, hook: Hook | undefined): Promise<void> {
  const { order, runner, names } = retirement;
  const come = release === 'leave' ? ({ leftDrained: true } as const) : ({ completesHook: true } as const);
  const told = doneOrStop(await runner.run(progressStage(order, come, names?.leftOver)));
  if (told === 'superseded') throw new Stopped('superseded', 'the node is in its charge no more');
  if (told === 'unasked') throw unasked();
  if (release === 'leave') {
    await tell(retirement, instanceLeft(runner.subject));
    return;
  }
  await terminate(retirement);
  if (hook !== undefined) await passHook(retirement, hook);
}

async function terminate({ order, runner }: Retirement): Promise<void> {
  const { notice, ports } = order;
  const { refused } = await ports.run.step('terminate', async () => {
    try {
      await ports.lifecycle.terminate(notice.instance);
    } catch (error) {
      if (isLasting(error)) return { refused: String(error) };
      throw error;
    }
    ports.journal.report(instanceTerminated(runner.subject));
    return {};
  });
  // It would be drained again and again, and never go.
  if (refused === undefined) return;
  throw new Stopped('failed', `it is drained, and its group does not terminate it: ${refused}`);
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
export async function putBack(
  { order, runner, names }: Retirement,
  { result, coolDownReason }: Stopped,
): Promise<void> {
  if (names === undefined || (result !== 'restored' && result !== 'failed')) return;
  const { node, leftOver } = names;
  const coolDown = coolDownReason === undefined ? undefined : await coolDownFor(order, coolDownReason);
  const until = runner.deadline + RESTORE_SECONDS * 1000;
  await runner.run({ ...registerStage(order, node), until });
  await runner.run({ ...restoreStage(order, { node, ...(coolDown && { coolDown }) }), until });
  for (const name of leftOver) await runner.run({ ...restoreStage(order, { node: name }), until });
}

/** In a step, because it ends by the clock. */
function coolDownFor({ cluster, ports }: Retirement['order'], reason: string): Promise<CoolDown> {
  return ports.run.step('rest', () =>
    Promise.resolve({ until: Date.now() + cluster.tainted.retryAfterSeconds * 1000, reason }),
  );
}
