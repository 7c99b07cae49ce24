import { describe, expect, test, vi } from 'vitest';
import {
  BALANCER_READ_ACTIONS,
  CLASSIC_DEREGISTER_ACTIONS,
  CLASSIC_REGISTER_ACTIONS,
  SERVING_ACTIONS,
  TARGET_DEREGISTER_ACTIONS,
  TARGET_REGISTER_ACTIONS,
} from '../../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import { TAGGED_BALANCER_ACTIONS } from '../../../lambdas/adapters/load-balancing/tagged-balancers.ts';
import type { TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import type { ClassicBalancerPlan, TargetGroupPlan } from '../../peers/aws/elastic-load-balancing/target-group.ts';
import { portFor, withLoadBalancing } from './given.ts';

const VPC = 'vpc-0123456789abcdef0';
const OTHER_VPC = 'vpc-0fedcba9876543210';
const CLUSTER = { 'kubernetes.io/cluster/blue': 'owned' };
const CONTROLLER = { 'elbv2.k8s.aws/cluster': 'blue' };
const V1_CONTROLLER = { 'ingress.k8s.aws/cluster': 'blue' };

function names(pools: readonly TargetPool[]): string[] {
  return pools.map(({ name }) => name).toSorted();
}

/** Target groups of which only every so many has machines, so that few calls tell of many. */
function sparse(index: number, every: number): TargetGroupPlan {
  return { name: `tg-${index}`, ...(index % every !== 0 && { targetType: 'lambda' as never }) };
}

test('whether there may be pools is told without a call to Elastic Load Balancing', async () => {
  await using given = await withLoadBalancing();
  const { port, elb, aws } = given;
  aws.autoScaling.addGroup({ name: 'workers' });
  expect(await port.poolsNamed({ group: 'workers', cluster: 'blue' })).toBe(0);
  elb.addTargetGroup({ name: 'web', tags: CLUSTER });
  expect(await portFor(given).poolsNamed({ group: 'workers', cluster: 'blue' })).toBe(1);
  const old = elb.addClassicBalancer({ name: 'old' });
  aws.autoScaling.addGroup({ name: 'others', loadBalancerNames: [old.name] });
  expect(await port.poolsNamed({ group: 'others' })).toBe(1);
  expect(elb.limits.use('2015-12-01', 'account').taken + elb.limits.use('2012-06-01', 'account').taken).toBe(0);
});

describe('the pools of an Auto Scaling group (contract 7.2)', () => {
  test('are the target groups and classic load balancers attached to it, each once', async () => {
    await using given = await withLoadBalancing();
    const web = given.elb.addTargetGroup({ name: 'web', deregistrationDelay: 45 });
    given.elb.addTargetGroup({ name: 'others' });
    given.elb.addClassicBalancer({ name: 'front', connectionDraining: 90 });
    const plan = { targetGroupArns: [web.arn], loadBalancerNames: ['front'] };
    given.aws.autoScaling.addGroup({ name: 'workers', ...plan });
    expect(await given.pools({ group: 'workers' })).toEqual([
      {
        kind: 'target group',
        id: web.arn,
        name: 'web',
        by: 'instance',
        drainSeconds: 45,
        controlled: false,
      },
      { kind: 'classic', id: 'front', name: 'front', by: 'instance', drainSeconds: 90, controlled: false },
    ]);
  });

  test.each<[string, Partial<TargetGroupPlan>, true | undefined]>([
    ['the port of its requests', {}, undefined],
    ['that port by its number', { port: 30080, healthCheck: { port: '30080' } }, undefined],
    ['a port of its own', { port: 30080, healthCheck: { port: '30123' } }, true],
    ['kube-proxy’s, of the node’s own health', { port: 30080, healthCheck: { port: '10256' } }, undefined],
    ['a port of its pods', { targetType: 'ip', port: 8080, healthCheck: { port: '10254' } }, undefined],
  ])('tell of a target group whether its health check asks for another port: %s', async (_, plan, own) => {
    await using given = await withLoadBalancing();
    const { arn } = given.elb.addTargetGroup({ name: 'web', ...plan });
    given.aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: [arn] });
    expect((await given.pools({ group: 'workers' })).map(({ ownHealthPort }) => ownHealthPort)).toEqual([own]);
  });

  test.each<[string, Partial<ClassicBalancerPlan>, true | undefined]>([
    ['the port of its first listener', {}, undefined],
    ['the port of another', { healthCheck: { port: '30443' } }, undefined],
    ['a port of its own', { healthCheck: { protocol: 'HTTP', port: '30123', path: '/healthz' } }, true],
    ['kube-proxy’s', { healthCheck: { protocol: 'HTTP', port: '10256', path: '/healthz' } }, undefined],
  ])('tell of a classic load balancer whether its health check asks for another port: %s', async (_, plan, own) => {
    await using given = await withLoadBalancing();
    const listeners = [30080, 30443].map((instancePort) => ({ port: instancePort, instancePort, protocol: 'TCP' }));
    given.elb.addClassicBalancer({ name: 'front', listeners, ...plan });
    given.aws.autoScaling.addGroup({ name: 'workers', loadBalancerNames: ['front'] });
    expect((await given.pools({ group: 'workers' })).map(({ ownHealthPort }) => ownHealthPort)).toEqual([own]);
  });

  test('are its traffic sources too, all pages of them; those of VPC Lattice are none', async () => {
    await using given = await withLoadBalancing();
    const group = given.aws.autoScaling.addGroup({ name: 'workers' });
    const attached = Array.from({ length: 53 }, (_, index) => given.elb.addTargetGroup(sparse(index, 50)));
    group.trafficSources.push(...attached.map(({ arn }) => ({ identifier: arn, type: 'elbv2' as const })));
    given.elb.addClassicBalancer({ name: 'front' });
    group.trafficSources.push({ identifier: 'front', type: 'elb' });
    given.elb.addClassicBalancer({ name: 'namesake' });
    group.trafficSources.push({ identifier: 'namesake', type: 'vpc-lattice' as never });
    expect(names(await given.pools({ group: 'workers' }))).toEqual(['front', 'tg-0', 'tg-50']);
    expect(given.count('DescribeTrafficSources')).toBe(2);
  });

  test('are none when it has none, or there is no such group', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'web' });
    given.aws.autoScaling.addGroup({ name: 'workers' });
    expect(await given.pools({ group: 'workers' })).toEqual([]);
    expect(await given.pools({ group: 'gone' })).toEqual([]);
  });

  test('leave out what has gone since, and nothing else', async () => {
    await using given = await withLoadBalancing();
    const groups = Array.from({ length: 5 }, (_, index) => given.elb.addTargetGroup({ name: `tg-${index}` }));
    given.elb.addClassicBalancer({ name: 'front' });
    given.elb.addClassicBalancer({ name: 'gone' });
    given.aws.autoScaling.addGroup({
      name: 'workers',
      targetGroupArns: groups.map(({ arn }) => arn),
      loadBalancerNames: ['front', 'gone'],
    });
    for (const action of ['DescribeTargetGroups', 'DescribeLoadBalancerAttributes']) {
      given.aws.faults.inject({ kind: 'delay', action, delay: 1_000, times: Infinity });
    }
    const looking = given.port.pools({ group: 'workers' });
    await vi.waitFor(
      () => {
        expect(given.count('DescribeTrafficSources')).toBe(1);
      },
      { timeout: 20_000 },
    );
    given.elb.targetGroups.delete(groups[0]?.arn ?? '');
    given.elb.classicBalancers.delete('gone');
    expect(names(await given.passing(looking))).toEqual(
      [...groups.slice(1).map(({ name }) => name), 'front'].toSorted(),
    );
  });

  test('leave out what goes between two calls', async () => {
    await using given = await withLoadBalancing();
    const groups = ['stays', 'goes'].map((name) => given.elb.addTargetGroup({ name }));
    given.aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: groups.map(({ arn }) => arn) });
    const gone = { code: 'TargetGroupNotFound', status: 400 };
    given.aws.faults.inject({ kind: 'error', action: 'DescribeTargetGroupAttributes', skip: 1, error: gone });
    given.aws.faults.inject({ kind: 'error', action: 'DescribeTags', error: gone });
    expect(await given.pools({ group: 'workers' })).toHaveLength(1);
  });
});

