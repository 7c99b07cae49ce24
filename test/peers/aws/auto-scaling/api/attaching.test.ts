import { DescribeScalingActivitiesCommand, SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GROUP, GroupsGiven } from './groups-given.ts';

let given: GroupsGiven;
beforeEach(async () => {
  given = await GroupsGiven.start();
});
afterEach(async () => {
  await given.stop();
});

describe('AttachInstances', () => {
  test('makes running instances members, after a while and without a launch hook, and raises the desired capacity', async () => {
    given.group({ desired: 1 });
    given.holdLaunches();
    const launched: string[] = [];
    given.peer.autoScaling.onLaunch(({ instanceId }) => launched.push(instanceId));
    const ids = [given.peer.instances.launch().instanceId, given.peer.instances.launch().instanceId];
    await given.attach(ids);
    expect(await given.told()).toEqual([3, ['InService', 'Pending', 'Pending']]);
    await given.clock.advance(given.peer.autoScaling.delays.membership);
    expect(await given.told()).toEqual([3, ['InService', 'InService', 'InService']]);
    expect(given.states(ids[0] ?? '')).toEqual(['Pending', 'InService']);
    expect(launched).toEqual([]);
    const { Activities } = await given.client.send(new DescribeScalingActivitiesCommand({}));
    expect(Activities?.[0]).toMatchObject({
      Description: `Attaching an existing EC2 instance: ${ids[1] ?? ''}`,
      Cause: expect.stringContaining(
        'an instance was added in response to user request. Keeping the capacity at the new 3.',
      ) as string,
      StatusCode: 'Successful',
    });
    const types = given.peer.eventBridge.events.map((event) => event['detail-type']);
    expect(types).toEqual(['EC2 Instance Launch Successful', 'EC2 Instance Launch Successful']);
  });

  test('sets the tags of the group over those of the instance', async () => {
    given.group({ tags: { team: 'x' } });
    const { instanceId: id } = given.peer.instances.launch({ tags: { team: 'y', Name: 'mine' } });
    await given.attach([id]);
    expect((await given.instance(id)).tags).toEqual({ team: 'x', Name: 'mine', 'aws:autoscaling:groupName': GROUP });
  });

  test('takes back an instance that was detached, with the template that it was launched from', async () => {
    const { id: template } = given.peer.launchTemplates.create({ name: 'nodes', data: { imageId: 'ami-1' } });
    const [id = ''] = given.group({ desired: 1, launchTemplate: { id: template, version: '$Latest' } });
    given.peer.launchTemplates.addVersion({ id: template }, { imageId: 'ami-2' });
    await given.detach([id], true);
    await given.clock.advance(10_000);
    await given.attach([id]);
    await given.clock.advance(10_000);
    expect((await given.described()).Instances).toMatchObject([
      { InstanceId: id, LifecycleState: 'InService', LaunchTemplate: { LaunchTemplateName: 'nodes', Version: '1' } },
    ]);
    expect((await given.instance(id)).tags).toMatchObject({ 'aws:autoscaling:groupName': GROUP });
    expect(given.states(id)).toEqual(['InService', 'Detaching', 'Detached', 'Pending', 'InService']);
  });

  test('registers with the group’s target groups, unless AddToLoadBalancer is suspended', async () => {
    const { elasticLoadBalancing: elb } = given.peer;
    elb.addLoadBalancer({ name: 'front' });
    const { arn } = elb.addTargetGroup({ name: 'web', loadBalancers: ['front'] });
    given.group({ targetGroupArns: [arn] });
    const [one, other] = [given.peer.instances.launch().instanceId, given.peer.instances.launch().instanceId];
    await given.attach([one]);
    expect(elb.health(arn, { id: one }).state).toBe('initial');
    const processes = { AutoScalingGroupName: GROUP, ScalingProcesses: ['AddToLoadBalancer'] };
    await given.client.send(new SuspendProcessesCommand(processes));
    await given.attach([other]);
    expect(elb.health(arn, { id: other }).state).toBe('unused');
  });

  test('gives the protection from scale-in that the group gives to new instances', async () => {
    given.group({ desired: 0, protectsNew: true });
    await given.attach([given.peer.instances.launch().instanceId]);
    expect(await given.described()).toMatchObject({
      NewInstancesProtectedFromScaleIn: true,
      Instances: [{ ProtectedFromScaleIn: true }],
    });
  });
});

describe('AttachInstances is refused', () => {
  test('over the maximum, in the words of AWS', async () => {
    given.group({ min: 3, max: 3 });
    const { instanceId: id } = given.peer.instances.launch();
    await expect(given.attach([id])).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        'AutoScalingGroup workers has min-size=3, max-size=3, and desired-size=3. To attach 1 instance, please update the AutoScalingGroup sizes appropriately.',
    });
    expect((await given.instance(id)).tags).toEqual({});
  });

  test('for an instance of this group, of another, or that is leaving one', async () => {
    const [id = ''] = given.group();
    const message = `The Instance: ${id} is already part of AutoScalingGroup:workers`;
    given.peer.autoScaling.addGroup({ name: 'other', max: 9 });
    await expect(given.attach([id])).rejects.toMatchObject({ name: 'ValidationError', message });
    await expect(given.attach([id], 'other')).rejects.toThrow(message);
    await given.detach([id], true);
    await expect(given.attach([id], 'other')).rejects.toThrow(message);
    await given.clock.advance(10_000);
    await given.attach([id], 'other');
  });

  test.each([
    ['is not there', {}, 'Invalid Instance ID'],
    ['is stopped', { state: 'stopped' }, 'is not in running state'],
    ['shuts down', { state: 'shutting-down' }, 'is not in running state'],
    ['is in another zone', { zone: 'eu-central-1d' }, 'zone eu-central-1d'],
    ['is in another VPC than a target group', { vpcId: 'vpc-0fedcba9876543210' }, 'VPC'],
  ] as const)('for an instance that %s', async (title, plan, message) => {
    const { arn } = given.peer.elasticLoadBalancing.addTargetGroup({ name: 'web' });
    given.group({ targetGroupArns: [arn] });
    const { instanceId } = given.peer.instances.launch(plan);
    const id = title === 'is not there' ? 'i-0123456789abcdef0' : instanceId;
    const refusal = { name: 'ValidationError', message: expect.stringContaining(message) as string };
    await expect(given.attach([id])).rejects.toMatchObject(refusal);
    expect((await given.told())[0]).toBe(3);
  });

  test('for more than 20 instances', async () => {
    given.group({ max: 99 });
    const ids = Array.from({ length: 21 }, () => given.peer.instances.launch().instanceId);
    await expect(given.attach(ids)).rejects.toThrow('List exceeds the maximum number of instances to attach');
    await given.attach(ids.slice(1));
  });
});
