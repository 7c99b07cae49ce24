/**
 * How an instance leaves its group before its node is drained, so that a replacement is Ready first (contract 10.2): its
 * group lets it go and launches another. The way back is in take-back.ts.
 */
import { DETACHED_FROM_TAG, ROTATION_TAG } from '../../core/aws/installation.ts';
import { isRefusal } from '../../core/aws/lasting-error.ts';
import { instanceDetached, replacementReady } from '../../core/events/rotation-events.ts';
import type { BatchPlace } from '../../core/notice/retirement-terms.ts';
import { missingOf } from '../../core/rotation/replacement.ts';
import { keepingIsolated } from '../node/keep-isolated.ts';
import { isolationsOf } from '../retirement/clear-node.ts';
import { stopIfCancelled, type IsolatedNodes, type Order, type Retirement } from '../retirement/retirement.ts';
import { cancellationOf, type Cancellation } from '../retirement/slot-contenders.ts';
import { doneOrStop, Stopped } from '../retirement/stopped.ts';
import type { Stage } from '../run/stage.ts';
import { readFleetNodes } from '../disruption/read-nodes.ts';
import { readArrivals } from './read-arrivals.ts';

/** How often the group is looked at. A new node takes a minute or more until it is Ready. */
const LOOK_SECONDS = 15;

/**
 * Detaches the instance, and waits until its group is whole again.
 *
 * @throws Stopped when the group does not let it go, or the replacement is not Ready in time
 */
export async function replaceFirst(
  retirement: Retirement,
  isolated: IsolatedNodes,
  batch: BatchPlace | undefined,
): Promise<void> {
  const { order, runner } = retirement;
  const { at, refused } = doneOrStop(await runner.run(detachInstanceStage(order, batch)));
  if (refused !== undefined) throw new Stopped('restored', `its group does not let it go: ${refused}`);
  retirement.detachedAt = at;
  const until = Math.min(at + order.cluster.drift.replacementTimeoutSeconds * 1000, runner.deadline);
  const isolations = isolationsOf(isolated, runner.deadline);
  for (;;) {
    const stage = replacementStage(order, { node: isolated.node, since: at, until });
    const end = await runner.run(keepingIsolated(stage, isolations, order));
    if (end.kind === 'late') throw new Stopped('restored', `it is not replaced: ${end.waitingFor.join(', ')}`);
    const kept = doneOrStop(end);
    if ('wasLost' in kept) continue;
    stopIfCancelled(kept.value);
    return;
  }
}

/** Takes the instance out of its group; marked before, because nothing else says where a detached instance comes from. */
function detachInstanceStage(
  { notice, course, ports }: Order,
  batch: BatchPlace | undefined,
): Stage<{ readonly at: number; readonly refused?: string }, null> {
  const { instance } = notice;
  const { group } = course.subject;
  return {
    name: 'detach-instance',
    memory: null,
    async pass(_memory, { subject }) {
      const { instances, capacity } = ports.replacing;
      const tags: Record<string, string> = { [DETACHED_FROM_TAG]: group };
      if (batch !== undefined) tags[ROTATION_TAG] = batch.rotation;
      try {
        await instances.tag(instance, tags);
        await capacity.detach({ group, instance });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { state: 'done', value: { at: Date.now(), refused: error.message } };
      }
      ports.journal.report(instanceDetached(subject));
      return { state: 'done', value: { at: Date.now() } };
    },
  };
}

/** Waits until the group has as many instances in service as it wants, and the nodes of the new ones are Ready. */
function replacementStage(
  order: Order,
  { node, since, until }: { node: string; since: number; until: number },
): Stage<Cancellation, null> {
  const { cluster, course, ports } = order;
  const { group } = course.subject;
  return {
    name: 'replacement',
    memory: null,
    until,
    pauseSeconds: LOOK_SECONDS,
    async pass(_memory, { subject }) {
      const api = await ports.replacing.fleets.open(cluster);
      const others = cancellationOf(order, await api.retiringNodes(), node);
      if (others !== undefined) return { state: 'done', value: others };
      const [found] = await ports.replacing.groups.named([group]);
      if (found === undefined) return { state: 'waiting', memory: null, waitingFor: [`group ${group} has gone`] };
      const nodes = await readFleetNodes(api, cluster);
      const arrivals = await readArrivals([found], nodes, ports.replacing.instances);
      const waitingFor = missingOf(found, arrivals, since);
      if (waitingFor.length > 0) return { state: 'waiting', memory: null, waitingFor };
      ports.journal.report(replacementReady(subject, { seconds: Math.round((Date.now() - since) / 1000) }));
      return { state: 'done', value: {} };
    },
  };
}
