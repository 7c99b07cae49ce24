/**
 * A new AMI is published: the nodes that were launched from the old one are tainted, drained and replaced, one at a time
 * in each group, until none is out of date. A group that launches something else, and taints of other people, stay as
 * they are. A dry run tells the plan alone.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { answeredReport, type DriftAnswer } from '../../../lambdas/core/drift/answer.ts';
import { Installation } from '../../installation.ts';
import { nodes as nodeResource } from '../../peers/kubernetes/storage/resources.ts';
import { CapacityWatch } from '../expectations/capacity-watch.ts';
import { driftExpectations, type Replacing } from '../expectations/drift-expectations.ts';
import type { Expectation, Outcome, Scenario, Telling } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded } from '../../driving/termination.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';
import { driveUntil } from '../../driving/timelapse.ts';

const CLUSTER = 'shop';
const HEARTBEAT_SECONDS = 300;

/** The image is written in the launch template, of which the group launches the latest version. */
const WEB = 'web-workers';
/** A mixed instances policy, whose template takes the image from a parameter of AWS's. */
const BATCH = 'batch-workers';
/** Its template names an image of its own, which stays. */
const STEADY = 'steady-workers';

const PARAMETER = '/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/arm64/standard/recommended/image_id';
const OLD_IMAGE = 'ami-0123456789abcde01';
const NEW_IMAGE = 'ami-0fedcba9876543202';

const FOREIGN_TAINT = { key: 'team.example.com/reserved', value: 'billing', effect: 'PreferNoSchedule' } as const;

const BOOT_SECONDS = 45;

/** How many nodes each group has. */
const SIZES: readonly (readonly [group: string, nodes: number])[] = [
  [WEB, 3],
  [BATCH, 2],
  [STEADY, 2],
];
const NODES = 7;

export const drift: Scenario = {
  async run(telling, { dryRun }) {
    const groups = [WEB, BATCH, STEADY].map((name) => ({ name, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }));
    // Two groups at once, one node of each: the cluster’s own share would be one node of seven.
    const configuration = {
      clusters: [{ name: CLUSTER, groups, budget: { nodes: 1, cluster: 2 }, maxLeaving: '50%' }],
    };
    const installation = await Installation.start({
      configuration,
      nodes: 0,
      sweeps: true,
      drifts: true,
      step: telling.step,
    });
    try {
      furnish(installation);
      await installation.kubernetes.settle();
      return await (dryRun ? tellPlan(installation, telling) : replaceAll(installation, telling));
    } finally {
      await installation.stop();
    }
  },
};

/** Seven nodes of three groups, and pods on them. */
function furnish(installation: Installation): void {
  const { aws, kubernetes } = installation;
  aws.ssm.put(PARAMETER, OLD_IMAGE);
  const written = { imageId: OLD_IMAGE, instanceType: 'm7g.large' };
  aws.launchTemplates.create({ name: 'web', data: written });
  aws.launchTemplates.create({ name: 'batch', data: { imageId: `resolve:ssm:${PARAMETER}` } });
  aws.launchTemplates.create({ name: 'steady', data: written });
  aws.autoScaling.setLaunch(WEB, { launchTemplate: { name: 'web', version: '$Latest' } });
  const overrides = [{ instanceType: 'm7g.large' }, { instanceType: 'c7g.large' }];
  const mixedInstancesPolicy = { launchTemplate: { name: 'batch', version: '$Default' }, overrides };
  aws.autoScaling.setLaunch(BATCH, { mixedInstancesPolicy });
  aws.autoScaling.setLaunch(STEADY, { launchTemplate: { name: 'steady', version: '1' } });
  for (const [group, count] of SIZES) {
    for (let made = 0; made < count; made += 1) installation.addNode(group);
  }
  installation.joinLaunched({ bootSeconds: BOOT_SECONDS });
  for (const group of [WEB, STEADY]) {
    const [instance = ''] = aws.autoScaling.instanceIds(group);
    kubernetes.store.change(nodeResource, { name: installation.nodeOf(instance) }, ({ spec }) => {
      spec.taints = [...(spec.taints ?? []), { ...FOREIGN_TAINT }];
    });
  }
  const { world } = kubernetes;
  const pace = { startSeconds: 5, shutdownSeconds: 5 };
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 6, ...pace });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  world.addDeployment({ namespace: 'shop', name: 'api', replicas: 4, ...pace });
  // Two nodes drain at once: an implied budget is promised per retirement only (contract 4.5).
  world.addBudget({ namespace: 'shop', name: 'api', for: 'api', maxUnavailable: 1 });
  world.addStatefulSet({ namespace: 'shop', name: 'db', replicas: 2, ...pace, volume: true });
  world.addBudget({ namespace: 'shop', name: 'db', for: 'db', maxUnavailable: 1 });
  world.addDaemonSet({ namespace: 'kube-system', name: 'aws-node', startSeconds: 1 });
}

