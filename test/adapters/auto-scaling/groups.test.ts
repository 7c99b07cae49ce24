import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { GROUP_READ_ACTIONS, groups } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import type { Groups } from '../../../lambdas/workflow/ports/auto-scaling.ts';
import { AwsGiven } from '../aws/given.ts';

const TAG = 'ebb/managed';

async function withGroups(): Promise<AwsGiven & { readonly port: Groups }> {
  const given = await AwsGiven.start();
  return Object.assign(given, { port: groups(new AutoScalingClient(given.aws.clientConfig())) });
}

describe('enrolled groups (contract 1.3)', () => {
  test('are those that are named and those that bear the tag, each once', async () => {
    await using given = await withGroups();
    const { autoScaling } = given.aws;
    autoScaling.addGroup({ name: 'named' });
    autoScaling.addGroup({ name: 'tagged', tags: { [TAG]: 'true' } });
    autoScaling.addGroup({ name: 'both', tags: { [TAG]: 'true' } });
    autoScaling.addGroup({ name: 'tagged otherwise', tags: { [TAG]: 'false' } });
    autoScaling.addGroup({ name: 'neither' });
    const found = await given.port.enrolled({ names: ['named', 'both', 'gone'], tag: TAG });
    expect(found.map(({ name }) => name).toSorted()).toEqual(['both', 'named', 'tagged']);
  });

  test('are only those with the tag when none is named', async () => {
    await using given = await withGroups();
    given.aws.autoScaling.addGroup({ name: 'tagged', tags: { [TAG]: 'true' } });
    given.aws.autoScaling.addGroup({ name: 'neither' });
    expect((await given.port.enrolled({ names: [], tag: TAG })).map(({ name }) => name)).toEqual(['tagged']);
  });

  test('tell the states of their instances, those of the warm pool too (contract 1.4)', async () => {
    await using given = await withGroups();
    const { autoScaling } = given.aws;
    autoScaling.addGroup({
      name: 'workers',
      desired: 2,
      warmPool: { poolState: 'Stopped', reuseOnScaleIn: true, size: 1 },
    });
    const [one = '', two = '', pooled = ''] = autoScaling.instanceIds('workers');
    autoScaling.putHook('workers', { name: 'ebb-drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
    for (const instance of [two, pooled]) {
      const member = autoScaling.findMember(instance);
      if (member !== undefined) autoScaling.capacity.terminate(member, 'a test takes it out of service');
    }
    const [group] = await given.port.enrolled({ names: ['workers'], tag: TAG });
    expect(group?.members).toMatchObject([
      { instance: one, group: 'workers', state: 'InService' },
      { instance: two, group: 'workers', state: 'Terminating:Wait' },
      { instance: pooled, group: 'workers', state: 'Warmed:Terminating:Wait' },
    ]);
  });

  test('are read in few calls: a hundred of them with 5,000 instances in two', async () => {
    await using given = await withGroups();
    const names = Array.from({ length: 100 }, (_, number) => `group-${number}`);
    for (const name of names) given.aws.autoScaling.addGroup({ name, desired: 50 });
    const found = await given.port.enrolled({ names, tag: TAG });
    expect(found.flatMap(({ members }) => members)).toHaveLength(5_000);
    expect(given.aws.requests).toHaveLength(2);
  });

  test('beyond a hundred are asked for in further calls', async () => {
    await using given = await withGroups();
    const names = Array.from({ length: 101 }, (_, number) => `group-${number}`);
    for (const name of names) given.aws.autoScaling.addGroup({ name, tags: { [TAG]: 'true' } });
    expect(await given.port.enrolled({ names, tag: TAG })).toHaveLength(101);
    expect(given.count('DescribeAutoScalingGroups')).toBe(4);
  });
});

describe('an enrolled group (contract 9.1, 9.7)', () => {
  async function told(given: Awaited<ReturnType<typeof withGroups>>, name = 'workers'): Promise<Group> {
    const [group] = await given.port.enrolled({ names: [name], tag: TAG });
    if (group === undefined) throw new Error('there is no such group');
    return group;
  }

  test('is told with its tags, size, suspended processes and the node group behind it', async () => {
    await using given = await withGroups();
    const tags = { 'eks:cluster-name': 'blue', 'eks:nodegroup-name': 'general', team: 'shop' };
    given.aws.autoScaling.addGroup({ name: 'workers', desired: 2, tags });
    given.aws.autoScaling.suspend('workers', 'Launch', 'AZRebalance');
    expect(await told(given)).toMatchObject({
      desired: 2,
      tags,
      suspended: ['Launch', 'AZRebalance'],
      nodeGroup: { cluster: 'blue', name: 'general' },
    });
    given.aws.autoScaling.addGroup({ name: 'own', tags: { 'eks:cluster-name': 'blue' } });
    expect(await told(given, 'own')).toMatchObject({ suspended: [] });
    expect(await told(given, 'own')).not.toHaveProperty('nodeGroup');
  });

  test('launches from a template: its version as configured, that of each instance as it was then', async () => {
    await using given = await withGroups();
    const { autoScaling, launchTemplates } = given.aws;
    const { id } = launchTemplates.create({ name: 'nodes', data: { imageId: 'ami-1', instanceType: 'm7g.large' } });
    autoScaling.addGroup({ name: 'workers', launchTemplate: { id, version: '$Latest' }, zones: ['eu-central-1c'] });
    launchTemplates.addVersion({ id }, { imageId: 'ami-2', instanceType: 'm7g.xlarge' });
    autoScaling.addInstance('workers');
    const { launch, members } = await told(given);
    expect(launch).toEqual({
      base: { kind: 'template', id, version: '$Latest' },
      overrides: [],
      byRequirements: false,
    });
    expect(members).toMatchObject([
      { zone: 'eu-central-1c', type: 'm7g.large', launchedFrom: { kind: 'template', id, version: '1' } },
      { zone: 'eu-central-1c', type: 'm7g.xlarge', launchedFrom: { kind: 'template', id, version: '2' } },
    ]);
  });

  test('launches by a mixed instances policy: the base, and the overrides with their own', async () => {
    await using given = await withGroups();
    const { autoScaling, launchTemplates } = given.aws;
    const base = launchTemplates.create({ name: 'base', data: { imageId: 'ami-1' } });
    const arm = launchTemplates.create({ name: 'arm', data: { imageId: 'ami-2' } });
    const overrides = [
      { instanceType: 'm6i.large' },
      { instanceType: 'm7g.large', launchTemplate: { id: arm.id, version: '1' } },
      { instanceType: 'm5.large', imageId: 'ami-3' },
    ];
    autoScaling.addGroup({ name: 'workers', mixedInstancesPolicy: { launchTemplate: { id: base.id }, overrides } });
    autoScaling.addInstance('workers', { instanceType: 'm7g.large' });
    autoScaling.addInstance('workers', { instanceType: 'm5.large' });
    const { launch, members } = await told(given);
    expect(launch).toEqual({
      base: { kind: 'template', id: base.id, version: '$Default' },
      overrides: [
        { type: 'm6i.large' },
        { type: 'm7g.large', source: { kind: 'template', id: arm.id, version: '1' } },
        { type: 'm5.large', image: 'ami-3' },
      ],
      byRequirements: false,
    });
    expect(members.map(({ type, launchedFrom, image }) => [type, launchedFrom?.id, image])).toEqual([
      ['m6i.large', base.id, undefined],
      ['m7g.large', arm.id, undefined],
      ['m5.large', base.id, 'ami-3'],
    ]);
  });

  test('is told without its warm pool when it goes while that is asked for', async () => {
    await using given = await withGroups();
    given.aws.autoScaling.addGroup({
      name: 'workers',
      warmPool: { poolState: 'Stopped', reuseOnScaleIn: true, size: 1 },
    });
    const error = { code: 'ValidationError', message: 'AutoScalingGroup name not found - null', status: 400 };
    given.aws.faults.inject({ kind: 'error', action: 'DescribeWarmPool', error });
    expect(await told(given)).toMatchObject({ name: 'workers' });
  });

  test('tells what its instances weigh, which its capacity counts by', async () => {
    await using given = await withGroups();
    const { id } = given.aws.launchTemplates.create({ name: 'base', data: { imageId: 'ami-1' } });
    const overrides = [
      { instanceType: 'm6i.xlarge', weightedCapacity: 4 },
      { instanceType: 'm6i.large', weightedCapacity: 2 },
    ];
    const mixedInstancesPolicy = { launchTemplate: { id }, overrides };
    given.aws.autoScaling.addGroup({ name: 'workers', desired: 8, mixedInstancesPolicy });
    given.aws.autoScaling.addInstance('workers', { instanceType: 'm6i.large' });
    const { desired, members } = await told(given);
    expect([desired, members.map(({ weight }) => weight)]).toEqual([10, [4, 4, 2]]);
  });

  test.each(['vcpu', 'memory-mib'] as const)(
    'that counts %s is to have as many instances as it has, unless they tell what they weigh',
    async (desiredCapacityType) => {
      await using given = await withGroups();
      const { id } = given.aws.launchTemplates.create({ name: 'base', data: { imageId: 'ami-1' } });
      const policy = (override: object) => ({
        desired: 32_768,
        desiredCapacityType,
        mixedInstancesPolicy: {
          launchTemplate: { id },
          overrides: [{ instanceRequirements: { vCpuCount: { min: 2 }, memoryMiB: { min: 4_096 } }, ...override }],
        },
      });
      const { autoScaling } = given.aws;
      const silent = { vcpu: 6, 'memory-mib': 3 * 8_192 }[desiredCapacityType];
      autoScaling.addGroup({ name: 'workers', ...policy({}), desired: silent });
      autoScaling.addGroup({ name: 'weighed', ...policy({ weightedCapacity: 8_192 }) });
      autoScaling.putHook('workers', { name: 'ebb-drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
      const [leaves = ''] = autoScaling.instanceIds('workers');
      const member = autoScaling.findMember(leaves);
      if (member !== undefined) autoScaling.capacity.terminate(member, 'a test takes it out of service');
      const workers = await told(given);
      expect([workers.desired, workers.members.length]).toEqual([2, 3]);
      const weighed = await told(given, 'weighed');
      expect([weighed.desired, weighed.members.length]).toEqual([32_768, 4]);
    },
  );

  test('may launch by requirements', async () => {
    await using given = await withGroups();
    const { id } = given.aws.launchTemplates.create({ name: 'base', data: { imageId: 'ami-1' } });
    const instanceRequirements = { vCpuCount: { min: 2 }, memoryMiB: { min: 4_096 } };
    given.aws.autoScaling.addGroup({
      name: 'workers',
      mixedInstancesPolicy: { launchTemplate: { id }, overrides: [{ instanceRequirements }] },
    });
    expect((await told(given)).launch).toMatchObject({ overrides: [{}], byRequirements: true });
  });

  test('may launch from a launch configuration', async () => {
    await using given = await withGroups();
    given.aws.autoScaling.launching.addConfiguration({ name: 'old', imageId: 'ami-1' });
    given.aws.autoScaling.addGroup({ name: 'workers', launchConfiguration: 'old' });
    const { launch, members } = await told(given);
    expect(launch).toEqual({ base: { kind: 'configuration', id: 'old' }, overrides: [], byRequirements: false });
    expect(members).toMatchObject([{ launchedFrom: { kind: 'configuration', id: 'old' } }]);
  });
});

describe('members', () => {
  test('are told by their instances, fifty a call; one that is in no group is left out', async () => {
    await using given = await withGroups();
    given.aws.autoScaling.addGroup({ name: 'workers', desired: 60 });
    const instances = given.aws.autoScaling.instanceIds('workers');
    const found = await given.port.members([...instances, 'i-0fedcba9876543210']);
    expect(found.map(({ instance }) => instance).toSorted()).toEqual(instances.toSorted());
    expect(found[0]).toMatchObject({ group: 'workers', state: 'InService' });
    expect(given.count('DescribeAutoScalingInstances')).toBe(2);
  });

  test('of nothing are asked of nobody', async () => {
    await using given = await withGroups();
    expect(await given.port.members([])).toEqual([]);
    expect(given.aws.requests).toEqual([]);
  });
});

test('the declared IAM actions are enough', async () => {
  await using given = await withGroups();
  given.aws.autoScaling.addGroup({
    name: 'workers',
    warmPool: { poolState: 'Running', reuseOnScaleIn: false, size: 1 },
  });
  const port = groups(new AutoScalingClient(given.aws.clientConfig(given.credentialsFor(...GROUP_READ_ACTIONS))));
  const [group] = await port.enrolled({ names: ['workers'], tag: TAG });
  expect(group?.members).toHaveLength(2);
  expect(await port.members([group?.members[0]?.instance ?? ''])).toHaveLength(1);
});
