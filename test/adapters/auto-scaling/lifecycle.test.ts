import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import {
  lifecycle,
  ACTIVITY_ACTIONS,
  LIFECYCLE_COMPLETE_ACTIONS,
  LIFECYCLE_HEARTBEAT_ACTIONS,
  LIFECYCLE_READ_ACTIONS,
} from '../../../lambdas/adapters/auto-scaling/lifecycle.ts';
import type { Lifecycle, LifecycleAction } from '../../../lambdas/workflow/ports/auto-scaling.ts';
import { AwsGiven } from '../aws/given.ts';

const HOOK = 'ebb-drain';
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

describe('the membership of an instance (contract 1.3)', () => {
  test('is its group and its state there', async () => {
    await using given = await withGroup();
    const { port, action } = given;
    expect(await port.membership(action.instance)).toEqual({ group: 'workers', state: 'InService' });
    terminate(given);
    expect(await port.membership(action.instance)).toEqual({ group: 'workers', state: 'Terminating:Wait' });
  });

  test('is undefined for an instance that is in none', async () => {
    await using given = await withGroup();
    expect(await given.port.membership('i-0fedcba9876543210')).toBeUndefined();
  });

  test('is asked for fifty instances with one call, when they are asked for at the same time (faults 15)', async () => {
    await using given = await withGroup();
    const { port, action, aws } = given;
    const strangers = Array.from({ length: 59 }, (_, index) => `i-0fedcba98765432${String(10 + index)}`);
    const found = await Promise.all([...strangers, action.instance, action.instance].map((id) => port.membership(id)));
    expect(found.slice(0, 59).every((membership) => membership === undefined)).toBe(true);
    expect(found.slice(59)).toEqual([
      { group: 'workers', state: 'InService' },
      { group: 'workers', state: 'InService' },
    ]);
    expect(aws.requests.map(({ action }) => action)).toEqual(Array(2).fill('DescribeAutoScalingInstances'));
    // Nothing is kept: the state may change at any moment.
    terminate(given);
    expect(await port.membership(action.instance)).toEqual({ group: 'workers', state: 'Terminating:Wait' });
  });
});

describe('the tags of a group (contract 1.3)', () => {
  test('are key and value, an empty value too', async () => {
    await using given = await withGroup();
    expect(await given.port.groupTags('workers')).toEqual({ 'ebb/managed': 'true', 'eks:cluster-name': '', team: 'a' });
  });

  test('are none for a group without', async () => {
    await using given = await withGroup();
    given.aws.autoScaling.addGroup({ name: 'plain' });
    expect(await given.port.groupTags('plain')).toEqual({});
  });

  test('are undefined for a group that there is not', async () => {
    await using given = await withGroup();
    expect(await given.port.groupTags('none')).toBeUndefined();
  });
});

describe('a hook (contract 6.1)', () => {
  test('has its real timeout, the most that AWS gives it, and the metadata', async () => {
    await using given = await withGroup();
    expect(await given.port.hook('workers', HOOK)).toEqual({
      name: HOOK,
      timeoutSeconds: 300,
      globalTimeoutSeconds: 30_000,
      metadata: '{"cluster":"blue"}',
    });
  });

  test('never holds for longer than 48 h (faults 23)', async () => {
    await using given = await withGroup();
    given.aws.autoScaling.putHook('workers', { name: 'long', transition: TERMINATING, heartbeatTimeout: 7_200 });
    const hook = await given.port.hook('workers', 'long');
    expect(hook).toEqual({ name: 'long', timeoutSeconds: 7_200, globalTimeoutSeconds: 172_800 });
  });

  test('is told from the group’s other hooks by its name (faults 14)', async () => {
    await using given = await withGroup();
    given.aws.autoScaling.putHook('workers', { name: 'Terminate-LC-Hook', transition: TERMINATING });
    expect(await given.port.hook('workers', HOOK)).toMatchObject({ name: HOOK, timeoutSeconds: 300 });
    expect(await given.port.hook('workers', 'none')).toBeUndefined();
  });

  test('is none of a group that has gone, for which AWS answers a ValidationError', async () => {
    await using given = await withGroup();
    expect(await given.port.hook('gone', HOOK)).toBeUndefined();
    const error = { code: 'ValidationError', message: '1 validation error detected', status: 400 };
    given.aws.faults.inject({ kind: 'error', action: 'DescribeLifecycleHooks', error });
    await expect(given.port.hook('workers', HOOK)).rejects.toMatchObject({ name: 'ValidationError' });
  });
});

