/**
 * A cluster is rotated: its control plane's node first, then two groups of workers, two nodes at a time and each replacement
 * first. With `--fail-replacement` no new node is ever Ready: the rotation stops, and what it began is put back. With
 * `--kill` both functions are killed again and again.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as fc from 'fast-check';
import { driveUntil } from '../../driving/timelapse.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded } from '../../driving/termination.ts';
import { Installation } from '../../installation.ts';
import { nodes as nodeResource } from '../../peers/kubernetes/storage/resources.ts';
import { ReadyWatch } from '../expectations/ready-watch.ts';
import { rotationExpectations, type Rotating } from '../expectations/rotation-expectations.ts';
import type { Expectation, Outcome, Scenario, Telling } from '../scenario.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';

const CLUSTER = 'shop';
const HEARTBEAT_SECONDS = 300;
const BOOT_SECONDS = 45;
const MAX_SURGE = 2;

const CONTROL_PLANE = 'control-plane';
const WEB = 'web-workers';
const BATCH = 'batch-workers';
const GROUPS = [CONTROL_PLANE, WEB, BATCH] as const;

/** How many nodes each group has. */
const SIZES: Readonly<Record<(typeof GROUPS)[number], number>> = { [CONTROL_PLANE]: 1, [WEB]: 4, [BATCH]: 2 };
const NODES = 7;

/** How long after the nodes were made the rotation is asked for, milliseconds: clocks may differ, by less than a signature lasts. */
const OLD_MS = 120_000;

const KILLS = 12;

export const rotation: Scenario = {
  async run(telling, { failReplacement, kill }) {
    const groups = GROUPS.map((name) => ({ name, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }));
    const configuration = { rotation: true, clusters: [{ name: CLUSTER, groups, maxLeaving: '50%' }] };
    const installation = await Installation.start({ configuration, nodes: 0, step: telling.step });
    try {
      await furnish(installation);
      const before = instancesOf(installation);
      const staged = open(installation, telling);
      const watch = new ReadyWatch(installation, GROUPS);
      if (failReplacement) neverReady(installation);
      if (kill) orderKills(installation, telling);
      await request(installation);
      await driveUntil(installation, () => hasEnded(installation));
      // Instances and nodes of those that have ended go a little later.
      await driveUntil(installation, () => isSettled(installation));
      const rotating: Rotating = { groups: GROUPS, before, failed: failReplacement, maxSurge: MAX_SURGE };
      return end(staged, telling, { watch, expectations: rotationExpectations(installation, rotating, watch) });
    } finally {
      await installation.stop();
    }
  },
};

async function furnish(installation: Installation): Promise<void> {
  const { aws, kubernetes, clock } = installation;
  for (const group of GROUPS) {
    for (let made = 0; made < SIZES[group]; made += 1) installation.addNode(group);
  }
  installation.joinLaunched({ bootSeconds: BOOT_SECONDS });
  const { world } = kubernetes;
  const pace = { startSeconds: 5, shutdownSeconds: 5 };
  const workers = [WEB, BATCH].flatMap((group) => aws.autoScaling.instanceIds(group));
  const nodes = workers.map((instance) => installation.nodeOf(instance));
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 8, nodes, ...pace });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  world.addStatefulSet({ namespace: 'shop', name: 'db', replicas: 2, ...pace, volume: true });
  world.addBudget({ namespace: 'shop', name: 'db', for: 'db', maxUnavailable: 1 });
  world.addDaemonSet({ namespace: 'kube-system', name: 'aws-node', startSeconds: 1 });
  await kubernetes.settle();
  await clock.advance(OLD_MS);
}

function neverReady({ machines }: Installation): void {
  for (const group of [WEB, BATCH]) machines.setBoot(group, { seconds: BOOT_SECONDS, readySeconds: Infinity });
}

/** Each a few checkpoints after the one before, of either function. */
function orderKills(installation: Installation, telling: Telling): void {
  const { aws, clock } = installation;
  const seed = Number(process.env.EBB_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const kill = fc.record({ gap: fc.integer({ min: 3, max: 9 }), when: fc.constantFrom('before', 'after') });
  const [kills = []] = fc.sample(fc.array(kill, { minLength: KILLS, maxLength: KILLS }), { seed, numRuns: 1 });
  const functions = ['ClusterRotation', 'NodeRetirement'] as const;
  const checkpoints = { ClusterRotation: 0, NodeRetirement: 0 };
  for (const [index, { gap, when }] of kills.entries()) {
    const which = functions[index % functions.length] ?? 'NodeRetirement';
    checkpoints[which] += gap;
    aws.lambda.killAtCheckpoint({ function: installation.functionNamed(which), checkpoint: checkpoints[which], when });
  }
  let number = 0;
  aws.lambda.onKill((when) => {
    number += 1;
    telling.kill?.({ at: clock.now(), number, of: KILLS, when });
  });
}

/** Asks the function for it, as a person would: by its alias, with a request as JSON. */
async function request(installation: Installation): Promise<void> {
  const { aws } = installation;
  const name = installation.functionNamed('ClusterRotation');
  const [alias = ''] = aws.lambda.functions.get(name)?.aliases.keys() ?? [];
  const client = new LambdaClient(aws.clientConfig());
  const asked = { cluster: CLUSTER, maxSurge: MAX_SURGE, rotateControlPlane: true };
  const invoke = new InvokeCommand({
    FunctionName: name,
    Qualifier: alias,
    InvocationType: 'Event',
    Payload: JSON.stringify(asked),
  });
  await client.send(invoke);
  client.destroy();
}

function open(installation: Installation, telling: Telling): Staged {
  const [instance = ''] = installation.aws.autoScaling.instanceIds(WEB);
  const story = `The cluster is rotated: ${NODES} nodes in ${GROUPS.length} groups, ${MAX_SURGE} of a group of workers at a time.`;
  const names = { scenario: 'rotation', cluster: CLUSTER, group: WEB, instance, story };
  return stage(installation, telling, { ...names, heartbeatSeconds: HEARTBEAT_SECONDS });
}

function instancesOf({ aws }: Installation): ReadonlyMap<string, readonly string[]> {
  return new Map(GROUPS.map((group) => [group, aws.autoScaling.instanceIds(group)]));
}

/** As many instances as are wanted, all in service, and no node of one that has ended. */
function isSettled({ aws, kubernetes }: Installation): boolean {
  const members = GROUPS.flatMap((group) => [...aws.autoScaling.group(group).members.values()]);
  return members.length === NODES && kubernetes.store.list(nodeResource).length === NODES;
}

function end(
  staged: Staged,
  telling: Telling,
  { watch, expectations }: { watch: ReadyWatch; expectations: readonly Expectation[] },
): Outcome {
  const { installation, scene } = staged;
  const since = secondsSince(scene);
  const ended = installation.events.filter((event) => event.type === 'rotation.batch');
  const whole: Outcome = {
    ...outcomeOf(staged, { expectations, cost: costOf(installation) }),
    seconds: since(installation.clock.now()),
    pods: installation.events.filter(({ type }) => type === 'pod.evicted').length,
    stages: Object.fromEntries(
      ended.map(({ time, group, nodes }) => [`${group}: ${nodes.length} begun`, since(Date.parse(time))]),
    ),
    capacity: watch.drawn(),
  };
  telling.end(whole);
  return whole;
}
