/** Two rotations of a cluster that were asked for at the same time, so that neither request has seen the other (contract 10.1). */
import { describe, expect, test } from 'vitest';
import type { RotationOrder } from '../../../lambdas/core/rotation/rotation-order.ts';
import { rotateOrRequest } from '../../../lambdas/workflow/rotation/rotate-or-request.ts';
import { RotationScene } from './rotation-scene.ts';

/** What the order comes to while the others run. */
async function rotateBeside(scene: RotationScene, order: RotationOrder, others: readonly RotationOrder[]) {
  const running = others.map((each) => ({ name: each.id, order: each, isRunning: true, startedAt: each.at }));
  const history = { last: () => Promise.resolve(undefined), running: () => Promise.resolve(running) };
  return await scene.rehearsal.drive(rotateOrRequest(order, { ...scene.ports(), history }));
}

describe('of two rotations', () => {
  test.each([
    ['before it', 'r0', -1],
    ['before it by its id, in the same millisecond', 'r0', 0],
    ['before it under the same id, because both go on from the same one', 'r1', -1],
  ])('one that another was asked for %s begins nothing, and says so', async (_, id, by) => {
    await using scene = await RotationScene.start({ nodes: 1 });
    const order = scene.order();
    expect(await rotateBeside(scene, order, [order, scene.order({}, { id, at: order.at + by })])).toMatchObject({
      result: 'refused',
      reason: `cluster: rotation ${id} of production was asked for first, and runs: stop it, or wait for its end`,
    });
    expect(scene.rehearsal.of('rotation.batch')).toEqual([]);
    expect(scene.rehearsal.of('rotation.finished')).toMatchObject([{ result: 'refused', rotation: 'r1' }]);
  });

  test('the first goes on', async () => {
    await using scene = await RotationScene.start({ nodes: 1 });
    const order = scene.order();
    const later = [scene.order({}, { id: 'r0', at: order.at + 1 }), scene.order({}, { id: 'r2', at: order.at })];
    expect(await rotateBeside(scene, order, [order, ...later])).toMatchObject({ result: 'done' });
  });

  test('a dry run disturbs nobody, and nobody it', async () => {
    await using scene = await RotationScene.start({ nodes: 1 });
    const order = scene.order({ dryRun: true });
    expect(await rotateBeside(scene, order, [scene.order({}, { at: 1 })])).toMatchObject({ result: 'planned' });
  });
});
