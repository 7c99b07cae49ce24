/**
 * The main job: an instance of a group is terminated; its node is drained, then its hook completed. What must hold at the
 * end is read back from the peers, not from what Ebb says of itself.
 */
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { Installation } from '../installation.ts';
import type { PodLife } from '../peers/kubernetes/timeline.ts';
import type { World } from '../peers/kubernetes/world.ts';
import type { Fact } from '../peers/kubernetes/facts.ts';
import { standingFacts } from './standing.ts';
import type { Expectation, Outcome, Scenario, Scene, Telling } from './scenario.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-workers';
const HEARTBEAT_SECONDS = 300;

/** The drain itself takes a few seconds; the demo as a whole must end within a minute. */
const PATIENCE_MS = 45_000;

export const lifecycle: Scenario = {
  summary: 'an instance of a group is terminated: its node is drained, then its hook is completed',
  async run(telling) {
    const installation = await Installation.start({
      configuration: {
        clusters: [{ name: CLUSTER, groups: [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }] }],
      },
      nodes: 3,
    });
    try {
      return await terminateOne(installation, telling);
    } finally {
      await installation.stop();
    }
  },
};

async function terminateOne(installation: Installation, telling: Telling): Promise<Outcome> {
  const { aws, kubernetes, clock } = installation;
  const instances = aws.autoScaling.instanceIds(GROUP);
  const nodes = instances.map((instance) => installation.nodeOf(instance));
  populate(kubernetes.world, nodes);
  await kubernetes.whenSettled();
  kubernetes.availability.watch();

  const [instance = ''] = instances;
  const [node = ''] = nodes;
  const scene: Scene = {
    scenario: 'lifecycle',
    at: clock.now(),
    cluster: CLUSTER,
    group: GROUP,
    hook: { name: 'ebb-drain', heartbeatSeconds: HEARTBEAT_SECONDS },
    nodes: nodes.length,
    pods: kubernetes.pods().length,
    node,
    instance,
    leaving: kubernetes
      .podsOn(node)
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'DaemonSet')
      .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
    standing: standingFacts(kubernetes, nodes),
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

  await new AutoScalingClient(aws.clientConfig()).send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instance, ShouldDecrementDesiredCapacity: true }),
  );
  const gaveUpAt = clock.now() + PATIENCE_MS;
  const execution = (): string | undefined => aws.lambda.executions[0]?.status;
  while (clock.now() < gaveUpAt && !(aws.autoScaling.state(instance) === 'Terminated' && execution() !== 'RUNNING')) {
    await clock.sleep(50);
  }
  kubernetes.terminateMachine(node);
  const outcome = judge(installation, scene, facts);
  telling.end(outcome);
  return outcome;
}

/** About thirty pods as clusters have them: with a budget, without, alone, with a volume, on every node. */
function populate(world: World, nodes: string[]): void {
  const pace = { startSeconds: 0.8, shutdownSeconds: 1, nodes };
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 9, ...pace });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  world.addDeployment({ namespace: 'shop', name: 'api', replicas: 6, ...pace });
  world.addBudget({ namespace: 'shop', name: 'api', for: 'api', minAvailable: '75%' });
  world.addDeployment({ namespace: 'shop', name: 'worker', replicas: 6, ...pace });
  world.addDeployment({ namespace: 'shop', name: 'report', replicas: 1, ...pace });
  world.addStatefulSet({ namespace: 'shop', name: 'db', replicas: 3, ...pace, volume: true, parallel: true });
  world.addDeployment({
    namespace: 'kube-system',
    name: 'coredns',
    replicas: 2,
    ...pace,
    priorityClass: 'system-cluster-critical',
  });
  world.addBudget({ namespace: 'kube-system', name: 'coredns', for: 'coredns', maxUnavailable: 1 });
  world.addDaemonSet({ namespace: 'kube-system', name: 'aws-node', startSeconds: 0.2 });
  world.addDaemonSet({ namespace: 'kube-system', name: 'log-agent', startSeconds: 0.2 });
}

function judge(installation: Installation, scene: Scene, facts: readonly Fact[]): Outcome {
  const { aws, kubernetes } = installation;
  const { workloads, violations } = kubernetes.availability.report();
  const evicted = evictedPods(installation, scene);
  const unbudgeted = new Set(
    workloads
      .filter(({ budget, workload }) => budget === 'implied' && evicted.some((life) => workloadOf(life) === workload))
      .map(({ workload }) => workload),
  );
  const requests = { kubernetes: installation.kubernetesRequests(), aws: installation.awsRequests() };
  const completion = aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion');
  const since = (at: number | undefined): number => Math.round(((at ?? NaN) - scene.at) / 100) / 10;
  const expectations = [
    ...expectationsOfAws(installation, scene),
    ...expectationsOfPods(installation, { scene, facts, evicted, completedAt: completion?.at ?? NaN }),
    requestExpectation(requests.kubernetes, evicted.length, unbudgeted.size),
  ];
  return {
    ok: expectations.every(({ holds }) => holds),
    scenario: scene.scenario,
    seconds: since(completion?.at),
    pods: evicted.length,
    unbudgetedControllers: unbudgeted.size,
    requests,
    refused: kubernetes.evictions.filter(({ status }) => status === 429).length,
    violations: violations.length,
    expectations,
    workloads,
    stages: {
      isolated: since(facts.find((fact) => fact.kind === 'nodeCordoned' && fact.node === scene.node)?.at),
      'last pod gone': since(Math.max(...evicted.map(({ gone }) => gone ?? NaN))),
      'volumes detached': since(detachments(facts, scene).at(-1)?.at),
      'hook completed': since(completion?.at),
    },
  };
}

