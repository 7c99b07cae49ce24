/** What the drift tainter does to the nodes of its clusters, and what it tells (contract 9). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClusterAway } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import { COOL_DOWN_ANNOTATION, DRIFT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { parseClusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import { RunIncomplete } from '../../../lambdas/workflow/run/attempts.ts';
import { aCluster, instanceId, nodeName, upTo } from '../../fleet-given.ts';
import { aGroup, aMember, aNode, HOUR, MINUTE, NOON, TEMPLATE } from '../../given.ts';
import {
  DRAIN_KEY,
  DriftScene,
  DRIFTED_KEY,
  NEW_IMAGE,
  OLD_IMAGE,
  planOf,
  retiringMarks,
  type Added,
} from './drift-scene.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const TEN = upTo(10);
const GENEROUS = { budget: { nodes: '100%', cluster: '100%' } };

function sceneOf(...added: readonly [numbers: readonly number[], given?: Added][]): DriftScene {
  const scene = new DriftScene();
  for (const [numbers, given] of added) scene.add(numbers, given);
  return scene;
}

describe('nodes with an old image', () => {
  test('are all marked with the reason, and as many let go as the budget has room for', async () => {
    const scene = sceneOf([TEN]);
    await scene.run();
    expect(scene.bearing(DRIFTED_KEY)).toEqual(TEN);
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
    expect(scene.node(1).taints).toEqual([
      { key: DRIFTED_KEY, value: 'ami', effect: 'PreferNoSchedule' },
      { key: DRAIN_KEY, value: 'drift', effect: 'NoSchedule' },
    ]);
    expect(JSON.parse(scene.node(2).annotations[DRIFT_ANNOTATION] ?? '')).toEqual({
      reasons: [{ kind: 'ami', text: `runs ami-1, its group would launch ami-2 (${TEMPLATE} version 2)` }],
    });
  });

  test('are told: who has drifted and why, who is due, and how the run went', async () => {
    const scene = sceneOf([TEN], [[11, 12], { image: NEW_IMAGE }]);
    await scene.run();
    const place = { cluster: 'production', group: 'workers', instance: instanceId(1), node: nodeName(1) };
    expect(scene.of('node.drifted')).toHaveLength(10);
    expect(scene.of('node.drifted')).toContainEqual({
      type: 'node.drifted',
      ...place,
      reasons: ['ami'],
      explanation: `runs ami-1, its group would launch ami-2 (${TEMPLATE} version 2)`,
    });
    expect(scene.of('node.due')).toEqual([{ type: 'node.due', ...place, reasons: ['ami'] }]);
    const counts = { nodes: 12, groups: 1, drifted: 10, marked: 10, unmarked: 0, due: 1, waiting: 9, stopped: 0 };
    expect(scene.of('drift.finished')).toEqual([
      { type: 'drift.finished', cluster: 'production', ...counts, seconds: 0 },
    ]);
  });

  test('are changed by the next run no more, as long as nothing else changes', async () => {
    const scene = sceneOf([TEN]);
    await scene.run();
    scene.patched.length = 0;
    scene.events.length = 0;
    const report = await scene.look();
    expect(scene.patched).toEqual([]);
    expect(scene.events.map(({ type }) => type)).toEqual(['group.waiting', 'drift.finished']);
    expect(report.nodes.map(({ decision }) => decision)).toEqual(['let go before', ...Array<string>(9).fill('waits')]);
    expect(report.nodes[1]).toMatchObject({
      why: 'its budget is 1 node, 1 of it used up: node-01 is to be drained',
      place: 1,
    });
  });

  test('go one after the other: the next when the replacement of the one before is Ready', async () => {
    const scene = sceneOf([TEN]);
    await scene.run();
    scene.replace(1, 11);
    scene.change(11, { notReadySince: NOON - MINUTE, createdAt: NOON - MINUTE });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    scene.replace(11, 12);
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([2]);
  });

  test('go the emptiest first, for which no more pods are counted than it takes', async () => {
    const scene = sceneOf([TEN]);
    scene.pods.set(nodeName(1), 20).set(nodeName(2), 3);
    for (const number of [3, 4, 5, 10]) scene.pods.set(nodeName(number), 9);
    await scene.run();
    expect(scene.asked.pods).toHaveLength(5);
    expect(scene.bearing(DRAIN_KEY)).toEqual([2]);
  });

  test('are let go by each group’s budget and the cluster’s', async () => {
    const groups = [{ name: 'workers' }, { name: 'batch', budget: { nodes: 4 } }];
    const scene = new DriftScene(aCluster({ groups, budget: { cluster: 4 } }));
    scene.add(TEN);
    scene.add(upTo(20).slice(10), { group: 'batch' });
    await scene.run();
    const due = scene.bearing(DRAIN_KEY);
    expect(due).toHaveLength(4);
    expect(due.filter((number) => number <= 10).length).toBeLessThanOrEqual(1);
  });

  test('are marked anew when the reason is another, and not told again', async () => {
    const scene = sceneOf([[1, 2]]);
    await scene.run();
    scene.events.length = 0;
    scene.plans.set('workers', planOf('ami-3'));
    await scene.run();
    expect(scene.node(2).annotations[DRIFT_ANNOTATION]).toContain('ami-3');
    expect(scene.of('node.drifted')).toEqual([]);
    expect(scene.of('drift.finished')).toMatchObject([{ marked: 2, due: 0 }]);
  });

  test('lose their marks when their group would launch their image again, the taint to drain them too', async () => {
    const scene = sceneOf([[1, 2]]);
    scene.change(1, { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] });
    await scene.run();
    scene.plans.set('workers', planOf(OLD_IMAGE));
    await scene.run();
    expect([scene.taintsOf(1), scene.taintsOf(2)]).toEqual([['dedicated'], []]);
    expect(scene.node(1).annotations).toEqual({});
    expect(scene.of('node.current').map(({ node }) => node)).toEqual([nodeName(1), nodeName(2)]);
    expect(scene.of('drift.finished').at(-1)).toMatchObject({ drifted: 0, unmarked: 2 });
  });

  test('lose their marks even while they retire for them: so their retirement learns it', async () => {
    const scene = sceneOf([[1, 2]]);
    await scene.run();
    scene.change(1, { unschedulable: true });
    scene.retire(1, 'tainted');
    scene.plans.set('workers', planOf(OLD_IMAGE));
    await scene.run();
    expect(scene.taintsOf(1)).toEqual([]);
  });
});

describe('a drifted node is not let go', () => {
  const coolDown = coolDownText({ until: NOON + HOUR, reason: 'shop/web cannot move' });

  test.each<[string, Added, object]>([
    ['while it retires', { node: retiringMarks('asg-terminate') }, { decision: 'let go before' }],
    [
      'when somebody has tainted it already',
      { node: { taints: [{ key: 'ebb/drain', effect: 'NoSchedule' }] } },
      { decision: 'let go before' },
    ],
    [
      'while it is not Ready',
      { node: { notReadySince: NOON - MINUTE } },
      { decision: 'waits', why: 'it is not Ready' },
    ],
    ['while it is cordoned', { node: { unschedulable: true } }, { decision: 'waits', why: 'it is cordoned' }],
    [
      'before it serves',
      { member: { state: 'Pending:Wait' } },
      { decision: 'waits', why: 'its instance is Pending:Wait' },
    ],
    [
      'while it rests',
      { node: { annotations: { [COOL_DOWN_ANNOTATION]: coolDown } } },
      {
        decision: 'waits',
        why: 'cools down: shop/web cannot move',
        at: NOON + HOUR,
        place: 1,
      },
    ],
  ])('%s', async (_, added, decision) => {
    const scene = new DriftScene(aCluster(GENEROUS));
    scene.add([1], added);
    scene.add(upTo(20).slice(1), { image: NEW_IMAGE });
    const report = await scene.look();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(report.nodes).toMatchObject([{ node: nodeName(1), ...decision }]);
  });

  test('while it rests, though it is let go already: that is taken back, and another goes (contract 5.4)', async () => {
    const scene = new DriftScene(aCluster({ budget: { nodes: 1 } }));
    const taints = [{ key: DRAIN_KEY, value: 'drift', effect: 'NoSchedule' }];
    scene.add([1], { node: { taints, annotations: { [COOL_DOWN_ANNOTATION]: coolDown } } });
    scene.add(TEN.slice(1));
    const report = await scene.look();
    expect(report.nodes.filter(({ decision }) => decision === 'goes now')).toHaveLength(1);
    expect(scene.bearing(DRAIN_KEY)).toEqual([2]);
    expect(scene.bearing(DRIFTED_KEY)).toEqual(TEN);
    expect(scene.of('drift.finished')).toMatchObject([{ marked: 10, unmarked: 1, due: 1 }]);
  });

  test('while it rests, which takes no taint off that a person has put on', async () => {
    const scene = new DriftScene(aCluster({ budget: { nodes: 1 } }));
    const taints = [{ key: DRAIN_KEY, value: 'please', effect: 'NoSchedule' }];
    scene.add([1], { node: { taints, annotations: { [COOL_DOWN_ANNOTATION]: coolDown } } });
    await scene.run();
    expect(scene.taintsOf(1)).toEqual([DRAIN_KEY, DRIFTED_KEY]);
  });

  test('before its turn comes again, so that a group of which no node can be drained stays schedulable', async () => {
    const scene = sceneOf([TEN]);
    const gone: number[][] = [];
    for (let drains = 0; drains < 12; drains += 1) {
      await scene.run();
      const going = scene.bearing(DRAIN_KEY);
      gone.push(going);
      for (const number of going) scene.coolDown(number, Date.now() + 24 * HOUR);
      vi.setSystemTime(Date.now() + 10 * MINUTE);
    }
    // All ten, one at a time, and then none until the first has rested.
    expect(gone).toEqual([...TEN.map((number) => [number]), [], []]);
    vi.setSystemTime(NOON + 24 * HOUR);
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
  });

  test('while the warm pool would only replace it by another of its kind (contract 9.1)', async () => {
    const scene = sceneOf([TEN]);
    scene.add([99], {
      member: { state: 'Warmed:Stopped', launchedFrom: { kind: 'template', id: TEMPLATE, version: '1' } },
    });
    const report = await scene.look();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(report.groups).toMatchObject([{ stopped: expect.stringContaining('start an instance refresh') as string }]);
    expect(scene.of('group.stopped')).toHaveLength(1);
  });

  describe('while the warm pool holds the image that a parameter named before (contract 9.1)', () => {
    const launchedFrom = { kind: 'template', id: TEMPLATE, version: '2' } as const;
    const sceneWithPool = (pooled: string, drift: object = {}): DriftScene => {
      const scene = new DriftScene(aCluster({ drift }));
      const base = { ...launchedFrom, image: NEW_IMAGE, imageSince: NOON - HOUR };
      scene.plans.set('workers', planOf(NEW_IMAGE, { base, types: ['m7i.large'] }));
      scene.add(TEN, { member: { launchedFrom } });
      scene.add([98, 99], { image: pooled, member: { state: 'Warmed:Stopped', launchedFrom } });
      return scene;
    };

    test('though it was launched from the very same version', async () => {
      const scene = sceneWithPool(OLD_IMAGE);
      await scene.run();
      expect(scene.bearing(DRAIN_KEY)).toEqual([]);
      const reason = `its warm pool would replace them by what runs ${OLD_IMAGE} (${instanceId(98)}): start an instance refresh`;
      expect(scene.of('group.stopped')).toMatchObject([{ group: 'workers', reason }]);
      expect(scene.asked.launched).toContainEqual([98, 99].map(instanceId));
    });

    test('and is let go when it holds the one that it names now', async () => {
      const scene = sceneWithPool(NEW_IMAGE);
      await scene.run();
      expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
      expect(scene.of('group.stopped')).toEqual([]);
    });

    test('or when images do not count', async () => {
      const scene = sceneWithPool(OLD_IMAGE, { ami: false, instanceType: true });
      await scene.run();
      expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
      expect(scene.asked.launched).toEqual([]);
    });
  });

  test('and not even marked while it retires, or waits in a warm pool', async () => {
    const scene = new DriftScene(aCluster(GENEROUS));
    scene.add([1], { node: retiringMarks('asg-terminate') });
    scene.add([2], { member: { state: 'Warmed:Running' } });
    await scene.run();
    expect(scene.patched).toEqual([]);
  });
});

describe('a configuration that says nothing of a budget', () => {
  const written = JSON.stringify({ name: 'production', groups: [{ name: 'workers' }] });

  test('has old nodes marked and none let go, and each run says that it looks only and what to do', async () => {
    const scene = new DriftScene(parseClusterParameter(written));
    scene.add(TEN);
    const report = await scene.look();
    expect(scene.bearing(DRIFTED_KEY)).toEqual(TEN);
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    const reason = 'Ebb looks only: budget.nodes is 0, set it to 1 to begin';
    expect(scene.of('group.waiting')).toEqual([
      { type: 'group.waiting', cluster: 'production', group: 'workers', nodes: 10, reason },
    ]);
    expect(report.groups).toMatchObject([{ group: 'workers', drifted: 10, allowance: 0, why: reason }]);
    expect(report.nodes[0]).toMatchObject({ decision: 'waits', why: reason });
  });
});

describe('a budget that cannot be read', () => {
  test('of the cluster lets nobody go, and tells a person; nodes are marked all the same (contract 9.3)', async () => {
    const scene = new DriftScene(aCluster({ budget: { nodes: 'many' } }));
    scene.add(TEN);
    const report = await scene.look();
    expect(scene.bearing(DRIFTED_KEY)).toEqual(TEN);
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(scene.of('budget.unreadable')).toEqual([
      { type: 'budget.unreadable', cluster: 'production', reason: expect.stringMatching(/^budget\.nodes: /) as string },
    ]);
    expect(report.groups).toMatchObject([{ allowance: 0, why: expect.stringContaining('cannot be read') as string }]);
  });

  test('of a group lets nobody go there, and hinders no other', async () => {
    const groups = [{ name: 'workers', budget: 7 }, { name: 'batch' }];
    const scene = new DriftScene(aCluster({ groups }));
    scene.add(TEN);
    scene.add([11, 12], { group: 'batch' });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([11]);
    expect(scene.of('budget.unreadable')).toMatchObject([{ group: 'workers' }]);
  });

  test('is told even when nothing has drifted', async () => {
    const scene = new DriftScene(aCluster({ budget: 7 }));
    scene.add([1], { image: NEW_IMAGE });
    await scene.run();
    expect(scene.of('budget.unreadable')).toHaveLength(1);
  });
});

describe('a group is left alone, others are not,', () => {
  function two(given: object = {}): DriftScene {
    const scene = new DriftScene(aCluster({ groups: [{ name: 'workers' }, { name: 'batch' }], ...GENEROUS, ...given }));
    scene.add([1, 2]);
    scene.add([11, 12], { group: 'batch' });
    return scene;
  }

  test('when what it would launch cannot be told: nothing in it is changed at all', async () => {
    const scene = two();
    scene.change(1, { taints: [{ key: DRIFTED_KEY, value: 'ami', effect: 'PreferNoSchedule' }] });
    scene.plans.set('workers', { fault: 'launch template lt-1 is gone' });
    const report = await scene.look();
    expect(scene.patched.toSorted()).toEqual([nodeName(11), nodeName(11), nodeName(12), nodeName(12)]);
    expect(scene.bearing(DRAIN_KEY)).toEqual([11, 12]);
    expect(scene.of('group.stopped')).toEqual([
      { type: 'group.stopped', cluster: 'production', group: 'workers', reason: 'launch template lt-1 is gone' },
    ]);
    expect(report.groups).toMatchObject([
      { group: 'workers', nodes: 2, drifted: 0, allowance: 0, stopped: 'launch template lt-1 is gone' },
      { group: 'batch', nodes: 2, drifted: 2 },
    ]);
  });

  test('when its replacements drift themselves: replacing would never end (contract 9.1)', async () => {
    const scene = two();
    scene.add([3], { member: { launchedFrom: { kind: 'template', id: TEMPLATE, version: '2' } } });
    const report = await scene.look();
    expect(scene.bearing(DRAIN_KEY)).toEqual([11, 12]);
    expect(scene.bearing(DRIFTED_KEY)).toEqual([1, 2, 11, 12]);
    expect(scene.of('group.stopped')).toMatchObject([
      {
        group: 'workers',
        reason: expect.stringMatching(/launches something else than it says: node-03 was/) as string,
      },
    ]);
    expect(report.nodes.slice(0, 2)).toMatchObject([{ decision: 'stopped' }, { decision: 'stopped' }]);
    expect(scene.of('drift.finished')).toMatchObject([{ stopped: 2, due: 2 }]);
  });

  test('while somebody else changes it; its nodes are marked (contract 9.7)', async () => {
    const scene = two();
    scene.changes.set('workers', 'instance refresh 1 is under way');
    await scene.run();
    expect([scene.bearing(DRIFTED_KEY), scene.bearing(DRAIN_KEY)]).toEqual([
      [1, 2, 11, 12],
      [11, 12],
    ]);
    expect(scene.of('group.stopped')).toMatchObject([{ group: 'workers', reason: 'instance refresh 1 is under way' }]);
  });

  test('while a replacement has not joined in time; when it was launched is asked of that one alone', async () => {
    const scene = two();
    scene.add([3], { image: NEW_IMAGE, launchedAt: NOON - 20 * MINUTE });
    scene.nodes.get('production')?.delete(nodeName(3));
    await scene.run();
    expect(scene.asked.launched).toContainEqual([instanceId(3)]);
    expect(scene.bearing(DRAIN_KEY)).toEqual([11, 12]);
    expect(scene.of('group.stopped')).toMatchObject([
      {
        group: 'workers',
        reason: `its instance ${instanceId(3)} has run for 20 min and no node has joined for it: terminate instance ${instanceId(3)} or mend it`,
      },
    ]);
  });

  describe('while a node of the image that it would launch has not been Ready for too long,', () => {
    // Its kubelet has died since: when it ceased to be Ready says no more that it never was.
    const sceneWith = (added: Added, minutes: number, drift: object = {}): DriftScene => {
      const scene = two({ drift });
      const node = { createdAt: NOON - 40 * MINUTE, notReadySince: NOON - minutes * MINUTE, ...added.node };
      scene.add([3], { image: NEW_IMAGE, ...added, node });
      return scene;
    };

    test('and is told what to do', async () => {
      const scene = sceneWith({}, 16);
      await scene.run();
      expect(scene.bearing(DRAIN_KEY)).toEqual([11, 12]);
      const reason = `its node node-03 runs the image that it would launch now and has not been Ready for 16 min: terminate instance ${instanceId(3)} or mend it`;
      expect(scene.of('group.stopped')).toMatchObject([{ group: 'workers', reason }]);
    });

    test('whatever else it has drifted in', async () => {
      const scene = sceneWith({ member: { type: 'm5.large' } }, 16, { instanceType: true });
      scene.plans.set('workers', planOf(NEW_IMAGE, { types: ['m6i.large'] }));
      await scene.run();
      expect(scene.bearing(DRIFTED_KEY)).toContain(3);
      expect(scene.bearing(DRAIN_KEY)).toEqual([11, 12]);
    });

    test.each<[string, Added, number, object?]>([
      ['not for so long yet', {}, 14],
      ['of another image', { image: OLD_IMAGE }, 16],
      ['while images do not count', {}, 16, { ami: false, launchTemplate: true }],
      ['that retires', { node: retiringMarks('state-change') }, 16],
      ['that is leaving', { member: { state: 'Terminating:Wait' } }, 16],
    ])('but not one %s', async (_, added, minutes, drift) => {
      const scene = sceneWith(added, minutes, drift);
      await scene.run();
      expect(scene.bearing(DRAIN_KEY)).toEqual([1, 2, 11, 12]);
      expect(scene.of('group.stopped')).toEqual([]);
    });
  });

  test('but not while one that has just been started out of the warm pool has yet to join', async () => {
    const scene = two();
    scene.add([3], { image: NEW_IMAGE, launchedAt: NOON - 48 * HOUR, startedAt: NOON - 5 * MINUTE });
    scene.nodes.get('production')?.delete(nodeName(3));
    await scene.run();
    expect(scene.of('group.stopped')).toEqual([]);
  });

  test('and nobody asks who changes it while nothing in it has drifted, nor tells that it is stopped', async () => {
    const scene = two();
    scene.plans.set('workers', planOf(OLD_IMAGE));
    scene.changes.set('workers', 'instance refresh 1 is under way');
    await scene.run();
    expect(scene.asked.underWay).toEqual(['batch']);
    expect(scene.of('group.stopped')).toEqual([]);
  });
});

describe('why drifted nodes wait is told once per group (contract 9.7)', () => {
  const told = ({ events }: DriftScene) =>
    events.filter(({ type }) => type.startsWith('group.')).map((event) => ({ ...event, cluster: undefined }));

  function two(given: object = {}): DriftScene {
    const scene = new DriftScene(aCluster({ groups: [{ name: 'workers' }, { name: 'batch' }], ...given }));
    scene.add(TEN);
    scene.add([11, 12], { group: 'batch' });
    return scene;
  }

  test('when others of it go before: no more than that', async () => {
    const scene = two({ budget: { cluster: '100%' } });
    await scene.run();
    expect(told(scene)).toEqual([]);
    await scene.run();
    expect(told(scene)).toEqual([
      {
        type: 'group.waiting',
        group: 'workers',
        nodes: 9,
        reason: 'its budget is 1 node, 1 of it used up: node-01 is to be drained',
      },
      {
        type: 'group.waiting',
        group: 'batch',
        nodes: 1,
        reason: 'its budget is 1 node, 1 of it used up: node-11 is to be drained',
      },
    ]);
  });

  test('when somebody has forgotten a cordon', async () => {
    const scene = two({ budget: { cluster: '100%' } });
    scene.change(3, { unschedulable: true });
    await scene.run();
    expect(told(scene)).toEqual([
      {
        type: 'group.held',
        group: 'workers',
        nodes: 9,
        reason: 'its budget is 1 node, 1 of it used up: node-03 is cordoned',
      },
    ]);
  });

  test('when one of another group uses up the cluster’s budget, or is not even launched', async () => {
    const scene = two({ budget: { cluster: 1 } });
    scene.changeGroup('batch', { desired: 3 });
    await scene.run();
    const reason = 'the cluster’s budget is 1 node, 1 of it used up: 1 has yet to join';
    expect(told(scene)).toEqual([
      { type: 'group.held', group: 'workers', nodes: 10, reason },
      { type: 'group.held', group: 'batch', nodes: 2, reason: reason.replace('the cluster’s', 'its') },
    ]);
  });

  test('when too much of the cluster is not Ready (contract 9.4)', async () => {
    const scene = two(GENEROUS);
    for (const number of [1, 2, 3]) scene.change(number, { notReadySince: NOON - 5 * HOUR });
    await scene.run();
    const reason = '3 of the 12 nodes are not Ready, more than 20%';
    expect(told(scene)).toEqual([
      { type: 'group.stopped', group: 'workers', reason },
      { type: 'group.stopped', group: 'batch', reason },
    ]);
  });

  test.each<[string, object]>([
    ['outside of its windows', { windows: [{ cron: '0 2 * * *', durationSeconds: 3_600 }] }],
    ['in a freeze', { freezes: [{ from: '2026-01-05', to: '2026-01-06' }] }],
  ])('but not %s', async (_when, budget) => {
    const scene = two({ budget });
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([]);
    expect(told(scene)).toEqual([]);
  });

  test('but not by a dry run, whose report says it', async () => {
    const scene = two();
    scene.changes.set('workers', 'instance refresh 1 is under way');
    const { groups } = await scene.look({ dryRun: true });
    expect(groups).toMatchObject([{ group: 'workers', stopped: 'instance refresh 1 is under way' }, {}]);
    expect(scene.events).toEqual([]);
  });
});

test('too much of the cluster not Ready: nobody goes (contract 9.4)', async () => {
  const scene = new DriftScene(aCluster(GENEROUS));
  scene.add([1, 2, 3]);
  scene.add([4], { node: { notReadySince: NOON - 5 * HOUR } });
  const report = await scene.look();
  expect(scene.bearing(DRAIN_KEY)).toEqual([]);
  expect(report.nodes[0]).toMatchObject({ decision: 'waits', why: '1 of the 4 nodes is not Ready, more than 20%' });
});

describe('nodes that are none of ours are left alone:', () => {
  test('those in no group, and those of Karpenter and EKS Auto Mode, in a group or not', async () => {
    const scene = sceneOf([[1]], [[2], { node: { labels: { 'karpenter.sh/nodepool': 'default' } } }]);
    scene.addNode(3);
    scene.addNode(4, { providerId: 'eks-hybrid:///eu-central-1/production/mi-1' });
    scene.addNode(5, { labels: { 'eks.amazonaws.com/compute-type': 'auto' } });
    const report = await scene.look();
    expect(scene.bearing(DRIFTED_KEY)).toEqual([1]);
    expect(report).toMatchObject({
      strays: [nodeName(3), nodeName(4)],
      left: 2,
      groups: [{ group: 'workers', nodes: 1 }],
    });
    expect(scene.of('drift.finished')).toMatchObject([{ nodes: 1 }]);
  });

  test('those of a group that is enrolled no more, but for our marks, which come off', async () => {
    const scene = sceneOf([[1, 2, 3]]);
    scene.change(2, { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] });
    scene.addNode(4, { taints: [{ key: 'ebb/drain', value: 'please', effect: 'NoSchedule' }] });
    await scene.run();
    scene.retire(3, 'tainted');
    scene.groups.delete('workers');
    await scene.run();
    expect([scene.taintsOf(1), scene.taintsOf(2), scene.taintsOf(4)]).toEqual([[], ['dedicated'], ['ebb/drain']]);
    expect(scene.node(1).annotations).toEqual({});
    expect(scene.of('node.unenrolled')).toEqual(
      [1, 2].map((number) => {
        const about = { cluster: 'production', instance: instanceId(number), node: nodeName(number) };
        return { type: 'node.unenrolled', ...about };
      }),
    );
    expect(scene.of('node.current')).toEqual([]);
    // That one is its retirement's to restore, or goes.
    expect(scene.taintsOf(3)).toEqual([DRIFTED_KEY]);
    scene.change(3, { labels: {} });
    await scene.run();
    expect(scene.taintsOf(3)).toEqual([]);
  });

  test('those of Karpenter and those without an instance keep whatever they bear', async () => {
    const taints = [{ key: DRIFTED_KEY, value: 'ami', effect: 'PreferNoSchedule' }];
    const scene = new DriftScene();
    scene.addNode(1, { taints, labels: { 'karpenter.sh/nodepool': 'default' } });
    scene.addNode(2, { taints, providerId: 'eks-hybrid:///eu-central-1/production/mi-1' });
    await scene.run();
    expect(scene.bearing(DRIFTED_KEY)).toEqual([1, 2]);
  });

  test('one that stands for another instance by the time that it is written (faults 72)', async () => {
    const scene = sceneOf([[1, 2]]);
    scene.beforeRead = (name) => {
      if (name === nodeName(1)) scene.addNode(1, { providerId: `aws:///eu-central-1a/${instanceId(99)}` });
    };
    await scene.run();
    expect(scene.patched).toEqual([nodeName(2)]);
    expect(scene.of('node.drifted').map(({ node }) => node)).toEqual([nodeName(2)]);
    expect(scene.of('node.due')).toEqual([]);
  });

  test('one that is gone by then', async () => {
    const scene = sceneOf([[1, 2]]);
    scene.beforeRead = (name) => scene.nodes.get('production')?.delete(name);
    await scene.run();
    expect(scene.patched).toEqual([]);
  });

  test('one of an instance that EC2 does not know keeps what it has', async () => {
    const scene = sceneOf([[1, 2]]);
    await scene.run();
    scene.launched.delete(instanceId(2));
    scene.plans.set('workers', planOf(OLD_IMAGE));
    await scene.run();
    expect(scene.bearing(DRIFTED_KEY)).toEqual([2]);
  });
});

describe('a dry run', () => {
  test('changes nothing, tells of no node, and reports what a run would do', async () => {
    const scene = sceneOf([TEN]);
    const would = await scene.look({ dryRun: true });
    expect(scene.patched).toEqual([]);
    expect(scene.events).toEqual([]);
    expect(await scene.look()).toEqual(would);
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
    expect(would).toMatchObject({ cluster: 'production', at: NOON, strays: [], left: 0 });
    expect(would.groups).toEqual([
      { group: 'workers', nodes: 10, drifted: 10, allowance: 1, why: 'its budget is 1 node' },
    ]);
    expect(would.nodes.slice(0, 3)).toEqual([
      {
        node: nodeName(1),
        instance: instanceId(1),
        group: 'workers',
        zone: 'eu-central-1a',
        reasons: [`runs ami-1, its group would launch ami-2 (${TEMPLATE} version 2)`],
        decision: 'goes now',
      },
      expect.objectContaining({
        decision: 'waits',
        place: 1,
        why: expect.stringMatching(/^1 of its group goes before/) as string,
      }),
      expect.objectContaining({ decision: 'waits', place: 2 }),
    ]);
  });

  test('tells when a window opens', async () => {
    const windows = [{ cron: '0 2 * * *', durationSeconds: 3_600 }];
    const scene = new DriftScene(aCluster({ budget: { windows } }));
    scene.add([1]);
    const at2 = Date.parse('2026-01-06T02:00:00Z');
    expect(await scene.look({ dryRun: true })).toMatchObject({
      groups: [{ allowance: 0, opensAt: at2 }],
      nodes: [{ decision: 'waits', at: at2, place: 1 }],
    });
  });
});

describe('several clusters:', () => {
  function two(): DriftScene {
    const scene = new DriftScene(
      aCluster({ name: 'blue', groups: [{ name: 'blue-workers' }] }),
      aCluster({ name: 'green', groups: [{ name: 'green-workers' }] }),
    );
    scene.add([1, 2], { cluster: 'blue', group: 'blue-workers' });
    scene.add([3, 4], { cluster: 'green', group: 'green-workers' });
    return scene;
  }

  test('each has its own budget; the groups are read once', async () => {
    const scene = two();
    await scene.run();
    expect([scene.bearing(DRAIN_KEY, 'blue'), scene.bearing(DRAIN_KEY, 'green')]).toEqual([[1], [3]]);
    expect(scene.asked.enrolled).toBe(1);
  });

  test('one that is away is told, and the other goes on', async () => {
    const scene = two();
    scene.away.add('blue');
    const reports = await scene.run();
    expect(scene.bearing(DRAIN_KEY, 'green')).toEqual([3]);
    expect(scene.of('cluster.unswept')).toEqual([
      { type: 'cluster.unswept', cluster: 'blue', reason: 'connection refused' },
    ]);
    expect(reports).toMatchObject([{ cluster: 'blue', away: 'connection refused', nodes: [] }, { cluster: 'green' }]);
    expect(reports[1]).not.toHaveProperty('away');
  });

  test('one that goes away in between is told once, and is no failure', async () => {
    const scene = two();
    scene.beforeRead = (name) => {
      if (name === nodeName(1)) throw new ClusterAway('connection reset');
    };
    const reports = await scene.run();
    expect(scene.of('cluster.unswept')).toHaveLength(1);
    expect(reports).toMatchObject([{ cluster: 'blue', away: 'connection reset' }, { cluster: 'green' }]);
    expect(scene.bearing(DRAIN_KEY, 'green')).toEqual([3]);
  });

  test('one whose settings cannot be read fails the run, after the other', async () => {
    const scene = two();
    scene.settings.set('blue', new Error('no such field'));
    await expect(scene.run()).rejects.toThrow(new RunIncomplete('no such field'));
    expect(scene.bearing(DRAIN_KEY, 'green')).toEqual([3]);
  });

  test('one where drift counts no more loses its marks, and lets nobody go', async () => {
    const scene = two();
    await scene.run();
    scene.settings.set(
      'blue',
      aCluster({ name: 'blue', groups: [{ name: 'blue-workers' }], drift: { enabled: false } }),
    );
    scene.plans.set('blue-workers', planOf(OLD_IMAGE));
    expect(await scene.run()).toMatchObject([{ cluster: 'blue', nodes: [] }, { cluster: 'green' }]);
    expect(scene.bearing(DRIFTED_KEY, 'blue')).toEqual([]);
    expect(scene.bearing(DRAIN_KEY, 'blue')).toEqual([]);
  });
});

describe('writing', () => {
  test('fails for one node: the others are written, and the run fails at its end', async () => {
    const scene = sceneOf([TEN]);
    scene.beforeRead = (name) => {
      if (name === nodeName(2)) throw new Error('no such luck');
    };
    await expect(scene.run()).rejects.toThrow(new RunIncomplete('no such luck'));
    expect(scene.bearing(DRIFTED_KEY)).toEqual(TEN.filter((number) => number !== 2));
    expect(scene.of('drift.finished')).toMatchObject([{ marked: 9, due: 1 }]);
  });

  test('is tried again on what somebody else has changed in between', async () => {
    const scene = sceneOf([[1]]);
    let tries = 0;
    scene.beforeRead = () => {
      tries += 1;
      if (tries !== 1) return;
      const before = scene.node(1);
      // Changed after it was read, so that the first patch is out of date.
      const taints = [{ key: 'dedicated', effect: 'NoSchedule' }];
      queueMicrotask(() => {
        scene.change(1, { ...before, resourceVersion: '42', taints });
      });
    };
    await scene.run();
    expect(scene.taintsOf(1)).toEqual(['dedicated', DRIFTED_KEY, DRAIN_KEY]);
  });

  test('is done for ten nodes at a time', async () => {
    const scene = sceneOf([upTo(60)]);
    await scene.run();
    expect(scene.patched).toHaveLength(61);
    expect(scene.mostPatchesAtOnce).toBe(10);
  });
});

describe('is asked for only when it counts:', () => {
  const asked = async (drift: object): Promise<[launched: number, version: number]> => {
    const scene = new DriftScene(aCluster({ drift }));
    scene.add([1], { image: NEW_IMAGE });
    await scene.run();
    return [scene.asked.launched.length, scene.asked.version];
  };

  test.each<[string, object, [number, number]]>([
    ['images', {}, [1, 0]],
    ['templates', { ami: false, launchTemplate: true }, [0, 0]],
    ['ages', { ami: false, maxAgeSeconds: 86_400 }, [1, 0]],
    ['kubelets', { ami: false, kubelet: true }, [1, 1]],
  ])('%s', async (_, drift, expected) => {
    expect(await asked(drift)).toEqual(expected);
  });
});

describe('of an instance whose origin tells its image', () => {
  const look = async (drift: object): Promise<[images: string[], asked: string[]]> => {
    const scene = new DriftScene(aCluster({ drift }));
    const origins = [{ kind: 'template', id: TEMPLATE, version: '1', image: OLD_IMAGE } as const];
    scene.plans.set('workers', planOf(NEW_IMAGE, { origins }));
    scene.add([1, 2]);
    scene.add([3], { image: NEW_IMAGE });
    // EC2 does not know it yet.
    scene.launched.delete(instanceId(2));
    const { nodes } = await scene.look({ dryRun: true });
    return [nodes.map(({ node }) => node), scene.asked.launched.flat()];
  };

  test('nobody else is asked, but EC2 of the one that is about to go', async () => {
    expect(await look({})).toEqual([
      [nodeName(1), nodeName(2)],
      [instanceId(3), instanceId(1)],
    ]);
  });

  test('EC2 has the last word: what it says to be current stays, and the others of its group are asked of it too', async () => {
    const scene = new DriftScene(aCluster({ groups: [{ name: 'workers' }, { name: 'batch' }] }));
    const origins = [{ kind: 'template', id: TEMPLATE, version: '1', image: OLD_IMAGE } as const];
    // As moto tells it: all come from the default version.
    const member = { launchedFrom: { kind: 'template', id: TEMPLATE, version: '1' } } as const;
    for (const group of ['workers', 'batch']) scene.plans.set(group, planOf(NEW_IMAGE, { origins }));
    scene.add([1, 2, 3], { image: NEW_IMAGE, member, launchedAt: NOON - 50 * HOUR });
    scene.add([4, 5], { member });
    scene.add([11, 12], { group: 'batch', member });
    await scene.run();
    expect([scene.bearing(DRIFTED_KEY), scene.bearing(DRAIN_KEY)]).toEqual([[4, 5, 11, 12], [4]]);
    expect(scene.asked.launched).toEqual([[1], [2, 3, 4, 5]].map((numbers) => numbers.map(instanceId)));
  });

  test('EC2 is not asked of whom goes when images do not count', async () => {
    expect(await look({ ami: false, launchTemplate: true })).toEqual([[nodeName(1), nodeName(2)], []]);
  });

  test('EC2 is asked all the same when its age counts', async () => {
    const drift = { maxAgeSeconds: 30 * 86_400 };
    expect(await look(drift)).toEqual([[nodeName(1)], [1, 2, 3].map(instanceId)]);
  });
});

test('a kubelet behind the control plane counts when the group would launch another image', async () => {
  const scene = new DriftScene(aCluster({ drift: { ami: false, kubelet: true } }));
  scene.add([1], { node: { kubeletVersion: 'v1.32.1' } });
  scene.add([2], { node: { kubeletVersion: 'v1.33.1' } });
  await scene.run();
  expect(scene.bearing(DRIFTED_KEY)).toEqual([1]);
  expect(scene.of('node.drifted')).toMatchObject([{ reasons: ['kubelet'] }]);
});

test('groups of the configuration that have no node are told, and why (bad input)', async () => {
  const named = ['workers', 'empty', 'elsewhere', 'misspelt'].map((name) => ({ name }));
  const scene = new DriftScene(aCluster({ groups: named }));
  scene.add([1], { image: NEW_IMAGE });
  scene.groups.delete('misspelt');
  scene.groups.set('empty', aGroup({ name: 'empty', members: [] }));
  scene.groups.set('elsewhere', aGroup({ name: 'elsewhere', members: [aMember({ group: 'elsewhere' })] }));
  const { groups } = await scene.look();
  expect(groups.map(({ group, stopped }) => [group, stopped])).toEqual([
    ['workers', undefined],
    ['empty', 'it has no instances'],
    ['elsewhere', 'none of its instances is a node of this cluster'],
    ['misspelt', 'there is no Auto Scaling group of that name'],
  ]);
});

test('a node that has no instance at all is a stray', async () => {
  const scene = sceneOf([[1], { image: NEW_IMAGE }]);
  scene.nodes.get('production')?.set('hybrid', aNode({ name: 'hybrid', providerId: 'eks-hybrid:///mi-1' }));
  expect(await scene.look()).toMatchObject({ strays: ['hybrid'], nodes: [] });
});

describe('a group that is said to be another cluster’s', () => {
  const DISPUTED = { 'kubernetes.io/cluster/production': 'owned', 'kubernetes.io/cluster/staging': 'owned' };
  const why =
    'its cluster is disputed: group tag kubernetes.io/cluster/production says production, ' +
    'group tag kubernetes.io/cluster/staging says staging';

  /** Theirs are the older ones, and the first has been let go before. */
  function sceneWithTheirs(): DriftScene {
    const scene = new DriftScene();
    scene.addGroup('theirs', { tags: DISPUTED });
    scene.add(TEN);
    scene.add([11, 12], { group: 'theirs', launchedAt: NOON - 96 * HOUR });
    scene.change(11, { taints: [{ key: DRAIN_KEY, value: 'drift', effect: 'NoSchedule' }] });
    return scene;
  }

  test('is left alone, and keeps none of the others', async () => {
    const scene = sceneWithTheirs();
    await scene.run();
    expect(scene.patched).not.toContain(nodeName(11));
    expect(scene.patched).not.toContain(nodeName(12));
    expect(scene.bearing(DRAIN_KEY)).toEqual([1, 11]);
  });

  test('is reported, with who says what', async () => {
    const scene = sceneWithTheirs();
    const { groups, nodes } = await scene.look();
    expect(groups).toContainEqual({ group: 'theirs', nodes: 2, drifted: 0, allowance: 0, stopped: why });
    expect(nodes).toHaveLength(10);
    expect(scene.of('group.stopped')).toEqual([
      { type: 'group.stopped', cluster: 'production', group: 'theirs', reason: why },
    ]);
  });

  test('although the configuration names it and it has no node here, too', async () => {
    const scene = new DriftScene(aCluster({ groups: [{ name: 'workers' }, { name: 'theirs' }] }));
    scene.changeGroup('theirs', { desired: 3, tags: { 'eks:cluster-name': 'staging' } });
    scene.add(TEN);
    const { groups } = await scene.look();
    const stopped =
      'its cluster is disputed: the configuration says production, group tag eks:cluster-name says staging';
    expect(groups).toContainEqual({ group: 'theirs', nodes: 0, drifted: 0, allowance: 0, stopped });
    expect(scene.bearing(DRAIN_KEY)).toEqual([1]);
  });
});
