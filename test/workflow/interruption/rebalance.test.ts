/** Recommendations to rebalance: within budgets, and turned away beyond them (contract 1.2). */
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../lambdas/core/notice/notice.ts';
import type { Retired } from '../../../lambdas/workflow/retirement/retirement.ts';
import { MINUTE, scene, type Scene } from '../../faults/scene.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, type RehearsalPlan } from '../retirement/rehearsal.ts';

/** A group that rebalances, in a cluster where that is on; its nodes have pods that take a second to stop. */
async function spotScene(plan: RehearsalPlan = {}): Promise<Scene & AsyncDisposable> {
  const given = await scene(
    (world, node) => {
      world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node], shutdownSeconds: 1 });
    },
    { stands: true, notices: { rebalance: true }, ...plan },
  );
  given.rehearsal.aws.autoScaling.group(GROUP).capacityRebalance = true;
  return given;
}

function recommend({ rehearsal, instance: first }: Scene, instance = first): Notice {
  rehearsal.aws.instances.setPurchase(instance, 'spot');
  return rehearsal.noticeOf(rehearsal.aws.interruptions.recommendRebalance(instance));
}

const run = ({ rehearsal }: Scene, notice: Notice): Promise<Retired> => rehearsal.drive(rehearsal.retireBy(notice));

const marks = ({ rehearsal, node }: Scene) => marksOf(rehearsal, node);

describe('a recommendation to rebalance', () => {
  test('faults 4: then nothing: off by default', async () => {
    await using given = await spotScene({ notices: {} });
    expect(await run(given, recommend(given))).toEqual({
      result: 'ignored',
      reason: 'notices.rebalance is off in production',
    });
  });

  test('faults 4: where it is on, the node is isolated, drained, and restored after the hold; no hook is completed', async () => {
    await using given = await spotScene();
    const { rehearsal, instance } = given;
    expect(await run(given, recommend(given))).toEqual({ result: 'restored' });
    const drainedAt = rehearsal.of('node.drained')[0]?.reportedAt ?? NaN;
    const restoredAt = rehearsal.of('node.restored')[0]?.reportedAt ?? NaN;
    expect(restoredAt - drainedAt).toBeGreaterThanOrEqual(60 * MINUTE);
    expect(rehearsal.completions(instance)).toEqual([]);
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(marks(given)).toEqual(UNMARKED);
  });

  test('for a group without CapacityRebalance changes nothing', async () => {
    await using given = await spotScene();
    given.rehearsal.aws.autoScaling.group(GROUP).capacityRebalance = false;
    expect(await run(given, recommend(given))).toMatchObject({ result: 'ignored' });
    expect(marks(given)).toEqual(UNMARKED);
  });
});

describe('a recommendation beyond the budgets', () => {
  test('changes nothing while traffic is shifted away from a zone (contract 9.8)', async () => {
    await using given = await spotScene();
    const { aws } = given.rehearsal;
    const cluster = 'arn:aws:eks:eu-central-1:123456789012:cluster/production';
    aws.zonalShifts.manage(cluster);
    aws.zonalShifts.start(cluster, { kind: 'practice run', awayFrom: 'euc1-az1', comment: 'a practice run' });
    expect(await run(given, recommend(given))).toMatchObject({
      result: 'ignored',
      reason: expect.stringMatching(/a zonal shift moves .* away from euc1-az1 until .*: a practice run$/) as string,
    });
    expect(marks(given)).toEqual(UNMARKED);
  });

  test('touches nothing and says why, and a later one is served', async () => {
    await using given = await spotScene();
    const { rehearsal } = given;
    const [, other = ''] = rehearsal.nodes;
    rehearsal.kubernetes.world.cordon(other);
    const turnedAway = await run(given, recommend(given));
    const reason = expect.stringContaining(`its budget is 1 node, 1 of it used up: ${other} is cordoned`) as string;
    expect(turnedAway).toEqual({ result: 'ignored', reason });
    expect(rehearsal.of('notice.ignored')).toMatchObject([{ reason, instance: given.instance }]);
    expect([marks(given), rehearsal.of('retirement.started')]).toEqual([UNMARKED, []]);
    rehearsal.kubernetes.world.cordon(other, false);
    await rehearsal.clock.advance(MINUTE);
    expect(await run(given, recommend(given))).toEqual({ result: 'restored' });
    expect(rehearsal.of('node.drained')).toHaveLength(1);
  });

  test('does not keep the interruption itself from being served', async () => {
    await using given = await spotScene({ budget: { nodes: 0 } });
    const { rehearsal, instance } = given;
    expect(await run(given, recommend(given))).toMatchObject({ result: 'ignored' });
    const warning = rehearsal.noticeOf(rehearsal.aws.interruptions.interruptSpot(instance));
    expect(await run(given, warning)).toEqual({ result: 'drained' });
  });

  test('of several at the same moment begins for one', async () => {
    await using given = await spotScene();
    const { rehearsal } = given;
    const notices = rehearsal.instances.map((instance) => recommend(given, instance));
    const retired = await rehearsal.drive(Promise.all(notices.map((notice) => rehearsal.retireBy(notice))));
    expect(retired.map(({ result }) => result).toSorted()).toEqual(['ignored', 'ignored', 'restored']);
    expect(rehearsal.of('node.isolated')).toHaveLength(1);
  });

  test('is one while an instance refresh is under way', async () => {
    await using given = await spotScene();
    given.rehearsal.aws.autoScaling.addRefresh(GROUP, 'InProgress');
    expect(await run(given, recommend(given))).toMatchObject({
      result: 'ignored',
      reason: expect.stringMatching(/instance refresh .* is under way/) as string,
    });
    expect(marks(given)).toEqual(UNMARKED);
  });

  test('is one while the cluster cannot be reached: what cannot be counted allows nothing', async () => {
    await using given = await spotScene({ clusterRole: false });
    expect(await run(given, recommend(given))).toMatchObject({
      result: 'ignored',
      reason: expect.stringContaining('the budgets of production cannot be counted: ') as string,
    });
  });
});
