import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLoadBalancersCommand,
  DescribeLoadBalancerTargetGroupsCommand,
  DescribeScalingActivitiesCommand,
  DescribeTrafficSourcesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  GetResourcesCommand,
  paginateGetResources,
  ResourceGroupsTaggingAPIClient,
  type GetResourcesCommandInput,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import type { ElasticLoadBalancing } from '../elastic-load-balancing.ts';
import type { TargetGroup } from '../target-group.ts';
import { AwsPeer } from '../../peer.ts';

let clock: DrivenClock;
let peer: AwsPeer;
let elb: ElasticLoadBalancing;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  elb = peer.elasticLoadBalancing;
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

describe('an Auto Scaling group with traffic sources', () => {
  const GROUP = 'workers';
  let client: AutoScalingClient;
  let targets: TargetGroup;

  beforeEach(() => {
    client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 1 });
    elb.addLoadBalancer({ name: 'front' });
    targets = elb.addTargetGroup({ name: 'web', port: 30080, deregistrationDelay: 120, loadBalancers: ['front'] });
    elb.addClassicBalancer({ name: 'old', connectionDraining: 60 });
    peer.autoScaling.addGroup({
      name: GROUP,
      desired: 2,
      targetGroupArns: [targets.arn],
      loadBalancerNames: ['old'],
    });
    peer.autoScaling.putHook(GROUP, { name: 'drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
  });
  afterEach(() => {
    client.destroy();
  });

  function terminate(InstanceId: string): Promise<unknown> {
    return client.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
    );
  }

  async function activityStatus(): Promise<unknown> {
    const { Activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    // What is in progress comes first.
    return Activities?.[0]?.StatusCode;
  }

  test('shows them, in each of the calls that do', async () => {
    const name = { AutoScalingGroupName: GROUP };
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    const sources = [
      { Identifier: targets.arn, Type: 'elbv2' },
      { Identifier: 'old', Type: 'elb' },
    ];
    expect(AutoScalingGroups).toMatchObject([
      { TargetGroupARNs: [targets.arn], LoadBalancerNames: ['old'], TrafficSources: sources },
    ]);
    const described = await client.send(new DescribeTrafficSourcesCommand({ ...name, TrafficSourceType: 'elb' }));
    expect(described.TrafficSources).toMatchObject([{ Identifier: 'old', Type: 'elb', State: 'InService' }]);
    const groups = await client.send(new DescribeLoadBalancerTargetGroupsCommand(name));
    expect(groups.LoadBalancerTargetGroups).toEqual([{ LoadBalancerTargetGroupARN: targets.arn, State: 'InService' }]);
    for (const backend of targets.backends.all) targets.backends.setHealthy(backend, false);
    const unhealthy = await client.send(new DescribeLoadBalancerTargetGroupsCommand(name));
    expect(unhealthy.LoadBalancerTargetGroups).toMatchObject([{ State: 'Added' }]);
    const classic = await client.send(new DescribeLoadBalancersCommand(name));
    expect(classic.LoadBalancers).toEqual([{ LoadBalancerName: 'old', State: 'InService' }]);
  });

  test('deregisters an instance everywhere and lets it drain before its hooks', async () => {
    const [id = ''] = peer.autoScaling.instanceIds(GROUP);
    await terminate(id);
    expect(elb.health(targets.arn, { id }).state).toBe('draining');
    expect(peer.autoScaling.state(id)).toBe('Terminating');
    expect(await activityStatus()).toBe('WaitingForELBConnectionDraining');
    await clock.advance(118_000);
    expect(peer.autoScaling.state(id)).toBe('Terminating');
    await clock.advance(3000);
    expect(peer.autoScaling.state(id)).toBe('Terminating:Wait');
    expect(await activityStatus()).toBe('InProgress');
    expect(elb.events.filter((event) => event.id === id && event.kind === 'gone').map(({ pool }) => pool)).toEqual([
      'old',
      targets.arn,
    ]);
  });

  test('told to deregister after the hooks, does so then', async () => {
    peer.autoScaling.trafficSources.deregistersFirst = false;
    const [id = ''] = peer.autoScaling.instanceIds(GROUP);
    await terminate(id);
    expect(peer.autoScaling.state(id)).toBe('Terminating:Wait');
    expect(elb.health(targets.arn, { id }).state).toBe('healthy');
    const member = peer.autoScaling.findMember(id);
    if (member !== undefined) peer.autoScaling.lifecycle.complete(member, 'drain', { result: 'CONTINUE' });
    expect(elb.health(targets.arn, { id }).state).toBe('draining');
    await clock.advance(123_000);
    expect(peer.autoScaling.state(id)).toBe('Terminated');
  });

  test('registers what it launches', async () => {
    const [id = ''] = peer.autoScaling.instanceIds(GROUP);
    const before = peer.autoScaling.instanceIds(GROUP);
    await terminate(id);
    await clock.advance(11_000);
    const launched = peer.autoScaling.instanceIds(GROUP).find((each) => !before.includes(each)) ?? '';
    expect(elb.health(targets.arn, { id: launched }).state).toBe('initial');
    await clock.advance(elb.registrationTime);
    expect(peer.autoScaling.state(launched)).toBe('InService');
    expect(elb.health(targets.arn, { id: launched }).state).toBe('healthy');
    expect(elb.classicBalancer('old').backends.all.map((each) => each.id)).toContain(launched);
  });
});

