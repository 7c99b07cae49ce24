import { DeregisterTargetsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TargetGroup, TargetGroupPlan } from '../aws/elastic-load-balancing/target-group.ts';
import { AwsPeer } from '../aws/peer.ts';
import { DrivenClock } from '../clock.ts';
import { BalancedTraffic, type Stream, type TrafficPlan } from './balanced-traffic.ts';

let clock: DrivenClock;
let peer: AwsPeer;
let uninstall: () => void;
/** Nodes on which a Ready pod answers. */
let ready: Set<string>;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  ready = new Set();
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

interface Served {
  readonly group: TargetGroup;
  readonly nodes: string[];
}

/** A target group with so many nodes that serve. */
function served(
  count: number,
  plan: Partial<TargetGroupPlan> = {},
  type: 'application' | 'network' = 'application',
): Served {
  peer.elasticLoadBalancing.addLoadBalancer({ name: 'front', type });
  const group = peer.elasticLoadBalancing.addTargetGroup({
    name: 'web',
    port: 30080,
    loadBalancers: ['front'],
    deregistrationDelay: 60,
    ...plan,
  });
  const nodes = launch(count);
  peer.elasticLoadBalancing.register(
    group.arn,
    nodes.map((id) => ({ id })),
  );
  return { group, nodes };
}

function launch(count: number): string[] {
  const nodes = Array.from({ length: count }, () => peer.instances.launch().instanceId);
  for (const id of nodes) ready.add(id);
  return nodes;
}

function start(to: TrafficPlan['to'], plan: Partial<TrafficPlan> = {}): Stream {
  const serves = (id: string): boolean => ready.has(id);
  return new BalancedTraffic(peer).start({ to, perSecond: 20, durationMs: 2000, serves, ...plan });
}

async function deregister({ arn }: TargetGroup, Id: string): Promise<void> {
  const client = new ElasticLoadBalancingV2Client(peer.clientConfig());
  await client.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id }] }));
  client.destroy();
}

function reasons({ failures }: Stream): string[] {
  return [...new Set(failures.map(({ reason }) => reason))];
}

test('requests come at their rate, take turns, last, and are served', async () => {
  const { group, nodes } = served(2);
  const stream = start({ targetGroupArn: group.arn });
  await clock.advance(10_000);
  expect(stream.served).toBeGreaterThanOrEqual(155);
  expect(stream.served).toBeLessThanOrEqual(165);
  expect(stream.inFlight).toBeGreaterThanOrEqual(38);
  const [one = 0, other = 0] = group.backends.all.map(({ inFlight }) => inFlight);
  expect(Math.abs(one - other)).toBeLessThanOrEqual(1);
  expect(one + other).toBe(stream.inFlight);
  stream.stop();
  await clock.advance(3000);
  const before = stream.served;
  await clock.advance(10_000);
  expect([stream.inFlight, stream.served - before, stream.failures]).toEqual([0, 0, []]);
  expect(nodes.map((id) => (stream.lastSentTo(id) ?? 0) < clock.now() - 12_000)).toEqual([true, true]);
});

describe('a node that is taken away', () => {
  test('after its deregistration loses no request', async () => {
    const { group, nodes } = served(2);
    const [gone = ''] = nodes;
    const stream = start({ targetGroupArn: group.arn });
    await clock.advance(5000);
    await deregister(group, gone);
    const at = clock.now();
    await clock.advance(10_000);
    ready.delete(gone);
    await clock.advance(60_000);
    peer.instances.terminate(gone);
    await clock.advance(60_000);
    expect(stream.failures).toEqual([]);
    expect(stream.served).toBeGreaterThan(2500);
    expect(stream.lastSentTo(gone)).toBeLessThanOrEqual(at);
  });

  test('by evicting its pods first loses requests until two health checks have failed', async () => {
    const { group, nodes } = served(2);
    const [gone = ''] = nodes;
    const stream = start({ targetGroupArn: group.arn });
    await clock.advance(1000);
    ready.delete(gone);
    const at = clock.now();
    await clock.advance(120_000);
    expect(reasons(stream)).toEqual(['nothing answers at the target']);
    const lasted = (stream.failures.at(-1)?.at ?? 0) - at;
    expect(lasted).toBeGreaterThan(30_000);
    expect(lasted).toBeLessThan(60_000);
    expect(new Set(stream.failures.map(({ target }) => target?.id))).toEqual(new Set([gone]));
  });

  test('by ending its instance loses those in flight', async () => {
    const { group, nodes } = served(1);
    const stream = start({ targetGroupArn: group.arn });
    await clock.advance(5000);
    stream.stop();
    const { inFlight } = stream;
    peer.instances.terminate(nodes[0] ?? '');
    await clock.advance(1000);
    expect(inFlight).toBeGreaterThan(30);
    expect([stream.failures.length, reasons(stream)]).toEqual([inFlight, ['the instance is shutting-down']]);
  });

  test('with pods that drop what they are serving loses that', async () => {
    const { group, nodes } = served(1);
    const stream = start({ targetGroupArn: group.arn }, { finishes: (id) => ready.has(id) });
    await clock.advance(5000);
    stream.stop();
    ready.delete(nodes[0] ?? '');
    await clock.advance(1000);
    expect(reasons(stream)).toEqual(['the target ended before the request']);
  });

  test.each([
    ['application', {}, 1],
    ['network', { protocol: 'TCP' }, 0],
    ['network', { protocol: 'TCP', attributes: { 'deregistration_delay.connection_termination.enabled': 'true' } }, 1],
  ] as const)('behind an %s balancer, %j: requests that outlast the draining fail: %i', async (type, plan, kinds) => {
    const { group, nodes } = served(1, { ...plan, deregistrationDelay: 10 }, type);
    const stream = start({ targetGroupArn: group.arn }, { durationMs: 15_000 });
    await clock.advance(4000);
    stream.stop();
    await deregister(group, nodes[0] ?? '');
    await clock.advance(20_000);
    expect(reasons(stream)).toHaveLength(kinds);
    expect(stream.served > 50).toBe(kinds === 0);
  });
});

test('a group that is all unhealthy is still sent requests; one without targets fails them', async () => {
  const { group, nodes } = served(1);
  const [only = ''] = nodes;
  const stream = start({ targetGroupArn: group.arn });
  ready.delete(only);
  await clock.advance(70_000);
  expect(peer.elasticLoadBalancing.health(group.arn, { id: only }).state).toBe('unhealthy');
  ready.add(only);
  const failed = stream.failures.length;
  await clock.advance(5000);
  expect(stream.failures.length).toBe(failed);
  await deregister(group, only);
  await clock.advance(2000);
  expect(stream.failures.at(-1)).toMatchObject({
    target: undefined,
    reason: 'the balancer has no target in service',
  });
});

test('a classic load balancer that keeps no connections is done with an instance when its requests are', async () => {
  const elb = peer.elasticLoadBalancing;
  const balancer = elb.addClassicBalancer({ name: 'old', connectionDraining: 300, keepsConnections: false });
  const [gone = '', stays = ''] = launch(2);
  elb.registerInstances('old', [gone, stays]);
  const stream = start({ loadBalancerName: 'old' });
  await clock.advance(5000);
  const backend = balancer.backends.find(gone, 80);
  if (backend !== undefined) balancer.backends.deregister(backend);
  expect(balancer.backends.all).toHaveLength(2);
  await clock.advance(3000);
  expect(balancer.backends.all.map(({ id }) => id)).toEqual([stays]);
  await clock.advance(5000);
  expect(stream.failures).toEqual([]);
});
