/** Rotations of a cluster, group by group (contract 10.1–10.3), against both peers. */
import { describe, expect, test } from 'vitest';
import { RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import { GROUP } from '../retirement/rehearsal.ts';
import { RotationScene } from './rotation-scene.ts';

const web = { namespace: 'shop', name: 'web' };

/** Nothing of a rotation is left on nodes, groups and instances. */
function expectNothingLeft({ rehearsal }: RotationScene): void {
  const { aws, nodes, instances } = rehearsal;
  for (const node of nodes) {
    const { metadata, spec } = rehearsal.node(node);
    expect(metadata.labels ?? {}).not.toHaveProperty(RETIRING_LABEL);
    expect(spec.unschedulable).not.toBe(true);
    expect(spec.taints ?? []).toEqual([]);
  }
  for (const instance of instances) expect(aws.instances.get(instance).tags).not.toHaveProperty('ebb/detached-from');
}

describe('a rotation', () => {
  test('replaces every node, replacement first, and no more at once than maxSurge', async () => {
    await using scene = await RotationScene.start({ nodes: 4 });
    const { rehearsal } = scene;
    const before = rehearsal.instances;
    rehearsal.kubernetes.world.addDeployment({ ...web, replicas: 8, nodes: rehearsal.nodes });
    await rehearsal.ready();
    const rotated = await scene.rotate(scene.order({ maxSurge: 2 }));
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ group: GROUP, way: 'detach', done: 4 }] } });
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
    expect(rehearsal.of('rotation.batch').map(({ nodes }) => nodes.length)).toEqual([2, 2]);
    expect(scene.seen).toEqual({ attached: 4, ready: 4 });
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
    expectNothingLeft(scene);
  });

  test('tells when it will have ended, once a node has gone', async () => {
    await using scene = await RotationScene.start({ nodes: 4, stands: true });
    const { rehearsal } = scene;
    const begun = rehearsal.clock.now();
    const ends: (number | undefined)[] = [];
    scene.onProgress = ({ expectedEnd }) => ends.push(expectedEnd);
    await scene.rotate(scene.order());
    const took = rehearsal.clock.now() - begun;
    expect(ends[0]).toBeUndefined();
    expect(ends.at(-1)).toBeUndefined();
    const told = ends.filter((end) => end !== undefined);
    // All four take alike, so that the first node that has gone says it within one node's time.
    expect(Math.abs((told[0] ?? 0) - begun - took) / took).toBeLessThanOrEqual(0.25);
  });

  test('drains the nodes of a batch one after the other, with the pause between', async () => {
    await using scene = await RotationScene.start({ nodes: 2 });
    const { rehearsal } = scene;
    await scene.rotate(scene.order({ maxSurge: 2, pauseBetweenDrains: 300 }));
    const drained = rehearsal.of('node.drained').map(({ reportedAt }) => reportedAt);
    expect(drained).toHaveLength(2);
    expect((drained[1] ?? 0) - (drained[0] ?? 0)).toBeGreaterThanOrEqual(300_000);
  });

  test('whose rounds are all repeated, as after crashes, does the same', async () => {
    await using scene = await RotationScene.start({ nodes: 3 });
    scene.repeats = true;
    expect(await scene.rotate(scene.order({ maxSurge: 2 }))).toMatchObject({
      result: 'done',
      progress: { groups: [{ done: 3 }] },
    });
    expect(scene.rehearsal.of('retirement.requested')).toHaveLength(3);
    expect(scene.seen).toEqual({ attached: 3, ready: 3 });
    expectNothingLeft(scene);
  });

  test('of what has drifted alone leaves the others, though they are older', async () => {
    await using scene = await RotationScene.start({ nodes: 0 });
    const { rehearsal, machines } = scene;
    const { autoScaling, launchTemplates } = rehearsal.aws;
    launchTemplates.create({ name: 'web', data: { imageId: 'ami-2', instanceType: 'm7g.large' } });
    autoScaling.setLaunch(GROUP, { launchTemplate: { name: 'web', version: '$Latest' } });
    const current = rehearsal.addInstance();
    launchTemplates.addVersion({ name: 'web' }, { imageId: 'ami-1', instanceType: 'm7g.large' });
    const drifted = rehearsal.addInstance();
    launchTemplates.addVersion({ name: 'web' }, { imageId: 'ami-2', instanceType: 'm7g.large' });
    for (const instance of [current, drifted]) machines.nodes.set(instance, rehearsal.nodeOf(instance));
    await rehearsal.clock.advance(600_000);
    expect(await scene.rotate(scene.order({ only: 'drifted' }))).toMatchObject({ result: 'done' });
    expect(rehearsal.instances).toContain(current);
    expect(rehearsal.instances).not.toContain(drifted);
    expect(rehearsal.of('rotation.batch')).toHaveLength(1);
  });

  test('waits while its cluster is frozen (contract 9.3)', async () => {
    const today = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const budget = { freezes: [{ from: today(-1), to: today(2) }] };
    await using scene = await RotationScene.start({ nodes: 1, budget });
    const { rehearsal } = scene;
    rehearsal.clock.after(7_200_000, () => {
      scene.control = 'stop';
    });
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'stopped', progress: { groups: [{ left: 1 }] } });
    expect(rehearsal.of('rotation.waiting')).toMatchObject([
      { waitingFor: [expect.stringContaining('frozen from') as string] },
    ]);
    expect(rehearsal.of('rotation.batch')).toEqual([]);
  });

  test('pauses between batches', async () => {
    await using scene = await RotationScene.start({ nodes: 2 });
    await scene.rotate(scene.order({ pauseBetweenBatches: 1_800 }));
    const [first, second] = scene.rehearsal.of('rotation.batch');
    expect((second?.reportedAt ?? 0) - (first?.reportedAt ?? 0)).toBeGreaterThanOrEqual(1_800_000);
  });

  test('whose replacement never joins stops, and puts back what it has begun', async () => {
    await using scene = await RotationScene.start({ nodes: 3 });
    const { rehearsal, machines } = scene;
    const before = rehearsal.instances;
    machines.setBoot(GROUP, { seconds: Infinity });
    const rotated = await scene.rotate(scene.order({ maxSurge: 2 }));
    expect(rotated).toMatchObject({ result: 'failed', reason: expect.stringContaining('has no node') as string });
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect(rehearsal.instances.toSorted()).toEqual(before.toSorted());
    expect(rehearsal.of('rotation.batch')).toHaveLength(1);
    expectNothingLeft(scene);
  });

  test('goes on from where the same one has ended', async () => {
    await using scene = await RotationScene.start({ nodes: 3 });
    const { rehearsal, machines } = scene;
    const order = scene.order();
    const before = rehearsal.instances;
    scene.control = 'stop';
    expect(await scene.rotate(order)).toMatchObject({ result: 'stopped', progress: { groups: [{ left: 3 }] } });
    scene.control = 'go';
    machines.setBoot(GROUP, { seconds: 120 });
    const again = { ...order, at: rehearsal.clock.now() };
    expect(await scene.rotate(again)).toMatchObject({ result: 'done', progress: { groups: [{ done: 3, left: 0 }] } });
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
    // Asked for once more, there is nothing left to do.
    expect(await scene.rotate({ ...again, at: rehearsal.clock.now() })).toMatchObject({ result: 'done' });
    expect(rehearsal.of('rotation.batch')).toHaveLength(3);
  });

  test('whose retirements come to nothing gives up after three', async () => {
    await using scene = await RotationScene.start({ nodes: 1 });
    scene.retires = false;
    expect(await scene.rotate(scene.order())).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/^ip-10-0-0-10\S*: its retirement was begun 3 times, and it stays/) as string,
    });
    expect(scene.rehearsal.of('rotation.batch')).toHaveLength(3);
  });

  test('leaves a node with pods that are not to be evicted, and says so', async () => {
    await using scene = await RotationScene.start({ nodes: 2 });
    const { rehearsal } = scene;
    const [node = ''] = rehearsal.nodes;
    const annotations = { 'karpenter.sh/do-not-disrupt': 'true' };
    rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node], annotations });
    await rehearsal.ready();
    const rotated = await scene.rotate(scene.order());
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ done: 1, kept: [{ node }] }] } });
  });

  test.each([
    [{ cluster: 'staging' }, 'cluster staging is not configured'],
    [{ groups: ['gpu'] }, 'groups: gpu is no enrolled group of production: name one of workers'],
  ])('of %j is refused, and nothing begins', async (request, reason) => {
    await using scene = await RotationScene.start({ nodes: 1 });
    expect(await scene.rotate(scene.order(request))).toMatchObject({ result: 'refused', reason });
    expect(scene.rehearsal.of('rotation.batch')).toEqual([]);
  });

  test('that is only planned changes nothing', async () => {
    await using scene = await RotationScene.start({ nodes: 2 });
    const rotated = await scene.rotate(scene.order({ dryRun: true }));
    expect(rotated).toMatchObject({
      result: 'planned',
      progress: { groups: [{ group: GROUP, left: 2, way: 'detach' }] },
    });
    expect(scene.rehearsal.of('rotation.batch')).toEqual([]);
  });
});

