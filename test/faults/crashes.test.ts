/**
 * The shipped retirement killed at every checkpoint boundary of a usual drain, and in the middle of every step: its end
 * is that of an undisturbed one (faults 30, P5).
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Installation } from '../installation.ts';
import type { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { onRequestOf, seeRetirement, type Seen } from '../shipped/retirement.ts';

const GROUP = 'production-workers';

/** What each step asks for, and which such request of the retirement is its own; one that asks nobody has no middle. */
const REQUESTS = [
  ['verify', 'autoscaling DescribeAutoScalingInstances', 1],
  ['find-node', 'list nodes', 1],
  ['isolate', 'patch nodes', 1],
  ['slot', 'list nodes', 2],
  ['drain', 'create pods/eviction', 1],
  ['detach', 'list volumeattachments', 1],
  ['complete', 'autoscaling CompleteLifecycleAction', 1],
] as const;

let installation: Installation;
let undisturbed: Seen;
let workloads = 0;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: { clusters: [{ name: 'production', groups: [{ name: GROUP, heartbeatTimeoutSeconds: 300 }] }] },
    nodes: 2,
    podsPerNode: 500,
  });
  installation.kubernetes.world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
  undisturbed = await retirement();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await installation.stop();
});

/** Three pods of one workload, of which one may be away. */
function furnish({ world }: KubernetesPeer, node: string): void {
  workloads += 1;
  const web = { namespace: 'shop', name: `web-${workloads}` };
  world.addDeployment({ ...web, replicas: 3, nodes: [node], startSeconds: 1, shutdownSeconds: 1 });
  world.addBudget({ ...web, for: web.name, maxUnavailable: 1 });
}

function retirement(disturb?: (instance: string) => void): Promise<Seen> {
  return seeRetirement(installation, { group: GROUP, furnish, ...(disturb && { disturb }) });
}

/** What must not depend on crashes. */
function endOf({ executions, completions, sentAway, node, ...seen }: Seen) {
  return {
    results: executions.map(({ status, result }) => `${status} ${result ?? ''}`),
    completions: completions.map(({ how }) => how),
    sentAway: sentAway.map((life) => (life.node === node ? 'from the node' : 'from elsewhere')),
    leftBehind: seen.leftBehind,
    violations: seen.violations,
    lateHeartbeats: seen.lateHeartbeats,
    // Who taints first, Ebb or the controller of cordons, is chance.
    marks: seen.marks.toSorted(),
  };
}

function expectSameEnd(killed: Seen, where: string): void {
  expect(killed.kills, where).toBe(1);
  expect(endOf(killed), where).toEqual(endOf(undisturbed));
}

test('undisturbed, it drains the node and completes the hook once', () => {
  const end = endOf(undisturbed);
  expect(end).toMatchObject({ results: ['SUCCEEDED {"result":"drained"}'], completions: ['CONTINUE by call'] });
  expect(end).toMatchObject({ leftBehind: [], violations: [], lateHeartbeats: 0 });
  expect(end.sentAway).toEqual(['from the node', 'from the node', 'from the node']);
});

describe('killed at each checkpoint, its end is the same:', { timeout: 120_000 }, () => {
  test.each(['before', 'after'] as const)('%s it is kept', async (when) => {
    const checkpoints = undisturbed.executions[0]?.checkpoints ?? 0;
    expect(checkpoints).toBeGreaterThan(REQUESTS.length);
    for (let checkpoint = 1; checkpoint <= checkpoints; checkpoint += 1) {
      const order = { function: installation.functionNamed('NodeRetirement'), checkpoint, when };
      const killed = await retirement(() => {
        installation.aws.lambda.killAtCheckpoint(order);
      });
      expectSameEnd(killed, `killed ${when} checkpoint ${checkpoint}`);
    }
  });
});

describe('killed in the middle of a step, at a request that', { timeout: 120_000 }, () => {
  describe.each(['never arrives', 'is carried out'] as const)('%s, its end is the same:', (fate) => {
    test.each(REQUESTS)('%s', async (step, request, its) => {
      let count = 0;
      const seen = await retirement((instance) => {
        onRequestOf(installation, instance, (asked) => {
          if (asked !== request) return 'pass';
          count += 1;
          if (count !== its) return 'pass';
          installation.aws.lambda.kill(installation.functionNamed('NodeRetirement'));
          return fate === 'never arrives' ? 'lose' : 'pass';
        });
      });
      expectSameEnd(seen, `killed in ${step}, at ${request}`);
    });
  });
});
