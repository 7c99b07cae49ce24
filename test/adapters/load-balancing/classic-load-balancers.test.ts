import type { InstanceState } from '@aws-sdk/client-elastic-load-balancing';
import { describe, expect, test } from 'vitest';
import { ClassicLoadBalancers } from '../../../lambdas/adapters/load-balancing/classic-load-balancers.ts';
import type { Target, TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import { portFor, withLoadBalancing, type LoadBalancingGiven } from './given.ts';

const VPC = 'vpc-0123456789abcdef0';
const UNKNOWN = 'i-0fedcba9876543210';

/** A classic load balancer with three instances. */
async function served(
  given: LoadBalancingGiven,
  plan: { connectionDraining?: number } = { connectionDraining: 60 },
): Promise<{ pool: TargetPool; ids: [string, string, string] }> {
  given.elb.addClassicBalancer({ name: 'front', ...plan });
  const launch = (): string => given.aws.instances.launch().instanceId;
  const ids: [string, string, string] = [launch(), launch(), launch()];
  given.elb.registerInstances('front', ids);
  return { ids, pool: await given.pool({ vpc: VPC }) };
}

async function deregister(given: LoadBalancingGiven, pool: TargetPool, ...ids: string[]): Promise<void> {
  const leaving = ids.map((id) => ({ id, state: 'registered', healthy: true }) as const);
  await given.port.deregister(pool, leaving);
}

/** Id and state of each. */
async function states(
  given: LoadBalancingGiven,
  pool: TargetPool,
  wanted: readonly string[] = [],
): Promise<[string, string][]> {
  return (await given.targets(pool, wanted)).map(({ id, state }) => [id, state]);
}

describe('the instances of a classic load balancer', () => {
  test('are registered, healthy or not', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    const [one, two, three] = ids;
    given.aws.instances.setState(two, 'stopped');
    given.elb.registerInstances('front', [given.aws.instances.launch().instanceId], 30_000);
    const found = await given.targets(pool);
    expect(found.slice(0, 3)).toEqual([
      { id: one, state: 'registered', healthy: true },
      { id: two, state: 'registered', healthy: false },
      { id: three, state: 'registered', healthy: true },
    ]);
    expect(found[3]).toMatchObject({ state: 'registered', healthy: false });
  });

  test('drain as long as its connections may take, and are gone then', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    const [one, two, three] = ids;
    expect(pool.drainSeconds).toBe(60);
    await deregister(given, pool, one, two);
    const draining = [
      [three, 'registered'],
      [one, 'draining'],
      [two, 'draining'],
    ];
    expect(await states(given, pool, ids)).toEqual(draining);
    await given.clock.advance(53_000);
    expect(await states(given, pool, ids)).toEqual(draining);
    await given.clock.advance(8_000);
    expect(await states(given, pool, ids)).toEqual([[three, 'registered']]);
  });

  test('are gone at once when connection draining is off', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given, {});
    expect(pool.drainSeconds).toBe(0);
    await deregister(given, pool, ids[0]);
    expect(await states(given, pool)).toEqual(ids.slice(1).map((id) => [id, 'registered']));
    expect(given.count('DescribeInstanceHealth')).toBe(1);
  });

  test('that drain are told although another one has terminated and is not known any more', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    await deregister(given, pool, ids[0], ids[1]);
    given.aws.instances.setState(ids[1], 'terminated');
    expect(await states(given, pool, ids)).toEqual([
      [ids[2], 'registered'],
      [ids[0], 'draining'],
    ]);
    const invalid = { code: 'InvalidInstance', status: 400 };
    given.aws.faults.inject({ kind: 'error', action: 'DescribeInstanceHealth', skip: 1, error: invalid });
    expect(await states(given, pool, ids)).toEqual([[ids[2], 'registered']]);
  });

  test('that are registered again are told once, as such', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    await deregister(given, pool, ids[0]);
    given.elb.registerInstances('front', [ids[0]]);
    expect(await states(given, pool)).toEqual([ids[1], ids[2], ids[0]].map((id) => [id, 'registered']));
    expect(given.count('DescribeInstanceHealth')).toBe(1);
  });

  test('are none when the balancer has gone (contract 7.3)', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given);
    given.elb.classicBalancers.delete('front');
    expect(await given.targets(pool)).toEqual([]);
  });
});

