import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  DescribeTagsCommand,
  paginateDescribeAutoScalingGroups,
  paginateDescribeAutoScalingInstances,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import { AwsPeer } from '../../peer.ts';

const GROUP = 'workers';
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

let clock: DrivenClock;
let peer: AwsPeer;
let client: AutoScalingClient;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
  uninstall();
});

/** A group of one instance with the named hooks, the instance sent to its end. */
async function terminating(hooks: readonly string[] = ['drain'], heartbeatTimeout = 300): Promise<string> {
  peer.autoScaling.addGroup({ name: GROUP, desired: 1, tags: { 'ebb/managed': 'true' } });
  for (const name of hooks) {
    peer.autoScaling.putHook(GROUP, { name, transition: TERMINATING, heartbeatTimeout, defaultResult: 'CONTINUE' });
  }
  const [instanceId = ''] = peer.autoScaling.instanceIds(GROUP);
  await terminate(instanceId);
  return instanceId;
}

function terminate(instanceId: string, decrement = true): Promise<unknown> {
  return client.send(
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: instanceId,
      ShouldDecrementDesiredCapacity: decrement,
    }),
  );
}

function complete(instanceId: string, result: string, hook = 'drain'): Promise<unknown> {
  return client.send(
    new CompleteLifecycleActionCommand({
      AutoScalingGroupName: GROUP,
      LifecycleHookName: hook,
      InstanceId: instanceId,
      LifecycleActionResult: result,
    }),
  );
}

function heartbeat(instanceId: string, hook = 'drain'): Promise<unknown> {
  return client.send(
    new RecordLifecycleActionHeartbeatCommand({
      AutoScalingGroupName: GROUP,
      LifecycleHookName: hook,
      InstanceId: instanceId,
    }),
  );
}

function states(instanceId: string): string[] {
  return peer.autoScaling.history(instanceId).flatMap((entry) => (entry.kind === 'state' ? [entry.state] : []));
}

function completions(instanceId: string): unknown[] {
  return peer.autoScaling
    .history(instanceId)
    .flatMap((entry) => (entry.kind === 'completion' ? [[entry.hook, entry.result, entry.by]] : []));
}

const WHOLE = ['InService', 'Terminating', 'Terminating:Wait', 'Terminating:Proceed', 'Terminated'];

describe('a terminate hook', () => {
  test('holds the instance until it is completed, by instance id', async () => {
    const id = await terminating();
    await clock.advance(200_000);
    expect(peer.autoScaling.state(id)).toBe('Terminating:Wait');
    await complete(id, 'CONTINUE');
    await clock.advance(5000);
    expect(states(id)).toEqual(WHOLE);
    expect(completions(id)).toEqual([['drain', 'CONTINUE', 'call']]);
    expect(peer.instances.get(id).state).toBe('shutting-down');
    await clock.advance(20_000);
    expect(peer.instances.get(id)).toMatchObject({ state: 'terminated', privateDnsName: undefined });
  });

  test('is completed by its token, and by no other', async () => {
    const id = await terminating();
    const token = String(peer.eventBridge.events[0]?.detail.LifecycleActionToken);
    const by = (LifecycleActionToken: string): Promise<unknown> =>
      client.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: GROUP,
          LifecycleHookName: 'drain',
          LifecycleActionToken,
          LifecycleActionResult: 'CONTINUE',
        }),
      );
    await expect(by('stale')).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'No active Lifecycle Action found with token stale',
      $metadata: { httpStatusCode: 400 },
    });
    await by(token);
    await expect(by(token)).rejects.toThrow(`No active Lifecycle Action found with token ${token}`);
    expect(states(id)).toContain('Terminating:Proceed');
  });

  test('times out into its default result', async () => {
    const id = await terminating();
    await clock.advance(299_000);
    expect(peer.autoScaling.state(id)).toBe('Terminating:Wait');
    await clock.advance(2500);
    expect(states(id)).toEqual(WHOLE);
    expect(completions(id)).toEqual([['drain', 'CONTINUE', 'timeout']]);
    await expect(complete(id, 'CONTINUE')).rejects.toThrow(`No active Lifecycle Action found with instance ID ${id}`);
    await expect(heartbeat(id)).rejects.toThrow(`No active Lifecycle Action found with instance ID ${id}`);
  });

  test('is held by heartbeats, up to its global timeout', async () => {
    const id = await terminating(['drain'], 30);
    const started = clock.now();
    while (peer.autoScaling.state(id) === 'Terminating:Wait') {
      await heartbeat(id);
      await clock.advance(25_000);
    }
    expect((clock.now() - started) / 1000).toBeGreaterThanOrEqual(3000);
    expect((clock.now() - started) / 1000).toBeLessThan(3030);
    expect(completions(id)).toEqual([['drain', 'CONTINUE', 'timeout']]);
  });

  test.each([
    ['CONTINUE waits for the others', 'CONTINUE', 'Terminating:Wait', [['drain', 'CONTINUE', 'call']]],
    [
      'ABANDON ends the others',
      'ABANDON',
      'Terminating:Proceed',
      [
        ['drain', 'ABANDON', 'call'],
        ['backup', 'ABANDON', 'abandoned'],
      ],
    ],
  ])('of two: %s', async (_name, result, state, expected) => {
    const id = await terminating(['drain', 'backup']);
    await complete(id, result);
    expect(peer.autoScaling.state(id)).toBe(state);
    expect(completions(id)).toEqual(expected);
  });

  test('sends its event in the documented shape, with a token of its own', async () => {
    const id = await terminating(['drain', 'backup']);
    const events = peer.eventBridge.events.filter(({ source }) => source === 'aws.autoscaling');
    const group = peer.autoScaling.group(GROUP);
    expect(events[0]).toEqual({
      version: '0',
      id: expect.any(String) as string,
      'detail-type': 'EC2 Instance-terminate Lifecycle Action',
      source: 'aws.autoscaling',
      account: '123456789012',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      region: 'eu-central-1',
      resources: [group.arn],
      detail: {
        LifecycleActionToken: expect.any(String) as string,
        AutoScalingGroupName: GROUP,
        LifecycleHookName: 'drain',
        EC2InstanceId: id,
        LifecycleTransition: TERMINATING,
        Origin: 'AutoScalingGroup',
        Destination: 'EC2',
      },
    });
    expect(new Set(events.map(({ detail }) => detail.LifecycleActionToken)).size).toBe(2);
  });
});

