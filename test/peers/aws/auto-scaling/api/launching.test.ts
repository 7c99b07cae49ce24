/** What groups launch, what keeps them from it, and how both are told. */
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLaunchConfigurationsCommand,
  DescribeScalingActivitiesCommand,
  paginateDescribeLaunchConfigurations,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import { AwsPeer } from '../../peer.ts';

const GROUP = 'workers';

let peer: AwsPeer;
let client: AutoScalingClient;
let ec2: EC2Client;
let uninstall: () => void;

beforeEach(async () => {
  const clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 1 });
  ec2 = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  ec2.destroy();
  await peer.stop();
  uninstall();
});

function template(...images: readonly string[]): string {
  const [first = '', ...later] = images;
  const { id } = peer.launchTemplates.create({ name: 'nodes', data: { imageId: first, instanceType: 'm7g.large' } });
  for (const imageId of later) peer.launchTemplates.addVersion({ id }, { imageId, instanceType: 'm7g.large' });
  return id;
}

async function described() {
  const { AutoScalingGroups = [] } = await client.send(new DescribeAutoScalingGroupsCommand({}));
  const [group] = AutoScalingGroups;
  if (group === undefined) throw new Error('there is no group');
  return group;
}

/** The images of the group's instances, oldest first, by EC2. */
async function images(): Promise<(string | undefined)[]> {
  const InstanceIds = peer.autoScaling.instanceIds(GROUP);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ ImageId }) => ImageId);
}

async function settle(): Promise<void> {
  await peer.clock.advance(120_000);
}

describe('a group with a launch template', () => {
  test.each([
    ['$Latest', 'ami-2', '2'],
    ['$Default', 'ami-1', '1'],
    ['1', 'ami-1', '1'],
    [undefined, 'ami-1', '1'],
  ])('at version %s launches %s of version %s', async (version, image, number) => {
    const id = template('ami-1', 'ami-2');
    peer.autoScaling.addGroup({ name: GROUP, launchTemplate: { id, ...(version && { version }) } });
    const { LaunchTemplate, Instances = [] } = await described();
    expect(LaunchTemplate).toEqual({
      LaunchTemplateId: id,
      LaunchTemplateName: 'nodes',
      Version: version ?? '$Default',
    });
    expect(Instances).toMatchObject([{ InstanceType: 'm7g.large', LaunchTemplate: { Version: number } }]);
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations?.[0]?.Instances).toMatchObject([{ ImageId: image, InstanceType: 'm7g.large' }]);
    expect(Reservations?.[0]?.Instances?.[0]?.Tags).toContainEqual({
      Key: 'aws:ec2launchtemplate:version',
      Value: number,
    });
  });

  test('launches what is current at the launch, a parameter’s image too, and keeps no older instance up to date', async () => {
    peer.ssm.put('/images/nodes', 'ami-1');
    const id = template('resolve:ssm:/images/nodes');
    peer.autoScaling.addGroup({ name: GROUP, max: 9, launchTemplate: { id, version: '$Latest' } });
    peer.ssm.put('/images/nodes', 'ami-2');
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 2 }));
    await settle();
    peer.launchTemplates.addVersion({ id }, { imageId: 'resolve:ssm:/images/nodes:1', instanceType: 'm7g.xlarge' });
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 3 }));
    await settle();
    expect(await images()).toEqual(['ami-1', 'ami-2', 'ami-1']);
    const { Instances = [] } = await described();
    expect(Instances.map(({ LaunchTemplate }) => LaunchTemplate?.Version)).toEqual(['1', '1', '2']);
  });

  test('whose image parameter is gone launches nothing, and says why', async () => {
    peer.ssm.put('/images/nodes', 'ami-1');
    const id = template('resolve:ssm:/images/nodes');
    peer.autoScaling.addGroup({ name: GROUP, launchTemplate: { id } });
    peer.ssm.delete('/images/nodes');
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 2 }));
    await settle();
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(1);
    const { Activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    expect(Activities).toMatchObject([
      { StatusCode: 'Failed', StatusMessage: expect.stringContaining('/images/nodes does not resolve') as string },
    ]);
  });

  test('cannot be made of a template that is not there', () => {
    const launchTemplate = { id: 'lt-00000000000000000' };
    expect(() => peer.autoScaling.addGroup({ name: GROUP, launchTemplate })).toThrow('does not exist');
  });

  test('replaces an instance that is terminated, after its hook, by what is current then', async () => {
    const id = template('ami-1');
    peer.autoScaling.addGroup({ name: GROUP, launchTemplate: { id, version: '$Latest' } });
    const transition = 'autoscaling:EC2_INSTANCE_TERMINATING';
    peer.autoScaling.putHook(GROUP, { name: 'drain', transition, heartbeatTimeout: 300 });
    const [old = ''] = peer.autoScaling.instanceIds(GROUP);
    peer.launchTemplates.addVersion({ id }, { imageId: 'ami-2' });
    const request = { InstanceId: old, ShouldDecrementDesiredCapacity: false };
    await client.send(new TerminateInstanceInAutoScalingGroupCommand(request));
    await peer.clock.advance(30_000);
    // The group does not wait for the hook.
    expect(peer.autoScaling.state(old)).toBe('Terminating:Wait');
    expect(await images()).toEqual(['ami-1', 'ami-2']);
    await peer.clock.advance(300_000);
    expect(await images()).toEqual(['ami-2']);
  });
});

