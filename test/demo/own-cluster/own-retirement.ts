/** One retirement of the user's node: started, told and watched over, and the node put back however it ends. */
import { bundleAll } from '../../../infra/bundling/function-bundle.ts';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { clusterAway, type Subject } from '../../../lambdas/core/events/retirement-events.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { LoggedEvent } from '../../installation.ts';
import { OwnClusterFault, wordsOf } from '../../peers/own-cluster/fault.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';
import { isToLeave, judgePods } from '../own-node/node-verdicts.ts';
import { ownOutcome } from './own-cluster-outcome.ts';
import { INTERRUPTED, type Patience } from '../../command/command-stage.ts';
import type { OwnClusterOptions, OwnClusterStage } from './own-cluster-stage.ts';
import { HEARTBEAT_SECONDS, OWN_GROUP, type OwnConfiguration } from './own-configuration.ts';
import { OwnInstallation } from './own-installation.ts';
import { countPods, nodePath, readPodsOn, type OwnNode } from '../own-node/own-node.ts';
import { adviceOn, retirementEnd, type Ending } from './own-retirement-end.ts';
import { handBack } from './hand-back.ts';
import { Reachability } from '../own-watch/reachability.ts';
import type { Outcome, Scene } from '../scenario.ts';
import { WorkloadWatch } from '../own-watch/workload-watch.ts';

export interface OwnRetirementPlan {
  readonly options: OwnClusterOptions;
  readonly stage: OwnClusterStage;
  readonly patience: Patience;
  readonly upstream: Upstream;
  readonly configuration: OwnConfiguration;
  readonly own: OwnNode;
}

/** Other nodes that a live view shows beside the one that is drained. */
const NODES_SHOWN = 4;

/** @returns the exit status @throws OwnClusterFault before anything is changed */
export async function retireOwnNode(plan: OwnRetirementPlan): Promise<number> {
  const { upstream, configuration, stage, options } = plan;
  stage.say('Starting Ebb …');
  await bundleAll(({ length }) => {
    stage.say(`Building ${length} functions …`);
  });
  const installation = await OwnInstallation.start({ node: options.node, upstream, configuration });
  try {
    const leaving = judgePods(await readPodsOn(options.node, upstream), configuration.policy, Date.now()).filter(
      isToLeave,
    );
    return await carryOut(
      plan,
      installation,
      leaving.map(({ pod }) => pod),
    );
  } finally {
    await installation.stop();
  }
}

async function carryOut(plan: OwnRetirementPlan, installation: OwnInstallation, leaving: Pod[]): Promise<number> {
  const { stage, options } = plan;
  const workloads = await openWorkloads(plan, installation, leaving);
  try {
    if (stage.interrupted.aborted) return INTERRUPTED;
    const scene = await sceneOf(plan, { installation, workloads, leaving });
    stage.telling.begin(scene);
    const { ending, outcome, notes } = await drain(plan, { installation, workloads, leaving, scene });
    stage.telling.end(outcome);
    for (const line of [...adviceOn(ending, installation, options), ...notes]) stage.say(line);
    if (ending.kind === 'interrupted') return INTERRUPTED;
    return outcome.ok ? 0 : 1;
  } finally {
    workloads.close();
  }
}

interface Begun {
  readonly installation: OwnInstallation;
  readonly workloads: WorkloadWatch;
  readonly leaving: readonly Pod[];
  readonly scene: Scene;
}

async function drain(
  plan: OwnRetirementPlan,
  begun: Begun,
): Promise<{ ending: Ending; outcome: Outcome; notes: string[] }> {
  const { stage, options, upstream, patience } = plan;
  const { installation, workloads, leaving, scene } = begun;
  const tell = (event: LoggedEvent): void => {
    stage.telling.event(event);
    const at = Date.parse(event.time);
    if (event.type === 'node.isolated') stage.telling.fact({ kind: 'nodeCordoned', at, node: options.node });
    if (event.type === 'node.restored') stage.telling.fact({ kind: 'nodeUncordoned', at, node: options.node });
  };
  const report = (event: DomainEvent): void => {
    tell({ ...event, time: new Date().toISOString(), level: 'INFO', service: 'demo' });
  };
  installation.onEvent(tell);
  const look = { method: 'GET', path: nodePath(options.node) };
  const reachability = new Reachability(() => answered(upstream, look), patience.look);
  const ending = await retirementEnd(installation, { reachability, patience, interrupted: stage.interrupted });
  reachability.stop();
  const endedAt = Date.now();
  const subject = subjectOf(installation, scene);
  if (ending.kind === 'away') report(clusterAway(subject, { reason: ending.reason }));
  await installation.haltFunctions(patience.restore);
  const left = ending.kind === 'away' ? undefined : await readPodsOn(options.node, upstream).catch(() => undefined);
  const { expectation: restoration, notes } = await handBack(plan, { installation, subject, journal: { report } });
  const outcome = ownOutcome(installation, workloads, { scene, ending, endedAt, leaving, left, restoration });
  return { ending, outcome, notes };
}

/** Whoever refuses us answers too; an API server that fails does not. */
async function answered(upstream: Upstream, request: { method: string; path: string }): Promise<void> {
  const { status } = await upstream.ask(request);
  if (status >= 500) throw new Error(`it answers HTTP ${status}`);
}

function subjectOf({ execution, instance }: OwnInstallation, { cluster, group, node }: Scene): Subject {
  return { execution: execution?.name ?? '', cluster, group, instance, node };
}

async function openWorkloads(
  { options, stage, configuration: { policy } }: OwnRetirementPlan,
  { connection }: OwnInstallation,
  leaving: readonly Pod[],
): Promise<WorkloadWatch> {
  try {
    return await WorkloadWatch.open(connection, { node: options.node, leaving, policy }, (fact) => {
      stage.telling.fact(fact);
    });
  } catch (cause) {
    throw new OwnClusterFault(`the pods of ${options.node} cannot be watched: ${wordsOf(cause)}`, [], cause);
  }
}

async function sceneOf(
  { own, upstream, options, configuration }: OwnRetirementPlan,
  { installation, workloads, leaving }: Omit<Begun, 'scene'>,
): Promise<Scene> {
  const { node } = options;
  const at = Date.now();
  const shown = [node, ...own.nodes.filter((name) => name !== node).slice(0, NODES_SHOWN)];
  return {
    scenario: 'own-cluster',
    at,
    now: () => Date.now(),
    cluster: configuration.cluster.name,
    group: OWN_GROUP,
    hook: { name: configuration.whole.hookName, heartbeatSeconds: HEARTBEAT_SECONDS },
    nodes: own.nodes.length,
    pods: await countPods(upstream),
    node,
    instance: installation.instance,
    leaving: leaving.map(({ namespace, name }) => `${namespace}/${name}`),
    standing: [...shown.map((name) => ({ kind: 'nodeAdded' as const, at, node: name })), ...workloads.standing(at)],
  };
}
