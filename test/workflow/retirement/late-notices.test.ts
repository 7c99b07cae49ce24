/** Notices that come late, and hooks that are retired more than once: one deadline per hook (contract 1.6, 5.1, 6.3). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { lifecycle } from '../../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { noticeOfOrphan } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { executionName, executionsOf, type LifecycleNotice } from '../../../lambdas/core/notice/notice.ts';
import { HOUR, MINUTE, SECOND } from '../../given.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, HOOK, Rehearsal, type RehearsalPlan } from './rehearsal.ts';

/** An instance whose four pods may leave one after the other, and what its hook's event says. */
async function leaving(plan: RehearsalPlan = {}): Promise<Rehearsal & { readonly notice: LifecycleNotice }> {
  const rehearsal = await Rehearsal.start({ heartbeatTimeout: 7_200, ...plan });
  const { instance, node } = rehearsal.first;
  const web = { namespace: 'shop', name: 'web', replicas: 4, nodes: [node], startSeconds: 2, shutdownSeconds: 2 };
  rehearsal.kubernetes.world.addDeployment(web);
  rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  await rehearsal.ready();
  const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
  if (notice.kind !== 'asg-terminate') throw new Error('the hook sent another event');
  return Object.assign(rehearsal, { notice });
}

/** Nothing leaves by itself until the budget is changed again. */
function allow(rehearsal: Rehearsal, maxUnavailable: number): void {
  rehearsal.kubernetes.store.change(budgets, { namespace: 'shop', name: 'web' }, ({ spec }) => {
    spec.maxUnavailable = maxUnavailable;
  });
}

/** What the sweep makes of the instance now. */
function sweepsNotice({ first, ports, clock }: Rehearsal): LifecycleNotice {
  const { instance } = first;
  const member = { instance, group: GROUP, state: 'Terminating:Wait' };
  const notice = noticeOfOrphan(member, { ...ports.home, hook: HOOK, at: clock.now() });
  if (notice.kind !== 'asg-terminate') throw new Error('the sweep makes another kind of it');
  return notice;
}

/** Somebody keeps the hook alive. */
function heartbeat(rehearsal: Rehearsal): Promise<unknown> {
  const { instance } = rehearsal.first;
  const port = lifecycle(new AutoScalingClient(rehearsal.aws.clientConfig()));
  return rehearsal.drive(port.heartbeat({ group: GROUP, hook: HOOK, instance }));
}

const deadlineOf = (rehearsal: Rehearsal, nth = 0): number =>
  Date.parse(rehearsal.of('retirement.started')[nth]?.deadline ?? '');

const heartbeatsOf = (rehearsal: Rehearsal) => rehearsal.history(rehearsal.first.instance, 'heartbeat');

function expectDrainedInOrder(rehearsal: Rehearsal): void {
  expect(rehearsal.of('pod.evicted')).toHaveLength(4);
  expect(rehearsal.of('pod.forced')).toEqual([]);
  expect(rehearsal.kubernetes.podsOn(rehearsal.first.node)).toEqual([]);
  expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  expect(rehearsal.completions(rehearsal.first.instance)).toEqual(['CONTINUE by call']);
}