describe('the pools of a cluster (contract 7.2)', () => {
  test.each([
    ['kubernetes.io/cluster/<name>, owned', CLUSTER, false],
    ['kubernetes.io/cluster/<name>, shared', { 'kubernetes.io/cluster/blue': 'shared' }, false],
    ['elbv2.k8s.aws/cluster', CONTROLLER, true],
    ['ingress.k8s.aws/cluster', V1_CONTROLLER, false],
    ['all three', { ...CLUSTER, ...CONTROLLER, ...V1_CONTROLLER }, true],
  ])('are the target groups tagged %s', async (_, tags, controlled) => {
    await using given = await withLoadBalancing();
    const { arn } = given.elb.addTargetGroup({ name: 'web', tags, targetType: 'ip' });
    expect(await given.pools({ cluster: 'blue' })).toMatchObject([{ id: arn, by: 'ip', controlled }]);
  });

  test('are not those of another cluster, whose name may be longer', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'a', tags: { 'kubernetes.io/cluster/blue-2': 'owned' } });
    given.elb.addTargetGroup({ name: 'b', tags: { 'elbv2.k8s.aws/cluster': 'green' } });
    given.elb.addTargetGroup({ name: 'c', tags: { 'ingress.k8s.aws/cluster': 'green' } });
    given.aws.instances.launch({ tags: CLUSTER });
    expect(await given.pools({ cluster: 'blue' })).toEqual([]);
  });

  test('are all target groups of its application and network load balancers, and its classic ones', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'ingress', tags: V1_CONTROLLER });
    given.elb.addLoadBalancer({ name: 'service', type: 'network', tags: CLUSTER });
    given.elb.addLoadBalancer({ name: 'others' });
    given.elb.addTargetGroup({ name: 'weighted-a', loadBalancers: ['ingress'] });
    given.elb.addTargetGroup({ name: 'weighted-b', loadBalancers: ['ingress'], tags: CONTROLLER });
    given.elb.addTargetGroup({ name: 'tcp', loadBalancers: ['service'], tags: CLUSTER });
    given.elb.addTargetGroup({ name: 'others', loadBalancers: ['others'] });
    given.elb.addClassicBalancer({ name: 'classic', tags: CLUSTER });
    given.elb.addClassicBalancer({ name: 'other-classic' });
    const found = await given.pools({ cluster: 'blue' });
    expect(names(found)).toEqual(['classic', 'tcp', 'weighted-a', 'weighted-b']);
    expect(found.filter(({ controlled }) => controlled).map(({ name }) => name)).toEqual(['weighted-b']);
  });

  test('are found on every page of the tagging API', async () => {
    await using given = await withLoadBalancing();
    for (let index = 0; index < 203; index += 1) given.elb.addTargetGroup({ ...sparse(index, 101), tags: CLUSTER });
    for (let index = 0; index < 150; index += 1) given.aws.instances.launch({ tags: CLUSTER });
    expect(names(await given.pools({ cluster: 'blue' }))).toEqual(['tg-0', 'tg-101', 'tg-202']);
    // Three pages for the first tag: machines are not asked for.
    expect(given.count('GetResources')).toBe(3 + 1 + 1);
  });

  test('leave out a load balancer that the tagging API still tells of and that has gone', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'goes', tags: CLUSTER });
    given.elb.addClassicBalancer({ name: 'classic', tags: CLUSTER });
    given.elb.addTargetGroup({ name: 'stays', tags: CLUSTER });
    const gone = { code: 'LoadBalancerNotFound', status: 400 };
    // The group is asked for by its own ARN first, then the balancer's groups.
    given.aws.faults.inject({ kind: 'error', action: 'DescribeTargetGroups', skip: 1, error: gone });
    given.aws.faults.inject({ kind: 'error', action: 'DescribeLoadBalancerAttributes', error: gone });
    expect(names(await given.pools({ cluster: 'blue' }))).toEqual(['stays']);
  });
});