describe('a group with a mixed instances policy', () => {
  test('launches by its overrides, and tells them as they are configured', async () => {
    const id = template('ami-1');
    const own = peer.launchTemplates.create({ name: 'arm', data: { imageId: 'ami-2' } });
    const overrides = [
      { instanceType: 'm6i.large' },
      { instanceType: 'm7g.large', launchTemplate: { name: 'arm', version: '1' } },
      { instanceType: 'm5.large', imageId: 'ami-3' },
    ];
    peer.autoScaling.addGroup({ name: GROUP, mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
    for (const instanceType of ['m7g.large', 'm5.large']) peer.autoScaling.addInstance(GROUP, { instanceType });
    const { LaunchTemplate, MixedInstancesPolicy, Instances } = await described();
    expect(LaunchTemplate).toBeUndefined();
    expect(MixedInstancesPolicy?.LaunchTemplate).toEqual({
      LaunchTemplateSpecification: { LaunchTemplateId: id, LaunchTemplateName: 'nodes', Version: '$Default' },
      Overrides: [
        { InstanceType: 'm6i.large' },
        {
          InstanceType: 'm7g.large',
          // An override is told as it was given.
          LaunchTemplateSpecification: { LaunchTemplateName: 'arm', Version: '1' },
        },
        { InstanceType: 'm5.large', ImageId: 'ami-3' },
      ],
    });
    expect(Instances).toMatchObject([
      { InstanceType: 'm6i.large', LaunchTemplate: { LaunchTemplateId: id } },
      { InstanceType: 'm7g.large', LaunchTemplate: { LaunchTemplateId: own.id } },
      { InstanceType: 'm5.large', ImageId: 'ami-3' },
    ]);
    expect(await images()).toEqual(['ami-1', 'ami-2', 'ami-3']);
  });

  test('counts capacity by weights: launches until it is fulfilled, and ends no more than is over', async () => {
    const overrides = [{ instanceType: 'm6i.xlarge', weightedCapacity: 4 }];
    const mixedInstancesPolicy = { launchTemplate: { id: template('ami-1') }, overrides };
    peer.autoScaling.addGroup({ name: GROUP, desired: 6, mixedInstancesPolicy, max: 20 });
    const { Instances, MixedInstancesPolicy } = await described();
    expect(MixedInstancesPolicy?.LaunchTemplate?.Overrides).toMatchObject([{ WeightedCapacity: '4' }]);
    expect(Instances?.map(({ WeightedCapacity }) => WeightedCapacity)).toEqual(['4', '4']);
    for (const [desired, instances] of [
      [8, 2],
      [9, 3],
      [17, 5],
      [13, 4],
      [4, 1],
    ] as const) {
      await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: desired }));
      await settle();
      expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(instances);
    }
  });

  test('may count capacity in vCPUs or memory, and says so', async () => {
    const overrides = [{ instanceRequirements: { vCpuCount: { min: 2 }, memoryMiB: { min: 4_096 } } }];
    const mixedInstancesPolicy = { launchTemplate: { id: template('ami-1') }, overrides };
    peer.autoScaling.addGroup({ name: GROUP, desired: 6, desiredCapacityType: 'vcpu', mixedInstancesPolicy });
    expect(await described()).toMatchObject({ DesiredCapacity: 6, DesiredCapacityType: 'vcpu' });
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(3);
  });

  test('may ask for requirements instead of types', async () => {
    const id = template('ami-1');
    const overrides = [{ instanceRequirements: { vCpuCount: { min: 2 }, memoryMiB: { min: 4_096 } } }];
    peer.autoScaling.addGroup({ name: GROUP, mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
    const { MixedInstancesPolicy } = await described();
    expect(MixedInstancesPolicy?.LaunchTemplate?.Overrides).toEqual([
      { InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4_096 } } },
    ]);
  });
});

