/** From an event to a retirement: what AWS must agree to before anything is touched (contract 1). */
import { describe, expect, test } from 'vitest';
import type { LifecycleNotice } from '../../../lambdas/core/notice/notice.ts';
import { StillTerminating } from '../../../lambdas/workflow/notice/verify-notice.ts';
import type { AwsEvent } from '../../peers/aws/event-bridge/event.ts';
import { GROUP, HOOK, Rehearsal } from '../retirement/rehearsal.ts';

/** The event with some of its details otherwise. */
function changed(event: AwsEvent, given: Partial<AwsEvent>, detail: object = {}): AwsEvent {
  return { ...event, ...given, detail: { ...event.detail, ...detail } };
}

/** An event that nobody's hook sent, about an instance that serves. */
function forged(instance: string): AwsEvent {
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'EC2 Instance-terminate Lifecycle Action',
    source: 'aws.autoscaling',
    account: '123456789012',
    time: '2026-11-20T10:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: {
      LifecycleActionToken: '87654321-4321-4321-4321-210987654321',
      AutoScalingGroupName: GROUP,
      LifecycleHookName: HOOK,
      EC2InstanceId: instance,
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      Origin: 'AutoScalingGroup',
      Destination: 'EC2',
    },
  };
}

/** Calls to the cluster or about it: none may happen before AWS has agreed (contract 1.3, faults 9). */
function clusterCalls(rehearsal: Rehearsal): string[] {
  const eks = rehearsal.aws.requests.filter(({ service }) => service === 'eks').map(({ action }) => action);
  return [...eks, ...rehearsal.kubernetes.requests.entries.map(({ verb, path }) => `${verb} ${path}`)];
}

const calls = (rehearsal: Rehearsal, action: string): number =>
  rehearsal.aws.requests.filter((request) => request.action === action).length;

/** Nobody completed or renewed the hook, and the cluster was not asked for anything. */
function expectUntouched(rehearsal: Rehearsal, instance: string): void {
  expect(rehearsal.started.size).toBe(0);
  expect(rehearsal.completions(instance)).toEqual([]);
  expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
  expect(clusterCalls(rehearsal)).toEqual([]);
}