describe('the words of AWS for an instance', () => {
  const DRAINING = 'Instance deregistration currently in progress.';
  const NOT_REGISTERED = 'Instance is not currently registered with the LoadBalancer.';
  const TRANSIENT = 'A transient error occurred. Please try again later.';
  const pool = {
    kind: 'classic',
    id: 'front',
    name: 'front',
    by: 'instance',
    drainSeconds: 60,
    controlled: false,
  } as const;

  /** What is told when AWS lists `listed`, and answers `asked` for one that was deregistered. */
  async function told(listed: InstanceState[], asked: InstanceState[] = []): Promise<readonly Target[]> {
    const send = (command: { input: { Instances?: unknown } }): Promise<unknown> =>
      Promise.resolve({ InstanceStates: command.input.Instances === undefined ? listed : asked });
    const classics = new ClassicLoadBalancers({ send } as never);
    return await classics.targets(pool, ['i-asked']);
  }

  test.each([
    ['InService', 'N/A', { state: 'registered', healthy: true }],
    ['InService', DRAINING, { state: 'draining', healthy: false }],
    ['OutOfService', DRAINING, { state: 'draining', healthy: false }],
    ['OutOfService', 'Instance is in stopped state.', { state: 'registered', healthy: false }],
    ['Unknown', TRANSIENT, { state: 'registered', healthy: false }],
  ])('that is listed: %s, %s', async (State, Description, expected) => {
    expect(await told([{ InstanceId: 'i-listed', State, Description }])).toEqual([{ id: 'i-listed', ...expected }]);
  });

  test('that is listed and not registered: it is not told', async () => {
    expect(await told([{ InstanceId: 'i-listed', State: 'OutOfService', Description: NOT_REGISTERED }])).toEqual([]);
  });

  test.each([
    ['InService', DRAINING, ['draining']],
    ['Unknown', TRANSIENT, ['draining']],
    ['OutOfService', NOT_REGISTERED, []],
    ['Unknown', 'N/A', []],
  ])('that was deregistered: %s, %s', async (State, Description, expected) => {
    const found = await told([], [{ InstanceId: 'i-asked', State, Description }]);
    expect(found.map(({ state }) => state)).toEqual(expected);
  });
});

describe('deregistering instances (contract 7.3)', () => {
  test('takes one call for all, which throttled twice is done all the same (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given, { connectionDraining: 3600 });
    given.aws.faults.inject({ kind: 'throttle', action: 'DeregisterInstancesFromLoadBalancer', times: 2 });
    await given.passing(deregister(given, pool, ...ids));
    expect((await states(given, pool, ids)).map(([, state]) => state)).toEqual(['draining', 'draining', 'draining']);
    expect(given.count('DeregisterInstancesFromLoadBalancer')).toBe(3);
  });

  test('is done when the balancer has gone (faults 25)', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    given.elb.classicBalancers.delete('front');
    await deregister(given, pool, ids[0]);
    expect(given.count('DeregisterInstancesFromLoadBalancer')).toBe(1);
  });

  test('refused for an instance that AWS does not know is tried again with those still registered', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    await deregister(given, pool, UNKNOWN, ids[0], ids[1]);
    expect(await states(given, pool, ids)).toEqual([
      [ids[2], 'registered'],
      [ids[0], 'draining'],
      [ids[1], 'draining'],
    ]);
    expect(given.count('DeregisterInstancesFromLoadBalancer')).toBe(2);
  });

  test('of which the answer is lost is told all the same while it drains', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given, { connectionDraining: 3600 });
    const lost = { kind: 'lost-answer', action: 'DeregisterInstancesFromLoadBalancer', times: 4 } as const;
    given.aws.faults.inject(lost);
    await expect(given.passing(deregister(given, pool, ids[0]))).rejects.toThrow();
    expect(await states(given, pool, ids)).toContainEqual([ids[0], 'draining']);
  });

  test('is told to any process that asks for few by id: AWS lists the registered ones only', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    await deregister(given, pool, ids[0]);
    const elsewhere = portFor(given);
    expect(await elsewhere.targets(pool, ids)).toContainEqual({ id: ids[0], state: 'draining', healthy: false });
    const many = [...ids, ...Array.from({ length: 10 }, (_, index) => `i-00000000000000${index + 10}a`)];
    expect((await elsewhere.targets(pool, many)).map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  });
});

describe('registering instances again (contract 5.4)', () => {
  test('brings one back that drains, and one that has gone', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    for (const later of [0, 61_000]) {
      await deregister(given, pool, ids[0]);
      await given.clock.advance(later);
      await given.port.register(pool, [{ id: ids[0] }]);
      expect(await states(given, pool, ids)).toContainEqual([ids[0], 'registered']);
    }
    expect(given.count('RegisterInstancesWithLoadBalancer')).toBe(2);
  });

  test('is done when the balancer has gone', async () => {
    await using given = await withLoadBalancing();
    const { pool, ids } = await served(given);
    given.elb.classicBalancers.delete('front');
    await given.port.register(pool, [{ id: ids[0] }]);
    expect(given.count('RegisterInstancesWithLoadBalancer')).toBe(1);
  });

  test('of an instance that AWS does not know fails', async () => {
    await using given = await withLoadBalancing();
    const { pool } = await served(given);
    await expect(given.port.register(pool, [{ id: UNKNOWN }])).rejects.toThrow(UNKNOWN);
  });
});
