/**
 * The way back of an instance that was detached and cannot be drained (contract 10.2): a replacement is terminated, or not
 * launched at all, and the instance joins its group again. The group then has as many instances as before.
 */
import { isRefusal } from '../../core/aws/lasting-error.ts';
import { DETACHING } from '../../core/aws/lifecycle-state.ts';
import { DETACHED_FROM_TAG, ROTATION_TAG } from '../../core/aws/installation.ts';
import { instanceAttached, instanceOrphaned } from '../../core/events/rotation-events.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { instanceOf } from '../../core/kubernetes/node.ts';
import { superfluous } from '../../core/rotation/replacement.ts';
import { tell, type Order, type Retirement } from '../retirement/retirement.ts';
import type { Stage } from '../run/stage.ts';
import { readFleetNodes } from '../disruption/read-nodes.ts';
import { readArrivals } from './read-arrivals.ts';

/** Instances of a batch look one after the other, so that none counts with a desired capacity that another changes. */
const APART_SECONDS = 30;

/** What the group was when the way back began, and which instance makes room. */
interface Room {
  readonly min: number;
  readonly desired: number;
  /** The replacement that goes; absent when there is none: then the group is told not to launch it. */
  readonly removed?: string;
}

/** @param until when it is given up, epoch milliseconds */
export async function takeBack(retirement: Retirement, detachedAt: number, until: number): Promise<void> {
  const { order, runner } = retirement;
  const letGo = await runner.run({ ...letGoStage(order), until });
  if (letGo.kind !== 'done') {
    await tell(retirement, instanceOrphaned(runner.subject, { reason: 'its group has not let it go in time' }));
    return;
  }
  const place = await runner.run({ ...placeStage(order), until });
  if (place.kind === 'done' && place.value > 0) await order.ports.run.suspend('take-back', place.value * APART_SECONDS);
  const rank = place.kind === 'done' ? place.value : 0;
  const planned = await runner.run({ ...roomStage(order, { rank, detachedAt }), until });
  const refused = await attach(retirement, planned.kind === 'done' ? planned.value : undefined, until);
  if (refused !== undefined) await tell(retirement, instanceOrphaned(runner.subject, { reason: refused }));
}

/** @returns why the instance is not in its group again; undefined when it is */
async function attach(
  { order, runner }: Retirement,
  room: Room | null | undefined,
  until: number,
): Promise<string | undefined> {
  if (room === undefined) return 'its group cannot be read';
  if (room === null) return 'its group has gone';
  const end = await runner.run({ ...attachStage(order, room), until });
  return end.kind === 'done' ? end.value.refused : 'it did not succeed in time';
}

/** Waits until its group has let it go: as long as its load balancers have requests for it, it cannot be attached. */
function letGoStage({ notice, ports }: Order): Stage<null, null> {
  return {
    name: 'take-back-let-go',
    memory: null,
    pauseSeconds: APART_SECONDS,
    async pass() {
      const { state } = (await ports.lifecycle.membership(notice.instance)) ?? {};
      if (state !== DETACHING) return { state: 'done', value: null };
      return { state: 'waiting', memory: null, waitingFor: [`its group, where it is ${state}`] };
    },
  };
}

/** The place of the instance among those of its group that are detached and not drained. */
function placeStage({ notice, cluster, course, ports }: Order): Stage<number, null> {
  return {
    name: 'take-back-place',
    memory: null,
    async pass() {
      const api = await ports.clusters.open(cluster);
      const now = Date.now();
      const waiting = (await api.retiringNodes()).flatMap((node) => {
        const owner = credibleOwnership(node, now);
        const isOne = owner?.kind === notice.kind && owner.group === course.subject.group && !owner.completesHook;
        return isOne ? (instanceOf(node) ?? []) : [];
      });
      const found = await ports.replacing.groups.members(waiting);
      const members = new Set(found.flatMap(({ instance, state }) => (state === DETACHING ? [] : [instance])));
      const detached = waiting.filter((instance) => !members.has(instance)).toSorted();
      return { state: 'done', value: Math.max(0, detached.indexOf(notice.instance)) };
    },
  };
}

/** Which replacement makes room; null when the group has gone. */
function roomStage(
  { cluster, course, ports }: Order,
  { rank, detachedAt }: { rank: number; detachedAt: number },
): Stage<Room | null, null> {
  const { group } = course.subject;
  return {
    name: 'take-back-room',
    memory: null,
    async pass() {
      const { fleets, groups, capacity, instances: launches } = ports.replacing;
      const view = await fleets.open(cluster);
      const [[found], bounds] = await Promise.all([groups.named([group]), capacity.bounds(group)]);
      if (found === undefined || bounds === undefined) return { state: 'done', value: null };
      const arrivals = await readArrivals([found], await readFleetNodes(view, cluster), launches);
      const removed = superfluous(found, arrivals, { rank, detachedAt });
      const { min, desired } = bounds;
      return { state: 'done', value: { min, desired, ...(removed !== undefined && { removed }) } };
    },
  };
}

/**
 * Makes room, then attaches: so the group never has more instances than its MaxSize. A group at its MinSize cannot make
 * room, so its MinSize is one lower meanwhile.
 */
function attachStage(
  { notice, course, ports }: Order,
  { min, desired, removed }: Room,
): Stage<{ refused?: string }, null> {
  const { instance } = notice;
  const { group } = course.subject;
  const { capacity, instances } = ports.replacing;
  return {
    name: 'attach-instance',
    memory: null,
    async pass(_memory, { subject }) {
      const isTight = desired - 1 < min;
      try {
        // A pass that failed later may have attached it: making room once more would cost the group another instance.
        if ((await ports.lifecycle.membership(instance)) === undefined) {
          if (isTight) await capacity.setLeast(group, desired - 1);
          const isGone = removed === undefined || (await capacity.shrink(removed)) === 'gone';
          // It has gone by itself, or a pass before has ended it: the number is the same then.
          if (isGone) await capacity.setDesired(group, desired - 1);
          await capacity.attach({ group, instance });
        }
        if (isTight) await capacity.setLeast(group, min);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (isTight) await capacity.setLeast(group, min);
        // Its replacement has gone: it is a person's now, and the sweep is not to end it.
        await instances.untag(instance, [ROTATION_TAG]);
        return { state: 'done', value: { refused: error.message } };
      }
      await instances.untag(instance, [DETACHED_FROM_TAG, ROTATION_TAG]);
      ports.journal.report(instanceAttached(subject, { ...(removed !== undefined && { removed }) }));
      return { state: 'done', value: {} };
    },
  };
}
