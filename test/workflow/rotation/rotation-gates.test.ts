/** What a rotation waits for between two batches: pods that are Ready elsewhere, alarms, zonal shifts (contract 9.8, 10.2). */
import { describe, expect, test } from 'vitest';
import { RotationScene } from './rotation-scene.ts';

/** A single pod, which no budget holds: it goes at once, and takes so long until it is Ready elsewhere. */
async function sceneWithSlowPods(readySeconds: number): Promise<RotationScene> {
  const scene = await RotationScene.start({ nodes: 2 });
  const { rehearsal } = scene;
  for (const [index, node] of rehearsal.nodes.entries()) {
    const name = `slow-${index}`;
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name, nodes: [node], readySeconds });
  }
  await rehearsal.drive(rehearsal.clock.sleep(readySeconds * 1000 + 60_000));
  return scene;
}

describe('pods of a drained node', () => {
  test('are Ready elsewhere before the next node begins, and the rotation says which it waits for', async () => {
    await using scene = await sceneWithSlowPods(400);
    const { rehearsal } = scene;
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done' });
    const [, second] = rehearsal.of('rotation.batch');
    const [evicted] = rehearsal.of('pod.evicted');
    expect((second?.reportedAt ?? 0) - (evicted?.reportedAt ?? 0)).toBeGreaterThanOrEqual(400_000);
    expect(rehearsal.of('rotation.waiting').flatMap(({ waitingFor }) => waitingFor)).toContainEqual(
      expect.stringMatching(/^ReplicaSet shop\/slow-\d-\w+ has 0 of 1 pods Ready$/),
    );
  });

  test('are Ready before the rotation is done', async () => {
    await using scene = await sceneWithSlowPods(400);
    const { rehearsal } = scene;
    await scene.rotate(scene.order());
    const [finished] = rehearsal.of('rotation.finished');
    const evicted = rehearsal.of('pod.evicted').at(-1);
    expect((finished?.reportedAt ?? 0) - (evicted?.reportedAt ?? 0)).toBeGreaterThanOrEqual(400_000);
  });

  test('are waited for although each round is repeated, as after a crash', async () => {
    await using scene = await sceneWithSlowPods(400);
    scene.repeats = true;
    const { rehearsal } = scene;
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done' });
    const [, second] = rehearsal.of('rotation.batch').filter(({ nodes: [node] }, index, all) => {
      return all.findIndex((each) => each.nodes[0] === node) === index;
    });
    const [evicted] = rehearsal.of('pod.evicted');
    expect((second?.reportedAt ?? 0) - (evicted?.reportedAt ?? 0)).toBeGreaterThanOrEqual(400_000);
  });

  test('end the rotation when they are not Ready in time; the same rotation goes on from there', async () => {
    await using scene = await sceneWithSlowPods(3_600);
    const { rehearsal } = scene;
    const order = scene.order({ podsReadyTimeout: 600 });
    expect(await scene.rotate(order)).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(
        /^pods are not Ready elsewhere: ReplicaSet shop\/slow-\d-\w+ has 0 of 1 pods Ready$/,
      ) as string,
      progress: { groups: [{ done: 1, left: 1 }] },
    });
    expect(rehearsal.of('rotation.batch')).toHaveLength(1);
    const again = await scene.rotate({ ...order, at: rehearsal.clock.now() });
    expect(again).toMatchObject({ progress: { groups: [{ done: 2, left: 0 }] } });
  });

  test('are not waited for with podsReadyTimeout 0', async () => {
    await using scene = await sceneWithSlowPods(3_600);
    expect(await scene.rotate(scene.order({ podsReadyTimeout: 0 }))).toMatchObject({ result: 'done' });
  });
});

describe('alarms that a rotation names', () => {
  test('keep the next batch from beginning while one is in ALARM, and nothing else', async () => {
    await using scene = await RotationScene.start({ nodes: 2 });
    const { rehearsal } = scene;
    const { aws, clock } = rehearsal;
    aws.alarms.put('errors', 'OK');
    aws.alarms.put('latency', 'INSUFFICIENT_DATA');
    const begun = clock.now();
    clock.after(60_000, () => {
      aws.alarms.put('errors', 'ALARM', { reason: 'too many errors' });
    });
    clock.after(3_600_000, () => {
      aws.alarms.put('errors', 'OK');
    });
    const rotated = await scene.rotate(scene.order({ alarmNames: ['errors', 'latency'] }));
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ done: 2 }] } });
    const [first, second] = rehearsal.of('rotation.batch').map(({ reportedAt }) => reportedAt - begun);
    expect(first).toBeLessThan(60_000);
    expect(second).toBeGreaterThanOrEqual(3_600_000);
    expect(rehearsal.of('rotation.waiting').flatMap(({ waitingFor }) => waitingFor)).toContain(
      'alarm errors: too many errors',
    );
  });

  test('and that there are none of are faults, before anything begins', async () => {
    await using scene = await RotationScene.start({ nodes: 1 });
    scene.rehearsal.aws.alarms.put('errors', 'OK');
    const order = scene.order({ alarmNames: ['errors', 'latency', 'gone'], groups: ['gpu'] });
    const { result, reason = '' } = await scene.rotate(order);
    expect(result).toBe('refused');
    for (const fault of ['groups: gpu is no', 'alarmNames: latency is no CloudWatch alarm', 'alarmNames: gone is no'])
      expect(reason).toContain(fault);
    expect(scene.rehearsal.of('rotation.batch')).toEqual([]);
  });
});

test('a zonal shift of the cluster keeps the next batch from beginning, and nothing else (contract 9.8)', async () => {
  await using scene = await RotationScene.start({ nodes: 2 });
  const { rehearsal } = scene;
  const { aws, clock } = rehearsal;
  const cluster = 'arn:aws:eks:eu-central-1:123456789012:cluster/production';
  aws.zonalShifts.manage(cluster);
  let until = Infinity;
  scene.afterRound = () => {
    if (rehearsal.of('rotation.batch').length === 1 && until === Infinity) {
      until = clock.now() + 3_600_000;
      aws.zonalShifts.start(cluster, { awayFrom: 'euc1-az1', seconds: 3_600 });
    }
    return Promise.resolve();
  };
  expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done' });
  const [, second] = rehearsal.of('rotation.batch');
  expect(second?.reportedAt).toBeGreaterThanOrEqual(until);
  expect(rehearsal.of('rotation.waiting').flatMap(({ waitingFor }) => waitingFor)).toContainEqual(
    expect.stringMatching(/^a zonal shift moves the traffic of cluster production away from euc1-az1 until /),
  );
  const [finished] = rehearsal.of('retirement.finished');
  expect(finished?.reportedAt).toBeLessThan(until);
});