describe('since when an instance leaves (contract 5.1)', () => {
  test('is told by the activity that lets it go, before its hook begins and while that lasts', async () => {
    await using given = await withGroup();
    expect(await given.port.leavingSince(given.action)).toBeUndefined();
    const began = given.clock.now();
    terminate(given);
    await given.clock.advance(200_000);
    expect(given.aws.autoScaling.state(given.action.instance)).toBe('Terminating:Wait');
    expect(await given.port.leavingSince(given.action)).toBe(began);
  });

  test('is not told of another instance, nor once it has gone', async () => {
    await using given = await withGroup();
    terminate(given);
    expect(await given.port.leavingSince({ ...given.action, instance: `${given.action.instance}0` })).toBeUndefined();
    await given.port.complete(given.action);
    await given.clock.advance(60_000);
    expect(await given.port.leavingSince(given.action)).toBeUndefined();
  });

  test('costs a page for each hundred that leave too, and none for those that have gone', async () => {
    await using given = await withGroup();
    const { autoScaling } = given.aws;
    const add = () => autoScaling.addInstance('workers');
    const leave = (instance: string) => {
      const member = autoScaling.findMember(instance);
      if (member !== undefined) autoScaling.capacity.terminate(member, 'a test takes it out of service');
    };
    const gone = Array.from({ length: 250 }, add);
    gone.forEach(leave);
    await given.clock.advance(301_000 + 60_000);
    leave(given.action.instance);
    const began = given.clock.now();
    expect(await given.port.leavingSince(given.action)).toBe(began);
    expect(given.count('DescribeScalingActivities')).toBe(1);
    Array.from({ length: 120 }, add).forEach(leave);
    expect(await given.port.leavingSince(given.action)).toBe(began);
    expect(given.count('DescribeScalingActivities')).toBe(3);
  });
});

describe('a heartbeat (contract 6.1)', () => {
  test('recorded, moves the end of the hook by its timeout', async () => {
    await using given = await withGroup();
    terminate(given);
    for (let beat = 0; beat < 4; beat += 1) {
      await given.clock.advance(200_000);
      expect(await given.port.heartbeat(given.action)).toBe('recorded');
    }
    expect(given.aws.autoScaling.state(given.action.instance)).toBe('Terminating:Wait');
  });

  test('is over when the hook has expired (faults 19)', async () => {
    await using given = await withGroup();
    terminate(given);
    await given.clock.advance(301_000);
    expect(await given.port.heartbeat(given.action)).toBe('over');
  });

  test('is over for an instance that is not leaving', async () => {
    await using given = await withGroup();
    expect(await given.port.heartbeat(given.action)).toBe('over');
  });

  test('throttled, is recorded before the hook expires (faults 18)', async () => {
    await using given = await withGroup();
    terminate(given);
    given.aws.faults.inject({ kind: 'throttle', action: 'RecordLifecycleActionHeartbeat', times: 2 });
    expect(await given.during(given.port.heartbeat(given.action))).toBe('recorded');
    expect(given.count('RecordLifecycleActionHeartbeat')).toBe(3);
  });

  test('for a group that there is not is an error, not over', async () => {
    await using given = await withGroup();
    const action = { ...given.action, group: 'none' };
    await expect(given.port.heartbeat(action)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('not found') as string,
    });
  });

  test('refused, names itself and the action that is missing (faults 28)', async () => {
    await using given = await withGroup();
    const port = limited(given, ...LIFECYCLE_READ_ACTIONS);
    terminate(given);
    await expect(port.heartbeat(given.action)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('autoscaling:RecordLifecycleActionHeartbeat') as string,
    });
    expect(given.count('RecordLifecycleActionHeartbeat')).toBe(1);
  });
});

