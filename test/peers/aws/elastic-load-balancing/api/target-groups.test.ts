import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TargetGroupsGiven } from './target-groups-given.ts';

let given: TargetGroupsGiven;

beforeEach(async () => {
  given = await TargetGroupsGiven.start();
});
afterEach(async () => {
  await given.stop();
});

describe('a deregistered target', () => {
  const draining = ['draining', 'Target.DeregistrationInProgress'];
  const gone = ['unused', 'Target.NotRegistered'];

  test('drains for its delay on the port that was named, then is unused', async () => {
    const { group, id } = given.served({ deregistrationDelay: 120 });
    await given.deregister(group, [{ Id: id, Port: 30443 }]);
    expect(await given.health(group)).toEqual([
      [id, 30080, 'healthy', undefined],
      [id, 30443, ...draining],
    ]);
    await given.clock.advance(118_000);
    expect(await given.health(group, [{ Id: id, Port: 30443 }])).toEqual([[id, 30443, ...draining]]);
    await given.clock.advance(3000);
    expect(await given.health(group, [{ Id: id, Port: 30443 }])).toEqual([[id, 30443, ...gone]]);
    expect(await given.health(group)).toEqual([[id, 30080, 'healthy', undefined]]);
  });

  test('without a port is the one on the group’s port', async () => {
    const { group, id } = given.served();
    await given.deregister(group, [{ Id: id }]);
    expect(await given.health(group)).toEqual([
      [id, 30080, ...draining],
      [id, 30443, 'healthy', undefined],
    ]);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, ...draining]]);
  });

  test('that is deregistered again keeps its time, and drains 300 s by default', async () => {
    const { group, id } = given.served();
    await given.deregister(group, [{ Id: id }]);
    await given.clock.advance(200_000);
    await given.deregister(group, [{ Id: id }]);
    await given.clock.advance(99_000);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, ...draining]]);
    await given.clock.advance(2000);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, ...gone]]);
  });

  test.each([
    ['of a group without balancer', { loadBalancers: [] }],
    ['without delay', { deregistrationDelay: 0 }],
  ])('%s goes at once', async (_, plan) => {
    const { group, id } = given.served(plan);
    await given.deregister(group, [{ Id: id }]);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, ...gone]]);
  });

  test('that was not registered is done, and nothing else happens', async () => {
    const { group, id } = given.served();
    await given.deregister(group, [{ Id: id, Port: 1 }, { Id: 'i-0123456789abcdef0' }]);
    expect((await given.health(group)).length).toBe(2);
    expect(given.elb.events.filter(({ kind }) => kind === 'draining')).toEqual([]);
  });

  test('that is registered again is initial, then healthy', async () => {
    const { group, id } = given.served();
    await given.deregister(group, [{ Id: id }]);
    await given.register(group, [{ Id: id }]);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'initial', 'Elb.RegistrationInProgress']]);
    await given.clock.advance(given.elb.registrationTime);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'healthy', undefined]]);
    await given.clock.advance(400_000);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'healthy', undefined]]);
  });
});

