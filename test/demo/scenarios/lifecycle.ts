/**
 * The main job: an instance of a group is terminated; its node is drained, then its hook completed. What must hold at the
 * end is read back from the peers, not from what Ebb says of itself.
 */
import { Installation } from '../../installation.ts';
import type { World } from '../../peers/kubernetes/world/world.ts';
import {
  detachments,
  evictedPods,
  expectationsOfAws,
  expectationsOfPods,
  requestExpectation,
} from '../expectations/expectations.ts';
import type { Outcome, Scenario, Telling } from '../scenario.ts';
import { terminate } from '../../driving/termination.ts';
import { hasLeft, outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-workers';
const HEARTBEAT_SECONDS = 300;

/** The drain itself takes a few seconds; the demo as a whole must end within a minute. */
const PATIENCE_MS = 45_000;

export const lifecycle: Scenario = {
  async run(telling) {
    const installation = await Installation.start({
      configuration: {
        clusters: [{ name: CLUSTER, groups: [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }] }],
      },
      nodes: 3,
      step: telling.step,
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
  populate(
    kubernetes.world,
    instances.map((instance) => installation.nodeOf(instance)),
  );
  await kubernetes.whenSettled();

  const [instance = ''] = instances;
  const names = { scenario: 'lifecycle', cluster: CLUSTER, group: GROUP };
  const staged = stage(installation, telling, { ...names, heartbeatSeconds: HEARTBEAT_SECONDS, instance });
  await terminate(installation, instance);
  const gaveUpAt = clock.now() + PATIENCE_MS;
  while (clock.now() < gaveUpAt && !hasLeft(staged)) await clock.sleep(50);
  kubernetes.terminateMachine(staged.scene.node);
  const outcome = judge(staged);
  telling.end(outcome);
  return outcome;
}

/** About thirty pods as clusters have them: with a budget, without, alone, with a volume, on every node. */
export function populate(world: World, nodes: string[]): void {
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

function judge(staged: Staged): Outcome {
  const { installation, scene, facts } = staged;
  const completedAt = installation.aws.autoScaling
    .history(scene.instance)
    .find(({ kind }) => kind === 'completion')?.at;
  const seen = { scene, facts, evicted: evictedPods(installation, scene), completedAt: completedAt ?? NaN };
  const { requests, pods, unbudgetedControllers } = outcomeOf(staged, { expectations: [] });
  return outcomeOf(staged, {
    expectations: [
      ...expectationsOfAws(installation, scene),
      ...expectationsOfPods(installation, seen),
      requestExpectation(requests.kubernetes, pods, unbudgetedControllers),
    ],
    stages: { 'volumes detached': secondsSince(scene)(detachments(facts, scene).at(-1)?.at) },
  });
}
