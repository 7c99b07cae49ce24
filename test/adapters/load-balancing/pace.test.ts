// Not the global one: the installed driven clock replaces that.
import { setTimeout as realSleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { withLoadBalancing } from './given.ts';

const VPC = 'vpc-0123456789abcdef0';
const V2 = '2015-12-01';

describe('calls to Elastic Load Balancing', () => {
  test('of a long scan are never throttled, nor are deregistrations meanwhile (faults 25)', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'front' });
    const { instanceId: id } = given.aws.instances.launch();
    for (let index = 0; index < 150; index += 1) {
      const { arn } = given.elb.addTargetGroup({ name: `tg-${index}`, loadBalancers: ['front'] });
      given.elb.register(arn, [{ id }]);
    }
    const found = await given.passing(given.pools({ vpc: VPC }));
    const withdrawn = Promise.all(
      found.map(async (pool) => given.port.deregister(pool, await given.port.targets(pool))),
    );
    await given.passing(withdrawn);
    const groups = [...given.elb.targetGroups.values()];
    expect(groups.filter(({ arn }) => given.elb.health(arn, { id }).state !== 'draining')).toEqual([]);
    expect(given.elb.limits.refused).toBe(0);
    expect(given.elb.limits.use(V2, 'account').lowest).toBeLessThan(25);
    expect(given.elb.limits.use(V2, 'registration').taken).toBe(150);
  });

  test('that register share the rate of those that deregister', async () => {
    await using given = await withLoadBalancing();
    const { instanceId: id } = given.aws.instances.launch();
    for (let index = 0; index < 20; index += 1) given.elb.addTargetGroup({ name: `tg-${index}` });
    const pools = await given.passing(given.pools({ vpc: VPC }));
    const target = { id, port: 80, state: 'registered', healthy: true } as const;
    const bothWays = pools.map(async (pool) => {
      await given.port.deregister(pool, [target]);
      await given.port.register(pool, [target]);
    });
    await given.passing(Promise.all(bothWays));
    expect(given.elb.limits.use(V2, 'registration').taken).toBe(40);
    expect(given.elb.limits.refused).toBe(0);
  });

  test('that deregister do not wait for a scan', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'front' });
    const { instanceId: id } = given.aws.instances.launch();
    const web = given.elb.addTargetGroup({ name: 'web', loadBalancers: ['front'] });
    given.elb.register(web.arn, [{ id }]);
    const pool = await given.pool({ vpc: VPC });
    for (let index = 0; index < 100; index += 1) given.elb.addTargetGroup({ name: `tg-${index}` });
    await given.clock.advance(121_000);
    const scan = given.port.pools({ vpc: VPC });
    await given.passing(
      vi.waitFor(
        () => {
          expect(given.count('DescribeTargetGroupAttributes')).toBeGreaterThan(30);
        },
        { timeout: 20_000, interval: 1 },
      ),
    );
    // The clock stands meanwhile: a deregistration that waited for the scan would never end.
    await given.port.deregister(pool, [{ id, port: 80, state: 'registered', healthy: true }]);
    expect(given.count('DescribeTargetGroupAttributes')).toBeLessThan(90);
    expect(await given.passing(scan)).toHaveLength(101);
  });

  test('are eight at most under way at once', async () => {
    await using given = await withLoadBalancing();
    given.elb.addLoadBalancer({ name: 'front' });
    for (let index = 0; index < 12; index += 1) given.elb.addTargetGroup({ name: `tg-${index}` });
    const pools = await given.pools({ vpc: VPC });
    await given.clock.advance(60_000);
    for (const action of ['DescribeTargetHealth', 'DeregisterTargets']) {
      given.aws.faults.inject({ kind: 'delay', action, delay: 2_000, times: Infinity });
    }
    const { instanceId: id } = given.aws.instances.launch();
    const arrived = (): number => given.elb.limits.use(V2, 'account').taken;
    const before = arrived();
    const work = pools.flatMap((pool) => [
      given.port.targets(pool),
      given.port.deregister(pool, [{ id, port: 80, state: 'registered', healthy: true }]),
    ]);
    await vi.waitFor(
      () => {
        expect(arrived() - before).toBe(8);
      },
      { timeout: 20_000 },
    );
    await realSleep(100);
    expect(arrived() - before).toBe(8);
    await given.passing(Promise.all<unknown>(work));
    expect(arrived() - before).toBe(24);
  });

  test('that are tried again wait for their turn each time', async () => {
    await using given = await withLoadBalancing();
    given.elb.limits.enabled = false;
    for (let index = 0; index < 40; index += 1) given.elb.addTargetGroup({ name: `tg-${index}` });
    given.aws.faults.inject({ kind: 'throttle', action: 'DescribeTargetGroupAttributes', times: 60 });
    const from = Date.now();
    await given.passing(given.port.pools({ vpc: VPC }).catch(() => []));
    const paced = given.aws.requests.filter(({ service }) => service === 'elasticloadbalancing');
    for (const [count, { at }] of paced.entries())
      expect(count).toBeLessThanOrEqual(20 + (6 * (at - from + 50)) / 1000);
    expect(paced.length).toBeGreaterThan(60);
  });
});