describe('an event that comes late, while its hook holds for hours', () => {
  test.each([
    ['3,700 s, past its drain timeout', 3_700, 3_600],
    ['3,590 s, seconds before its drain timeout', 3_590, 3_600],
    ['130 s, past its drain timeout', 130, 120],
    ['5 hours', 18_000, 3_600],
  ])('by %s, has its whole drain timeout from its retirement’s start', async (_late, lateSeconds, timeoutSeconds) => {
    await using rehearsal = await leaving({ drain: { timeoutSeconds } });
    for (let passed = 3_600; passed < lateSeconds; passed += 3_600) {
      await rehearsal.clock.advance(HOUR);
      await heartbeat(rehearsal);
    }
    await rehearsal.clock.advance(((lateSeconds - 1) % 3_600) * SECOND + SECOND);
    const startedAt = rehearsal.clock.now();
    expect(await rehearsal.drive(rehearsal.retireBy(rehearsal.notice))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal) - startedAt).toBeGreaterThanOrEqual(timeoutSeconds * SECOND);
    expect(deadlineOf(rehearsal) - startedAt).toBeLessThan((timeoutSeconds + 5) * SECOND);
    expectDrainedInOrder(rehearsal);
  });

  test('has no more than its hook still has', async () => {
    // AWS ends this one 4,000 s after its begin.
    await using rehearsal = await leaving({ heartbeatTimeout: 40 });
    for (let passed = 0; passed < 3_000; passed += 30) {
      await rehearsal.clock.advance(30 * SECOND);
      await heartbeat(rehearsal);
    }
    const { at } = rehearsal.notice;
    expect(await rehearsal.drive(rehearsal.retireBy(rehearsal.notice))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal)).toBe(at + 3_940 * SECOND);
    expectDrainedInOrder(rehearsal);
  });

  test('and says that the hook began before any that could hold still, has the time of the one that holds', async () => {
    await using rehearsal = await leaving({ heartbeatTimeout: 40 });
    const stale = { ...rehearsal.notice, at: rehearsal.notice.at - 5_000 * SECOND };
    expect(await rehearsal.drive(rehearsal.retireBy(stale))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal)).toBeGreaterThan(rehearsal.notice.at + 3_500 * SECOND);
    expectDrainedInOrder(rehearsal);
  });

  test('and that finds the sweep’s retirement at work joins it, and the drain goes on undisturbed', async () => {
    await using rehearsal = await leaving();
    allow(rehearsal, 0);
    await rehearsal.clock.advance(3_000 * SECOND);
    const found = sweepsNotice(rehearsal);
    rehearsal.running.add(executionName(found));
    const first = rehearsal.retireBy(found);
    const late = rehearsal.clock.sleep(700 * SECOND).then(() => rehearsal.retireBy(rehearsal.notice));
    rehearsal.clock.after(20 * MINUTE, () => {
      allow(rehearsal, 1);
    });
    expect(await rehearsal.drive(Promise.all([first, late]))).toEqual([
      { result: 'drained' },
      { result: 'joined', reason: `${executionName(found)} is in charge of the node` },
    ]);
    expect(Math.abs(deadlineOf(rehearsal, 1) - deadlineOf(rehearsal, 0))).toBeLessThan(SECOND);
    expectDrainedInOrder(rehearsal);
  });
});

describe('a retirement that begins when its hook’s time is over', () => {
  /** The hook of an instance that ends 4,000 s after its begin, with 30 s to go. */
  async function nearlyOver(atDeadline: 'force' | 'wait'): Promise<Rehearsal & { readonly notice: LifecycleNotice }> {
    const rehearsal = await leaving({ heartbeatTimeout: 40, drain: { atDeadline } });
    for (let passed = 0; passed < 3_960; passed += 30) {
      await rehearsal.clock.advance(30 * SECOND);
      await heartbeat(rehearsal);
    }
    allow(rehearsal, 0);
    return rehearsal;
  }

  test('has one pass, which forces with what grace there is and names each pod; nobody heartbeats', async () => {
    await using rehearsal = await nearlyOver('force');
    const { instance, node } = rehearsal.first;
    const before = heartbeatsOf(rehearsal).length;
    const begun = rehearsal.clock.now();
    expect(await rehearsal.drive(rehearsal.retireBy(rehearsal.notice))).toEqual({ result: 'late' });
    expect(rehearsal.of('retirement.started')).toMatchObject([{ late: true }]);
    expect(rehearsal.of('pod.forced').map(({ pod }) => pod)).toHaveLength(4);
    for (const { graceSeconds } of rehearsal.of('pod.forced')) {
      expect(graceSeconds).toBeGreaterThan(20);
      expect(graceSeconds).toBeLessThanOrEqual(30);
    }
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(heartbeatsOf(rehearsal)).toHaveLength(before);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.clock.now() - begun).toBeLessThan(20 * SECOND);
  });

  test('of a group that waits forces nothing, and names what it leaves', async () => {
    await using rehearsal = await nearlyOver('wait');
    expect(await rehearsal.drive(rehearsal.retireBy(rehearsal.notice))).toEqual({ result: 'late' });
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(rehearsal.of('pods.left').flatMap(({ pods }) => pods)).toHaveLength(4);
    expect(rehearsal.completions(rehearsal.first.instance)).toEqual(['CONTINUE by call']);
  });
});

