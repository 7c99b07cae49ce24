/**
 * What becomes of pods that will not go (contract 1.2, 5.2, 5.3): forced, waited for, or drained on with the instance
 * retained.
 */
import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../given.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, Rehearsal, type RehearsalPlan } from './rehearsal.ts';

type AtDeadline = 'force' | 'wait' | 'retain';

/** One instance whose only pod is held by a budget that allows nothing; its drain may take half an hour. */
async function stubborn(atDeadline: AtDeadline, plan: RehearsalPlan = {}): Promise<Rehearsal> {
  const drain = { timeoutSeconds: 1_800, atDeadline };
  const rehearsal = await Rehearsal.start({ heartbeatTimeout: 120, drain, ...plan });
  const { world } = rehearsal.kubernetes;
  world.addDeployment({ namespace: 'shop', name: 'web', nodes: [rehearsal.first.node], shutdownSeconds: 1 });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
  await rehearsal.ready();
  return rehearsal;
}

/** Somebody lets the budget allow a disruption. */
function relax({ kubernetes }: Rehearsal): void {
  kubernetes.store.change(budgets, { namespace: 'shop', name: 'web' }, ({ spec }) => {
    spec.maxUnavailable = 1;
  });
}

/** Minutes from the notice until something was reported or noted. */
function minutesTo(rehearsal: Rehearsal, at: number | undefined): number {
  return ((at ?? NaN) - (rehearsal.of('retirement.started')[0]?.reportedAt ?? NaN)) / MINUTE;
}

describe('a group that forces', () => {
  test('is told before that it will not fit, and why; the pod goes at its force point, the hook once', async () => {
    await using rehearsal = await stubborn('force');
    const { instance } = rehearsal.first;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('drain.planned')).toMatchObject([
      { pods: 1, fits: false, reason: 'budget shop/web: does not leave by itself' },
    ]);
    expect(minutesTo(rehearsal, rehearsal.of('pod.forced')[0]?.reportedAt)).toBeCloseTo(29.5, 0);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});

test.each([0, -1, 1])(
  'a pod with a grace of %i s is forced in time, and named, and its volume is detached before the instance goes (contract 5.3)',
  async (graceSeconds) => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 600 } });
    const { instance, node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addStatefulSet({ namespace: 'shop', name: 'db', nodes: [node], volume: true, graceSeconds });
    world.addBudget({ namespace: 'shop', name: 'db', for: 'db', maxUnavailable: 0 });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('pod.forced')).toMatchObject([{ pod: 'shop/db-0', graceSeconds: 1 }]);
    expect(minutesTo(rehearsal, rehearsal.of('pod.forced')[0]?.reportedAt)).toBeCloseTo(590 / 60, 1);
    expect(rehearsal.of('pod.gone')).toMatchObject([{ pod: 'shop/db-0' }]);
    expect(rehearsal.of('volumes.detached')).toHaveLength(1);
    expect(rehearsal.of('volumes.kept')).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  },
);

describe('a group that waits', () => {
  test('forces nothing, however long: the hook is completed when its own time is up', async () => {
    await using rehearsal = await stubborn('wait', { heartbeatTimeout: 40 });
    const { instance, node } = rehearsal.first;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'waited' });
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(rehearsal.kubernetes.podsOn(node)).toHaveLength(1);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
    // 100 heartbeats of 40 s, less the margin.
    expect(minutesTo(rehearsal, rehearsal.history(instance, 'completion')[0]?.at)).toBeCloseTo(65.7, 0);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
  });

  test('uses the budget that frees in the end', async () => {
    await using rehearsal = await stubborn('wait');
    rehearsal.clock.after(50 * MINUTE, () => {
      relax(rehearsal);
    });
    expect(await rehearsal.retire(rehearsal.first.instance)).toEqual({ result: 'drained' });
    const drained = minutesTo(rehearsal, rehearsal.of('node.drained')[0]?.reportedAt);
    expect(drained).toBeGreaterThanOrEqual(50);
    expect(drained).toBeLessThan(54);
  });
});

describe('a group that retains', () => {
  test('keeps the instance past the deadline, drains on without the hook, then terminates it', async () => {
    await using rehearsal = await stubborn('retain', { retains: true });
    const { instance, node } = rehearsal.first;
    rehearsal.clock.after(45 * MINUTE, () => {
      relax(rehearsal);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'retained' });
    expect(rehearsal.completions(instance)).toEqual(['ABANDON by call']);
    expect(rehearsal.of('instance.retained')).toMatchObject([{ pods: [expect.stringMatching(/^shop\/web-/)] }]);
    expect(minutesTo(rehearsal, rehearsal.of('instance.retained')[0]?.reportedAt)).toBeCloseTo(30, 0);
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
    await rehearsal.aws.driveUntil(() => rehearsal.aws.autoScaling.state(instance) === 'Terminated');
    expect(rehearsal.history(instance, 'state')).toContainEqual(
      expect.objectContaining({ state: 'Terminating:Retained' }),
    );
    expect(rehearsal.of('instance.terminated')).toHaveLength(1);
  });

  test('of which the group says nothing is told at once, and forces', async () => {
    await using rehearsal = await stubborn('retain');
    const { instance } = rehearsal.first;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('retention.missing')).toHaveLength(1);
    expect(rehearsal.of('retirement.started')).toMatchObject([{ atDeadline: 'force' }]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('whose policy was taken away meanwhile is not abandoned: what is left is forced in the hook’s margin', async () => {
    await using rehearsal = await stubborn('retain', { retains: true });
    const { instance } = rehearsal.first;
    rehearsal.clock.after(10 * MINUTE, () => {
      rehearsal.aws.autoScaling.setLifecyclePolicy(GROUP, { terminateHookAbandon: 'terminate' });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('retention.missing')).toHaveLength(1);
    expect(rehearsal.of('pod.forced')).toHaveLength(1);
    const [forced] = rehearsal.of('pod.forced');
    expect(minutesTo(rehearsal, forced?.reportedAt)).toBeGreaterThanOrEqual(29.9);
    expect(minutesTo(rehearsal, forced?.reportedAt)).toBeLessThan(30.6);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});

test('a Spot-like deadline never suspends, and is met', async () => {
  await using rehearsal = await stubborn('force', { heartbeatTimeout: 30, drain: { timeoutSeconds: 115 } });
  const { instance } = rehearsal.first;
  expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
  expect(rehearsal.of('retirement.suspended')).toEqual([]);
  expect(minutesTo(rehearsal, rehearsal.history(instance, 'completion')[0]?.at)).toBeLessThan(115 / 60);
  expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
});
