import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import type { GroupPlan } from '../../auto-scaling/group-plan.ts';
import type { HookResult } from '../../auto-scaling/group.ts';
import { AwsPeer } from '../../peer.ts';

const GROUP = 'workers';
const RETAIN = { terminateHookAbandon: 'retain' } as const;

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

/** A group that retains, with one instance and a hook of five minutes; answers the instance. */
function addGroup(plan: Partial<GroupPlan> = {}, defaultResult: HookResult = 'ABANDON'): string {
  peer.autoScaling.addGroup({ name: GROUP, desired: 1, lifecyclePolicy: RETAIN, ...plan });
  const transition = 'autoscaling:EC2_INSTANCE_TERMINATING';
  peer.autoScaling.putHook(GROUP, { name: 'drain', transition, heartbeatTimeout: 300, defaultResult });
  return peer.autoScaling.instanceIds(GROUP)[0] ?? '';
}

async function terminate(InstanceId: string, ShouldDecrementDesiredCapacity = false): Promise<void> {
  await client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }));
}

async function complete(InstanceId: string, LifecycleActionResult: string): Promise<void> {
  const action = { AutoScalingGroupName: GROUP, LifecycleHookName: 'drain', InstanceId };
  await client.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult }));
}

async function retained(plan: Partial<GroupPlan> = {}): Promise<string> {
  const instance = addGroup(plan);
  await terminate(instance);
  await complete(instance, 'ABANDON');
  return instance;
}

function states(instance: string): string[] {
  return peer.autoScaling.history(instance).flatMap((entry) => (entry.kind === 'state' ? [entry.state] : []));
}

const WAITED = ['InService', 'Terminating', 'Terminating:Wait', 'Terminating:Proceed'];

describe('an instance of a group that retains', () => {
  const byCall = (result: HookResult) => (instance: string) => complete(instance, result);
  const byTimeout = (): Promise<void> => clock.advance(305_000);

  test.each<[string, HookResult, (instance: string) => Promise<void>, string]>([
    ['stays when its hook is abandoned', 'CONTINUE', byCall('ABANDON'), 'Terminating:Retained'],
    ['stays when its hook times out into ABANDON', 'ABANDON', byTimeout, 'Terminating:Retained'],
    ['goes when its hook is completed', 'ABANDON', byCall('CONTINUE'), 'Terminated'],
    ['goes when its hook times out into CONTINUE', 'CONTINUE', byTimeout, 'Terminated'],
  ])('%s', async (_, defaultResult, end, state) => {
    const instance = addGroup({}, defaultResult);
    await terminate(instance);
    await end(instance);
    await clock.advance(2000);
    expect(states(instance)).toEqual([...WAITED, state]);
  });

  test('goes when no hook waited', async () => {
    peer.autoScaling.addGroup({ name: GROUP, desired: 1, lifecyclePolicy: RETAIN });
    const [instance = ''] = peer.autoScaling.instanceIds(GROUP);
    await terminate(instance);
    await clock.advance(2000);
    expect(peer.autoScaling.state(instance)).toBe('Terminated');
  });

  test('runs on beside the one that replaces it', async () => {
    const instance = await retained();
    await clock.advance(7 * 24 * 3_600_000);
    expect(peer.instances.get(instance).state).toBe('running');
    const { AutoScalingGroups = [] } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups[0]).toMatchObject({
      DesiredCapacity: 1,
      Instances: [{ InstanceId: instance, LifecycleState: 'Terminating:Retained' }, { LifecycleState: 'InService' }],
      InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } },
    });
    const { Activities = [] } = await client.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }),
    );
    expect(Activities.find(({ Description }) => Description?.startsWith('Terminating'))).toMatchObject({
      StatusCode: 'Cancelled',
      StatusMessage: expect.stringMatching(
        /^Instance failed to complete user's Lifecycle Action: .*abandoned/,
      ) as string,
    });
  });

  test('has no replacement when its end lowered the desired capacity', async () => {
    const instance = addGroup();
    await terminate(instance, true);
    await complete(instance, 'ABANDON');
    await clock.advance(600_000);
    expect(peer.autoScaling.instanceIds(GROUP)).toEqual([instance]);
  });

  test('has no lifecycle action any more', async () => {
    const instance = await retained();
    const refusal = `No active Lifecycle Action found with instance ID ${instance}`;
    await expect(complete(instance, 'CONTINUE')).rejects.toThrow(refusal);
    const action = { AutoScalingGroupName: GROUP, LifecycleHookName: 'drain', InstanceId: instance };
    await expect(client.send(new RecordLifecycleActionHeartbeatCommand(action))).rejects.toThrow(refusal);
  });
});