describe('a group of the control plane', () => {
  test('is left alone unless it is asked for', async () => {
    await using scene = await RotationScene.start({ nodes: 1, groupTags: { 'k8s.io/role/control-plane': '1' } });
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done', progress: { groups: [] } });
  });

  test('is replaced in place, one node at a time, whatever maxSurge', async () => {
    await using scene = await RotationScene.start({ nodes: 2, groupTags: { 'k8s.io/role/control-plane': '1' } });
    const { rehearsal } = scene;
    const rotated = await scene.rotate(scene.order({ rotateControlPlane: true, maxSurge: 2 }));
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ way: 'in place', done: 2 }] } });
    expect(rehearsal.of('rotation.batch').map(({ nodes }) => nodes.length)).toEqual([1, 1]);
    expect(rehearsal.of('instance.detached')).toEqual([]);
  });
});

describe('a managed node group', () => {
  const groupTags = { 'eks:cluster-name': 'production', 'eks:nodegroup-name': 'workers' };

  test('has more instances first, and as many as before after each batch', async () => {
    await using scene = await RotationScene.start({ nodes: 3, groupTags });
    const { rehearsal } = scene;
    const group = rehearsal.aws.autoScaling.group(GROUP);
    group.max = 5;
    const rotated = await scene.rotate(scene.order({ maxSurge: 2 }));
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ way: 'surge', done: 3 }] } });
    expect(rehearsal.of('rotation.surged').map(({ from, to }) => [from, to])).toEqual([
      [3, 5],
      [3, 4],
    ]);
    expect(group.desired).toBe(3);
    expect(rehearsal.of('instance.detached')).toEqual([]);
    expect(scene.seen.attached).toBeLessThanOrEqual(5);
  });

  test('has them once, however often a round is repeated', async () => {
    await using scene = await RotationScene.start({ nodes: 3, groupTags });
    const { rehearsal } = scene;
    const group = rehearsal.aws.autoScaling.group(GROUP);
    group.max = 9;
    scene.repeats = true;
    expect(await scene.rotate(scene.order({ maxSurge: 2 }))).toMatchObject({ result: 'done' });
    expect([group.desired, scene.seen.attached]).toEqual([3, 5]);
  });

  test('has as many as before when the rotation is stopped before its batch begins', async () => {
    await using scene = await RotationScene.start({ nodes: 3, groupTags });
    const { rehearsal } = scene;
    const group = rehearsal.aws.autoScaling.group(GROUP);
    group.max = 5;
    rehearsal.clock.after(20_000, () => {
      scene.control = 'stop';
    });
    expect(await scene.rotate(scene.order({ maxSurge: 2 }))).toMatchObject({ result: 'stopped' });
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect(rehearsal.of('rotation.surged').map(({ from, to }) => [from, to])).toEqual([
      [3, 5],
      [5, 3],
    ]);
    expect([group.desired, rehearsal.instances.length]).toEqual([3, 3]);
  });

  test.each([
    [3, 'raise its maximum'],
    [4, 'raise its maximum, or set maxSurge to 1'],
  ])('whose maximum of %i leaves no room for maxSurge is refused', async (max, remedy) => {
    await using scene = await RotationScene.start({ nodes: 3, groupTags });
    scene.rehearsal.aws.autoScaling.group(GROUP).max = max;
    expect(await scene.rotate(scene.order({ maxSurge: 2 }))).toMatchObject({
      result: 'refused',
      reason: `maxSurge: node group workers has 3 of at most ${max} instances: ${remedy}`,
    });
  });

  test('whose instances never come has as many as before again', async () => {
    await using scene = await RotationScene.start({ nodes: 2, groupTags });
    const { rehearsal, machines } = scene;
    const group = rehearsal.aws.autoScaling.group(GROUP);
    group.max = 3;
    machines.setBoot(GROUP, { seconds: Infinity });
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'failed' });
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect([group.desired, rehearsal.instances.length]).toEqual([2, 2]);
  });
});