describe('capacity', () => {
  test('a kept desired capacity brings a replacement, told to listeners', async () => {
    const launched: string[] = [];
    peer.autoScaling.onLaunch(({ instanceId }) => launched.push(instanceId));
    peer.autoScaling.addGroup({ name: GROUP, desired: 2 });
    const [id = ''] = peer.autoScaling.instanceIds(GROUP);
    await terminate(id, false);
    await clock.advance(60_000);
    expect(launched).toHaveLength(1);
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(2);
    expect(peer.autoScaling.state(launched[0] ?? '')).toBe('InService');
    const types = peer.eventBridge.events.map((event) => event['detail-type']);
    expect(types).toContain('EC2 Instance Terminate Successful');
    expect(types).toContain('EC2 Instance Launch Successful');
  });

  test('scale-in passes the hooks too; a launch hook holds in Pending:Wait', async () => {
    peer.autoScaling.addGroup({ name: GROUP, desired: 2 });
    peer.autoScaling.putHook(GROUP, { name: 'drain', transition: TERMINATING });
    peer.autoScaling.putHook(GROUP, { name: 'join', transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' });
    const desired = (DesiredCapacity: number): Promise<unknown> =>
      client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));
    await desired(1);
    const all = (): (string | undefined)[] =>
      peer.autoScaling.instanceIds(GROUP).map((id) => peer.autoScaling.state(id));
    expect(all().sort()).toEqual(['InService', 'Terminating:Wait']);
    await desired(2);
    await clock.advance(15_000);
    expect(all().sort()).toEqual(['InService', 'Pending:Wait', 'Terminating:Wait']);
    await expect(desired(99)).rejects.toThrow('above max value');
  });

  test('a warm pool takes scaled-in instances back and gives them out again', async () => {
    peer.autoScaling.addGroup({
      name: GROUP,
      desired: 1,
      warmPool: { poolState: 'Stopped', reuseOnScaleIn: true, size: 0 },
    });
    peer.autoScaling.putHook(GROUP, { name: 'drain', transition: TERMINATING });
    const [id = ''] = peer.autoScaling.instanceIds(GROUP);
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 0 }));
    expect(peer.eventBridge.events.at(-1)?.detail).toMatchObject({
      Origin: 'AutoScalingGroup',
      Destination: 'WarmPool',
    });
    await complete(id, 'CONTINUE');
    await clock.advance(5000);
    expect(peer.autoScaling.state(id)).toBe('Warmed:Stopped');
    await terminate(id, false);
    expect(peer.eventBridge.events.at(-1)?.detail).toMatchObject({ Origin: 'WarmPool', Destination: 'EC2' });
    expect(peer.autoScaling.state(id)).toBe('Warmed:Terminating:Wait');
  });

  test('an unknown instance is refused in the words of AWS', async () => {
    await expect(terminate('i-0123456789abcdef0')).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0',
    });
  });
});