function expectationsOfAws({ aws }: Installation, { instance }: Scene): Expectation[] {
  const completions = aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');
  const state = aws.autoScaling.state(instance) ?? 'unknown';
  const failed = aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED');
  return [
    {
      what: 'the hook was completed once, with CONTINUE, by the retirement',
      holds:
        completions.length === 1 &&
        completions.every(
          ({ result, by, function: name }) => result === 'CONTINUE' && by === 'call' && name?.includes('Retirement'),
        ),
      found: completions.map(({ result, by }) => `${result} by ${by}`).join(', ') || 'no completion',
    },
    { what: 'the instance is terminated', holds: state === 'Terminated', found: state },
    {
      what: 'one retirement ran, and nothing failed',
      holds: aws.lambda.executions.length === 1 && failed.length === 0 && aws.lambda.deadLetters.length === 0,
      found: `${aws.lambda.executions.length} run, ${failed.length} failed, ${aws.lambda.deadLetters.length} dead letters`,
    },
  ];
}

interface Seen {
  readonly scene: Scene;
  readonly facts: readonly Fact[];
  readonly evicted: readonly PodLife[];
  readonly completedAt: number;
}

function expectationsOfPods({ kubernetes }: Installation, { scene, facts, evicted, completedAt }: Seen): Expectation[] {
  const cordonedAt = facts.find((fact) => fact.kind === 'nodeCordoned' && fact.node === scene.node)?.at ?? NaN;
  const early = evicted.filter(({ terminating = NaN }) => !(terminating >= cordonedAt));
  const late = evicted.filter(({ stopped = NaN, gone = NaN }) => !(stopped <= completedAt && gone <= completedAt));
  const killed = kubernetes.timeline.lives.filter(
    ({ killed, workload }) => killed !== undefined && !workload?.startsWith('DaemonSet/'),
  );
  const { workloads, violations } = kubernetes.availability.report();
  const short = workloads.filter(({ workload, replicas }) => readyOf(kubernetes, workload) < replicas);
  const detached = detachments(facts, scene);
  return [
    {
      what: 'the node was isolated before any pod was evicted',
      holds: early.length === 0 && evicted.length > 0,
      found: `${evicted.length} evicted, ${early.length} of them before`,
    },
    {
      what: 'every pod that was to leave had stopped by itself and gone before the hook was completed',
      holds: late.length === 0 && evicted.length === scene.leaving.length,
      found: `${evicted.length - late.length} of ${scene.leaving.length}`,
    },
    {
      what: 'no pod but those of DaemonSets went down with the machine',
      holds: killed.length === 0,
      found: `${killed.length} killed`,
    },
    {
      what: 'no workload fell below its budget or implied budget at any instant',
      holds: violations.length === 0 && workloads.length > 0,
      found:
        violations.length === 0
          ? 'none did'
          : violations.map(({ workload, ready, floor }) => `${workload}: ${ready} of ${floor}`).join(', '),
    },
    {
      what: 'every workload is complete again on the other nodes',
      holds: short.length === 0,
      found: short.map(({ workload }) => workload).join(', ') || 'all are',
    },
    {
      what: 'the volume was detached before the hook was completed',
      holds: detached.length > 0 && detached.every(({ at }) => at <= completedAt),
      found: `${detached.length} detached`,
    },
  ];
}

function requestExpectation(made: number, pods: number, unbudgeted: number): Expectation {
  const allowed = pods + 16 + 2 * unbudgeted;
  return {
    what: `the drain made at most pods + 16 + 2 × unbudgeted controllers = ${allowed} Kubernetes requests`,
    holds: made <= allowed,
    found: String(made),
  };
}

function evictedPods({ kubernetes }: Installation, { node }: Scene): PodLife[] {
  const granted = new Set(
    kubernetes.evictions.filter(({ status }) => status === 201).map(({ namespace, pod }) => `${namespace}/${pod}`),
  );
  return kubernetes.timeline.lives.filter((life) => life.node === node && granted.has(`${life.namespace}/${life.pod}`));
}

function workloadOf({ namespace, workload = '' }: PodLife): string {
  return `${namespace}/${workload}`;
}

/** @param workload as the availability check names it: `namespace/Kind/name` */
function readyOf(kubernetes: Installation['kubernetes'], workload: string): number {
  const [namespace, , name] = workload.split('/');
  return kubernetes.pods(namespace).filter(({ metadata, status }) => {
    const serves = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    return metadata.ownerReferences?.[0]?.name === name && serves && metadata.deletionTimestamp === undefined;
  }).length;
}

function detachments(facts: readonly Fact[], { node }: Scene): Fact[] {
  return facts.filter((fact) => fact.kind === 'volumeDetached' && fact.node === node);
}
