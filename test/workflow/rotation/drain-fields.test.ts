/**
 * What each field of the requests about drains changes, in a rotation and in one node's retirement (contract 10.1, 10.4),
 * against both peers.
 */
import { describe, expect, test } from 'vitest';
import { parseNodeRequest, termsOf } from '../../../lambdas/core/rotation/node-request.ts';
import type { RequestedNotice } from '../../../lambdas/core/notice/notice.ts';
import { GROUP, type Rehearsal } from '../retirement/rehearsal.ts';
import { RotationScene } from './rotation-scene.ts';

type Ask = (scene: RotationScene, fields: object) => Promise<{ readonly result: string }>;

/** The same fields in either request. */
const ASKED: readonly (readonly [string, Ask])[] = [
  ['a rotation', (scene, fields) => scene.rotate(scene.order(fields))],
  [
    'one node',
    ({ rehearsal }, fields) => rehearsal.drive(rehearsal.retireBy(noticeOf(rehearsal, { terminate: true, ...fields }))),
  ],
];

/** The notice of a request about the first node. */
function noticeOf({ aws, clock, first }: Rehearsal, fields: object): RequestedNotice {
  const parsed = parseNodeRequest({ cluster: 'production', node: first.node, ...fields });
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
  const { accountId: account, region } = aws.account;
  const about = { account, region, instance: first.instance, group: GROUP, cluster: 'production', at: clock.now() };
  return { kind: 'request', ...about, terms: termsOf(parsed.request) };
}

/** One node, with pods that each have a workload of their own, so that nothing paces them. */
async function sceneWith(pods: readonly object[]): Promise<RotationScene> {
  const scene = await RotationScene.start({ nodes: 1 });
  const { world } = scene.rehearsal.kubernetes;
  for (const [index, pod] of pods.entries())
    world.addDeployment({ namespace: 'shop', name: `web-${index}`, nodes: [scene.rehearsal.first.node], ...pod });
  await scene.rehearsal.ready();
  return scene;
}

/** A pod that its budget never lets go. */
async function sceneWithBlockedPod(): Promise<RotationScene> {
  const scene = await sceneWith([{}]);
  const { kubernetes } = scene.rehearsal;
  kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web-0', minAvailable: 1 });
  await kubernetes.settle();
  return scene;
}

function times({ rehearsal }: RotationScene, type: 'pod.evicted' | 'pod.gone'): number[] {
  return rehearsal.of(type).map(({ reportedAt }) => reportedAt);
}

/** Milliseconds from the first batch or retirement to the end of the retirement. */
function lasted({ rehearsal }: RotationScene): number {
  const [started] = rehearsal.of('retirement.started');
  const [finished] = rehearsal.of('retirement.finished');
  return (finished?.reportedAt ?? 0) - (started?.reportedAt ?? 0);
}

describe.each(ASKED)('in a request of %s', (_, ask) => {
  test.each([
    [{}, 200],
    [{ gracePeriod: 20 }, 20],
  ])('%j gives a pod that ends late %i s', async (fields, seconds) => {
    await using scene = await sceneWith([{ graceSeconds: 600, shutdownSeconds: 200 }]);
    await ask(scene, fields);
    const [evicted = 0] = times(scene, 'pod.evicted');
    const [gone = 0] = times(scene, 'pod.gone');
    expect(Math.round((gone - evicted) / 1000)).toBeGreaterThanOrEqual(seconds);
    expect((gone - evicted) / 1000).toBeLessThan(seconds + 60);
  });

  test.each([
    [{}, 0],
    [{ pauseBetweenEvictions: 40 }, 40],
  ])('%j lets the pods of a node go %i s apart', async (fields, seconds) => {
    await using scene = await sceneWith([{}, {}, {}]);
    await ask(scene, fields);
    const [first = 0, second = 0, third = 0] = times(scene, 'pod.evicted');
    const apart = [second - first, third - second].map((each) => Math.round(each / 1000));
    for (const each of apart) {
      expect(each).toBeGreaterThanOrEqual(seconds);
      expect(each).toBeLessThan(seconds + 30);
    }
  });

  test.each([
    [{ maxDrainRetries: 0 }, 600],
    [{ maxDrainRetries: 2 }, 1_800],
  ])('%j tries a drain that a budget blocks for %i s, then puts the node back', async (fields, seconds) => {
    await using scene = await sceneWithBlockedPod();
    const { rehearsal } = scene;
    const { instance, node } = rehearsal.first;
    await ask(scene, fields);
    expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'restored' }]);
    expect(lasted(scene) / 1000).toBeGreaterThanOrEqual(seconds - 60);
    expect(lasted(scene) / 1000).toBeLessThan(seconds + 300);
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect(rehearsal.node(node).spec.unschedulable).not.toBe(true);
    expect(rehearsal.of('pod.forced')).toEqual([]);
  });

  test('{"force": true} deletes the pod past its budget when the time is up', async () => {
    await using scene = await sceneWithBlockedPod();
    const { rehearsal } = scene;
    const { instance } = rehearsal.first;
    await ask(scene, { maxDrainRetries: 0, force: true });
    expect(rehearsal.of('pod.forced')).toHaveLength(1);
    expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'forced' }]);
    expect(rehearsal.aws.instances.get(instance).state).toBe('terminated');
  });
});

describe('in a request of a rotation', () => {
  test.each([
    [1, 1],
    [2, 2],
  ])('maxFailures %i ends it after %i nodes that cannot be drained', async (maxFailures, failed) => {
    await using scene = await RotationScene.start({ nodes: 3 });
    const { rehearsal } = scene;
    const { world } = rehearsal.kubernetes;
    for (const [index, node] of rehearsal.nodes.entries()) {
      world.addDeployment({ namespace: 'shop', name: `web-${index}`, nodes: [node] });
      world.addBudget({ namespace: 'shop', name: `web-${index}`, for: `web-${index}`, minAvailable: 1 });
    }
    await rehearsal.ready();
    const rotated = await scene.rotate(scene.order({ maxFailures, maxDrainRetries: 0 }));
    expect(rotated.result).toBe('failed');
    expect(rotated.progress.groups[0]?.failed).toHaveLength(failed);
    expect(rehearsal.of('rotation.batch')).toHaveLength(failed);
  });

  test('rotateWorkers false leaves the workers, and groups the other groups', async () => {
    await using scene = await RotationScene.start({ nodes: 1 });
    const { rehearsal } = scene;
    const none = await scene.rotate(scene.order({ rotateControlPlane: true, rotateWorkers: false }));
    expect(none).toMatchObject({ result: 'done', progress: { groups: [] } });
    expect(await scene.rotate(scene.order({ groups: [] }))).toMatchObject({ progress: { groups: [] } });
    expect(rehearsal.of('rotation.batch')).toEqual([]);
    const named = await scene.rotate(scene.order({ groups: [GROUP] }));
    expect(named).toMatchObject({ result: 'done', progress: { groups: [{ group: GROUP, done: 1 }] } });
  });
});