describe('an event that AWS confirms', () => {
  test('starts a retirement by its name, without a call to EKS or the cluster (contract 1.3, 1.6)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    await rehearsal.route(event);
    const [requested] = rehearsal.of('retirement.requested');
    expect(requested).toMatchObject({ instance, cluster: 'production', group: GROUP, already: false });
    expect(requested?.execution).toMatch(new RegExp(`^123456789012-eu-central-1-${instance}-[0-9a-f]{8}$`));
    expect([...rehearsal.started.keys()]).toEqual([requested?.execution]);
    expect(clusterCalls(rehearsal)).toEqual([]);
  });

  test('starts nothing when it is delivered again: same name, same payload (contract 1.6, faults 1)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    await rehearsal.route(event);
    const [first] = rehearsal.started.values();
    await rehearsal.route(event);
    expect(rehearsal.started.size).toBe(1);
    expect(rehearsal.of('retirement.requested').map(({ already }) => already)).toEqual([false, true]);
    expect(rehearsal.noticeOf(event)).toEqual(first);
  });

  test('is taken when AWS still shows the state before: InService for a while, or Terminating for longer (contract 1.3)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [one = '', two = ''] = rehearsal.instances;
    const { delays } = rehearsal.aws.autoScaling;
    delays.stateLag = 6_000;
    await rehearsal.route(rehearsal.terminate(one));
    Object.assign(delays, { toWait: 40_000, stateLag: 30_000 });
    rehearsal.letGo(two);
    const waiting = rehearsal.clock.advance(40_000);
    await rehearsal.drive(waiting);
    const event = rehearsal.aws.eventBridge.events.findLast(({ detail }) => detail.EC2InstanceId === two);
    const begun = rehearsal.clock.now();
    await rehearsal.route(event);
    expect(rehearsal.clock.now() - begun).toBeGreaterThanOrEqual(25_000);
    expect(rehearsal.of('retirement.requested').map(({ instance }) => instance)).toEqual([one, two]);
    expect(rehearsal.of('notice.refused')).toEqual([]);
  });

  test('fails, to be delivered again, when AWS shows Terminating for more than 60 s (contract 1.3)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    Object.assign(rehearsal.aws.autoScaling.delays, { toWait: 100_000, stateLag: 0 });
    rehearsal.letGo(instance);
    const begun = rehearsal.clock.now();
    await expect(rehearsal.route(forged(instance))).rejects.toThrow(StillTerminating);
    expect((rehearsal.clock.now() - begun) / 1000).toBeGreaterThanOrEqual(60);
    expect((rehearsal.clock.now() - begun) / 1000).toBeLessThan(70);
    expectUntouched(rehearsal, instance);
  });

  test('starts a retirement unverified while AWS throttles: it asks by itself before it touches anything (contract 1.3, faults 15)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [waiting = '', serving = ''] = rehearsal.instances;
    const action = 'DescribeAutoScalingInstances';
    const end = rehearsal.aws.faults.inject({ kind: 'throttle', action, times: Infinity });
    await rehearsal.route(rehearsal.terminate(waiting));
    await rehearsal.route(forged(serving));
    end();
    expect(rehearsal.of('notice.unverified').map(({ instance }) => instance)).toEqual([waiting, serving]);
    expect(rehearsal.of('retirement.requested')).toEqual([]);
    const retirements = [...rehearsal.started.values()].map((notice) => rehearsal.retireBy(notice));
    const results = await rehearsal.drive(Promise.all(retirements));
    expect(results.map(({ result }) => result)).toEqual(['drained', 'ignored']);
    expect(rehearsal.of('notice.refused').map(({ instance }) => instance)).toEqual([serving]);
    expect(rehearsal.completions(serving)).toEqual([]);
    expect(rehearsal.of('node.isolated').map(({ instance }) => instance)).toEqual([waiting]);
  });

  test('fails, to be delivered again, when AWS refuses otherwise than by throttling', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const error = { code: 'AccessDenied', status: 403 };
    rehearsal.aws.faults.inject({ kind: 'error', action: 'DescribeAutoScalingInstances', error });
    await expect(rehearsal.route(rehearsal.terminate(instance))).rejects.toThrow();
    expectUntouched(rehearsal, instance);
  });

  test('drains an instance that returns to the warm pool, because it comes from the group (contract 1.4, faults 12)', async () => {
    await using rehearsal = await Rehearsal.start({ warmPool: true });
    const group = rehearsal.aws.autoScaling.group(GROUP);
    group.desired -= 1;
    rehearsal.aws.autoScaling.capacity.reconcile(group);
    const event = rehearsal.aws.eventBridge.events.at(-1);
    expect(event?.detail).toMatchObject({ Origin: 'AutoScalingGroup', Destination: 'WarmPool' });
    await rehearsal.route(event);
    expect(rehearsal.of('retirement.requested')).toHaveLength(1);
  });

  test('drains an instance that an event says to come from the warm pool, and that AWS says to have been in service (contract 1.3)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    await rehearsal.route({ ...event, detail: { ...event.detail, Origin: 'WarmPool' } });
    expect(rehearsal.of('retirement.requested')).toHaveLength(1);
    expect(rehearsal.completions(instance)).toEqual([]);
  });
});

describe('an event that is completed at once, with the reason,', () => {
  test('is of an instance that comes from the warm pool (contract 1.4, faults 12)', async () => {
    await using rehearsal = await Rehearsal.start({ warmPool: true, nodes: 0 });
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    expect(event.detail.Origin).toBe('WarmPool');
    await rehearsal.route(event);
    expect(rehearsal.of('notice.released')).toMatchObject([{ instance, group: GROUP, outcome: 'completed' }]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.started.size).toBe(0);
    expect(clusterCalls(rehearsal)).toEqual([]);
  });

  test.each([
    ['whose cluster nothing names', null, 'nothing names its cluster'],
    ['whose cluster is not configured', '{"cluster":"staging"}', 'cluster staging is not configured'],
    ['whose hook carries something else in its metadata', 'hello', 'nothing names its cluster'],
  ])('is of a group that its tag enrols and %s (contract 1.3)', async (_, metadata, reason) => {
    await using rehearsal = await Rehearsal.start({ metadata, groupTags: { 'ebb/managed': 'true' } });
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(rehearsal.terminate(instance));
    expect(rehearsal.of('notice.released')).toMatchObject([{ reason, instance, outcome: 'completed' }]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(clusterCalls(rehearsal)).toEqual([]);
  });
});

describe('the cluster of an instance', () => {
  test('is told by its own tags when hook and group are silent (contract 1.5)', async () => {
    await using rehearsal = await Rehearsal.start({ metadata: null });
    const [instance = ''] = rehearsal.instances;
    rehearsal.aws.instances.setTags(instance, { 'kubernetes.io/cluster/production': 'owned' });
    await rehearsal.route(rehearsal.terminate(instance));
    expect(rehearsal.of('retirement.requested')).toMatchObject([{ cluster: 'production' }]);
    expect(calls(rehearsal, 'GetResources')).toBe(1);
  });

  test('is not asked of its tags when the hook tells it', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(rehearsal.terminate(instance));
    expect(calls(rehearsal, 'GetResources')).toBe(0);
  });

  test('is refused when two sources disagree, naming both (contract 1.5)', async () => {
    await using rehearsal = await Rehearsal.start({ groupTags: { 'eks:cluster-name': 'staging' } });
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(rehearsal.terminate(instance));
    const [refused] = rehearsal.of('notice.refused');
    expect(refused?.reason).toContain('hook metadata says production');
    expect(refused?.reason).toContain('group tag eks:cluster-name says staging');
    expectUntouched(rehearsal, instance);
  });
});

