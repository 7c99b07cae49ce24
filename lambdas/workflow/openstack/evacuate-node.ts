/**
 * The evacuation of a node that is an OpenStack compute host, in its retirement (contract 11.4): between the withdrawal and the
 * drain. Where guests stay, a voluntary retirement restores the node. An instance that goes anyway is drained, all but its
 * nova-compute pod.
 */
import { isVoluntary } from '../../core/notice/notice.ts';
import { SETTLE_MS } from '../../core/openstack/evacuation.ts';
import { keepingIsolated } from '../node/keep-isolated.ts';
import { evacuationStage } from './evacuation-stage.ts';
import { isolationsOf } from '../retirement/clear-node.ts';
import type { IsolatedNodes, Retirement } from '../retirement/retirement.ts';
import { doneOrStop, Stopped } from '../retirement/stopped.ts';

/** Most evacuations of a node whose isolation is taken off again and again. */
const MOST_EVACUATIONS = 3;

/**
 * Migrates the guests of the node away, if it has any.
 *
 * @param until when the retirement must go on, epoch milliseconds
 * @returns whether guests stay, so that nova-compute must not be stopped
 * @throws Stopped where guests stay and nothing forces the node to go
 */
export async function evacuateNode(retirement: Retirement, nodes: IsolatedNodes, until: number): Promise<boolean> {
  const { order, runner } = retirement;
  const { cluster, ports } = order;
  const { openstack } = cluster;
  if (openstack === undefined) return false;
  const deadline = await ports.run.step('evacuate-until', () =>
    Promise.resolve(Math.min(Date.now() + openstack.timeoutSeconds * 1000, until - SETTLE_MS)),
  );
  const stage = evacuationStage({ ...order, ports }, { node: nodes.node, openstack, deadline });
  for (let times = 1; ; times += 1) {
    const isolations = times === MOST_EVACUATIONS ? [] : isolationsOf(nodes, runner.deadline);
    const end = await runner.run(keepingIsolated(stage, isolations, order));
    if (end.kind === 'late') return keep(retirement, `its guests were not evacuated: ${end.waitingFor.join(', ')}`);
    const kept = doneOrStop(end);
    if ('wasLost' in kept) continue;
    const { value } = kept;
    if (value.kind !== 'no host' && value.host !== undefined) retirement.evacuatedHost = value.host;
    return value.kind === 'left' ? keep(retirement, value.reason) : false;
  }
}

/** @throws Stopped */
function keep({ order }: Retirement, reason: string): true {
  if (isVoluntary(order.notice.kind)) throw new Stopped('restored', reason);
  return true;
}
