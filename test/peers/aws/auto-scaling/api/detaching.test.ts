import { DescribeScalingActivitiesCommand, SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GROUP, GroupsGiven } from './groups-given.ts';

let given: GroupsGiven;
beforeEach(async () => {
  given = await GroupsGiven.start();
});
afterEach(async () => {
  await given.stop();
});

describe('DetachInstances', () => {
  test('with a decrement takes an instance out of the group, running, without its hooks and without a replacement', async () => {
    const [id = ''] = given.group({ min: 2 });
    const [activity] = await given.detach([id], true);
    expect(activity).toMatchObject({
      AutoScalingGroupName: GROUP,
      Description: `Detaching EC2 instance: ${id}`,
      Cause: expect.stringMatching(
        `^At \\S+:\\d\\dZ instance ${id} was detached in response to a user request, shrinking the capacity from 3 to 2\\.$`,
      ) as string,
      StatusCode: 'InProgress',
      Progress: 50,
      Details: expect.stringMatching(/^{"Subnet ID":"subnet-\w+","Availability Zone":"eu-central-1a"}$/) as string,
    });
    expect(await given.told()).toEqual([2, ['Detaching', 'InService', 'InService']]);
    await given.clock.advance(60_000);
    expect(await given.told()).toEqual([2, ['InService', 'InService']]);
    expect(given.states(id)).toEqual(['InService', 'Detaching', 'Detached']);
    expect(await given.instance(id)).toMatchObject({ state: 'running' });
    expect(given.peer.eventBridge.events).toEqual([]);
    const ended = await given.client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    expect(ended.Activities).toMatchObject([{ StatusCode: 'Successful', Progress: 100 }]);
  });

  test('without a decrement brings a replacement at once, and the group does not grow over its maximum', async () => {
    const ids = given.group({ max: 3 });
    const activities = await given.detach(ids.slice(0, 2), false);
    expect(activities.map(({ Cause }) => /request.*/.exec(Cause ?? '')?.[0])).toEqual(['request.', 'request.']);
    await given.clock.advance(12_000);
    expect(await given.told()).toEqual([3, ['InService', 'Pending', 'Pending']]);
    await given.clock.advance(60_000);
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
  });

  test('brings no replacement while Launch is suspended', async () => {
    const [id = ''] = given.group();
    const processes = { AutoScalingGroupName: GROUP, ScalingProcesses: ['Launch'] };
    await given.client.send(new SuspendProcessesCommand(processes));
    await given.detach([id], false);
    await given.clock.advance(600_000);
    expect(await given.told()).toEqual([3, ['InService', 'InService']]);
  });

  test('takes the tag of the group, and no other, once the instance has left', async () => {
    const [id = ''] = given.group({ tags: { team: 'x' } });
    const { tags: before } = await given.instance(id);
    expect(before).toMatchObject({ 'aws:autoscaling:groupName': GROUP, team: 'x' });
    await given.detach([id], false);
    expect((await given.instance(id)).tags).toEqual(before);
    await given.clock.advance(10_000);
    const { 'aws:autoscaling:groupName': group, ...others } = before;
    expect(group).toBe(GROUP);
    expect((await given.instance(id)).tags).toEqual(others);
    expect(others).toHaveProperty('aws:ec2launchtemplate:id');
  });

  test('deregisters at once from target groups and classic load balancers, and waits until the instance has drained', async () => {
    const { elasticLoadBalancing: elb } = given.peer;
    elb.addLoadBalancer({ name: 'front' });
    const targets = elb.addTargetGroup({ name: 'web', deregistrationDelay: 120, loadBalancers: ['front'] });
    elb.addClassicBalancer({ name: 'old', connectionDraining: 60 });
    const [id = ''] = given.group({ targetGroupArns: [targets.arn], loadBalancerNames: ['old'] });
    await given.detach([id], true);
    expect(elb.health(targets.arn, { id }).state).toBe('draining');
    expect(elb.classicBalancer('old').backends.find(id, 80)?.drainingUntil).toBeDefined();
    await given.clock.advance(118_000);
    expect(given.peer.autoScaling.state(id)).toBe('Detaching');
    const { Activities } = await given.client.send(new DescribeScalingActivitiesCommand({}));
    expect(Activities).toMatchObject([{ StatusCode: 'WaitingForELBConnectionDraining' }]);
    await given.clock.advance(10_000);
    expect(given.peer.autoScaling.state(id)).toBe('Detached');
    expect(elb.health(targets.arn, { id }).state).toBe('unused');
  });

  test('loses the protection from scale-in', async () => {
    const [id = ''] = given.group({ protectsNew: true });
    await given.detach([id], true);
    await given.clock.advance(10_000);
    given.peer.autoScaling.group(GROUP).protectsNew = false;
    await given.attach([id]);
    expect(given.peer.autoScaling.findMember(id)?.protectedFromScaleIn).toBe(false);
  });

  test('of an instance that is retained needs a group that keeps its desired capacity', async () => {
    const [id = ''] = given.group({ lifecyclePolicy: { terminateHookAbandon: 'retain' } });
    await given.terminate(id, false);
    const member = given.peer.autoScaling.findMember(id);
    if (member !== undefined) given.peer.autoScaling.lifecycle.complete(member, 'drain', { result: 'ABANDON' });
    await expect(given.detach([id], true)).rejects.toThrow('is in a Retained state');
    await given.detach([id], false);
    await given.clock.advance(60_000);
    expect(await given.instance(id)).toMatchObject({ state: 'running' });
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
  });
});