describe('an event that is refused', () => {
  test.each([
    ['another account', { account: '999999999999' }],
    ['another region', { region: 'us-east-1' }],
  ])('is of %s; AWS is not even asked (contract 1.3, faults 11)', async (_, given) => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(changed(rehearsal.terminate(instance), given));
    expect(rehearsal.of('notice.refused')).toMatchObject([{ instance }]);
    expect(rehearsal.aws.requests).toEqual([]);
    expectUntouched(rehearsal, instance);
  });

  test('is of an instance in service: looked at again 3 times over 10 s, then refused as forged (contract 1.3, faults 10)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const begun = rehearsal.clock.now();
    await rehearsal.route(forged(instance));
    expect(rehearsal.of('notice.refused')).toMatchObject([
      { instance, reason: 'AWS says that the instance is InService' },
    ]);
    // Once, and three times again.
    expect(calls(rehearsal, 'DescribeAutoScalingInstances')).toBe(4);
    const seconds = (rehearsal.clock.now() - begun) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(9.9);
    expect(seconds).toBeLessThan(12);
    expectUntouched(rehearsal, instance);
  });
});

describe('an event that is ignored', () => {
  test('is of a group that nobody enrolled (contract 1.3, faults 9)', async () => {
    await using rehearsal = await Rehearsal.start({ enrolled: false });
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(rehearsal.terminate(instance));
    expect(rehearsal.of('notice.ignored')[0]?.reason).toContain('is not enrolled');
    expectUntouched(rehearsal, instance);
  });

  test('is of another hook, although ours is on the group too (contract 1.4, faults 14)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const event = changed(rehearsal.terminate(instance), {}, { LifecycleHookName: 'Terminate-LC-Hook' });
    await rehearsal.route(event);
    expect(rehearsal.of('notice.ignored')[0]?.reason).toBe('hook Terminate-LC-Hook is not ours (ebb-drain)');
    expect(rehearsal.aws.requests).toEqual([]);
    expectUntouched(rehearsal, instance);
  });

  test('is stale: the instance has long gone (faults 5)', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.route(forged('i-0feedfacefeedface'));
    expect(rehearsal.of('notice.ignored')[0]?.reason).toBe('the instance is in no group any more');
    expectUntouched(rehearsal, 'i-0feedfacefeedface');
  });

  test('is of an instance whose hook is over already (faults 13)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    rehearsal.aws.autoScaling.delays.toTerminated = 60_000;
    const event = rehearsal.terminate(instance);
    await rehearsal.clock.advance(901_000);
    await rehearsal.route(event);
    expect(rehearsal.of('notice.ignored')[0]?.reason).toBe('the instance is Terminating:Proceed: its hook is over');
    expect(rehearsal.started.size).toBe(0);
  });
});

test('a retirement verifies again by itself: started for a healthy instance it touches nothing (faults 10)', async () => {
  await using rehearsal = await Rehearsal.start();
  const [instance = ''] = rehearsal.instances;
  const notice = rehearsal.noticeOf(forged(instance));
  const retired = await rehearsal.drive(rehearsal.retireBy(notice));
  expect(retired).toEqual({ result: 'ignored', reason: 'AWS says that the instance is InService' });
  expect(rehearsal.node(rehearsal.nodeOf(instance)).spec.unschedulable).toBeUndefined();
  expectUntouched(rehearsal, instance);
});

test('the notice of one event is made from the event alone (contract 1.6)', async () => {
  await using rehearsal = await Rehearsal.start();
  const event = rehearsal.terminate(rehearsal.instances[0] ?? '');
  const expected: LifecycleNotice = {
    kind: 'asg-terminate',
    account: '123456789012',
    region: 'eu-central-1',
    instance: rehearsal.instances[0] ?? '',
    group: GROUP,
    hook: HOOK,
    token: String(event.detail.LifecycleActionToken),
    origin: 'AutoScalingGroup',
    at: Date.parse(event.time),
  };
  expect(rehearsal.noticeOf(event)).toEqual(expected);
});
