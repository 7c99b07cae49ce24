/** Spot interruptions on both peers, from EC2's warning to the end of the instance (contract 1.2, 1.6, 5.1, 5.3). */
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../lambdas/core/notice/notice.ts';
import { expectDrained, scene, SECOND, type Scene, type World } from '../../faults/scene.ts';
import type { RehearsalPlan } from '../retirement/rehearsal.ts';

/** What is left of the two minutes when the retirement begins: 120 s less the margin of 5 s and the way of the event. */
const LEFT = 108;

/** A node on a Spot instance. */
async function spotScene(
  furnish: (world: World, node: string) => void,
  plan: RehearsalPlan = {},
): Promise<Scene & AsyncDisposable> {
  const given = await scene(furnish, { stands: true, ...plan });
  given.rehearsal.aws.instances.setPurchase(given.instance, 'spot');
  return given;
}

/** EC2 interrupts the instance; the event arrives after a while. */
async function warn({ rehearsal, instance }: Scene, afterSeconds = 115 - LEFT): Promise<Notice> {
  const event = rehearsal.aws.interruptions.interruptSpot(instance);
  await rehearsal.clock.advance(afterSeconds * SECOND);
  return rehearsal.noticeOf(event);
}

const endsAt = ({ rehearsal }: Scene): number => Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '');

/** How long each pod of the node had from its deletion on until it was gone, seconds, by name. */
function endings({ rehearsal, node }: Scene): Record<string, number> {
  const lives = rehearsal.kubernetes.timeline.lives.filter(
    (life) => life.node === node && life.terminating !== undefined,
  );
  return Object.fromEntries(
    lives.map(({ pod, terminating = 0, gone = Infinity }) => [
      pod.split('-')[0] ?? pod,
      Math.round((gone - terminating) / SECOND),
    ]),
  );
}

describe('a Spot instance that is interrupted', () => {
  test('has until 5 s before its end, counted from the event’s time (contract 5.1)', async () => {
    await using given = await spotScene((world, node) => {
      world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node], shutdownSeconds: 2 });
    });
    const { rehearsal } = given;
    const notice = await warn(given);
    const result = await rehearsal.drive(rehearsal.retireBy(notice));
    expect(result).toEqual({ result: 'drained' });
    expect(endsAt(given)).toBe(notice.at + 115 * SECOND);
    expect(rehearsal.kubernetes.podsOn(given.node)).toEqual([]);
    expect(rehearsal.completions(given.instance)).toEqual([]);
    expect(rehearsal.types).not.toContain('retirement.suspended');
  });

  test.each([60, 45, 30, 1])(
    'gives a pod with a grace of %i s all of it past its budget, when 108 s are left at arrival (contract 5.3)',
    async (graceSeconds) => {
      await using given = await spotScene((world, node) => {
        const stubborn = { graceSeconds, shutdownSeconds: graceSeconds, nodes: [node] };
        world.addDeployment({ namespace: 'shop', name: 'held', replicas: 1, ...stubborn });
        world.addBudget({ namespace: 'shop', name: 'held', for: 'held', maxUnavailable: 0 });
      });
      const { rehearsal } = given;
      const result = await rehearsal.drive(rehearsal.retireBy(await warn(given)));
      expect(result).toEqual({ result: 'forced' });
      const [forced] = rehearsal.of('pod.forced');
      expect(forced).toMatchObject({ graceSeconds });
      expect(forced).not.toHaveProperty('cutFromSeconds');
      expect(endings(given)).toEqual({ held: graceSeconds });
      expect(rehearsal.kubernetes.podsOn(given.node)).toEqual([]);
      expect(rehearsal.of('pods.left')).toEqual([]);
    },
  );

  test('says which pods it could not save: their grace is cut, and they are left at the deadline', async () => {
    await using given = await spotScene((world, node) => {
      const endless = { graceSeconds: 3_600, shutdownSeconds: 3_600, nodes: [node] };
      world.addDeployment({ namespace: 'shop', name: 'held', replicas: 1, ...endless });
      world.addBudget({ namespace: 'shop', name: 'held', for: 'held', maxUnavailable: 0 });
    });
    const { rehearsal } = given;
    const result = await rehearsal.drive(rehearsal.retireBy(await warn(given)));
    expect(result).toEqual({ result: 'forced' });
    const [forced] = rehearsal.of('pod.forced');
    // At once: no time of its grace is to be lost.
    expect(forced?.cutFromSeconds).toBe(3_600);
    expect(forced?.graceSeconds).toBeGreaterThanOrEqual(LEFT - 2);
  });

  test('that AWS did not sell as one is refused: the event is forged (contract 1.3)', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    });
    const { rehearsal, instance } = given;
    rehearsal.aws.instances.setPurchase(instance, 'spot');
    const notice = await warn(given);
    rehearsal.aws.instances.setPurchase(instance, undefined);
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toMatchObject({ result: 'ignored' });
    expect(rehearsal.of('notice.refused')).toMatchObject([{ reason: 'EC2 says that it is no Spot instance' }]);
    expect(rehearsal.node(given.node).spec.unschedulable).toBeUndefined();
  });

  test('whose warning comes after its end is left alone (contract 1.6)', async () => {
    await using given = await spotScene(() => undefined);
    const notice = await warn(given, 121);
    expect(await given.rehearsal.drive(given.rehearsal.retireBy(notice))).toMatchObject({ result: 'ignored' });
    expect(given.rehearsal.of('notice.ignored')).toMatchObject([{ stale: true }]);
  });
});

