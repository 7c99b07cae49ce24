/** The stages that only a retirement has which nothing but us wants; stage-runner.ts repeats each until it is done. */
import { isAskedFor } from '../../core/node/drain-taints.ts';
import { firstOf } from '../../core/drain/holders.ts';
import type { Ownership } from '../../core/node/isolation.ts';
import { phaseOf } from '../../core/aws/lifecycle-state.ts';
import { evictionBlocked } from '../../core/events/retirement-events.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import { podName } from '../../core/kubernetes/pod.ts';
import type { CoolDown } from '../../core/node/cool-down.ts';
import { judge } from '../../core/drain/verdict.ts';
import { drainPolicy } from '../drain/drain-stage.ts';
import type { Stage } from '../run/stage.ts';
import { startCoolDown, restoreNode, reportProgress } from '../node/isolate-node.ts';
import type { Hook } from '../ports/auto-scaling.ts';
import type { WatchListener } from '../ports/kubernetes.ts';
import { registerAgain, reportUnregistered } from '../traffic/restorable-targets.ts';
import type { Order } from './retirement.ts';

/** For what is looked at once. */
const UNHEARD: WatchListener = { changed: () => undefined, failed: () => undefined };

/** Looks for pods that a drain which forces nothing cannot move (contract 4.1); `kept`: their names, with the reasons. */
export function surveyStage({ cluster, ports }: Order, node: string): Stage<{ kept: readonly string[] }, null> {
  return {
    name: 'survey',
    memory: null,
    async pass(_memory, { subject: about }) {
      const subject = { ...about, node };
      const api = await ports.clusters.open(cluster);
      const watch = await api.watchDrain(node, UNHEARD);
      const { pods } = watch.state();
      watch.close();
      const policy = drainPolicy(cluster, true);
      const kept = pods.flatMap((pod) => {
        const verdict = judge(pod, policy, Date.now());
        if (verdict.action !== 'blocked') return [];
        ports.journal.report(evictionBlocked(subject, pod, { kind: 'policy', reason: verdict.reason }));
        return [`${podName(pod)} (${verdict.reason})`];
      });
      return { state: 'done', value: { kept: firstOf(kept) } };
    },
  };
}

/** Says on the node how far the retirement has come, and on those that its machine had before. */
export function progressStage(
  { notice, cluster, course, ports }: Order,
  come: Pick<Ownership, 'completesHook' | 'leftDrained'>,
  leftOver: readonly string[] = [],
): Stage<'told' | 'superseded' | 'unasked', null> {
  return {
    name: 'progress',
    memory: null,
    async pass(_memory, { subject }) {
      const api = await ports.clusters.open(cluster);
      const isAsked = (found: Node): boolean => isAskedFor(found, notice);
      const { execution } = course.subject;
      for (const node of leftOver) await reportProgress({ execution, node, isAsked: () => true }, come, api);
      const ours = { execution, node: subject.node ?? '', isAsked };
      return { state: 'done', value: await reportProgress(ours, come, api) };
    },
  };
}

/** How often the state of an instance that is on its way to our hook is read. */
const HOOK_LOOK_SECONDS = 15;

/** Until when its load balancers may keep it from the hook: the longest that a target drains, and some more. */
const HOOK_SECONDS = 4_500;

/**
 * Completes our hook as soon as the instance meets it (contract 8.2); `gone`: it passed without. Its memory is the state
 * that the instance was in at last.
 */
export function passHookStage(
  { notice, course, ports }: Order,
  hook: Pick<Hook, 'name'>,
): Stage<'completed' | 'over' | 'gone', string> {
  const { instance } = notice;
  const { group } = course.subject;
  return {
    name: 'pass-hook',
    memory: '',
    until: course.deadline + HOOK_SECONDS * 1000,
    pauseSeconds: HOOK_LOOK_SECONDS,
    async pass() {
      const { state = '' } = (await ports.lifecycle.membership(instance)) ?? {};
      switch (phaseOf(state === '' ? undefined : state)) {
        case 'over':
          return { state: 'done', value: 'gone' };
        case 'waiting':
          return { state: 'done', value: await ports.lifecycle.complete({ group, hook: hook.name, instance }) };
        case 'not yet':
        case 'in service':
          return { state: 'waiting', memory: state, waitingFor: [`the instance to reach hook ${hook.name}`] };
      }
    },
  };
}

