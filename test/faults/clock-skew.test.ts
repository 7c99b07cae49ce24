/** Clocks of sandboxes that are off (faults 32): signatures, and deadlines that AWS's events tell. */
import { describe, expect, test } from 'vitest';
import { putOnTime } from '../peers/clock.ts';
import { expectCompletedOnce, MINUTE, SECOND, scene, webScene, type Scene } from './scene.ts';

/** Does the work with the functions' clock off by so much; the peers' is not. */
async function skewed<Outcome>(
  { rehearsal }: Scene,
  milliseconds: number,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const { clock } = rehearsal;
  const restore = putOnTime(
    () => clock.now() + milliseconds,
    (run, wait) => clock.after(wait, run),
  );
  try {
    return await work();
  } finally {
    restore();
  }
}

describe.each([
  ['five minutes ahead', 5 * MINUTE + 30 * SECOND],
  ['five minutes behind', -5 * MINUTE - 30 * SECOND],
])('faults 32: a clock that is %s', (_what, off) => {
  test('has its signatures corrected by the Date of an answer: the node is drained, and its hook completed', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, instance } = given;
    expect(await skewed(given, off, () => rehearsal.retire(instance))).toEqual({ result: 'drained' });
    expect(rehearsal.aws.requests.some(({ error }) => error === 'SignatureDoesNotMatch')).toBe(true);
    expectCompletedOnce(given);
  });

  test('leaves a Spot instance no more than its two minutes, and no less than a pass', async () => {
    await using given = await scene(
      (world, node) => {
        const stubborn = { graceSeconds: 20, shutdownSeconds: 20, nodes: [node] };
        world.addDeployment({ namespace: 'shop', name: 'held', replicas: 1, ...stubborn });
        world.addBudget({ namespace: 'shop', name: 'held', for: 'held', maxUnavailable: 0 });
      },
      { stands: true },
    );
    const { rehearsal, instance, node } = given;
    rehearsal.aws.instances.setPurchase(instance, 'spot');
    const event = rehearsal.aws.interruptions.interruptSpot(instance);
    const warnedAt = rehearsal.clock.now();
    const retiring = () => rehearsal.drive(rehearsal.retireBy(rehearsal.noticeOf(event)));
    expect(await skewed(given, off, retiring)).toEqual({ result: 'forced' });
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.clock.now()).toBeLessThanOrEqual(warnedAt + 2 * MINUTE);
    expect(rehearsal.of('pod.forced')).toMatchObject([{ graceSeconds: 20 }]);
  });
});