describe('launch configurations', () => {
  test('are told by name, and with the group and the instances that have them', async () => {
    peer.autoScaling.launching.addConfiguration({ name: 'old', imageId: 'ami-1', instanceType: 'm5.large' });
    peer.autoScaling.launching.addConfiguration({ name: 'older' });
    peer.autoScaling.addGroup({ name: GROUP, launchConfiguration: 'old' });
    const wanted = { LaunchConfigurationNames: ['old', 'none'] };
    const { LaunchConfigurations } = await client.send(new DescribeLaunchConfigurationsCommand(wanted));
    expect(LaunchConfigurations).toMatchObject([{ LaunchConfigurationName: 'old', ImageId: 'ami-1' }]);
    const { LaunchConfigurationName, LaunchTemplate, Instances } = await described();
    expect([LaunchConfigurationName, LaunchTemplate]).toEqual(['old', undefined]);
    expect(Instances).toMatchObject([{ LaunchConfigurationName: 'old', InstanceType: 'm5.large' }]);
    const details = await client.send(new DescribeAutoScalingInstancesCommand({}));
    expect(details.AutoScalingInstances).toMatchObject([{ LaunchConfigurationName: 'old' }]);
    expect(await images()).toEqual(['ami-1']);
  });

  test('come in pages', async () => {
    for (let count = 0; count < 5; count += 1) peer.autoScaling.launching.addConfiguration({ name: `old-${count}` });
    const pages: number[] = [];
    for await (const { LaunchConfigurations = [] } of paginateDescribeLaunchConfigurations(
      { client, pageSize: 3 },
      {},
    )) {
      pages.push(LaunchConfigurations.length);
    }
    expect(pages).toEqual([3, 2]);
  });
});

describe('suspended processes', () => {
  test('are told; a group whose Launch is suspended launches nothing until it is resumed', async () => {
    peer.autoScaling.addGroup({ name: GROUP, max: 9 });
    const processes = { AutoScalingGroupName: GROUP, ScalingProcesses: ['Launch', 'AZRebalance'] };
    // One launch is on its way already.
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 2 }));
    await client.send(new SuspendProcessesCommand(processes));
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 3 }));
    await settle();
    const { SuspendedProcesses = [] } = await described();
    expect(SuspendedProcesses.map(({ ProcessName }) => ProcessName)).toEqual(['Launch', 'AZRebalance']);
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(1);
    await client.send(new ResumeProcessesCommand(processes));
    await settle();
    expect((await described()).SuspendedProcesses).toEqual([]);
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(3);
  });

  test('with Terminate among them, the group does not shrink', async () => {
    peer.autoScaling.addGroup({ name: GROUP, desired: 2 });
    await client.send(new SuspendProcessesCommand({ AutoScalingGroupName: GROUP }));
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 1 }));
    await settle();
    expect(peer.autoScaling.instanceIds(GROUP)).toHaveLength(2);
  });

  test('must be processes', async () => {
    peer.autoScaling.addGroup({ name: GROUP });
    const wrong = { AutoScalingGroupName: GROUP, ScalingProcesses: ['Lunch'] };
    await expect(client.send(new SuspendProcessesCommand(wrong))).rejects.toMatchObject({ name: 'ValidationError' });
  });
});

test('instance refreshes are told, the latest first, as they go on', async () => {
  peer.autoScaling.addGroup({ name: GROUP });
  peer.autoScaling.addRefresh(GROUP, 'Successful');
  await peer.clock.advance(1_000);
  const second = peer.autoScaling.addRefresh(GROUP);
  const ask = () => client.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: GROUP }));
  expect((await ask()).InstanceRefreshes).toMatchObject([{ Status: 'InProgress' }, { Status: 'Successful' }]);
  second.status = 'Baking';
  expect((await ask()).InstanceRefreshes?.[0]).toMatchObject({ InstanceRefreshId: second.id, Status: 'Baking' });
  const none = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'none' });
  await expect(client.send(none)).rejects.toMatchObject({ name: 'ValidationError' });
});