describe('the tagging API', () => {
  const KEY = 'kubernetes.io/cluster/blue';
  let client: ResourceGroupsTaggingAPIClient;

  beforeEach(() => {
    client = new ResourceGroupsTaggingAPIClient({ ...peer.clientConfig(), maxAttempts: 1 });
    elb.addLoadBalancer({ name: 'alb', tags: { [KEY]: 'owned', team: 'x' } });
    elb.addClassicBalancer({ name: 'classic', tags: { [KEY]: 'shared' } });
    elb.addTargetGroup({ name: 'tg', tags: { [KEY]: 'owned' } });
    elb.addTargetGroup({ name: 'untagged' });
    peer.instances.launch({ tags: { [KEY]: 'owned' } });
  });
  afterEach(() => {
    client.destroy();
  });

  const BALANCERS = ['elasticloadbalancing:loadbalancer'];
  const GROUPS = ['elasticloadbalancing:targetgroup'];

  test.each<[string, Partial<GetResourcesCommandInput>, string[]]>([
    ['both kinds of balancer', { ResourceTypeFilters: BALANCERS }, ['app/alb', 'classic']],
    ['target groups', { ResourceTypeFilters: GROUPS }, ['tg']],
    ['several types', { ResourceTypeFilters: [...BALANCERS, ...GROUPS] }, ['app/alb', 'classic', 'tg']],
    ['a service', { ResourceTypeFilters: ['elasticloadbalancing'] }, ['app/alb', 'classic', 'tg']],
    ['a value', { TagFilters: [{ Key: KEY, Values: ['shared'] }] }, ['classic']],
    [
      'any of the values',
      { ResourceTypeFilters: BALANCERS, TagFilters: [{ Key: KEY, Values: ['shared', 'owned'] }] },
      ['app/alb', 'classic'],
    ],
    ['every filter', { TagFilters: [{ Key: KEY }, { Key: 'team', Values: ['x'] }] }, ['app/alb']],
    ['a key that none has', { TagFilters: [{ Key: 'none' }] }, []],
  ])('finds %s', async (_, input, expected) => {
    const { ResourceTagMappingList = [] } = await client.send(new GetResourcesCommand(input));
    const names = ResourceTagMappingList.map(({ ResourceARN = '' }) => ResourceARN.split(':')[5] ?? '');
    expect(names.map((each) => /\/((app\/)?[a-z]+)/.exec(each)?.[1])).toEqual(expected);
  });

  test('answers in pages, and refuses ARNs beside filters', async () => {
    const pages: unknown[] = [];
    const input = { TagFilters: [{ Key: KEY }] };
    for await (const page of paginateGetResources({ client, pageSize: 3 }, input)) {
      pages.push(page.ResourceTagMappingList?.length);
    }
    expect(pages).toEqual([3, 1]);
    const both = { ...input, ResourceARNList: [elb.loadBalancer('alb').arn] };
    await expect(client.send(new GetResourcesCommand(both))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});

test('EC2 finds an instance by each of its addresses, by VPC and by state, until it is terminated', async () => {
  const client = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
  const one = peer.instances.launch({ secondaryIps: ['10.9.0.1', '10.9.0.2'] });
  const other = peer.instances.launch({ vpcId: 'vpc-0fedcba9876543210', privateIp: '10.1.2.3', state: 'stopped' });
  const find = async (Name: string, ...Values: string[]): Promise<unknown> => {
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [{ Name, Values }] }));
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
  };
  const ANY = 'network-interface.addresses.private-ip-address';
  expect(await find('private-ip-address', '10.1.2.3')).toEqual([other.instanceId]);
  expect(await find('private-ip-address', '10.9.0.1')).toEqual([]);
  expect(await find(ANY, '10.9.0.2', '10.1.2.3')).toEqual([one.instanceId, other.instanceId]);
  expect(await find('vpc-id', one.vpcId)).toEqual([one.instanceId]);
  expect(await find('instance-state-name', 'pending', 'stopped')).toEqual([other.instanceId]);
  const described = await client.send(new DescribeInstancesCommand({ InstanceIds: [one.instanceId] }));
  const [instance] = described.Reservations?.[0]?.Instances ?? [];
  expect(instance).toMatchObject({ VpcId: one.vpcId, SubnetId: one.subnetId, PrivateIpAddress: one.privateIp });
  expect(
    instance?.NetworkInterfaces?.[0]?.PrivateIpAddresses?.map(({ PrivateIpAddress, Primary }) => [
      PrivateIpAddress,
      Primary,
    ]),
  ).toEqual([
    [one.privateIp, true],
    ['10.9.0.1', false],
    ['10.9.0.2', false],
  ]);
  peer.instances.setState(one.instanceId, 'terminated');
  expect(await find(ANY, '10.9.0.2')).toEqual([]);
  client.destroy();
});