describe('a retained instance that is terminated', () => {
  test('ends past its hooks', async () => {
    const instance = await retained();
    const events = peer.eventBridge.events.length;
    await terminate(instance);
    await clock.advance(2000);
    expect(states(instance)).toEqual([...WAITED, 'Terminating:Retained', 'Terminating:Proceed', 'Terminated']);
    expect(peer.instances.get(instance).state).toBe('shutting-down');
    const sent = peer.eventBridge.events.slice(events).map((event) => event['detail-type']);
    expect(sent).not.toContain('EC2 Instance-terminate Lifecycle Action');
    expect(sent).toContain('EC2 Instance Terminate Successful');
  });

  test.each<[HookResult, string]>([
    ['CONTINUE', 'Terminated'],
    ['ABANDON', 'Terminating:Retained'],
  ])('meets its hooks again when told so: %s', async (result, state) => {
    peer.autoScaling.capacity.terminations.releaseMeetsHooks = true;
    const instance = await retained();
    await terminate(instance);
    await complete(instance, result);
    await clock.advance(2000);
    expect(states(instance).slice(WAITED.length)).toEqual(['Terminating:Retained', ...WAITED.slice(1), state]);
    const starts = peer.autoScaling.history(instance).filter(({ kind }) => kind === 'hook-started');
    expect(new Set(starts.map((entry) => 'token' in entry && entry.token)).size).toBe(2);
  });

  test('cannot lower the desired capacity', async () => {
    const instance = await retained();
    await expect(terminate(instance, true)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining(`${instance} is in a Retained state`) as string,
    });
  });
});

describe('the policy', () => {
  const update = async (TerminateHookAbandon: 'retain' | 'terminate'): Promise<void> => {
    const InstanceLifecyclePolicy = { RetentionTriggers: { TerminateHookAbandon } };
    await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, InstanceLifecyclePolicy }));
  };

  test.each<[string, () => Promise<void> | void, string]>([
    ['changed to terminate', () => update('terminate'), 'Terminated'],
    [
      'taken away',
      () => {
        peer.autoScaling.setLifecyclePolicy(GROUP, undefined);
      },
      'Terminated',
    ],
    ['set again', () => update('retain'), 'Terminating:Retained'],
  ])('counts as it is when the hook is abandoned: %s', async (_, change, state) => {
    const instance = addGroup();
    await terminate(instance);
    await change();
    await complete(instance, 'ABANDON');
    await clock.advance(2000);
    expect(peer.autoScaling.state(instance)).toBe(state);
  });

  test('does not release what is retained already', async () => {
    const instance = await retained();
    await update('terminate');
    await clock.advance(600_000);
    expect(peer.autoScaling.state(instance)).toBe('Terminating:Retained');
  });

  test('and its sizes are all of a group that can be updated', async () => {
    addGroup();
    const input = { AutoScalingGroupName: GROUP, HealthCheckGracePeriod: 5 };
    await expect(client.send(new UpdateAutoScalingGroupCommand(input))).rejects.toThrow('HealthCheckGracePeriod');
  });
});

describe('a warm pool', () => {
  const warmPool = { poolState: 'Stopped', reuseOnScaleIn: true, size: 1 } as const;

  test('retains what fails to leave it', async () => {
    addGroup({ warmPool });
    const [, resting = ''] = peer.autoScaling.instanceIds(GROUP);
    await terminate(resting);
    await complete(resting, 'ABANDON');
    expect(states(resting)).toEqual([
      'Warmed:Stopped',
      'Warmed:Terminating',
      'Warmed:Terminating:Wait',
      'Warmed:Terminating:Proceed',
      'Warmed:Terminating:Retained',
    ]);
  });

  test('retains what fails to return to it', async () => {
    const instance = addGroup({ warmPool });
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 0 }));
    await complete(instance, 'ABANDON');
    expect(states(instance)).toEqual([
      'InService',
      'Warmed:Pending',
      'Warmed:Pending:Wait',
      'Warmed:Pending:Proceed',
      'Warmed:Pending:Retained',
    ]);
  });
});