describe('describing', () => {
  test('target groups by ARN, name and balancer', async () => {
    const used = given.usedGroup({ protocol: 'TCP', healthCheck: { interval: 10 } });
    const unused = given.elb.addTargetGroup({ name: 'unused', targetType: 'ip' });
    const names = async (input: object): Promise<unknown> => {
      const { TargetGroups = [] } = await given.client.send(new DescribeTargetGroupsCommand(input));
      return TargetGroups.map(({ TargetGroupName }) => TargetGroupName);
    };
    expect(await names({})).toEqual(['web', 'unused']);
    expect(await names({ TargetGroupArns: [unused.arn] })).toEqual(['unused']);
    expect(await names({ Names: ['web'] })).toEqual(['web']);
    expect(await names({ LoadBalancerArn: given.elb.loadBalancer('front').arn })).toEqual(['web']);
    await expect(names({ Names: ['web', 'none'] })).rejects.toMatchObject({ name: 'TargetGroupNotFoundException' });
    await expect(names({ Names: ['web'], TargetGroupArns: [used.arn] })).rejects.toMatchObject({
      name: 'ValidationError',
    });
    await expect(names({ LoadBalancerArn: 'arn:none' })).rejects.toMatchObject({
      name: 'LoadBalancerNotFoundException',
    });
    const { TargetGroups } = await given.client.send(new DescribeTargetGroupsCommand({}));
    expect(TargetGroups).toMatchObject([
      {
        TargetType: 'instance',
        Protocol: 'TCP',
        Port: 30080,
        VpcId: 'vpc-0123456789abcdef0',
        HealthCheckIntervalSeconds: 10,
        HealthyThresholdCount: 5,
        UnhealthyThresholdCount: 2,
        LoadBalancerArns: [given.elb.loadBalancer('front').arn],
      },
      { TargetType: 'ip', Protocol: 'HTTP', HealthCheckPath: '/', LoadBalancerArns: [] },
    ]);
  });

  test('target groups in pages of 400 at most', async () => {
    for (let index = 0; index < 403; index += 1) given.elb.addTargetGroup({ name: `tg-${index}` });
    const pages: number[] = [];
    for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client: given.client }, {})) {
      pages.push(TargetGroups.length);
    }
    expect(pages).toEqual([400, 3]);
    await expect(given.client.send(new DescribeTargetGroupsCommand({ PageSize: 401 }))).rejects.toThrow('PageSize');
  });

  test('attributes', async () => {
    const group = given.usedGroup({ protocol: 'TCP', deregistrationDelay: 45 });
    const { Attributes = [] } = await given.client.send(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group.arn }),
    );
    const attributes = Object.fromEntries(Attributes.map(({ Key = '', Value }) => [Key, Value]));
    expect(attributes).toMatchObject({
      'deregistration_delay.timeout_seconds': '45',
      'deregistration_delay.connection_termination.enabled': 'false',
    });
  });

  test('load balancers, and tags of both for twenty at most', async () => {
    const group = given.usedGroup({ tags: { 'elbv2.k8s.aws/cluster': 'blue' } });
    given.elb.addLoadBalancer({ name: 'inner', type: 'network', scheme: 'internal', tags: { team: 'x' } });
    const { LoadBalancers = [] } = await given.client.send(new DescribeLoadBalancersCommand({ Names: ['inner'] }));
    expect(LoadBalancers).toMatchObject([{ Type: 'network', Scheme: 'internal', State: { Code: 'active' } }]);
    const inner = LoadBalancers[0]?.LoadBalancerArn ?? '';
    expect(inner).toMatch(/^arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer\/net\/inner\/\w{16}$/);
    const tags = (arns: string[]): Promise<{ TagDescriptions?: unknown }> =>
      given.client.send(new DescribeTagsCommand({ ResourceArns: arns }));
    expect((await tags([group.arn, inner])).TagDescriptions).toEqual([
      { ResourceArn: group.arn, Tags: [{ Key: 'elbv2.k8s.aws/cluster', Value: 'blue' }] },
      { ResourceArn: inner, Tags: [{ Key: 'team', Value: 'x' }] },
    ]);
    await expect(tags(Array<string>(21).fill(inner))).rejects.toThrow('more than 20');
    await expect(tags([`${group.arn}0`])).rejects.toMatchObject({ name: 'TargetGroupNotFoundException' });
  });

  test('a group that has gone is refused, by every call on targets', async () => {
    const { group, id } = given.served();
    given.elb.targetGroups.delete(group.arn);
    const refused = { name: 'TargetGroupNotFoundException', $metadata: { httpStatusCode: 400 } };
    await expect(given.health(group)).rejects.toMatchObject(refused);
    await expect(given.deregister(group, [{ Id: id }])).rejects.toMatchObject(refused);
    await expect(given.register(group, [{ Id: id }])).rejects.toMatchObject(refused);
  });

  test('the health of an instance that is not in EC2, or too many targets in one call, is refused', async () => {
    const { group } = given.served();
    await expect(given.health(group, [{ Id: 'i-0123456789abcdef0' }])).rejects.toMatchObject({
      name: 'InvalidTargetException',
    });
    const many = Array.from({ length: 201 }, (_, port) => ({ Id: 'i-0123456789abcdef0', Port: port + 1 }));
    await expect(given.deregister(group, many)).rejects.toThrow('more than 200 targets');
    await given.deregister(group, many.slice(1));
  });
});
