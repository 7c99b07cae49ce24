/**
 * A Spot instance is interrupted: EC2 warns two minutes before, and the group lets the instance go a little later. Pods with
 * a grace of up to a minute have all of it, past a budget that never frees.
 */
import { Installation } from '../../installation.ts';
import type { World } from '../../peers/kubernetes/world/world.ts';
import type { PodLife } from '../../peers/kubernetes/world/timeline.ts';
import { completionExpectation } from '../expectations/expectations.ts';
import type { Expectation, Outcome, Scenario, Telling } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded, terminate } from '../../driving/termination.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-spot';
const HEARTBEAT_SECONDS = 300;

/** How long the event is on its way: 108 of the 115 s that Ebb counts on are left when it arrives. */
const ON_ITS_WAY_MS = 7_000;

/** When the group notices, and lets the instance go, after the warning. */
const LET_GO_AFTER_MS = 20_000;

/** Graces of pods that use all of theirs and whose budgets allow nothing, seconds. */
const GRACES = [10, 30, 60] as const;

/** A pod of which two minutes cannot save all. */
const TOO_LONG = 600;

const nameOf = (seconds: number): string => `grace-${seconds}`;

export const spot: Scenario = {
  async run(telling) {
    const groups = [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }];
    const configuration = { clusters: [{ name: CLUSTER, groups }] };
    const installation = await Installation.start({ configuration, nodes: 3, step: telling.step });
    try {
      return await interrupt(installation, telling);
    } finally {
      await installation.stop();
    }
  },
};

async function interrupt(installation: Installation, telling: Telling): Promise<Outcome> {
  const { aws, kubernetes, clock } = installation;
  const [instance = ''] = aws.autoScaling.instanceIds(GROUP);
  const node = installation.nodeOf(instance);
  aws.instances.setPurchase(instance, 'spot');
  const balanced = balance(installation);
  populate(kubernetes.world, node);
  await kubernetes.settle();
  const plan = { scenario: 'spot', cluster: CLUSTER, group: GROUP, instance, story: storyOf(node) };
  const staged = stage(installation, telling, { ...plan, heartbeatSeconds: HEARTBEAT_SECONDS });
  // The event is late, and its time is when EC2 made it.
  aws.eventBridge.delivering = false;
  const event = aws.interruptions.interruptSpot(instance);
  aws.eventBridge.delivering = true;
  clock.after(ON_ITS_WAY_MS, () => {
    aws.eventBridge.deliver(event);
  });
  clock.after(LET_GO_AFTER_MS, () => void terminate(installation, instance));
  aws.instances.onState((changed) => {
    if (changed.instanceId === instance && changed.state === 'shutting-down') kubernetes.terminateMachine(node);
  });
  await driveUntil(installation, () => hasEnded(installation) && aws.autoScaling.state(instance) === 'Terminated');
  const outcome = judge(staged, { warnedAt: Date.parse(event.time), balanced });
  telling.end(outcome);
  return outcome;
}

/** A target group in front of the group: hasta-la-vista's case. @returns its ARN */
function balance({ aws }: Installation): string {
  const attributes = { 'deregistration_delay.timeout_seconds': '30' };
  const { arn } = aws.elasticLoadBalancing.addTargetGroup({ name: 'shop', attributes });
  const group = aws.autoScaling.group(GROUP);
  group.trafficSources.push({ identifier: arn, type: 'elbv2' });
  for (const member of group.members.values()) aws.autoScaling.trafficSources.enter(member, true);
  return arn;
}

function populate(world: World, node: string): void {
  world.addDeployment({
    namespace: 'shop',
    name: 'web',
    replicas: 4,
    nodes: [node],
    startSeconds: 1,
    shutdownSeconds: 2,
  });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  for (const seconds of [...GRACES, TOO_LONG]) {
    const name = nameOf(seconds);
    const pace = { startSeconds: 1, shutdownSeconds: seconds, graceSeconds: seconds };
    world.addDeployment({ namespace: 'shop', name, nodes: [node], ...pace });
    world.addBudget({ namespace: 'shop', name, for: name, maxUnavailable: 0 });
  }
}

