import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from 'vitest';
import { TargetGroups } from '../../../lambdas/adapters/load-balancing/target-groups.ts';
import type { TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import type { TargetGroup, TargetGroupPlan } from '../../peers/aws/elastic-load-balancing/target-group.ts';
import type { TargetHealth } from '../../peers/aws/elastic-load-balancing/target-health.ts';
import { withLoadBalancing, type LoadBalancingGiven } from './given.ts';

const VPC = 'vpc-0123456789abcdef0';
const UNKNOWN = 'i-0fedcba9876543210';

interface Served {
  readonly group: TargetGroup;
  readonly pool: TargetPool;
  readonly id: string;
}

/** A target group that a balancer uses, with one running instance on its port 80. */
async function served(given: LoadBalancingGiven, plan: Partial<TargetGroupPlan> = {}): Promise<Served> {
  given.elb.addLoadBalancer({ name: 'front' });
  const group = given.elb.addTargetGroup({ name: 'web', loadBalancers: ['front'], ...plan });
  const { instanceId: id } = given.aws.instances.launch();
  given.elb.register(group.arn, [{ id }]);
  return { group, id, pool: await given.pool({ vpc: VPC }) };
}

describe('the targets of a target group', () => {
  test.each<[string, TargetHealth, object | undefined]>([
    [
      'initial',
      { state: 'initial', reason: 'Elb.RegistrationInProgress' },
      { state: 'registered', healthy: false, coming: true },
    ],
    ['healthy', { state: 'healthy' }, { state: 'registered', healthy: true }],
    ['unhealthy', { state: 'unhealthy', reason: 'Target.Timeout' }, { state: 'registered', healthy: false }],
    ['unhealthy.draining', { state: 'unhealthy.draining' as never }, { state: 'registered', healthy: false }],
    ['unavailable', { state: 'unavailable', reason: 'Elb.InternalError' }, { state: 'registered', healthy: false }],
    ['in a group not in use', { state: 'unused', reason: 'Target.NotInUse' }, { state: 'registered', healthy: false }],
    ['stopped', { state: 'unused', reason: 'Target.InvalidState' }, { state: 'registered', healthy: false }],
    ['unusable', { state: 'unused', reason: 'Target.IpUnusable' }, { state: 'registered', healthy: false }],
    ['draining', { state: 'draining' }, { state: 'draining', healthy: false }],
    [
      'being deregistered while it is not used',
      { state: 'unused', reason: 'Target.DeregistrationInProgress' },
      { state: 'draining', healthy: false },
    ],
    ['not registered any more', { state: 'unused', reason: 'Target.NotRegistered' }, undefined],
  ])('%s are told so', async (_, health, expected) => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    given.elb.showHealth(group.arn, { id }, health);
    expect(await given.targets(pool)).toEqual(expected === undefined ? [] : [{ id, port: 80, ...expected }]);
  });

  test('are one for each port', async () => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    given.elb.register(group.arn, [{ id, port: 30443 }]);
    expect((await given.targets(pool)).map(({ port }) => port)).toEqual([80, 30443]);
    expect(given.count('DescribeTargetHealth')).toBe(1);
  });

  test('of type ip have the zone that AWS tells, those of instances none', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given, { targetType: 'ip' });
    given.elb.register(group.arn, [{ id: '10.8.0.1', zone: 'all' }]);
    expect(pool.by).toBe('ip');
    expect((await given.targets(pool)).find(({ id }) => id === '10.8.0.1')?.zone).toBe('all');
    expect(await given.targets({ ...pool, by: 'instance' })).not.toContainEqual(
      expect.objectContaining({ zone: 'all' }),
    );
  });

  test('are none when the group has gone (contract 7.3)', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given);
    given.elb.targetGroups.delete(group.arn);
    expect(await given.targets(pool)).toEqual([]);
  });
});