function publish({ aws }: Installation): void {
  aws.launchTemplates.addVersion({ name: 'web' }, { imageId: NEW_IMAGE, instanceType: 'm7g.large' });
  aws.ssm.put(PARAMETER, NEW_IMAGE);
}

async function replaceAll(installation: Installation, telling: Telling): Promise<Outcome> {
  const { aws } = installation;
  const staged = open(installation, telling);
  const replacing: Replacing = {
    groups: [WEB, BATCH],
    untouched: STEADY,
    image: NEW_IMAGE,
    foreignTaint: FOREIGN_TAINT,
    before: new Map([WEB, BATCH, STEADY].map((group) => [group, aws.autoScaling.instanceIds(group)])),
  };
  const watch = new CapacityWatch(installation, { groups: [WEB, BATCH, STEADY], foreignTaint: FOREIGN_TAINT });
  publish(installation);
  await driveUntil(installation, () => isCurrent(installation) && hasEnded(installation));
  // The objects of nodes whose machines have ended go a little later.
  await driveUntil(installation, () => installation.kubernetes.store.list(nodeResource).length === NODES);
  return end(staged, telling, driftExpectations(installation, replacing, watch));
}

/** What the drift tainter says that it would do: the shipped function is asked, and nothing changes. */
async function tellPlan(installation: Installation, telling: Telling): Promise<Outcome> {
  const { aws, kubernetes } = installation;
  for (const rule of aws.eventBridge.rules) if (rule.schedule !== undefined) rule.enabled = false;
  const staged = open(installation, telling);
  publish(installation);
  const marks = (): string => JSON.stringify(kubernetes.store.list(nodeResource).map(({ spec }) => spec));
  const before = marks();
  const invoke = new InvokeCommand({
    FunctionName: installation.functionNamed('DriftTainter'),
    Payload: JSON.stringify({ dryRun: true }),
  });
  const answer = await aws.driveUntil(new LambdaClient(aws.clientConfig()).send(invoke));
  const answers = JSON.parse(answer.Payload?.transformToString() ?? '[]') as DriftAnswer[];
  const reports = answers.map(answeredReport);
  telling.plan?.(reports);
  const drifted = reports.flatMap(({ nodes }) => nodes);
  const now = drifted.filter(({ decision }) => decision === 'goes now');
  return end(staged, telling, [
    { what: 'every node of the old image is told', holds: drifted.length === 5, found: `${drifted.length} nodes` },
    { what: 'one node of each group would go now', holds: now.length === 2, found: `${now.length} nodes` },
    { what: 'nothing has changed', holds: marks() === before, found: 'nodes have changed' },
  ]);
}

function open(installation: Installation, telling: Telling): Staged {
  const [instance = ''] = installation.aws.autoScaling.instanceIds(WEB);
  const story = `${NEW_IMAGE} is published: 5 of the 7 nodes are out of date.`;
  const plan = {
    scenario: 'drift',
    cluster: CLUSTER,
    group: WEB,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    instance,
    story,
  };
  return stage(installation, telling, plan);
}

function end(staged: Staged, telling: Telling, expectations: readonly Expectation[]): Outcome {
  const { installation, scene } = staged;
  const outcome = outcomeOf(staged, { expectations, cost: costOf(installation) });
  const since = secondsSince(scene);
  const ended = installation.events.filter((event) => event.type === 'retirement.finished');
  // Of many nodes, where others are of one.
  const whole: Outcome = {
    ...outcome,
    seconds: since(installation.clock.now()),
    pods: installation.events.filter(({ type }) => type === 'pod.evicted').length,
    unbudgetedControllers: outcome.workloads.filter(({ budget }) => budget === 'implied').length,
    stages: Object.fromEntries(ended.map(({ time, node = '' }) => [shortName(node), since(Date.parse(time))])),
  };
  telling.end(whole);
  return whole;
}

function shortName(node: string): string {
  return `${node.split('.')[0] ?? node} retired`;
}

/** Every instance of the groups that had the old image has been replaced, and the new ones serve as nodes. */
function isCurrent({ aws, kubernetes, nodesByInstance }: Installation): boolean {
  return [WEB, BATCH].every((name) => {
    const { desired, members } = aws.autoScaling.group(name);
    const serving = [...members.keys()].filter((instance) => {
      const node = kubernetes.node(nodesByInstance.get(instance) ?? '');
      return aws.instances.get(instance).imageId === NEW_IMAGE && node !== undefined;
    });
    return serving.length === members.size && serving.length === desired;
  });
}
