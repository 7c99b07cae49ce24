/**
 * The stages that every retirement has, but for the drain (drain-stage.ts) and the load balancers (withdraw-node.ts,
 * settle-targets.ts): each as passes, which stage-runner.ts repeats until one is done.
 */
import { isAskedFor } from '../../core/node/drain-taints.ts';
import {
  nodeMissing,
  retirementHeld,
  volumesAwaited,
  volumesDetached,
  volumesKept,
} from '../../core/events/retirement-events.ts';
import { isAnothers } from '../../core/aws/installation.ts';
import type { Ownership } from '../../core/node/isolation.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { decideSlot } from '../../core/retirement/slot.ts';
import { detachPass } from '../drain/detach-volumes.ts';
import { findNodes } from '../node/find-node.ts';
import { isolateNode, type Isolated } from '../node/isolate-node.ts';
import { keepIsolated, type Isolation } from '../node/keep-isolated.ts';
import type { Stage } from '../run/stage.ts';
import { secondsSince, STEP, type NodeNames, type Retiree } from './retiree.ts';
import { cancellationOf, slotContenders, type Cancellation } from './slot-contenders.ts';

/** A node that has not appeared after these tries, or by the deadline, never joined (contract 2.2). */
const FIND_TRIES = 3;
const FIND_PAUSE_SECONDS = 15;

/** Finds the machine's nodes; done without any when the instance never joined. */
export function findStage({
  notice,
  cluster,
  course,
  ports,
}: Retiree): Stage<{ names?: NodeNames }, { tries: number }> {
  return {
    name: STEP.find,
    memory: { tries: 1 },
    pauseSeconds: FIND_PAUSE_SECONDS,
    async pass({ tries }, { subject }) {
      const api = await ports.clusters.open(cluster);
      const { node, others, unproven } = await findNodes(notice.instance, { cluster: api, instances: ports.instances });
      if (node !== undefined) {
        const names = { node: node.name, leftOver: others.map(({ name }) => name) };
        return { state: 'done', value: { names } };
      }
      const lastTry = Date.now() + FIND_PAUSE_SECONDS * 1000 >= course.deadline;
      if (tries < FIND_TRIES && !lastTry) {
        return { state: 'waiting', memory: { tries: tries + 1 }, waitingFor: ['the node to appear'] };
      }
      ports.journal.report(nodeMissing(subject, { unproven }));
      return { state: 'done', value: {} };
    },
  };
}

/** Takes charge of the nodes and isolates them (contract 1.6, 3); `isolatedAt`: epoch milliseconds. */
export function isolateStage(
  { notice, cluster, course, ports }: Retiree,
  { node, leftOver }: NodeNames,
): Stage<Isolated & { isolatedAt: number }, null> {
  return {
    name: STEP.isolate,
    memory: null,
    async pass(_memory, { subject }) {
      const { execution, group } = course.subject;
      const { deadline, late } = course;
      const claim = { execution, kind: notice.kind, group, deadline, ...(late && { late }) };
      const api = await ports.clusters.open(cluster);
      const isRunning = (ownership: Ownership) => runs(ownership, notice, ports);
      const isolate = (name: string, isAsked: (found: Node) => boolean): Promise<Isolated> =>
        isolateNode(
          { subject: { ...subject, node: name }, node: name, claim, taint: cluster.taint },
          { cluster: api, journal: ports.journal, isRunning, isAsked },
        );
      const isolated = await isolate(node, (found) => isAskedFor(found, notice));
      // Who is in charge, and whether a taint asks for it, is told by the node that the machine has now.
      if (isolated.kind === 'isolated') for (const name of leftOver) await isolate(name, () => true);
      return { state: 'done', value: { ...isolated, isolatedAt: Date.now() } };
    },
  };
}

/**
 * Whether the retirement in charge runs. Of another installation's nobody can tell us: it counts as running until the
 * deadline that it wrote down (contract 15.2).
 */
async function runs(ownership: Ownership, { instance }: Notice, { running, home }: Retiree['ports']): Promise<boolean> {
  if (isAnothers(ownership.execution, { home, instance })) return Date.now() < Date.parse(ownership.deadline);
  return await running.isRunning(ownership.execution);
}

/**
 * Waits for a slot (contract 4.10), isolated.
 *
 * @param until epoch milliseconds
 */
export function slotStage(
  retiree: Retiree,
  { until, ...isolation }: Omit<Isolation, 'isLeftOver'> & { until: number },
): Stage<Cancellation, { reason?: string }> {
  const { notice, cluster, course, ports } = retiree;
  const { node } = isolation;
  return {
    name: 'slot',
    memory: {},
    until,
    async pass({ reason: before }, { subject }) {
      const api = await ports.clusters.open(cluster);
      const found = await api.retiringNodes();
      const others = cancellationOf({ notice, course }, found, node);
      if (others !== undefined) return { state: 'done', value: others };
      // Without our label it is not among them.
      const own = found.find(({ name }) => name === node) ?? (await api.readNode(node));
      if (own !== undefined) await keepIsolated({ ...isolation, isLeftOver: false }, own, { subject, retiree });
      const retiring = slotContenders({ notice, course }, found, isolation);
      // One alone always may: nobody needs to count the others.
      const nodes = retiring.length > 1 ? await api.countNodes() : 1;
      const slot = decideSlot(node, retiring, { ...cluster, nodes });
      if (slot.kind === 'granted') return { state: 'done', value: {} };
      const { reason, breaker } = slot;
      if (reason !== before) ports.journal.report(retirementHeld(subject, { reason, breaker }));
      return { state: 'waiting', memory: { reason }, waitingFor: [reason] };
    },
  };
}

/**
 * Waits until the node's volumes are detached (contract 8.1).
 *
 * @param spared names of volumes that are not waited for
 * @param until epoch milliseconds
 */
export function detachStage(
  { notice, cluster, ports }: Retiree,
  { node, spared, until }: { node: string; spared: readonly string[]; until: number },
): Stage<null, { told: string }> {
  return {
    name: 'detach',
    memory: { told: '' },
    until,
    async pass({ told }, { subject, watchUntil }) {
      const api = await ports.clusters.open(cluster);
      const { state, volumes } = await detachPass({ node, spared, watchUntil }, api);
      if (state === 'detached') {
        ports.journal.report(volumesDetached(subject, { seconds: secondsSince(notice) }));
        return { state: 'done', value: null };
      }
      const event = Date.now() >= until ? volumesKept(subject, volumes) : volumesAwaited(subject, volumes);
      if (event.type === 'volumes.kept' || event.explanation !== told) ports.journal.report(event);
      return { state: 'waiting', memory: { told: event.explanation }, waitingFor: event.volumes };
    },
  };
}
