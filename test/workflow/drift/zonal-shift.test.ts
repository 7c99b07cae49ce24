/** What the drift tainter does while traffic is shifted away from a zone (contract 9.8). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ManagedResource } from '../../../lambdas/core/aws/zonal-shift.ts';
import { aCluster } from '../../fleet-given.ts';
import { NOON } from '../../given.ts';
import { DRAIN_KEY, DriftScene, DRIFTED_KEY, NEW_IMAGE } from './drift-scene.ts';

const BALANCER = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/50dc6c495c0c9188';
const CLUSTER = 'arn:aws:eks:eu-central-1:123456789012:cluster/production';
const WHY = 'a zonal shift moves the traffic of cluster production away from euc1-az1: disks are slow';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** ARC manages that resource, and its traffic is shifted. */
function shifted(arn: string): ManagedResource {
  return {
    arn,
    shifts: [{ kind: 'zonal shift', awayFrom: 'euc1-az1', isApplied: true, comment: 'disks are slow' }],
  };
}

/** Three nodes with an old image, of which one may go. */
function sceneWith(resources: readonly ManagedResource[], cluster: object = {}): DriftScene {
  const scene = new DriftScene(aCluster(cluster));
  scene.add([1, 2, 3]);
  scene.shifts = () => Promise.resolve({ kind: 'read', resources });
  return scene;
}

describe('while the traffic of a cluster is shifted', () => {
  test('old nodes are marked, none is let go, and the group says why', async () => {
    const scene = sceneWith([shifted(CLUSTER)]);
    const report = await scene.look();
    expect(scene.bearing(DRIFTED_KEY)).toEqual([1, 2, 3]);
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(report.nodes[0]).toMatchObject({ decision: 'waits', why: WHY });
    expect(scene.of('group.stopped')).toEqual([
      { type: 'group.stopped', cluster: 'production', group: 'workers', reason: WHY },
    ]);
  });

  test('a dry run says the same', async () => {
    const scene = sceneWith([shifted(CLUSTER)]);
    expect((await scene.look({ dryRun: true })).nodes[0]).toMatchObject({ decision: 'waits', why: WHY });
  });

  test('the first run after it lets go as many as the budget allows', async () => {
    const scene = sceneWith([shifted(CLUSTER)]);
    await scene.run();
    scene.shifts = () => Promise.resolve({ kind: 'read', resources: [{ arn: CLUSTER, shifts: [] }] });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
  });

  test('a cluster that does not wait for that goes on, and ARC is not asked', async () => {
    const scene = sceneWith([shifted(CLUSTER)], { waitForZonalShift: false });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
    expect(scene.asked.shifts).toBe(0);
  });
});

describe('a load balancer whose traffic is shifted', () => {
  test('holds the cluster that it serves', async () => {
    const scene = sceneWith([shifted(BALANCER)]);
    scene.serving = [BALANCER];
    const report = await scene.look();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(report.nodes[0]?.why).toMatch(
      /^a zonal shift moves the traffic of load balancer net\/web\/50dc6c495c0c9188/,
    );
  });

  test('holds no other', async () => {
    const scene = sceneWith([shifted(BALANCER)]);
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
  });
});

test('a shift of another cluster holds nothing', async () => {
  const scene = sceneWith([shifted(CLUSTER.replace('production', 'staging'))]);
  await scene.run();
  expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
});

test('while no node is to go, ARC is asked nothing', async () => {
  const scene = new DriftScene();
  scene.add([1, 2], { image: NEW_IMAGE });
  await scene.run();
  expect(scene.asked.shifts).toBe(0);
});

describe('if it cannot be known whether traffic is shifted', () => {
  test('because AWS refuses, that is reported and holds nothing', async () => {
    const scene = sceneWith([]);
    scene.shifts = () => Promise.resolve({ kind: 'refused', reason: 'AccessDeniedException: not allowed' });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
    expect(scene.of('shifts.unread')).toEqual([
      { type: 'shifts.unread', cluster: 'production', reason: 'AccessDeniedException: not allowed' },
    ]);
  });

  test('because AWS fails, no node goes until it answers', async () => {
    const scene = sceneWith([]);
    scene.shifts = () => Promise.reject(new Error('socket hang up'));
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(scene.of('group.stopped')).toMatchObject([
      {
        reason: expect.stringMatching(
          /^it is unknown whether traffic is shifted away from a zone: Error: socket hang up; if that lasts, see that/,
        ) as string,
      },
    ]);
  });
});
