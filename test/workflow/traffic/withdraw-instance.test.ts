/** An instance taken out of its load balancers on request (contract 7.2–7.4), on the AWS peer. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { instanceFinder } from '../../../lambdas/adapters/ec2/finder.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';
import {
  withdrawInstance,
  WithdrawalFailed,
  type WithdrawalOrder,
  type WithdrawalOutcome,
  type WithdrawalPorts,
} from '../../../lambdas/workflow/traffic/withdraw-instance.ts';
import { portFor, withLoadBalancing, type LoadBalancingGiven } from '../../adapters/load-balancing/given.ts';
import { MINUTE, SECOND } from '../../given.ts';
import { DEFAULT_VPC, type InstancePlan } from '../../peers/aws/ec2/instances.ts';
import type { TargetGroupPlan } from '../../peers/aws/elastic-load-balancing/target-group.ts';

const OTHER_VPC = 'vpc-0fedcba9876543210';
const POD = '10.0.7.7';

interface Scene extends LoadBalancingGiven {
  readonly instance: string;
  readonly ports: WithdrawalPorts;
  ask(order?: Partial<WithdrawalOrder>, ports?: Partial<WithdrawalPorts>): Promise<WithdrawalOutcome>;
  /** A target group behind a balancer, whose targets drain for a minute. */
  group(plan: Partial<TargetGroupPlan> & { readonly name: string }, ...ids: string[]): void;
  stateOf(group: string, id: string, port?: number): string;
}

async function withInstance(plan: InstancePlan = {}): Promise<Scene> {
  const given = await withLoadBalancing();
  const { aws, elb } = given;
  const { instanceId: instance } = aws.instances.launch({ secondaryIps: [POD], ...plan });
  elb.addLoadBalancer({ name: 'front' });
  const ports: WithdrawalPorts = {
    finder: instanceFinder(new EC2Client(aws.clientConfig())),
    balancing: given.port,
    allowedVpcs: () => Promise.resolve(new Set([DEFAULT_VPC])),
  };
  return Object.assign(given, {
    instance,
    ports,
    ask: (order: Partial<WithdrawalOrder> = {}, other: Partial<WithdrawalPorts> = {}) => {
      const whole = { who: { id: instance }, dryRun: false, timeoutSeconds: 60, ...order };
      return given.during(withdrawInstance(whole, { ...ports, ...other }));
    },
    group: (group: Partial<TargetGroupPlan> & { readonly name: string }, ...ids: string[]) => {
      elb.addTargetGroup({ deregistrationDelay: 60, loadBalancers: ['front'], ...group });
      elb.register(
        group.name,
        ids.map((id) => ({ id })),
      );
    },
    stateOf: (group: string, id: string, port?: number) => elb.health(group, { id, port }).state,
  });
}

const namesIn = (outcome: WithdrawalOutcome): string[] =>
  'remaining' in outcome ? outcome.remaining.map(({ pool }) => pool.name) : [];

