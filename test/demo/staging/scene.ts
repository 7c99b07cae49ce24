/** What every scenario on the embedded peers begins and ends with. */
import { hasEnded } from '../../driving/termination.ts';
import type { Cost } from '../../driving/retirement-cost.ts';
import type { Installation } from '../../installation.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import { nodes as nodeResource } from '../../peers/kubernetes/storage/resources.ts';
import { evictedPods, workloadOf } from '../expectations/expectations.ts';
import type { Expectation, Outcome, Scene, Telling } from '../scenario.ts';
import { standingFacts } from './standing.ts';

export interface Staged {
  readonly installation: Installation;
  readonly scene: Scene;
  /** What the cluster saw since. */
  readonly facts: readonly Fact[];
}

export interface StagePlan {
  readonly scenario: string;
  readonly cluster: string;
  readonly group: string;
  readonly heartbeatSeconds: number;
  /** Whose node is shown. */
  readonly instance: string;
  readonly story?: string;
}

/** Opens the scene once the cluster is as it is wanted; from then on everything is told. */
export function stage(installation: Installation, telling: Telling, plan: StagePlan): Staged {
  const { kubernetes, clock } = installation;
  const { heartbeatSeconds, instance, ...names } = plan;
  const node = installation.nodeOf(instance);
  const nodes = kubernetes.store.list(nodeResource).map(({ metadata }) => metadata.name);
  kubernetes.availability.watch();
  const scene: Scene = {
    ...names,
    at: clock.now(),
    now: () => clock.now(),
    hook: { name: 'ebb-drain', heartbeatSeconds },
    nodes: nodes.length,
    pods: kubernetes.pods().length,
    node,
    instance,
    leaving: kubernetes
      .podsOn(node)
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'DaemonSet')
      .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
    standing: standingFacts(kubernetes, [node, ...nodes.filter((name) => name !== node)]),
  };
  telling.begin(scene);
  const facts: Fact[] = [];
  kubernetes.on((fact) => {
    facts.push(fact);
    telling.fact(fact);
  });
  installation.onEvent((event) => {
    telling.event(event);
  });
  return { installation, scene, facts };
}

/** Whether the scene's instance is terminated and its retirement over. */
export function hasLeft({ installation, scene }: Staged): boolean {
  return hasEnded(installation) && installation.aws.autoScaling.state(scene.instance) === 'Terminated';
}

/** The outcome of a scenario, by what was found at its end. */
export function outcomeOf(
  { installation, scene, facts }: Staged,
  {
    expectations,
    stages = {},
    cost,
  }: { expectations: readonly Expectation[]; stages?: Outcome['stages']; cost?: Cost },
): Outcome {
  const { aws, kubernetes } = installation;
  const { workloads, violations } = kubernetes.availability.report();
  const evicted = evictedPods(installation, scene);
  const unbudgeted = workloads.filter(
    ({ budget, workload }) => budget === 'implied' && evicted.some((life) => workloadOf(life) === workload),
  );
  const completedAt = aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion')?.at;
  const since = secondsSince(scene);
  return {
    ok: expectations.every(({ holds }) => holds),
    scenario: scene.scenario,
    seconds: since(completedAt),
    pods: evicted.length,
    unbudgetedControllers: new Set(unbudgeted.map(({ workload }) => workload)).size,
    requests: { kubernetes: installation.kubernetesRequests(), aws: installation.awsRequests() },
    refused: kubernetes.evictions.filter(({ status }) => status === 429).length,
    violations: violations.length,
    expectations,
    workloads,
    stages: {
      isolated: since(facts.find((fact) => fact.kind === 'nodeCordoned' && fact.node === scene.node)?.at),
      ...(evicted.length > 0 && { 'last pod gone': since(Math.max(...evicted.map(({ gone }) => gone ?? NaN))) }),
      ...stages,
      'hook completed': since(completedAt),
    },
    ...(cost && { cost }),
  };
}

/** To a tenth. */
export function secondsSince({ at: begun }: Scene): (at: number | undefined) => number {
  return (at) => Math.round(((at ?? NaN) - begun) / 100) / 10;
}
