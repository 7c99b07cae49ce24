import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TargetGroupsGiven } from './target-groups-given.ts';

let given: TargetGroupsGiven;

beforeEach(async () => {
  given = await TargetGroupsGiven.start();
});
afterEach(async () => {
  await given.stop();
});

describe('a target', () => {
  test.each([
    [
      'of a group without balancer',
      { loadBalancers: [] },
      undefined,
      { reason: 'Target.NotInUse', words: /group is not configured/ },
    ],
    ['stopped', {}, 'stopped', { reason: 'Target.InvalidState', words: /in the stopped state/ }],
    ['terminated', {}, 'terminated', { reason: 'Target.InvalidState', words: /in the terminated state/ }],
  ] as const)('%s is unused', async (_, plan, state, { reason, words }) => {
    const { group, id } = given.served(plan);
    if (state !== undefined) given.peer.instances.setState(id, state);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'unused', reason]]);
    expect(given.elb.health(group.arn, { id }).description).toMatch(words);
  });

  test('in a zone that its balancer is not in, or with an address of a balancer, is unused', async () => {
    given.elb.addLoadBalancer({ name: 'front', zones: ['eu-central-1b'] });
    const group = given.elb.addTargetGroup({ name: 'pods', targetType: 'ip', loadBalancers: ['front'] });
    given.elb.unusableAddresses.add('10.9.0.2');
    given.elb.register(group.arn, [
      { id: '10.9.0.1', zone: 'eu-central-1a' },
      { id: '10.9.0.2', zone: 'eu-central-1b' },
      { id: '10.9.0.3', zone: 'eu-central-1b' },
    ]);
    expect(await given.health(group)).toEqual([
      ['10.9.0.1', 80, 'unused', 'Target.NotInUse'],
      ['10.9.0.2', 80, 'unused', 'Target.IpUnusable'],
      ['10.9.0.3', 80, 'healthy', undefined],
    ]);
  });

  test('shows a state on order', async () => {
    const { group, id } = given.served();
    const unavailable = { state: 'unavailable', reason: 'Elb.InternalError', description: 'x' } as const;
    given.elb.showHealth(group.arn, { id }, unavailable);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'unavailable', 'Elb.InternalError']]);
    given.elb.showHealth(group.arn, { id }, undefined);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'healthy', undefined]]);
  });

  test('turns unhealthy only after two checks in a row, and healthy after five', async () => {
    const { group, id } = given.served();
    let answers = true;
    given.elb.checkHealth(group.backends, (_id, port) => answers || port !== 30080);
    const states = async (): Promise<unknown> => (await given.health(group)).map(([, , state]) => state);
    answers = false;
    await given.clock.advance(31_000);
    expect(await states()).toEqual(['healthy', 'healthy']);
    await given.clock.advance(30_000);
    expect(await states()).toEqual(['unhealthy', 'healthy']);
    answers = true;
    await given.clock.advance(120_000);
    expect(await states()).toEqual(['unhealthy', 'healthy']);
    await given.clock.advance(30_000);
    expect(await states()).toEqual(['healthy', 'healthy']);
    for (const each of [false, true, false, true]) {
      answers = each;
      await given.clock.advance(30_000);
    }
    expect(await states()).toEqual(['healthy', 'healthy']);
    given.peer.instances.setState(id, 'stopped');
    await given.clock.advance(61_000);
    expect(given.elb.events.at(-1)).toMatchObject({ kind: 'unhealthy', id, port: 30443 });
  });

  test('that is registered again stays as it is', async () => {
    const { group, id } = given.served();
    await given.register(group, [{ Id: id }]);
    expect(await given.health(group, [{ Id: id }])).toEqual([[id, 30080, 'healthy', undefined]]);
    expect(given.elb.events.map(({ kind }) => kind)).toEqual(['registered', 'registered']);
  });

  test.each([
    ['that does not exist', undefined, /not valid instances: 'i-0123456789abcdef0'/],
    ['of another VPC', { vpcId: 'vpc-0fedcba9876543210' }, /not in the target group VPC 'vpc-0123456789abcdef0'/],
    ['that is stopped', { state: 'stopped' }, /not in a running state and cannot be registered/],
  ] as const)('%s cannot be registered', async (_, plan, message) => {
    const group = given.usedGroup();
    const target = { Id: plan === undefined ? 'i-0123456789abcdef0' : given.peer.instances.launch(plan).instanceId };
    await expect(given.register(group, [target])).rejects.toMatchObject({
      name: 'InvalidTargetException',
      message: expect.stringMatching(message) as string,
      $metadata: { httpStatusCode: 400 },
    });
    expect(await given.health(group)).toEqual([]);
  });
});