describe('deregistering targets (contract 7.3)', () => {
  test('takes out every port that is named, in one call, and leaves the others', async () => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    const { instanceId: other } = given.aws.instances.launch();
    given.elb.register(group.arn, [{ id, port: 30443 }, { id: other }]);
    const leaving = (await given.targets(pool)).filter((target) => target.id === id);
    await given.port.deregister(pool, leaving);
    expect((await given.targets(pool)).map((target) => [target.id, target.port, target.state])).toEqual([
      [id, 80, 'draining'],
      [id, 30443, 'draining'],
      [other, 80, 'registered'],
    ]);
    expect(given.count('DeregisterTargets')).toBe(1);
  });

  test('names the zone of an IP target again', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given, { targetType: 'ip' });
    given.elb.register(group.arn, [{ id: '10.8.0.1', zone: 'all' }]);
    const leaving = (await given.targets(pool)).filter(({ id }) => id === '10.8.0.1');
    await given.port.deregister(pool, leaving);
    const asked = given.aws.requests.find(({ action }) => action === 'DeregisterTargets');
    expect(asked?.parameters).toMatchObject({ Targets: [{ AvailabilityZone: 'all' }] });
    expect(given.elb.health(group.arn, { id: '10.8.0.1' }).state).toBe('draining');
  });

  test('of hundreds takes as few calls as AWS allows', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given, { targetType: 'ip' });
    const many = Array.from({ length: 450 }, (_, index) => ({ id: `10.9.${index >> 8}.${index & 255}` }));
    given.elb.register(group.arn, many);
    await given.passing(given.port.deregister(pool, await given.targets(pool)));
    expect((await given.targets(pool)).filter(({ state }) => state === 'registered')).toEqual([]);
    expect(given.count('DeregisterTargets')).toBe(3);
  });

  test('throttled twice is done all the same (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    given.aws.faults.inject({ kind: 'throttle', action: 'DeregisterTargets', times: 2 });
    await given.passing(given.port.deregister(pool, await given.targets(pool)));
    expect(given.elb.health(group.arn, { id }).state).toBe('draining');
    expect(given.count('DeregisterTargets')).toBe(3);
  });

  test('throttled for good is told as a failure, after four tries (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given);
    const leaving = await given.targets(pool);
    given.aws.faults.inject({ kind: 'throttle', action: 'DeregisterTargets', times: Infinity });
    await expect(given.passing(given.port.deregister(pool, leaving))).rejects.toMatchObject({ name: 'Throttling' });
    expect(given.count('DeregisterTargets')).toBe(4);
  });

  test('is done when the group has gone (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given);
    const leaving = await given.targets(pool);
    given.elb.targetGroups.delete(group.arn);
    await given.port.deregister(pool, leaving);
    expect(given.count('DeregisterTargets')).toBe(1);
  });

  test('is done when a target is not registered (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    const gone = { id: UNKNOWN, port: 80, state: 'registered', healthy: true } as const;
    await given.port.deregister(pool, [...(await given.targets(pool)), gone]);
    expect(given.elb.health(group.arn, { id }).state).toBe('draining');
  });

  describe('refused for a target that AWS does not know', () => {
    const invalid = { code: 'InvalidTarget', status: 400 };

    test('is tried again with those that are still registered', async () => {
      await using given = await withLoadBalancing();
      const { group, id, pool } = await served(given);
      given.aws.faults.inject({ kind: 'error', action: 'DeregisterTargets', error: invalid });
      const gone = { id: UNKNOWN, port: 80, state: 'registered', healthy: true } as const;
      await given.port.deregister(pool, [gone, ...(await given.targets(pool))]);
      expect(given.elb.health(group.arn, { id }).state).toBe('draining');
      const asked = given.aws.requests.filter(({ action }) => action === 'DeregisterTargets');
      expect(JSON.stringify(asked[0]?.parameters)).toContain(UNKNOWN);
      expect(JSON.stringify(asked[1]?.parameters)).not.toContain(UNKNOWN);
      expect(asked).toHaveLength(2);
    });

    test('once more is tried target by target, and the one at fault left', async () => {
      await using given = await withLoadBalancing();
      const { group, id, pool } = await served(given);
      given.elb.register(group.arn, [
        { id, port: 81 },
        { id, port: 82 },
      ]);
      given.aws.faults.inject({ kind: 'error', action: 'DeregisterTargets', times: 3, error: invalid });
      await given.port.deregister(pool, await given.targets(pool));
      expect((await given.targets(pool)).map(({ port, state }) => [port, state])).toEqual([
        [80, 'registered'],
        [81, 'draining'],
        [82, 'draining'],
      ]);
      expect(given.count('DeregisterTargets')).toBe(2 + 3);
    });

    test('is done when none of them is registered any more', async () => {
      await using given = await withLoadBalancing();
      const { pool } = await served(given);
      given.aws.faults.inject({ kind: 'error', action: 'DeregisterTargets', error: invalid });
      const gone = { id: UNKNOWN, port: 80, state: 'registered', healthy: true } as const;
      await given.port.deregister(pool, [gone]);
      expect(given.count('DeregisterTargets')).toBe(1);
    });
  });
});

