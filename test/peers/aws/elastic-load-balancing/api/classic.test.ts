import {
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingClient,
  paginateDescribeLoadBalancers,
  RegisterInstancesWithLoadBalancerCommand,
} from '@aws-sdk/client-elastic-load-balancing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import type { ClassicBalancerPlan } from '../target-group.ts';
import { AwsPeer } from '../../peer.ts';

const NAME = 'front';
const UNKNOWN = 'i-0123456789abcdef0';
const NOT_REGISTERED = 'Instance is not currently registered with the LoadBalancer.';

let clock: DrivenClock;
let peer: AwsPeer;
let client: ElasticLoadBalancingClient;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new ElasticLoadBalancingClient({ ...peer.clientConfig(), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
  uninstall();
});

/** A balancer with two instances; answers their ids. */
function served(plan: Partial<ClassicBalancerPlan> = {}): [string, string] {
  peer.elasticLoadBalancing.addClassicBalancer({ name: NAME, ...plan });
  const ids: [string, string] = [peer.instances.launch().instanceId, peer.instances.launch().instanceId];
  peer.elasticLoadBalancing.registerInstances(NAME, ids);
  return ids;
}

function named(...ids: string[]): { LoadBalancerName: string; Instances: { InstanceId: string }[] } {
  return { LoadBalancerName: NAME, Instances: ids.map((InstanceId) => ({ InstanceId })) };
}

async function health(...ids: string[]): Promise<unknown[]> {
  const { InstanceStates = [] } = await client.send(new DescribeInstanceHealthCommand(named(...ids)));
  return InstanceStates.map(({ InstanceId, State, ReasonCode, Description }) => [
    InstanceId,
    State,
    ReasonCode,
    Description,
  ]);
}

async function states(...ids: string[]): Promise<unknown[]> {
  return (await health(...ids)).map((each) => (each as unknown[]).slice(0, 2));
}

test('a deregistered instance drains for the balancer’s time, and is no longer one of its own', async () => {
  const [id, other] = served({ connectionDraining: 60 });
  const { Instances } = await client.send(new DeregisterInstancesFromLoadBalancerCommand(named(id)));
  expect(Instances).toEqual([{ InstanceId: other }]);
  const { LoadBalancerDescriptions } = await client.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancerDescriptions?.[0]?.Instances).toEqual([{ InstanceId: other }]);
  expect(await health(id)).toEqual([[id, 'InService', 'Instance', 'Instance deregistration currently in progress.']]);
  await clock.advance(58_000);
  expect(await states(id)).toEqual([[id, 'InService']]);
  await clock.advance(3000);
  expect(await health(id)).toEqual([[id, 'OutOfService', 'Instance', NOT_REGISTERED]]);
  expect(await health()).toEqual([[other, 'InService', 'N/A', 'N/A']]);
});

test.each([
  ['connection draining off', {}],
  ['no open connections', { connectionDraining: 60, keepsConnections: false }],
])('with %s it goes at once', async (_, plan) => {
  const [id] = served(plan);
  await client.send(new DeregisterInstancesFromLoadBalancerCommand(named(id)));
  expect(await health(id)).toEqual([[id, 'OutOfService', 'Instance', NOT_REGISTERED]]);
});

test('an instance that is registered is in service later; a terminated one has no state', async () => {
  const [, other] = served();
  const { instanceId: id } = peer.instances.launch();
  await client.send(new RegisterInstancesWithLoadBalancerCommand(named(id)));
  expect(await health(id)).toEqual([[id, 'OutOfService', 'ELB', 'Instance registration is still in progress.']]);
  await clock.advance(peer.elasticLoadBalancing.registrationTime);
  expect(await states(id)).toEqual([[id, 'InService']]);
  peer.instances.setState(other, 'terminated');
  peer.instances.setState(id, 'stopped');
  expect(await health(id, other)).toEqual([[id, 'OutOfService', 'Instance', 'Instance is in stopped state.']]);
});

test('an instance that fails its checks twice is out of service', async () => {
  const [id, other] = served();
  const { backends } = peer.elasticLoadBalancing.classicBalancer(NAME);
  peer.elasticLoadBalancing.checkHealth(backends, (checked) => checked === other);
  await clock.advance(31_000);
  expect(await states(id)).toEqual([[id, 'InService']]);
  await clock.advance(30_000);
  expect(await states(id, other)).toEqual([
    [id, 'OutOfService'],
    [other, 'InService'],
  ]);
});

test('an unknown instance or balancer is refused', async () => {
  served();
  const instance = { name: 'InvalidEndPointException', $metadata: { httpStatusCode: 400 } };
  await expect(health(UNKNOWN)).rejects.toMatchObject(instance);
  await expect(client.send(new DeregisterInstancesFromLoadBalancerCommand(named(UNKNOWN)))).rejects.toMatchObject({
    ...instance,
    message: `Could not find EC2 instance ${UNKNOWN}.`,
  });
  peer.elasticLoadBalancing.classicBalancers.delete(NAME);
  await expect(health()).rejects.toMatchObject({ name: 'AccessPointNotFoundException' });
});

test('balancers are described by name and by page, with attributes and tags', async () => {
  served({ connectionDraining: 45, tags: { 'kubernetes.io/cluster/blue': 'owned' } });
  peer.elasticLoadBalancing.addClassicBalancer({ name: 'plain' });
  const pages: unknown[] = [];
  for await (const page of paginateDescribeLoadBalancers({ client }, { PageSize: 1 })) {
    pages.push(page.LoadBalancerDescriptions?.map(({ LoadBalancerName }) => LoadBalancerName));
  }
  expect(pages).toEqual([[NAME], ['plain']]);
  const { LoadBalancerDescriptions } = await client.send(
    new DescribeLoadBalancersCommand({ LoadBalancerNames: ['plain'] }),
  );
  expect(LoadBalancerDescriptions).toMatchObject([
    { LoadBalancerName: 'plain', VPCId: 'vpc-0123456789abcdef0', Instances: [] },
  ]);
  const draining = async (LoadBalancerName: string): Promise<unknown> => {
    const answer = await client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerName }));
    return answer.LoadBalancerAttributes?.ConnectionDraining;
  };
  expect(await draining(NAME)).toEqual({ Enabled: true, Timeout: 45 });
  expect(await draining('plain')).toEqual({ Enabled: false, Timeout: 300 });
  const { TagDescriptions } = await client.send(new DescribeTagsCommand({ LoadBalancerNames: [NAME] }));
  expect(TagDescriptions).toEqual([
    { LoadBalancerName: NAME, Tags: [{ Key: 'kubernetes.io/cluster/blue', Value: 'owned' }] },
  ]);
});
