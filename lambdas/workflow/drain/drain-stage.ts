/**
 * The drain of a retirement as a stage. Before each pass it looks whether the node is still the instance's and alive.
 * Pods of a dead node are waited for briefly, then left to go with the instance (contract 4.9).
 */
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { PODS_OF_DEAD_NODE_MS, type Death } from '../../core/node/dead-node.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import type { DrainTerms } from '../../core/drain/pacing.ts';
import { nodeDead, nodeDrained, type Subject } from '../../core/events/retirement-events.ts';
import type { DrainPolicy } from '../../core/drain/verdict.ts';
import { drainPass, type PassResult } from './drain-node.ts';
import { NOTHING_DRAINED, remainingPods, type DrainMemory } from './drain-memory.ts';
import type { Pass, Stage } from '../run/stage.ts';
import { keepIsolated, type Isolation } from '../node/keep-isolated.ts';
import { isStillOurs, lookAtNode, type NodeLook } from '../node/look-at-node.ts';
import { secondsSince, type Retiree } from '../retirement/retiree.ts';

export interface Drained {
  readonly memory: DrainMemory;
  /** Persistent volumes of the pods that stay. */
  readonly sparedVolumes: readonly string[];
  /** Why the drain ended. Pods that are left go with the instance. */
  readonly ended: 'empty' | 'dead node' | 'replaced' | 'renamed' | 'superseded' | 'unasked';
  /** Execution of the retirement that owns the node now, if another does. */
  readonly by?: string;
}

/** The node to drain, and by when. */
export interface DrainOrder {
  readonly node: string;
  /** Name of the machine's present node, where `node` is left over from before (contract 2.1). */
  readonly now?: string;
  /** Epoch milliseconds, as are the others. */
  readonly isolatedAt: number;
  readonly startedAt: number;
  readonly deadline: number;
  /** Whether pods are deleted past their budgets before the deadline (contract 5.3). */
  readonly forces: boolean;
  /** Whether nova-compute stays, because guests do (contract 11.4). @default false */
  readonly keepsCompute?: boolean;
  /** Forces also in the first half of the time (contract 5.3). */
  readonly early?: true;
  /** Memory of an earlier drain of the node. */
  readonly before?: DrainMemory;
  /** How many pods had left when the node was drained before; absent when it was not. */
  readonly drained?: number;
}

/** Memory of the stage between its passes. */
export interface DrainStageMemory {
  readonly drain: DrainMemory;
  /** When the node was isolated again, epoch milliseconds: a pod made before then does not count as returned. */
  readonly reisolatedAt?: number;
  /** Set once the node is found dead; `until`: end of the wait for its pods, epoch milliseconds. */
  readonly death?: Death & { readonly until: number };
}

/** Drains the node (contract 4). */
export function drainStage(retiree: Retiree, order: DrainOrder): Stage<Drained, DrainStageMemory> {
  const { notice, cluster, course, ports } = retiree;
  const { node, now } = order;
  const terms = drainTerms(cluster, { ...order, voluntary: isVoluntary(notice.kind) && !order.forces });
  const machine = { notice, node, execution: course.subject.execution, ...(now !== undefined && { now }) };
  const isolation = { ...order, isLeftOver: now !== undefined };
  return {
    name: 'drain',
    memory: { drain: order.before ?? NOTHING_DRAINED },
    until: order.deadline,
    async pass(memory, { subject: about, watchUntil, keep }) {
      const subject = { ...about, node };
      const api = await ports.clusters.open(cluster);
      const look = await lookAtNode(machine, { cluster: api, instances: ports.instances });
      const lookedAt = Date.now();
      const ended = endOf(look);
      if (ended !== undefined) return { state: 'done', value: { memory: memory.drain, sparedVolumes: [], ...ended } };
      const kept = await keptFrom(memory, look, { subject, retiree, isolation });
      const { death, reisolatedAt = order.isolatedAt } = kept;
      const pass = await drainPass(
        { subject, node, isolatedAt: reisolatedAt, terms: termsAfter(death, terms) },
        {
          memory: memory.drain,
          watchUntil: Math.min(watchUntil, death?.until ?? Infinity),
          owner: { seenAt: lookedAt, isOurs: () => isStillOurs(machine, api) },
          keep: (drain) => {
            keep({ ...kept, drain });
          },
        },
        { cluster: api, journal: ports.journal },
      );
      if (pass.state === 'drained') return drained(pass, death, { subject, retiree, order });
      if (death !== undefined && Date.now() >= death.until)
        return { state: 'done', value: { memory: pass.memory, sparedVolumes: [], ended: 'dead node' } };
      return waiting(pass, kept, look);
    },
  };
}

