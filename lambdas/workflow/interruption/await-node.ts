/**
 * Waits for the node of an instance that is launched (contract 1.2): Ebb's launch hook is completed when the node is Ready,
 * or at its timeout with the reason. The instance then comes into service either way: a failure of ours never keeps
 * capacity back (contract 6.3).
 */
import { launchCompleted } from '../../core/events/retirement-events.ts';
import type { Hold, Stage } from '../run/stage.ts';
import { StageRunner } from '../run/stage-runner.ts';
import { findNodes } from '../node/find-node.ts';
import type { Order, Retired } from '../retirement/retirement.ts';

export interface LaunchEnding {
  readonly kind: 'launch';
  readonly action: Hold['action'];
}

/** How often the node is looked for. */
const LOOK_SECONDS = 5;

export async function awaitNode(order: Order, { action }: LaunchEnding): Promise<Retired> {
  const { lifecycle, journal, run } = order.ports;
  const runner = new StageRunner(order.course, order.ports);
  const end = await runner.run(readyStage(order));
  const reason = end.kind === 'done' ? undefined : 'waitingFor' in end ? end.waitingFor.join(', ') : end.kind;
  return await run.step('complete', async () => {
    const outcome = await lifecycle.complete(action);
    journal.report(launchCompleted(runner.subject, { outcome, ...(reason !== undefined && { reason }) }));
    return reason === undefined ? { result: 'ready' as const } : { result: 'never joined' as const, reason };
  });
}

/** Done once a node of the instance is Ready. */
function readyStage({ notice, cluster, ports }: Order): Stage<null, null> {
  return {
    name: 'ready',
    memory: null,
    pauseSeconds: LOOK_SECONDS,
    async pass() {
      const api = await ports.clusters.open(cluster);
      const { node } = await findNodes(notice.instance, { cluster: api, instances: ports.instances });
      if (node === undefined) return { state: 'waiting', memory: null, waitingFor: ['its node has not joined'] };
      if (node.notReadySince === undefined) return { state: 'done', value: null };
      return { state: 'waiting', memory: null, waitingFor: [`node ${node.name} is not Ready`] };
    },
  };
}