describe('an instance', () => {
  test('leaves every pool, on every port, and the answer comes when the last target has drained', async () => {
    await using given = await withInstance();
    const { instance, elb, clock } = given;
    given.group({ name: 'web' }, instance);
    elb.register('web', [{ id: instance, port: 8443 }]);
    given.group({ name: 'unused', loadBalancers: [] }, instance);
    elb.addClassicBalancer({ name: 'old', connectionDraining: 20 });
    elb.registerInstances('old', [instance]);
    const since = clock.now();
    expect(await given.ask({ timeoutSeconds: 120 })).toEqual({ kind: 'withdrawn', instance });
    expect(clock.now() - since).toBeGreaterThanOrEqual(MINUTE);
    expect(clock.now() - since).toBeLessThan(MINUTE + 20 * SECOND);
    expect([given.stateOf('web', instance), given.stateOf('web', instance, 8443)]).toEqual(['unused', 'unused']);
    expect(elb.classicBalancer('old').backends.all).toEqual([]);
    expect(elb.targetGroup('unused').backends.all).toEqual([]);
  });

  test('that is in no pool is withdrawn at once', async () => {
    await using given = await withInstance();
    const { instance } = given;
    given.group({ name: 'web' }, given.aws.instances.launch().instanceId);
    expect(await given.ask()).toEqual({ kind: 'withdrawn', instance });
    expect(given.count('DescribeTargetHealth')).toBe(1);
    expect(given.count('DeregisterTargets')).toBe(0);
  });

  test('is still draining at the timeout; asked again, it goes on', async () => {
    await using given = await withInstance();
    const { instance, clock } = given;
    given.group({ name: 'web' }, instance);
    const since = clock.now();
    expect(await given.ask({ timeoutSeconds: 40 })).toMatchObject({
      kind: 'draining',
      remaining: [{ pool: { name: 'web' }, target: { state: 'draining' }, late: false }],
    });
    expect(clock.now() - since).toBeLessThan(45 * SECOND);
    expect(await given.ask({ timeoutSeconds: 40 })).toEqual({ kind: 'withdrawn', instance });
    expect(given.count('DeregisterTargets')).toBe(1);
  });

  test('is not waited for with a timeout of 0', async () => {
    await using given = await withInstance();
    given.group({ name: 'web' }, given.instance);
    expect(await given.ask({ timeoutSeconds: 0 })).toMatchObject({ kind: 'draining' });
    expect(given.count('DescribeTargetHealth')).toBe(1);
    expect(given.stateOf('web', given.instance)).toBe('draining');
  });

  test('that somebody registers again meanwhile is taken out again', async () => {
    await using given = await withInstance();
    const { instance, elb } = given;
    given.group({ name: 'web' }, instance);
    given.clock.after(20 * SECOND, () => elb.register('web', [{ id: instance }]));
    expect(await given.ask({ timeoutSeconds: 120 })).toEqual({ kind: 'withdrawn', instance });
    expect(given.count('DeregisterTargets')).toBe(2);
  });

  test('that drains in a classic load balancer is told as such by another process too', async () => {
    await using given = await withInstance();
    const { instance, elb } = given;
    elb.addClassicBalancer({ name: 'old', connectionDraining: 60 });
    elb.registerInstances('old', [instance]);
    expect(await given.ask({ timeoutSeconds: 0 })).toMatchObject({ kind: 'draining' });
    const elsewhere = await given.ask({ timeoutSeconds: 0 }, { balancing: portFor(given) });
    expect(elsewhere).toMatchObject({
      kind: 'draining',
      remaining: [{ pool: { name: 'old' }, target: { state: 'draining' } }],
    });
  });

  test('is late where it drains 30 s longer than its delay (contract 7.3, faults 27)', async () => {
    await using given = await withInstance();
    const { instance, elb } = given;
    const delays = { stuck: 50, overdue: 70, slow: 300 };
    for (const [name, deregistrationDelay] of Object.entries(delays))
      given.group({ name, deregistrationDelay }, instance);
    given.clock.after(SECOND, () => {
      for (const name of ['stuck', 'overdue']) {
        elb.register(name, [{ id: instance }]);
        elb.showHealth(name, { id: instance }, { state: 'draining', reason: 'Target.DeregistrationInProgress' });
      }
    });
    const outcome = await given.ask({ timeoutSeconds: 90 });
    expect(outcome).toMatchObject({ kind: 'draining' });
    const remaining = 'remaining' in outcome ? outcome.remaining : [];
    expect(remaining.map(({ pool, late }) => [pool.name, late]).toSorted()).toEqual([
      ['overdue', false],
      ['slow', false],
      ['stuck', true],
    ]);
  });

  test.each<[string, (given: Scene) => WithdrawalOrder['who']]>([
    ['its own address', ({ aws, instance }) => ({ ip: aws.instances.get(instance).privateIp })],
    ['that of a pod on it', () => ({ ip: POD })],
  ])('is found by %s', async (_, who) => {
    await using given = await withInstance();
    given.group({ name: 'web' }, given.instance);
    expect(await given.ask({ who: who(given), timeoutSeconds: 0 })).toMatchObject({ instance: given.instance });
    expect(given.stateOf('web', given.instance)).toBe('draining');
  });
});

describe('IP targets', () => {
  test('of the instance and of pods on it are deregistered, those of others stay', async () => {
    await using given = await withInstance();
    const { instance, aws } = given;
    const own = aws.instances.get(instance).privateIp;
    given.group({ name: 'pods', targetType: 'ip' }, own, POD, '10.0.9.9');
    expect(await given.ask({ timeoutSeconds: 90 })).toEqual({ kind: 'withdrawn', instance });
    expect([own, POD, '10.0.9.9'].map((id) => given.stateOf('pods', id))).toEqual(['unused', 'unused', 'healthy']);
  });

  test('that the AWS Load Balancer Controller keeps are only waited for', async () => {
    await using given = await withInstance();
    const { instance, elb } = given;
    given.group({ name: 'pods', targetType: 'ip', tags: { 'elbv2.k8s.aws/cluster': 'production' } }, POD);
    expect(await given.ask({ timeoutSeconds: 20 })).toMatchObject({
      kind: 'draining',
      remaining: [{ pool: { name: 'pods' }, target: { state: 'registered' }, late: false }],
    });
    expect(given.count('DeregisterTargets')).toBe(0);
    const [target] = elb.targetGroup('pods').backends.all;
    if (target !== undefined) elb.targetGroup('pods').backends.deregister(target);
    expect(await given.ask({ timeoutSeconds: 90 })).toEqual({ kind: 'withdrawn', instance });
  });
});

