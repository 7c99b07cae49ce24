/**
 * A zone is evacuated: 200 nodes of one cluster are let go within seconds, and each event comes twice. All are isolated at
 * once, few drain at a time, none is lost, and none is drained twice.
 */
import { Installation } from '../../installation.ts';
import type { Expectation, Outcome, Scenario, Telling } from '../scenario.ts';
import { budgetExpectation } from '../expectations/expectations.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded } from '../../driving/termination.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';

const CLUSTER = 'shop';
const LEAVING = 'shop-leaving';
const STAYING = 'shop-staying';
const HEARTBEAT_SECONDS = 900;

/** Nodes that leave, and those that take their pods. */
const NODES = 200;
const OTHERS = 50;

/** In which the group lets them go. */
const WITHIN_MS = 4_000;

/** The cluster's own limit (contract 4.10). */
const MOST_AT_ONCE = 25;

/** How many functions Lambda runs at once here: each is a thread of this machine. */
const CONCURRENCY = 40;

export const storm: Scenario = {
  async run(telling) {
    const groups = [LEAVING, STAYING].map((name) => ({ name, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }));
    const configuration = { clusters: [{ name: CLUSTER, groups, notices: { stateChange: false } }] };
    const installation = await Installation.start({ configuration, nodes: 0, step: telling.step });
    try {
      return await evacuate(installation, telling);
    } finally {
      await installation.stop();
    }
  },
};

async function evacuate(installation: Installation, telling: Telling): Promise<Outcome> {
  const { aws, kubernetes, clock } = installation;
  aws.lambda.concurrency = CONCURRENCY;
  // A node goes with its machine, and frees its place among those that drain.
  installation.joinLaunched({ bootSeconds: 60 });
  const leaving = Array.from({ length: NODES }, () => installation.addNode(LEAVING));
  for (let count = 0; count < OTHERS; count += 1) installation.addNode(STAYING);
  populate(installation, leaving);
  await kubernetes.settle();
  const [instance = ''] = leaving;
  const plan = { scenario: 'storm', cluster: CLUSTER, group: LEAVING, instance, story: STORY };
  const staged = stage(installation, telling, { ...plan, heartbeatSeconds: HEARTBEAT_SECONDS });
  aws.eventBridge.deliveries = 2;
  leaving.forEach((each, index) => {
    clock.after(Math.floor((index * WITHIN_MS) / NODES), () => {
      const member = aws.autoScaling.findMember(each);
      aws.autoScaling.group(LEAVING).desired -= 1;
      if (member !== undefined) aws.autoScaling.capacity.terminate(member, 'its zone is evacuated');
    });
  });
  await driveUntil(
    installation,
    () => hasEnded(installation) && leaving.every((each) => aws.autoScaling.state(each) === 'Terminated'),
  );
  const outcome = judge(staged, leaving);
  telling.end(outcome);
  return outcome;
}

const STORY = `A zone is evacuated: ${NODES} of ${NODES + OTHERS} nodes are let go within ${WITHIN_MS / 1000} s, and each event comes twice. At most ${MOST_AT_ONCE} drain at once.`;

/** A pod for each node that leaves, in workloads of ten with a budget each. */
function populate({ kubernetes, machines }: Installation, leaving: readonly string[]): void {
  const { world } = kubernetes;
  for (let index = 0; index < leaving.length; index += 10) {
    const name = `web-${index / 10}`;
    const nodes = leaving.slice(index, index + 10).map((instance) => machines.nameOf(instance));
    world.addDeployment({ namespace: 'shop', name, replicas: 10, nodes, startSeconds: 1, shutdownSeconds: 2 });
    world.addBudget({ namespace: 'shop', name, for: name, maxUnavailable: 3 });
  }
}

function judge(staged: Staged, leaving: readonly string[]): Outcome {
  const { installation, scene } = staged;
  const { aws, clock } = installation;
  const completions = leaving.map((instance) =>
    aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion'),
  );
  const lost = completions.filter((all) => !all.some(({ result, by }) => result === 'CONTINUE' && by === 'call'));
  const twice = completions.filter(({ length }) => length > 1);
  const failed = aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED');
  const expectations: Expectation[] = [
    {
      what: 'none is lost: every hook was completed by a call',
      holds: lost.length === 0,
      found: `${lost.length} lost`,
    },
    { what: 'none is completed twice', holds: twice.length === 0, found: `${twice.length} twice` },
    {
      what: 'one retirement ran for each node, and nothing failed',
      holds: aws.lambda.executions.length === NODES && failed.length === 0 && aws.lambda.deadLetters.length === 0,
      found: `${aws.lambda.executions.length} run, ${failed.length} failed, ${aws.lambda.deadLetters.length} dead letters`,
    },
    evictedOnceExpectation(installation),
    isolatedFirstExpectation(staged),
    atOnceExpectation(installation),
    budgetExpectation(installation),
  ];
  const evicted = installation.kubernetes.evictions.filter(({ status }) => status === 201).length;
  return {
    ...outcomeOf(staged, { expectations, cost: costOf(installation) }),
    seconds: secondsSince(scene)(clock.now()),
    pods: evicted,
  };
}

function evictedOnceExpectation({ kubernetes }: Installation): Expectation {
  const granted = kubernetes.evictions.filter(({ status }) => status === 201).map(({ pod }) => pod);
  const twice = granted.length - new Set(granted).size;
  return {
    what: 'no pod is evicted twice',
    holds: twice === 0 && granted.length >= NODES,
    found: `${granted.length} evicted, ${twice} twice`,
  };
}

/** All were isolated before the last of them drained: those without a slot wait isolated (contract 3.3). */
function isolatedFirstExpectation({ facts, scene }: Staged): Expectation {
  const cordoned = facts.flatMap((fact) => (fact.kind === 'nodeCordoned' ? [fact.at] : []));
  const last = secondsSince(scene)(Math.max(...cordoned));
  return {
    what: 'every node was isolated, without waiting for a slot',
    holds: cordoned.length === NODES,
    found: `${cordoned.length} isolated, the last after ${last} s`,
  };
}

/** How many nodes had pods that were going at one time. */
function atOnceExpectation({ kubernetes }: Installation): Expectation {
  const spans = new Map<string, { from: number; to: number }>();
  for (const { node, terminating, gone } of kubernetes.timeline.lives) {
    if (node === undefined || terminating === undefined || gone === undefined) continue;
    const { from, to } = spans.get(node) ?? { from: Infinity, to: -Infinity };
    spans.set(node, { from: Math.min(from, terminating), to: Math.max(to, gone) });
  }
  const all = [...spans.values()];
  const most = Math.max(
    0,
    ...all.map(({ from }) => all.filter((other) => other.from <= from && from < other.to).length),
  );
  return {
    what: `at most ${MOST_AT_ONCE} nodes drained at once`,
    holds: most <= MOST_AT_ONCE,
    found: `${most} at once`,
  };
}