/** How long the cloud controller has to delete the node of a machine that has ended, and how often Ebb looks. */
const NODE_STAYS_MS = 300_000;
const NODE_LOOK_SECONDS = 30;

/**
 * Sees to it that the node goes with its machine (contract 8.2). The cloud controller deletes it; where none does, it would
 * stay NotReady for ever.
 *
 * @param until when it is left to others, epoch milliseconds
 */
export function forgetNodeStage(
  { notice, cluster, ports }: Order,
  { node, until }: { node: string; until: number },
): Stage<null, { endedAt?: number }> {
  return {
    name: 'forget-node',
    memory: {},
    until,
    pauseSeconds: NODE_LOOK_SECONDS,
    async pass({ endedAt: before }) {
      const api = await ports.clusters.open(cluster);
      if ((await api.readNode(node)) === undefined) return { state: 'done', value: null };
      const machine = await ports.instances.machine(notice.instance);
      const hasEnded = machine === 'terminated' || machine === 'absent';
      if (!hasEnded) return { state: 'waiting', memory: {}, waitingFor: ['the machine to end'] };
      const endedAt = before ?? Date.now();
      const dueAt = endedAt + NODE_STAYS_MS;
      if (Date.now() < dueAt)
        return { state: 'waiting', memory: { endedAt }, waitingFor: [`node ${node} to be deleted`], dueAt };
      await api.deleteNode(node, notice.instance);
      return { state: 'done', value: null };
    },
  };
}

/** How often a load balancer that fails is asked again to take the node back, and for how long that keeps it isolated. */
const REGISTER_PAUSE_SECONDS = 5;
const REGISTER_FAILS_MS = 60_000;

interface RegisterMemory {
  /** Ids of the pools that have it again. */
  readonly done: readonly string[];
  /** When it began, epoch milliseconds. */
  readonly since?: number;
}

/** Puts the node back into the load balancers that it was taken out of: before its marks come off, which tell of them. */
export function registerStage({ cluster, ports }: Order, node: string): Stage<null, RegisterMemory> {
  return {
    name: 'register',
    memory: { done: [] },
    pauseSeconds: REGISTER_PAUSE_SECONDS,
    async pass({ done: before, since = Date.now() }, { subject }) {
      const api = await ports.clusters.open(cluster);
      const { balancing, journal } = ports;
      const { back, faults } = await registerAgain(
        { subject, node, done: before },
        { cluster: api, balancing, journal },
      );
      const done = [...before, ...back.map(({ id }) => id)];
      if (faults.length > 0 && Date.now() - since < REGISTER_FAILS_MS)
        return { state: 'waiting', memory: { done, since }, waitingFor: faults.map(({ pool }) => pool.name) };
      reportUnregistered(subject, faults, journal);
      return { state: 'done', value: null };
    },
  };
}

/** Takes our marks off again. The cool-down begins even on a node that bears none of them. */
export function restoreStage(
  { cluster, ports }: Order,
  { node, coolDown }: { node: string; coolDown?: CoolDown },
): Stage<null, null> {
  return {
    name: 'restore',
    memory: null,
    async pass(_memory, { subject }) {
      const api = await ports.clusters.open(cluster);
      const terms = coolDown && { coolDown, drainTaint: cluster.drift.drainTaint };
      const restoring = {
        subject: { ...subject, node },
        node,
        taint: cluster.taint,
        ...(terms && { coolDownTerms: terms }),
      };
      const restored = await restoreNode(restoring, { cluster: api, journal: ports.journal });
      if (!restored && terms !== undefined) await startCoolDown({ node, terms }, api);
      return { state: 'done', value: null };
    },
  };
}