test('a dry run tells every target, at once, and changes nothing', async () => {
  await using given = await withInstance();
  const { instance, elb } = given;
  given.group({ name: 'web' }, instance);
  given.group({ name: 'api' }, instance);
  elb.addClassicBalancer({ name: 'old' });
  elb.registerInstances('old', [instance]);
  const outcome = await given.ask({ dryRun: true });
  expect(outcome.kind).toBe('rehearsed');
  expect(namesIn(outcome).toSorted()).toEqual(['api', 'old', 'web']);
  expect(given.count('DescribeTargetHealth')).toBe(2);
  expect(given.stateOf('web', instance)).toBe('healthy');
  expect(given.aws.requests.filter(({ action }) => action.startsWith('Deregister'))).toEqual([]);
});

describe('pools are looked for', () => {
  test('in the whole VPC, and in no other', async () => {
    await using given = await withInstance();
    const { aws, instance } = given;
    given.group({ name: 'pods', targetType: 'ip', vpcId: OTHER_VPC }, aws.instances.get(instance).privateIp);
    given.group({ name: 'web' }, instance);
    expect(namesIn(await given.ask({ dryRun: true }))).toEqual(['web']);
  });

  test('beyond it by the cluster that the instance is tagged for', async () => {
    await using given = await withInstance({ tags: { 'kubernetes.io/cluster/production': 'owned' } });
    const tags = { 'kubernetes.io/cluster/production': 'shared' };
    given.group({ name: 'peered', targetType: 'ip', vpcId: OTHER_VPC, tags }, POD);
    expect(namesIn(await given.ask({ dryRun: true }))).toEqual(['peered']);
  });
});

describe('nothing is changed for', () => {
  test.each<[string, (given: Scene) => WithdrawalOrder['who']]>([
    ['an unknown instance', () => ({ id: 'i-0fedcba9876543210' })],
    ['an unknown address', () => ({ ip: '10.250.0.1' })],
    [
      'an instance of another VPC',
      ({ aws }) => ({ id: aws.instances.launch({ vpcId: OTHER_VPC, privateIp: '10.1.0.1' }).instanceId }),
    ],
    [
      'a terminated instance',
      ({ aws, instance }) => {
        aws.instances.setState(instance, 'terminated');
        return { id: instance };
      },
    ],
  ])('%s', async (_, who) => {
    await using given = await withInstance();
    given.group({ name: 'web' }, given.instance);
    expect(await given.ask({ who: who(given) })).toEqual({ kind: 'unknown' });
    expect(given.count('DeregisterTargets')).toBe(0);
  });

  test('an address that instances of two allowed VPCs have', async () => {
    await using given = await withInstance();
    const { aws, instance } = given;
    const { instanceId: twin } = aws.instances.launch({ vpcId: OTHER_VPC, privateIp: POD });
    given.group({ name: 'web' }, instance);
    const allowedVpcs = () => Promise.resolve(new Set([DEFAULT_VPC, OTHER_VPC]));
    expect(await given.ask({ who: { ip: POD } }, { allowedVpcs })).toEqual({
      kind: 'ambiguous',
      instances: [instance, twin],
    });
    expect(given.count('DeregisterTargets')).toBe(0);
    // Where the other is not allowed, there is but one.
    expect(await given.ask({ who: { ip: POD }, dryRun: true })).toMatchObject({ kind: 'rehearsed', instance });
  });
});

describe('a pool that fails', () => {
  test('keeps no other from being seen to, and is named (faults 25)', async () => {
    await using given = await withInstance();
    const { instance } = given;
    for (const name of ['web', 'api', 'shop']) given.group({ name }, instance);
    const failing: LoadBalancing = {
      ...given.port,
      deregister: (pool, targets) =>
        pool.name === 'api' ? Promise.reject(new Error('no')) : given.port.deregister(pool, targets),
    };
    const failed = given.ask({ timeoutSeconds: 0 }, { balancing: failing });
    await expect(failed).rejects.toThrow(WithdrawalFailed);
    await expect(failed).rejects.toThrow(/^target group api: Error: no$/);
    expect(['web', 'api', 'shop'].map((name) => given.stateOf(name, instance))).toEqual([
      'draining',
      'healthy',
      'draining',
    ]);
  });

  test('that is gone is done (contract 7.3)', async () => {
    await using given = await withInstance();
    const { instance, elb } = given;
    given.group({ name: 'web' }, instance);
    given.clock.after(10 * SECOND, () => {
      elb.targetGroups.delete(elb.targetGroup('web').arn);
    });
    expect(await given.ask({ timeoutSeconds: 50 })).toEqual({ kind: 'withdrawn', instance });
  });
});