describe('the pools of a whole VPC (contract 7.2)', () => {
  test('are every target group and every classic load balancer there, whoever they belong to', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'here', tags: CONTROLLER });
    given.elb.addTargetGroup({ name: 'there', vpcId: OTHER_VPC });
    given.elb.addClassicBalancer({ name: 'classic-here' });
    given.elb.addClassicBalancer({ name: 'classic-there', vpcId: OTHER_VPC });
    const found = await given.pools({ vpc: VPC });
    expect(names(found)).toEqual(['classic-here', 'here']);
    expect(found.find(({ name }) => name === 'here')?.controlled).toBe(true);
  });

  test('are complete although one of eight pages fails: it alone is asked for again (faults 26)', async () => {
    await using given = await withLoadBalancing();
    for (let index = 0; index < 3_000; index += 1) {
      given.elb.addTargetGroup({ name: `tg-${index}`, vpcId: index % 400 === 0 ? VPC : OTHER_VPC });
    }
    given.aws.faults.inject({ kind: 'error', action: 'DescribeTargetGroups', skip: 4 });
    const found = await given.during(given.pools({ vpc: VPC }));
    expect(names(found)).toEqual(Array.from({ length: 8 }, (_, index) => `tg-${index * 400}`).toSorted());
    expect(given.count('DescribeTargetGroups')).toBe(8 + 1);
  });

  test('are on every page of the classic load balancers too', async () => {
    await using given = await withLoadBalancing();
    for (let index = 0; index < 401; index += 1) {
      given.elb.addClassicBalancer({ name: `classic-${index}`, vpcId: index === 400 ? VPC : OTHER_VPC });
    }
    expect(names(await given.pools({ vpc: VPC }))).toEqual(['classic-400']);
  });

  test.each(['lambda', 'alb'])('are not target groups of type %s', async (targetType) => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'machines' });
    given.elb.addTargetGroup({ name: 'else', targetType: targetType as never });
    expect(names(await given.pools({ vpc: VPC }))).toEqual(['machines']);
  });
});