describe('registering targets again (contract 5.4)', () => {
  test('brings every port back into service, in one call, while it drains and once it has gone', async () => {
    await using given = await withLoadBalancing();
    const { group, id, pool } = await served(given);
    given.elb.register(group.arn, [{ id, port: 30443 }]);
    const before = await given.targets(pool);
    for (const later of [0, 301_000]) {
      await given.port.deregister(pool, before);
      await given.clock.advance(later);
      await given.port.register(pool, before);
      expect(await given.targets(pool)).toEqual(before.map((target) => ({ ...target, healthy: false, coming: true })));
    }
    expect(given.count('RegisterTargets')).toBe(2);
  });

  test('of hundreds takes as few calls as deregistering them', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given, { targetType: 'ip' });
    const many = Array.from({ length: 450 }, (_, index) => ({ id: `10.9.${index >> 8}.${index & 255}` }));
    await given.passing(given.port.register(pool, many));
    expect(await given.targets(pool)).toHaveLength(451);
    expect(given.count('RegisterTargets')).toBe(3);
  });

  test('changes nothing of one that is in service', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given);
    const before = await given.targets(pool);
    await given.port.register(pool, before);
    expect(await given.targets(pool)).toEqual(before);
  });

  test('names all that AWS wants to hear of them', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given, { targetType: 'ip' });
    await given.port.register(pool, [{ id: '10.8.0.1', port: 443, zone: 'all', serverId: '0x0123456789abcdef' }]);
    const asked = given.aws.requests.find(({ action }) => action === 'RegisterTargets');
    const target = { Id: '10.8.0.1', Port: '443', AvailabilityZone: 'all', QuicServerId: '0x0123456789abcdef' };
    expect(asked?.parameters).toMatchObject({ Targets: [target] });
  });

  test('is done when the group has gone', async () => {
    await using given = await withLoadBalancing();
    const { group, pool } = await served(given);
    const before = await given.targets(pool);
    given.elb.targetGroups.delete(group.arn);
    await given.port.register(pool, before);
    expect(given.count('RegisterTargets')).toBe(1);
  });

  test('of an instance that does not run fails, in AWS’s words', async () => {
    await using given = await withLoadBalancing();
    const { id, pool } = await served(given);
    const before = await given.targets(pool);
    given.aws.instances.terminate(id);
    await expect(given.port.register(pool, before)).rejects.toMatchObject({
      name: 'InvalidTargetException',
    });
  });
});

test('the drain time of a group that never had one set is AWS’s default', async () => {
  await using given = await withLoadBalancing();
  const { group, pool } = await served(given);
  group.attributes.delete('deregistration_delay.timeout_seconds');
  const [found] = await new TargetGroups(new ElasticLoadBalancingV2Client(given.aws.clientConfig())).inVpc(VPC);
  expect([pool.drainSeconds, found?.drainSeconds]).toEqual([300, 300]);
});