describe('a retirement that is begun anew for the same hook', () => {
  /** A retirement of the instance that has ended, so many seconds after its hook began. */
  function failedAt(rehearsal: Rehearsal, startedAt: number): void {
    const { first, ports, begun } = rehearsal;
    begun.push({ name: `${executionsOf({ ...ports.home, instance: first.instance })}00000000`, startedAt });
  }

  test('by the sweep keeps the first one’s deadline, and renews the hook once the node is isolated', async () => {
    await using rehearsal = await leaving();
    const firstAt = rehearsal.clock.now() + 10 * SECOND;
    failedAt(rehearsal, firstAt);
    await rehearsal.clock.advance(20 * MINUTE);
    expect(await rehearsal.drive(rehearsal.retireBy(sweepsNotice(rehearsal)))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal)).toBe(firstAt + HOUR);
    const [isolated] = rehearsal.of('node.isolated');
    expect(rehearsal.of('heartbeat.recorded')[0]?.reportedAt).toBeGreaterThanOrEqual(isolated?.reportedAt ?? NaN);
    expect(heartbeatsOf(rehearsal)).toHaveLength(1);
  });

  test('by a late event keeps the first one’s deadline', async () => {
    await using rehearsal = await leaving();
    const firstAt = rehearsal.clock.now() + 10 * SECOND;
    failedAt(rehearsal, firstAt);
    await rehearsal.clock.advance(20 * MINUTE);
    expect(await rehearsal.drive(rehearsal.retireBy(rehearsal.notice))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal)).toBe(firstAt + HOUR);
  });

  test('after that deadline has one pass, without a heartbeat', async () => {
    await using rehearsal = await leaving();
    allow(rehearsal, 0);
    failedAt(rehearsal, rehearsal.clock.now() + 10 * SECOND);
    await rehearsal.clock.advance(61 * MINUTE);
    expect(await rehearsal.drive(rehearsal.retireBy(sweepsNotice(rehearsal)))).toEqual({ result: 'late' });
    expect(rehearsal.of('pod.forced')).toHaveLength(4);
    expect(heartbeatsOf(rehearsal)).toEqual([]);
  });

  test('is not one for another hook: one that ended before the instance was let go does not count', async () => {
    await using rehearsal = await leaving();
    failedAt(rehearsal, rehearsal.clock.now() - 10 * MINUTE);
    await rehearsal.clock.advance(20 * MINUTE);
    const begun = rehearsal.clock.now();
    expect(await rehearsal.drive(rehearsal.retireBy(sweepsNotice(rehearsal)))).toEqual({ result: 'drained' });
    expect(deadlineOf(rehearsal)).toBeGreaterThanOrEqual(begun + HOUR);
    // Nobody knows how long its hook still holds: it is renewed first thing.
    expect(rehearsal.types.indexOf('heartbeat.recorded')).toBeLessThan(rehearsal.types.indexOf('node.isolated'));
  });
});

describe('asking since when', () => {
  test.each([
    ['an event that is on time', (rehearsal: Rehearsal & { notice: LifecycleNotice }) => rehearsal.notice, 0, 0],
    ['an event that is late', (rehearsal: Rehearsal & { notice: LifecycleNotice }) => rehearsal.notice, 10, 0],
    ['the sweep', sweepsNotice, 10, 1],
  ])('costs AWS nothing but for who asks: %s', async (_who, noticeOf, lateMinutes, activities) => {
    await using rehearsal = await leaving();
    let listed = 0;
    const history = {
      started: (since: number) => {
        listed += 1;
        return rehearsal.ports.history.started(since);
      },
    };
    await rehearsal.clock.advance(lateMinutes * MINUTE);
    await rehearsal.drive(rehearsal.retireBy(noticeOf(rehearsal), { history }));
    const asked = rehearsal.aws.requests.filter(({ action }) => action === 'DescribeScalingActivities');
    expect([listed, asked.length]).toEqual([lateMinutes === 0 ? 0 : 1, activities]);
  });
});
