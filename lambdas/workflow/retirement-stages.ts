/**
 * The stages of a retirement that look at the cluster, but for the drain (drain-stage.ts): each as passes, which
 * hold-hook.ts repeats until one is done.
 */
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { nodeMissing, volumesDetached, volumesKept } from '../core/domain-event.ts';
import type { Notice } from '../core/notice.ts';
import { detachPass } from './detach-volumes.ts';
import { findNode } from './find-node.ts';
import type { HeldHook, Stage } from './hold-hook.ts';
import { isolateNode } from './isolate-node.ts';
import type { Clusters, Instances, Journal } from './ports.ts';

/** Whose stages they are. */
export interface Retiree {
  readonly notice: Notice;
  readonly cluster: ClusterSettings;
  readonly held: HeldHook;
  readonly ports: { readonly clusters: Clusters; readonly instances: Instances; readonly journal: Journal };
}

/** A node that has not appeared after these tries never joined (contract 2.2). */
const FIND_TRIES = 3;
const FIND_PAUSE_SECONDS = 15;

/** Finds the node's name; done without one when the instance never joined. */
export function findStage({ notice, cluster, ports }: Retiree): Stage<{ node?: string }, { tries: number }> {
  return {
    name: 'find-node',
    memory: { tries: 1 },
    pauseSeconds: FIND_PAUSE_SECONDS,
    async pass({ tries }, { subject }) {
      const api = await ports.clusters.open(cluster.name);
      const node = await findNode(notice.instance, { cluster: api, instances: ports.instances });
      if (node !== undefined) return { state: 'done', value: { node } };
      if (tries < FIND_TRIES) {
        return { state: 'waiting', memory: { tries: tries + 1 }, waitingFor: ['the node to appear'] };
      }
      ports.journal.report(nodeMissing(subject));
      return { state: 'done', value: {} };
    },
  };
}

/** Isolates the node (contract 3) and says when, epoch milliseconds; no time: it has been deleted or replaced meanwhile. */
export function isolateStage(
  { notice, cluster, held, ports }: Retiree,
  node: string,
): Stage<{ isolatedAt?: number }, null> {
  return {
    name: 'isolate',
    memory: null,
    async pass(_memory, { subject }) {
      const { execution } = held.subject;
      const takeover = { execution, kind: notice.kind, now: Date.now(), deadline: held.deadline };
      const api = await ports.clusters.open(cluster.name);
      const isolating = { subject, node, takeover, taint: cluster.taint };
      const isolated = await isolateNode(isolating, { cluster: api, journal: ports.journal });
      return { state: 'done', value: isolated === 'gone' ? {} : { isolatedAt: Date.now() } };
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
): Stage<null, null> {
  return {
    name: 'detach',
    memory: null,
    until,
    async pass(memory, { subject, watchUntil }) {
      const api = await ports.clusters.open(cluster.name);
      const { state, volumes } = await detachPass({ node, spared, watchUntil }, api);
      if (state === 'detached') {
        ports.journal.report(volumesDetached(subject, { seconds: secondsSince(notice) }));
        return { state: 'done', value: null };
      }
      if (Date.now() >= until) ports.journal.report(volumesKept(subject, { volumes }));
      return { state: 'waiting', memory, waitingFor: volumes };
    },
  };
}

/** Since the event was made, to a tenth. */
export function secondsSince({ at }: Notice): number {
  return Math.round((Date.now() - at) / 100) / 10;
}