describe('pools that several parts of a scope name', () => {
  test('are told once', async () => {
    await using given = await withLoadBalancing();
    const web = given.elb.addTargetGroup({ name: 'web', tags: CLUSTER });
    given.elb.addClassicBalancer({ name: 'web', tags: CLUSTER });
    given.aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: [web.arn], loadBalancerNames: ['web'] });
    expect((await given.pools({ group: 'workers', cluster: 'blue', vpc: VPC })).map(({ kind }) => kind)).toEqual([
      'target group',
      'classic',
    ]);
    expect(await given.pools({})).toEqual([]);
  });
});

describe('what was found is kept for 120 s (contract 7.2)', () => {
  test('and not longer: a change is seen then', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'web', tags: CLUSTER });
    const first = await given.pools({ cluster: 'blue' });
    const calls = given.aws.requests.length;
    given.elb.addTargetGroup({ name: 'new', tags: CLUSTER });
    given.elb.targetGroup('web').attributes.set('deregistration_delay.timeout_seconds', '7');
    await given.clock.advance(113_000);
    expect(await given.pools({ cluster: 'blue' })).toEqual(first);
    expect(given.aws.requests).toHaveLength(calls);
    await given.clock.advance(8_000);
    const second = await given.pools({ cluster: 'blue' });
    expect(names(second)).toEqual(['new', 'web']);
    expect(second.find(({ name }) => name === 'web')?.drainSeconds).toBe(7);
  });

  test('for all who ask meanwhile, who share one look; each cluster has its own', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'web', tags: CLUSTER });
    given.elb.addTargetGroup({ name: 'other', tags: { 'kubernetes.io/cluster/green': 'owned' } });
    const asked = Array.from({ length: 5 }, () => given.port.pools({ cluster: 'blue' }));
    for (const found of await Promise.all(asked)) expect(names(found)).toEqual(['web']);
    expect(given.count('GetResources')).toBe(3);
    expect(names(await given.pools({ cluster: 'green' }))).toEqual(['other']);
  });

  test('but a failure is not', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'web', tags: CLUSTER });
    const takeBack = given.aws.faults.inject({ kind: 'error', action: 'GetResources', times: Infinity });
    await expect(given.passing(given.pools({ cluster: 'blue' }))).rejects.toMatchObject({ name: 'InternalFailure' });
    takeBack();
    expect(names(await given.pools({ cluster: 'blue' }))).toEqual(['web']);
  });
});

test('a pool without a tag of the cluster is not tagged for it, whoever else’s it is', async () => {
  await using given = await withLoadBalancing();
  given.elb.addLoadBalancer({ name: 'front', tags: CLUSTER });
  given.elb.addTargetGroup({ name: 'web', loadBalancers: ['front'] });
  given.elb.addClassicBalancer({ name: 'classic', tags: { 'kubernetes.io/cluster/green': 'owned' } });
  const pools = await given.pools({ vpc: VPC });
  expect(names(pools)).toEqual(['classic', 'web']);
  for (const pool of pools) expect(await given.port.isTaggedFor('blue', pool)).toBe(false);
});