function storyOf(node: string): string {
  return `EC2 interrupts the Spot instance of ${node.split('.')[0] ?? node} in two minutes; 108 s are left when Ebb hears of it. Pods with a grace of ${GRACES.join(', ')} and ${TOO_LONG} s use all of theirs, and their budgets allow nothing.`;
}

function judge(staged: Staged, { warnedAt, balanced }: { warnedAt: number; balanced: string }): Outcome {
  const { installation, scene } = staged;
  const { aws, events } = installation;
  const endsAt = warnedAt + 120_000;
  const since = secondsSince(scene);
  const expectations = [
    isolatedExpectation(staged, warnedAt + ON_ITS_WAY_MS),
    withdrawnExpectation(staged, { balanced, arrivedAt: warnedAt + ON_ITS_WAY_MS }),
    ...GRACES.map((seconds) => graceExpectation(staged, seconds, endsAt)),
    {
      what: `the pod with a grace of ${TOO_LONG} s is named: its grace was cut`,
      holds: events.some((event) => event.type === 'pod.forced' && event.cutFromSeconds === TOO_LONG),
      found: cutsIn(installation),
    },
    completionExpectation(installation, scene.instance, 'CONTINUE'),
    takenOverExpectation(installation),
    {
      what: 'nothing was suspended: two minutes leave no time for it',
      holds: !events.some(({ type }) => type === 'retirement.suspended'),
      found: `${events.filter(({ type }) => type === 'retirement.suspended').length} suspensions`,
    },
  ];
  const completedAt = aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion')?.at;
  return {
    ...outcomeOf(staged, { expectations, cost: costOf(installation) }),
    seconds: since(completedAt),
    forced: events.filter(({ type }) => type === 'pod.forced').length,
  };
}

function lifeOf({ installation, scene }: Staged, name: string): PodLife | undefined {
  return installation.kubernetes.timeline.lives.find(
    ({ node, pod }) => node === scene.node && pod.startsWith(`${name}-`),
  );
}

function graceExpectation(staged: Staged, seconds: number, endsAt: number): Expectation {
  const { terminating = NaN, gone = NaN } = lifeOf(staged, nameOf(seconds)) ?? {};
  const had = Math.round((gone - terminating) / 1000);
  return {
    what: `the pod with a grace of ${seconds} s had all of it before the instance ended`,
    holds: had === seconds && gone <= endsAt,
    found: `${had} s, gone ${Math.round((endsAt - gone) / 1000)} s before the end`,
  };
}

function isolatedExpectation({ facts, scene }: Staged, arrivedAt: number): Expectation {
  const at = facts.find((fact) => fact.kind === 'nodeCordoned' && fact.node === scene.node)?.at ?? NaN;
  const seconds = Math.round((at - arrivedAt) / 100) / 10;
  return { what: 'the node was isolated within 3 s of the event', holds: seconds <= 3, found: `${seconds} s` };
}

function withdrawnExpectation(
  { installation }: Staged,
  { balanced, arrivedAt }: { balanced: string; arrivedAt: number },
): Expectation {
  const made = installation.aws.requests.find(({ action }) => action === 'DeregisterTargets');
  const seconds = Math.round(((made?.at ?? NaN) - arrivedAt) / 100) / 10;
  const name = balanced.split('/').at(-2) ?? balanced;
  return {
    what: `the instance left target group ${name} within 5 s of the event`,
    holds: seconds <= 5,
    found: `${seconds} s`,
  };
}

function takenOverExpectation({ events }: Installation): Expectation {
  const results = events.flatMap((event) => (event.type === 'retirement.finished' ? [event.result] : []));
  return {
    what: 'the hook’s retirement took over from the warning’s, which ended without touching anything',
    holds: results.length === 2 && results.includes('superseded') && results.includes('forced'),
    found: results.join(', '),
  };
}

function cutsIn({ events }: Installation): string {
  const cut = events.flatMap((event) =>
    event.type === 'pod.forced' && event.cutFromSeconds !== undefined
      ? [`${event.pod}: ${event.graceSeconds} of ${event.cutFromSeconds} s`]
      : [],
  );
  return cut.join(', ') || 'none was';
}