function termsAfter(death: Death | undefined, terms: DrainTerms): DrainTerms {
  return death?.machineGone === true ? { ...terms, machineGone: true } : terms;
}

function deathIn(look: NodeLook, subject: Subject, { ports }: Retiree): DrainStageMemory['death'] {
  if (look.kind !== 'dead') return undefined;
  ports.journal.report(nodeDead(subject, { reason: look.death.reason }));
  return { ...look.death, until: Date.now() + PODS_OF_DEAD_NODE_MS };
}

/** Why the drain ends; undefined while it goes on. */
function endOf(look: NodeLook): Pick<Drained, 'ended' | 'by'> | undefined {
  switch (look.kind) {
    case 'superseded':
      return { ended: 'superseded', by: look.by };
    case 'replaced':
    case 'renamed':
    case 'unasked':
      return { ended: look.kind };
    case 'alive':
    case 'silent':
    case 'dead':
      return undefined;
  }
}

/** Puts the node's isolation back where it was lost, and returns what the stage remembers of the node. */
async function keptFrom(
  memory: DrainStageMemory,
  look: NodeLook,
  { subject, retiree, isolation }: { subject: Subject; retiree: Retiree; isolation: Isolation },
): Promise<Omit<DrainStageMemory, 'drain'>> {
  const found = look.kind === 'alive' || look.kind === 'silent' ? look.found : undefined;
  const wasLost = found !== undefined && (await keepIsolated(isolation, found, { subject, retiree }));
  const reisolatedAt = wasLost ? Date.now() : memory.reisolatedAt;
  const death = memory.death ?? deathIn(look, subject, retiree);
  return { ...(reisolatedAt !== undefined && { reisolatedAt }), ...(death && { death }) };
}

function drained(
  { memory, sparedVolumes }: PassResult,
  death: Death | undefined,
  { subject, retiree, order }: { subject: Subject; retiree: Retiree; order: DrainOrder },
): Pass<Drained, never> {
  const { evicted: pods, forced } = memory;
  // It is no news when the node had been drained before and no pod has left since.
  if (pods !== order.drained)
    retiree.ports.journal.report(nodeDrained(subject, { pods, forced, seconds: secondsSince(retiree.notice) }));
  const ended = death === undefined ? 'empty' : 'dead node';
  return { state: 'done', value: { memory, sparedVolumes, ended } };
}

function waiting(
  { memory, dueAt = Infinity, heldBy = [] }: PassResult,
  kept: Omit<DrainStageMemory, 'drain'>,
  look: NodeLook,
): Pass<Drained, DrainStageMemory> {
  const next = Math.min(dueAt, kept.death?.until ?? Infinity, look.kind === 'silent' ? look.lookAgainAt : Infinity);
  return {
    state: 'waiting',
    memory: { drain: memory, ...kept },
    waitingFor: remainingPods(memory),
    ...(heldBy.length > 0 && { heldBy }),
    ...(Number.isFinite(next) && { dueAt: next }),
    ...(memory.progressAt !== undefined && { progressAt: memory.progressAt }),
  };
}

/** Rules for pods: one that no controller makes again is evicted only when the instance goes anyway (contract 4.1). */
export function drainPolicy(
  { drain, taint }: Pick<ClusterSettings, 'drain' | 'taint'>,
  voluntary: boolean,
): DrainPolicy {
  return { ...drain, taintKey: taint.key, blockUncontrolled: voluntary };
}

function drainTerms(
  { drain, taint }: ClusterSettings,
  { startedAt, deadline, forces, early, keepsCompute = false, voluntary }: DrainOrder & { voluntary: boolean },
): DrainTerms {
  return {
    policy: { ...drainPolicy({ drain, taint }, voluntary), keepsCompute },
    impliedBudget: drain.impliedBudget,
    ...(drain.gracePeriodSeconds !== undefined && { gracePeriodSeconds: drain.gracePeriodSeconds }),
    maxInFlight: drain.maxEvictionsInFlight,
    pauseMs: drain.pauseBetweenEvictionsSeconds * 1000,
    forces,
    ...(early && { early }),
    startedAt,
    deadline,
  };
}
