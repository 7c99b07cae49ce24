/** How a request becomes the order of a rotation (contract 10.1, 10.3). */
import { expect, test } from 'vitest';
import { rotationRequestSchema } from '../../../lambdas/core/rotation/rotation-request.ts';
import { orderRotation } from '../../../lambdas/workflow/rotation/order-rotation.ts';
import type { RotationRun } from '../../../lambdas/workflow/ports/rotation.ts';

const request = (given: object = {}) => rotationRequestSchema.parse({ cluster: 'production', ...given });

function aRun(run: Partial<RotationRun>, given: object = {}): RotationRun {
  const order = { id: 'r1', since: 1_000, at: 2_000, part: 1, request: request(given) };
  return { name: 'n', order, isRunning: false, startedAt: 2_000, ...run };
}

async function orderOf(given: object, last: RotationRun | undefined) {
  const made = await orderRotation(request(given), { history: { last: () => Promise.resolve(last) } });
  if ('faults' in made) throw new Error(made.faults.join('; '));
  return made.order;
}

test.each(['failed', 'stopped', undefined])(
  'the same request goes on from a rotation that ended %s',
  async (result) => {
    const order = await orderOf({ maxSurge: 2 }, aRun({ ...(result !== undefined && { result }) }, { maxSurge: 2 }));
    expect(order).toMatchObject({ id: 'r1', since: 1_000, part: 1 });
    expect(order.at).toBeGreaterThan(2_000);
  },
);

test.each([
  ['one that is done', {}, aRun({ result: 'done' })],
  ['another request', { maxSurge: 2 }, aRun({ result: 'failed' })],
  ['none', {}, undefined],
])('after %s a rotation begins anew', async (_, given, last) => {
  const order = await orderOf(given, last);
  expect(order.id).not.toBe('r1');
  expect(order.since).toBe(order.at);
});

test('a dry run plans how the rotation would go on, under an id of its own', async () => {
  const order = await orderOf({ dryRun: true }, aRun({ result: 'stopped' }));
  expect(order.since).toBe(1_000);
  expect(order.id).not.toBe('r1');
});

test('a second rotation of the cluster is refused while one runs', async () => {
  const last = () => Promise.resolve(aRun({ isRunning: true }));
  expect(await orderRotation(request({ maxSurge: 2 }), { history: { last } })).toEqual({
    faults: ['cluster: rotation r1 of production runs: stop it, or wait for its end'],
  });
});