describe('completing an action (contract 6.2)', () => {
  test('lets the instance go on, with CONTINUE', async () => {
    await using given = await withGroup();
    terminate(given);
    expect(await given.port.complete(given.action)).toBe('completed');
    expect(completions(given)).toMatchObject([{ hook: HOOK, result: 'CONTINUE', by: 'call' }]);
    await given.clock.advance(5_000);
    expect(given.aws.autoScaling.state(given.action.instance)).toBe('Terminated');
  });

  test('leaves another hook of the group alone (faults 14)', async () => {
    await using given = await withGroup();
    given.aws.autoScaling.putHook('workers', { name: 'theirs', transition: TERMINATING });
    terminate(given);
    expect(await given.port.complete(given.action)).toBe('completed');
    expect(completions(given)).toMatchObject([{ hook: HOOK }]);
    expect(given.aws.autoScaling.state(given.action.instance)).toBe('Terminating:Wait');
  });

  test('again is over, before and after the instance has left', async () => {
    await using given = await withGroup();
    terminate(given);
    await given.port.complete(given.action);
    expect(await given.port.complete(given.action)).toBe('over');
    await given.clock.advance(60_000);
    expect(await given.port.complete(given.action)).toBe('over');
    expect(completions(given)).toHaveLength(1);
  });

  test('whose answer was lost says over when repeated; it was completed once (faults 20)', async () => {
    await using given = await withGroup();
    const port = lifecycle(new AutoScalingClient({ ...given.aws.clientConfig(), maxAttempts: 1 }));
    terminate(given);
    given.aws.faults.inject({ kind: 'lost-answer', action: 'CompleteLifecycleAction' });
    await expect(port.complete(given.action)).rejects.toThrow();
    expect(await port.complete(given.action)).toBe('over');
    expect(completions(given)).toHaveLength(1);
  });

  test('whose answer was lost is repeated by the SDK itself, and over (faults 20)', async () => {
    await using given = await withGroup();
    terminate(given);
    given.aws.faults.inject({ kind: 'lost-answer', action: 'CompleteLifecycleAction' });
    expect(await given.during(given.port.complete(given.action))).toBe('over');
    expect(completions(given)).toHaveLength(1);
  });

  test.each(['throttle', 'error', 'reset'] as const)('after %s twice is completed (faults 21)', async (kind) => {
    await using given = await withGroup();
    terminate(given);
    given.aws.faults.inject({ kind, action: 'CompleteLifecycleAction', times: 2 });
    expect(await given.during(given.port.complete(given.action))).toBe('completed');
    expect(completions(given)).toHaveLength(1);
  });

  test('that AWS fails for good is an error: nobody may think it done (faults 21)', async () => {
    await using given = await withGroup();
    terminate(given);
    given.aws.faults.inject({ kind: 'error', action: 'CompleteLifecycleAction', times: Infinity });
    const error = await given.during(given.port.complete(given.action).catch((cause: unknown) => cause));
    expect(error).toMatchObject({ name: 'InternalFailure' });
    expect(completions(given)).toEqual([]);
  });

  test('refused, names itself and the action that is missing (faults 28)', async () => {
    await using given = await withGroup();
    const port = limited(given, ...LIFECYCLE_READ_ACTIONS, ...LIFECYCLE_HEARTBEAT_ACTIONS);
    terminate(given);
    await expect(port.complete(given.action)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(LIFECYCLE_COMPLETE_ACTIONS[0]) as string,
    });
  });
});

test('the declared IAM actions are enough for every call', async () => {
  await using given = await withGroup();
  const all = [
    ...LIFECYCLE_READ_ACTIONS,
    ...ACTIVITY_ACTIONS,
    ...LIFECYCLE_COMPLETE_ACTIONS,
    ...LIFECYCLE_HEARTBEAT_ACTIONS,
  ];
  const port = limited(given, ...all);
  terminate(given);
  expect(await port.membership(given.action.instance)).toBeDefined();
  expect(await port.groupTags('workers')).toBeDefined();
  expect(await port.hook('workers', HOOK)).toBeDefined();
  expect(await port.leavingSince(given.action)).toBeDefined();
  expect(await port.heartbeat(given.action)).toBe('recorded');
  expect(await port.complete(given.action)).toBe('completed');
});

type Given = AwsGiven & { readonly port: Lifecycle; readonly action: LifecycleAction };

/** A group of one instance, under our hook. */
async function withGroup(): Promise<Given> {
  const given = await AwsGiven.start();
  const { autoScaling } = given.aws;
  const tags = { 'ebb/managed': 'true', 'eks:cluster-name': '', team: 'a' };
  autoScaling.addGroup({ name: 'workers', desired: 1, tags });
  autoScaling.putHook('workers', {
    name: HOOK,
    transition: TERMINATING,
    heartbeatTimeout: 300,
    notificationMetadata: '{"cluster":"blue"}',
  });
  const [instance = ''] = autoScaling.instanceIds('workers');
  const port = lifecycle(new AutoScalingClient(given.aws.clientConfig()));
  return Object.assign(given, { port, action: { group: 'workers', hook: HOOK, instance } });
}

function limited(given: AwsGiven, ...actions: readonly string[]): Lifecycle {
  return lifecycle(new AutoScalingClient(given.aws.clientConfig(given.credentialsFor(...actions))));
}

function terminate({ aws, action }: Given): void {
  const member = aws.autoScaling.findMember(action.instance);
  if (member === undefined) throw new Error(`${action.instance} is in no group`);
  aws.autoScaling.capacity.terminate(member, 'the test says so');
}

function completions({ aws, action }: Given) {
  return aws.autoScaling.history(action.instance).filter(({ kind }) => kind === 'completion');
}
