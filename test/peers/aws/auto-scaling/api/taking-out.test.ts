/** Ending instances of a group one by one, scaling it by hand, and what keeps an instance from being chosen. */
import {
  CompleteLifecycleActionCommand,
  DescribeScalingActivitiesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GROUP, GroupsGiven } from './groups-given.ts';

let given: GroupsGiven;
beforeEach(async () => {
  given = await GroupsGiven.start();
});
afterEach(async () => {
  await given.stop();
});

function want(DesiredCapacity: number, HonorCooldown?: boolean): Promise<unknown> {
  return given.client.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity, HonorCooldown }),
  );
}

function protect(InstanceIds: string[], ProtectedFromScaleIn: boolean): Promise<unknown> {
  const input = { AutoScalingGroupName: GROUP, InstanceIds, ProtectedFromScaleIn };
  return given.client.send(new SetInstanceProtectionCommand(input));
}

describe('TerminateInstanceInAutoScalingGroup', () => {
  test('with a decrement runs the hook, and brings no replacement', async () => {
    const [id = ''] = given.group({ min: 2 });
    const { Activity } = (await given.terminate(id, true)) as { Activity?: { Cause?: string } };
    expect(Activity?.Cause).toMatch(
      /^At \S+ instance \S+ was taken out of service in response to a user request, shrinking the capacity from 3 to 2\.$/,
    );
    await given.clock.advance(60_000);
    expect(await given.told()).toEqual([2, ['InService', 'InService', 'Terminating:Wait']]);
  });

  test('without a decrement runs the hook, and brings a replacement meanwhile', async () => {
    const [id = ''] = given.group();
    await given.terminate(id, false);
    await given.clock.advance(60_000);
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService', 'Terminating:Wait']]);
  });

  test('with a decrement is refused at the minimum, in the words of AWS', async () => {
    const [id = ''] = given.group({ min: 3 });
    await expect(given.terminate(id, true)).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        "Currently, desiredSize equals minSize (3). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
    });
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
  });

  test('for an instance that terminates already begins no hook anew, but decrements again, and ends another for it', async () => {
    const [id = ''] = given.group();
    await given.terminate(id, true);
    await given.terminate(id, false);
    expect(await given.told()).toEqual([2, ['InService', 'InService', 'Terminating:Wait']]);
    await given.terminate(id, true);
    expect(await given.told()).toEqual([1, ['InService', 'Terminating:Wait', 'Terminating:Wait']]);
    expect(given.states(id)).toEqual(['InService', 'Terminating', 'Terminating:Wait']);
    expect(given.peer.eventBridge.events).toHaveLength(2);
  });

  test('for an instance that waits in its launch hook ends it, and the launch hook is over', async () => {
    given.group({ desired: 0 });
    given.holdLaunches();
    await want(1);
    await given.clock.advance(15_000);
    const [id = ''] = given.peer.autoScaling.instanceIds(GROUP);
    await given.terminate(id, true);
    const complete = new CompleteLifecycleActionCommand({
      AutoScalingGroupName: GROUP,
      LifecycleHookName: 'join',
      InstanceId: id,
      LifecycleActionResult: 'CONTINUE',
    });
    await expect(given.client.send(complete)).rejects.toThrow('No active Lifecycle Action found');
    await given.clock.advance(7_300_000);
    expect(given.states(id)).toEqual([
      'Pending',
      'Pending:Wait',
      'Terminating',
      'Terminating:Wait',
      'Terminating:Proceed',
      'Terminated',
    ]);
  });

  test('for an instance that is pending ends it, and it never serves', async () => {
    given.group({ desired: 0 });
    given.peer.autoScaling.group(GROUP).hooks.clear();
    await want(1);
    await given.clock.advance(12_000);
    const [id = ''] = given.peer.autoScaling.instanceIds(GROUP);
    await given.terminate(id, true);
    await given.clock.advance(60_000);
    expect(given.states(id)).toEqual(['Pending', 'Terminating', 'Terminated']);
    const { Activities } = await given.client.send(new DescribeScalingActivitiesCommand({}));
    expect(Activities?.map(({ StatusCode }) => StatusCode).toSorted()).toEqual(['Cancelled', 'Successful']);
  });
});

