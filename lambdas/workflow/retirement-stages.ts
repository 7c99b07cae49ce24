/** The stages of a retirement that look at the cluster: each as passes, which hold-hook.ts repeats until one is done. */
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { nodeDrained, nodeMissing, volumesDetached, volumesKept } from '../core/domain-event.ts';
import type { Notice } from '../core/notice.ts';
import type { DrainTerms } from '../core/pacing.ts';
import { detachPass } from './detach-volumes.ts';
import { drainPass, NOTHING_DRAINED, type DrainMemory } from './drain-node.ts';
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

/** Isolates the node (contract 3); done with `gone` when it has been deleted meanwhile. */
export function isolateStage(
  { notice, cluster, held, ports }: Retiree,
  node: string,
): Stage<'isolated' | 'gone', null> {
  return {
    name: 'isolate',
    memory: null,
    async pass(_memory, { subject }) {
      const { execution } = held.subject;
      const takeover = { execution, kind: notice.kind, now: Date.now(), deadline: held.deadline };
      const api = await ports.clusters.open(cluster.name);
      const isolating = { subject, node, takeover, taint: cluster.taint };
      return { state: 'done', value: await isolateNode(isolating, { cluster: api, journal: ports.journal }) };
    },
  };
}

export interface Drained {
  readonly memory: DrainMemory;
  /** Persistent volumes of the pods that stay. */
  readonly sparedVolumes: readonly string[];
}

/** Drains the node (contract 4). */
export function drainStage({ notice, cluster, held, ports }: Retiree, node: string): Stage<Drained, DrainMemory> {
  const terms = drainTerms(cluster, { startedAt: notice.at, deadline: held.deadline });
  return {
    name: 'drain',
    memory: NOTHING_DRAINED,
    async pass(memory, { subject, watchUntil }) {
      const api = await ports.clusters.open(cluster.name);
      const pass = await drainPass(
        { subject, node, terms },
        { memory, watchUntil },
        { cluster: api, journal: ports.journal },
      );
      if (pass.state === 'waiting') {
        const waitingFor = Object.values(pass.memory.remaining);
        return { state: 'waiting', memory: pass.memory, waitingFor, ...(pass.wakeAt && { wakeAt: pass.wakeAt }) };
      }
      const { evicted: pods, forced } = pass.memory;
      ports.journal.report(nodeDrained(subject, { pods, forced, seconds: secondsSince(notice) }));
      return { state: 'done', value: { memory: pass.memory, sparedVolumes: pass.sparedVolumes } };
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

function drainTerms({ drain, taint }: ClusterSettings, span: { startedAt: number; deadline: number }): DrainTerms {
  return {
    // The instance goes whatever we do, so a pod that nobody will make again is evicted, with a warning (contract 4.1).
    policy: { ...drain, taintKey: taint.key, blockUncontrolled: false },
    impliedBudget: drain.impliedBudget,
    ...(drain.gracePeriodSeconds !== undefined && { gracePeriodSeconds: drain.gracePeriodSeconds }),
    maxInFlight: drain.maxEvictionsInFlight,
    pauseMs: drain.pauseBetweenEvictionsSeconds * 1000,
    forces: true,
    ...span,
  };
}