describe('describing', () => {
  test('groups by name, by tag and by page', async () => {
    for (const name of ['a', 'b', 'c']) peer.autoScaling.addGroup({ name, tags: { team: name === 'c' ? 'x' : 'y' } });
    const names = async (input: object): Promise<unknown> => {
      const { AutoScalingGroups = [], NextToken } = await client.send(new DescribeAutoScalingGroupsCommand(input));
      return [AutoScalingGroups.map((group) => group.AutoScalingGroupName), NextToken !== undefined];
    };
    expect(await names({})).toEqual([['a', 'b', 'c'], false]);
    expect(await names({ AutoScalingGroupNames: ['b', 'none'] })).toEqual([['b'], false]);
    expect(await names({ Filters: [{ Name: 'tag:team', Values: ['y'] }] })).toEqual([['a', 'b'], false]);
    const first = await client.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 2 }));
    expect(await names({ NextToken: first.NextToken })).toEqual([['c'], false]);
    const [group] = first.AutoScalingGroups ?? [];
    expect(group).toMatchObject({ MinSize: 0, DesiredCapacity: 1, Tags: [{ Key: 'team', PropagateAtLaunch: true }] });
    expect(group?.CreatedTime).toBeInstanceOf(Date);
    expect(group?.Instances?.[0]).toMatchObject({ LifecycleState: 'InService', HealthStatus: 'Healthy' });
  });

  test.each([
    ['one tag', [{ Name: 'tag:team', Values: ['x'] }], ['a', 'b']],
    ['any of the values', [{ Name: 'tag:team', Values: ['x', 'y'] }], ['a', 'b', 'c']],
    ['a key', [{ Name: 'tag-key', Values: ['stage'] }], ['b']],
    ['a value', [{ Name: 'tag-value', Values: ['y', 'prod'] }], ['b', 'c']],
    ['all filters', ['x', 'prod'].map((value) => ({ Name: 'tag-value', Values: [value] })), ['b']],
    ['a value that none has', [{ Name: 'tag:team', Values: ['X'] }], []],
  ])('groups that pass %s', async (_, Filters, expected) => {
    peer.autoScaling.addGroup({ name: 'a', tags: { team: 'x' } });
    peer.autoScaling.addGroup({ name: 'b', tags: { team: 'x', stage: 'prod' } });
    peer.autoScaling.addGroup({ name: 'c', tags: { team: 'y' } });
    const names: unknown[] = [];
    for await (const page of paginateDescribeAutoScalingGroups({ client, pageSize: 1 }, { Filters })) {
      names.push(...(page.AutoScalingGroups ?? []).map((group) => group.AutoScalingGroupName));
    }
    expect(names).toEqual(expected);
  });

  test('all instances by page', async () => {
    for (const name of ['a', 'b']) peer.autoScaling.addGroup({ name, desired: 30 });
    const pages: number[] = [];
    for await (const { AutoScalingInstances = [] } of paginateDescribeAutoScalingInstances({ client }, {})) {
      pages.push(AutoScalingInstances.length);
    }
    expect(pages).toEqual([50, 10]);
    await expect(client.send(new DescribeAutoScalingInstancesCommand({ MaxRecords: 51 }))).rejects.toThrow(
      'MaxRecords',
    );
  });

  test('instances, and an empty list for an unknown one', async () => {
    const id = await terminating();
    const ask = async (InstanceIds: string[]): Promise<unknown> =>
      (await client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds }))).AutoScalingInstances;
    expect(await ask([id])).toMatchObject([
      { InstanceId: id, LifecycleState: 'Terminating:Wait', HealthStatus: 'HEALTHY' },
    ]);
    expect(await ask(['i-0000000000000dead'])).toEqual([]);
    peer.autoScaling.delays.stateLag = 60_000;
    expect(await ask([id])).toMatchObject([{ LifecycleState: 'InService' }]);
  });

  test('hooks with their global timeout, activities and tags', async () => {
    await terminating();
    await client.send(
      new PutLifecycleHookCommand({
        AutoScalingGroupName: GROUP,
        LifecycleHookName: 'other',
        LifecycleTransition: TERMINATING,
        NotificationMetadata: '{"cluster":"blue"}',
      }),
    );
    const hooks = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: GROUP }));
    expect(hooks.LifecycleHooks).toMatchObject([
      { LifecycleHookName: 'drain', HeartbeatTimeout: 300, GlobalTimeout: 30_000, DefaultResult: 'CONTINUE' },
      {
        HeartbeatTimeout: 3600,
        GlobalTimeout: 172_800,
        DefaultResult: 'ABANDON',
        NotificationMetadata: '{"cluster":"blue"}',
      },
    ]);
    const activities = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    expect(activities.Activities).toMatchObject([{ StatusCode: 'InProgress' }]);
    const tags = await client.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'auto-scaling-group', Values: [GROUP] }] }),
    );
    expect(tags.Tags).toMatchObject([{ ResourceId: GROUP, Key: 'ebb/managed', Value: 'true' }]);
  });
});