describe('SetDesiredCapacity', () => {
  test('that honors the cooldown is refused while an activity goes on, and for 300 seconds after', async () => {
    given.group();
    await want(4, true);
    await given.clock.advance(15_000);
    await expect(want(5, true)).rejects.toMatchObject({
      name: 'ScalingActivityInProgressFault',
      message: expect.stringMatching(
        /^Scaling activity [0-9a-f-]{36} is in progress and blocks this action$/,
      ) as string,
    });
    await given.clock.advance(300_000);
    await expect(want(5, true)).rejects.toThrow('blocks this action');
    await given.clock.advance(10_000);
    await want(5, true);
  });

  test('does not wait for a cooldown unless it is asked to', async () => {
    given.group();
    for (const desired of [4, 5, 4]) {
      await want(desired);
      await given.clock.advance(12_000);
    }
    expect((await given.told())[0]).toBe(4);
  });
});

describe('protection from scale-in', () => {
  test('saves an instance from scale-in, which goes on once it is taken away', async () => {
    const ids = given.group();
    await protect(ids, true);
    await want(1);
    await given.clock.advance(60_000);
    expect(await given.told()).toEqual([1, ['InService', 'InService', 'InService']]);
    const [first = '', second = ''] = ids;
    await protect([first, second], false);
    expect([first, second].map((id) => given.peer.autoScaling.state(id))).toEqual([
      'Terminating:Wait',
      'Terminating:Wait',
    ]);
  });

  test('saves no instance from being terminated by name', async () => {
    const [id = ''] = given.group({ protectsNew: true });
    await given.terminate(id, true);
    expect(given.peer.autoScaling.state(id)).toBe('Terminating:Wait');
  });

  test('is for instances of the group that serve or stand by', async () => {
    const [id = ''] = given.group();
    await given.terminate(id, true);
    const unfit = `The instance ${id} is not in InService or EnteringStandby or Standby.`;
    await expect(protect([id], true)).rejects.toMatchObject({ name: 'ValidationError', message: unfit });
    await expect(protect(['i-0123456789abcdef0'], true)).rejects.toThrow('is not part of Auto Scaling group workers.');
  });
});

describe('standby', () => {
  const enter = (InstanceIds: string[], decrement: boolean): Promise<unknown> =>
    given.client.send(
      new EnterStandbyCommand({ AutoScalingGroupName: GROUP, InstanceIds, ShouldDecrementDesiredCapacity: decrement }),
    );
  const exit = (InstanceIds: string[]): Promise<unknown> =>
    given.client.send(new ExitStandbyCommand({ AutoScalingGroupName: GROUP, InstanceIds }));

  test('takes an instance out of service and back, without hooks', async () => {
    const [id = ''] = given.group();
    given.holdLaunches();
    expect(await enter([id], true)).toMatchObject({
      Activities: [
        {
          Description: `Moving EC2 instance to Standby: ${id}`,
          Cause: expect.stringContaining('shrinking the capacity from 3 to 2.') as string,
          StatusCode: 'InProgress',
        },
      ],
    });
    await given.clock.advance(10_000);
    expect(await given.told()).toEqual([2, ['InService', 'InService', 'Standby']]);
    expect(await exit([id])).toMatchObject({
      Activities: [{ Description: `Moving EC2 instance out of Standby: ${id}`, StatusCode: 'PreInService' }],
    });
    await given.clock.advance(10_000);
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
    expect(given.states(id)).toEqual(['InService', 'EnteringStandby', 'Standby', 'Pending', 'InService']);
    expect(given.peer.eventBridge.events).toEqual([]);
  });

  test('lets an instance be detached; with a decrement another instance ends for it', async () => {
    const [id = ''] = given.group();
    await enter([id], true);
    await given.clock.advance(10_000);
    await given.detach([id], true);
    expect(await given.told()).toEqual([1, ['Detaching', 'InService', 'Terminating:Wait']]);
  });

  test('is refused below the minimum, over the maximum, and in another state', async () => {
    const [id = ''] = given.group({ min: 3, max: 3 });
    await expect(enter([id], true)).rejects.toThrow(
      'has min-size=3, max-size=3, and desired-size=3. To place into standby 1 instance, please update',
    );
    await expect(exit([id])).rejects.toThrow(`The instance ${id} is not in Standby.`);
    await enter([id], false);
    await expect(enter([id], false)).rejects.toThrow(`The instance ${id} is not in InService.`);
    await given.clock.advance(60_000);
    await expect(exit([id])).rejects.toThrow('max-size=3, and desired-size=3');
  });
});