describe('rights (faults 28)', () => {
  test('the declared IAM actions are enough', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'front', tags: CLUSTER });
    const web = given.elb.addTargetGroup({ name: 'web', loadBalancers: ['front'] });
    given.elb.addClassicBalancer({ name: 'classic', tags: CLUSTER });
    const { instanceId: id } = given.aws.instances.launch();
    given.elb.register(web.arn, [{ id }]);
    given.elb.registerInstances('classic', [id]);
    given.aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: [web.arn] });
    const actions = [...BALANCER_READ_ACTIONS, ...TARGET_DEREGISTER_ACTIONS, ...CLASSIC_DEREGISTER_ACTIONS];
    const port = portFor(given, given.credentialsFor(...actions));
    const found = await port.pools({ group: 'workers', cluster: 'blue', vpc: VPC });
    expect(names(found)).toEqual(['classic', 'web']);
    for (const pool of found) await port.deregister(pool, await port.targets(pool));
    expect(given.aws.requests.filter(({ error }) => error === 'AccessDenied')).toEqual([]);
    expect(given.elb.health(web.arn, { id }).state).toBe('draining');
  });

  test('the declared IAM actions of registering are enough for it', async () => {
    await using given = await withLoadBalancing();
    const web = given.elb.addTargetGroup({ name: 'web', tags: CLUSTER });
    given.elb.addClassicBalancer({ name: 'classic', tags: CLUSTER });
    const { instanceId: id } = given.aws.instances.launch();
    const pools = await given.pools({ cluster: 'blue' });
    const actions = [...TAGGED_BALANCER_ACTIONS, ...TARGET_REGISTER_ACTIONS, ...CLASSIC_REGISTER_ACTIONS];
    const port = portFor(given, given.credentialsFor(...actions));
    expect(await Promise.all(pools.map((pool) => port.isTaggedFor('blue', pool)))).toEqual([true, true]);
    for (const pool of pools) await port.register(pool, [{ id }]);
    expect(given.elb.health(web.arn, { id }).reason).not.toBe('Target.NotRegistered');
    expect(await Promise.all(pools.map((pool) => given.targets(pool)))).toMatchObject([[{ id }], [{ id }]]);
  });

  test('a missing one is told as AWS tells it, after one try', async () => {
    await using given = await withLoadBalancing();
    given.elb.addTargetGroup({ name: 'web' });
    const missing = 'elasticloadbalancing:DescribeTargetGroupAttributes';
    const actions = BALANCER_READ_ACTIONS.filter((action) => action !== missing);
    const port = portFor(given, given.credentialsFor(...actions));
    await expect(port.pools({ vpc: VPC })).rejects.toMatchObject({
      name: expect.stringContaining('AccessDenied') as string,
      message: expect.stringContaining(missing) as string,
    });
    expect(given.count('DescribeTargetGroupAttributes')).toBe(1);
  });
});

describe('load balancers that serve a cluster (contract 9.8)', () => {
  const OF = { cluster: 'blue', groups: ['workers'] };

  test('are those that are tagged for it, and those with a target group that is tagged or attached to a group', async () => {
    await using given = await withLoadBalancing();
    const { elb, aws, port } = given;
    const tagged = elb.addLoadBalancer({ name: 'tagged', tags: CONTROLLER });
    const [behind, attached, others] = ['behind', 'attached', 'others'].map((name) => elb.addLoadBalancer({ name }));
    elb.addTargetGroup({ name: 'tagged', loadBalancers: ['behind'], tags: CLUSTER });
    const web = elb.addTargetGroup({ name: 'web', loadBalancers: ['attached'] });
    elb.addTargetGroup({ name: 'theirs', loadBalancers: ['others'] });
    aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: [web.arn] });
    const all = [tagged, behind, attached, others].flatMap((each) => each?.arn ?? []);
    expect(await port.serving(OF, all)).toEqual(all.slice(0, 3));
  });

  test('are found by what a function may ask that only waits for zonal shifts', async () => {
    await using given = await withLoadBalancing();
    const front = given.elb.addLoadBalancer({ name: 'front' });
    const web = given.elb.addTargetGroup({ name: 'web', loadBalancers: ['front'] });
    given.aws.autoScaling.addGroup({ name: 'workers', targetGroupArns: [web.arn] });
    const port = portFor(given, given.credentialsFor(...SERVING_ACTIONS));
    expect(await port.serving(OF, [front.arn])).toEqual([front.arn]);
  });

  test('that have gone serve nothing', async () => {
    await using given = await withLoadBalancing();
    given.aws.autoScaling.addGroup({ name: 'workers' });
    const { arn } = given.elb.addLoadBalancer({ name: 'gone' });
    given.elb.loadBalancers.delete(arn);
    expect(await given.port.serving(OF, [arn])).toEqual([]);
  });
});