describe('DetachInstances is refused', () => {
  const refusal = (message: string): unknown => expect.objectContaining({ name: 'ValidationError', message });

  test('below the minimum, if it is to decrement', async () => {
    const ids = given.group({ min: 2 });
    const message = (count: string): string =>
      `AutoScalingGroup workers has min-size=2, max-size=9, and desired-size=3. To detach ${count}, please update the AutoScalingGroup sizes appropriately.`;
    await expect(given.detach(ids.slice(0, 2), true)).rejects.toEqual(refusal(message('2 instances')));
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
    await given.detach(ids.slice(0, 1), true);
    await expect(given.detach(ids.slice(1, 2), true)).rejects.toThrow('desired-size=2. To detach 1 instance, please');
    await given.detach(ids.slice(1, 2), false);
  });

  test('for an instance of no group or of another, and then for all', async () => {
    const [id = ''] = given.group();
    given.peer.autoScaling.addGroup({ name: 'other' });
    const [other = ''] = given.peer.autoScaling.instanceIds('other');
    const message = `The instance ${other} is not part of Auto Scaling group workers.`;
    await expect(given.detach([id, other], true)).rejects.toEqual(refusal(message));
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
  });

  test('for an instance that detaches already, and once it has left', async () => {
    const [id = ''] = given.group();
    await given.detach([id], true);
    const message = `The instance ${id} is not in InService or Standby.`;
    await expect(given.detach([id], true)).rejects.toEqual(refusal(message));
    await given.clock.advance(10_000);
    await expect(given.detach([id], true)).rejects.toThrow('is not part of Auto Scaling group workers.');
    expect(await given.told()).toEqual([2, ['InService', 'InService']]);
  });

  test('for an instance that is pending, or terminating', async () => {
    const [id = ''] = given.group();
    given.holdLaunches();
    await given.terminate(id, false);
    await given.clock.advance(15_000);
    const states = given.peer.autoScaling.instanceIds(GROUP).map((each) => given.peer.autoScaling.state(each));
    expect(states).toContain('Pending:Wait');
    for (const each of given.peer.autoScaling.instanceIds(GROUP)) {
      const state = given.peer.autoScaling.state(each) ?? '';
      if (state !== 'InService') await expect(given.detach([each], false)).rejects.toThrow('is not in InService or');
    }
  });

  test('for more than 20 instances', async () => {
    const ids = given.group({ desired: 21, max: 30 });
    const message =
      'List exceeds the maximum number of instances to detach. Please retry your request with fewer instances.';
    await expect(given.detach(ids, false)).rejects.toEqual(refusal(message));
    await given.detach(ids.slice(1), true);
  });
});

test('a detached instance ends by EC2’s call, over some time, and its group does not notice', async () => {
  const [id = ''] = given.group();
  await given.detach([id], true);
  await given.clock.advance(10_000);
  await expect(given.terminate(id, false)).rejects.toThrow('No managed instance found');
  const states: string[] = [];
  given.peer.instances.onState(({ state }) => states.push(state));
  const { TerminatingInstances } = await given.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  expect(TerminatingInstances).toMatchObject([
    { InstanceId: id, PreviousState: { Name: 'running' }, CurrentState: { Name: 'shutting-down' } },
  ]);
  await given.clock.advance(given.peer.instances.shutdownDelay);
  expect(await given.instance(id)).toMatchObject({ state: 'terminated' });
  expect(states).toEqual(['shutting-down', 'terminated']);
  expect(await given.told()).toEqual([2, ['InService', 'InService']]);
});

test('an instance that is terminated while it detaches leaves its group all the same', async () => {
  const [id = ''] = given.group();
  await given.detach([id], false);
  await expect(given.terminate(id, false)).rejects.toThrow('No managed instance found');
  await given.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await given.clock.advance(60_000);
  expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
});