/** The hook's event of the instance, which its group lets go. */
function hookNotice({ rehearsal, instance }: Scene): Notice {
  return rehearsal.noticeOf(rehearsal.terminate(instance));
}

/** A pod that its budget keeps, and that takes its whole grace. */
function held(world: World, node: string): void {
  world.addDeployment({
    namespace: 'shop',
    name: 'held',
    replicas: 1,
    graceSeconds: 40,
    shutdownSeconds: 40,
    nodes: [node],
  });
  world.addBudget({ namespace: 'shop', name: 'held', for: 'held', maxUnavailable: 0 });
}

describe('notices of one instance that follow each other (contract 1.6)', () => {
  test('faults 2: a Spot warning, then the hook: the hook takes over with the warning’s deadline, and is completed once', async () => {
    await using given = await spotScene(held);
    const { rehearsal, instance } = given;
    const warned = await warn(given);
    const spot = rehearsal.retireBy(warned);
    rehearsal.running.add(nameOf(given, warned));
    const hooked = rehearsal.clock.sleep(20 * SECOND).then(() => rehearsal.retireBy(hookNotice(given)));
    const [first, second] = await rehearsal.drive(Promise.all([spot, hooked]));
    expect(first).toMatchObject({ result: 'superseded' });
    expect(second).toMatchObject({ result: 'forced' });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    // Its whole grace, although the hook’s own rule would have kept the first half of the time.
    expect(rehearsal.of('pod.forced')).toMatchObject([{ graceSeconds: 40 }]);
    const completedAt = rehearsal.history(instance, 'completion')[0]?.at ?? Infinity;
    expect(completedAt).toBeLessThanOrEqual(warned.at + 115 * SECOND);
  });

  test('faults 3: the hook, then a late Spot warning: its deadline holds, nothing is drained twice, the hook is completed', async () => {
    await using given = await spotScene(held);
    const { rehearsal, instance } = given;
    const notice = hookNotice(given);
    rehearsal.running.add(nameOf(given, notice));
    const hooked = rehearsal.retireBy(notice);
    const spot = rehearsal.clock.sleep(100 * SECOND).then(async () => rehearsal.retireBy(await warn(given, 7)));
    const [first, second] = await rehearsal.drive(Promise.all([hooked, spot]));
    expect(first).toMatchObject({ result: 'superseded' });
    expect(second).toMatchObject({ result: 'forced' });
    expect(rehearsal.of('pod.forced')).toHaveLength(1);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('a warning that comes again, or with less to bring, joins', async () => {
    await using given = await spotScene(held);
    const { rehearsal } = given;
    const warned = await warn(given);
    const spot = rehearsal.retireBy(warned);
    rehearsal.running.add(nameOf(given, warned));
    const again = rehearsal.clock
      .sleep(10 * SECOND)
      .then(() => rehearsal.retireBy({ ...warned, at: warned.at + 2 * SECOND }));
    const [first, second] = await rehearsal.drive(Promise.all([spot, again]));
    expect(first).toMatchObject({ result: 'forced' });
    expect(second).toMatchObject({ result: 'joined' });
    expect(rehearsal.of('pod.forced')).toHaveLength(1);
  });

  test('after the Spot retirement has drained the node, the hook is completed at once', async () => {
    await using given = await spotScene((world, node) => {
      world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node], shutdownSeconds: 1 });
    });
    const { rehearsal } = given;
    expect(await rehearsal.drive(rehearsal.retireBy(await warn(given)))).toEqual({ result: 'drained' });
    const hooked = await rehearsal.drive(rehearsal.retireBy(hookNotice(given)));
    expectDrained(given, hooked);
  });
});

function nameOf({ rehearsal }: Scene, notice: Notice): string {
  return rehearsal.nameOf(notice);
}
