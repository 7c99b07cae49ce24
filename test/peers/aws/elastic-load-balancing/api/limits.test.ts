import {
  DeregisterInstancesFromLoadBalancerCommand,
  ElasticLoadBalancingClient,
} from '@aws-sdk/client-elastic-load-balancing';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { TargetGroup } from '../target-group.ts';
import type { Credentials } from '../../iam/credentials.ts';
import { AwsPeer } from '../../peer.ts';

const ID = 'i-0123456789abcdef0';
const V2 = '2015-12-01';
const CLASSIC = '2012-06-01';

let clock: DrivenClock;
let peer: AwsPeer;
let limits: RateLimits;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  limits = peer.elasticLoadBalancing.limits;
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

function v2(credentials?: Credentials, maxAttempts = 1): ElasticLoadBalancingV2Client {
  return new ElasticLoadBalancingV2Client({ ...peer.clientConfig(credentials), maxAttempts });
}

function classic(credentials?: Credentials): ElasticLoadBalancingClient {
  return new ElasticLoadBalancingClient({ ...peer.clientConfig(credentials), maxAttempts: 1 });
}

function group(tags: Record<string, string> = {}): TargetGroup {
  return peer.elasticLoadBalancing.addTargetGroup({ name: 'web', tags });
}

function deregistration({ arn }: TargetGroup): DeregisterTargetsCommand {
  return new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: ID }] });
}

/** `done`, or the name of the refusal. */
async function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );
}

describe('the rate limits', () => {
  /** How many of so many calls at once are let through. */
  function admitted(count: number, action: string, version: typeof V2 | typeof CLASSIC = V2): number {
    let passed = 0;
    for (let index = 0; index < count; index += 1) {
      try {
        limits.admit(version, action);
        passed += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: 'Throttling', message: 'Rate exceeded' });
      }
    }
    return passed;
  }

  test('let 40 reading calls through at once, and 10 more each second', async () => {
    expect(admitted(42, 'DescribeTargetHealth')).toBe(40);
    await clock.advance(1000);
    expect(admitted(11, 'DescribeTargetGroups')).toBe(10);
    expect([limits.refused, limits.use(V2, 'non-mutating')]).toEqual([3, { taken: 50, refused: 3, lowest: 0 }]);
    await clock.advance(60_000);
    expect(admitted(42, 'DescribeTargetHealth')).toBe(40);
  });

  test('let 20 registrations through at once, and 4 more each second', async () => {
    expect(admitted(21, 'DeregisterTargets')).toBe(20);
    await clock.advance(1000);
    expect(admitted(6, 'RegisterTargets')).toBe(4);
    expect(limits.use(V2, 'registration')).toEqual({ taken: 24, refused: 3, lowest: 0 });
    expect(limits.use(V2, 'non-mutating').taken).toBe(0);
  });

  test('of all calls together are shared, and each API version has its own', () => {
    expect(admitted(20, 'DeregisterTargets')).toBe(20);
    expect(admitted(25, 'DescribeTargetGroups')).toBe(20);
    expect(admitted(25, 'DescribeLoadBalancers', CLASSIC)).toBe(25);
    expect(limits.use(CLASSIC, 'account')).toEqual({ taken: 25, refused: 0, lowest: 15 });
  });

  test('are refused as AWS does, and can be turned off', async () => {
    limits.sizes.account = { burst: 1, perSecond: 0 };
    const client = v2();
    await client.send(new DescribeTargetGroupsCommand({}));
    await expect(client.send(new DescribeTargetGroupsCommand({}))).rejects.toMatchObject({
      name: 'Throttling',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    expect(peer.requests.map(({ status, error }) => [status, error])).toEqual([
      [200, undefined],
      [400, 'Throttling'],
    ]);
    limits.enabled = false;
    await client.send(new DescribeTargetGroupsCommand({}));
    expect(limits.refused).toBe(1);
  });

  test('do not count what Auto Scaling does', async () => {
    const target = group();
    peer.autoScaling.addGroup({ name: 'workers', desired: 60, targetGroupArns: [target.arn] });
    expect(target.backends.all).toHaveLength(60);
    expect(await outcome(v2().send(deregistration(target)))).toBe('done');
    expect(limits.use(V2, 'account').taken).toBe(1);
  });
});

test('a fault hits one API version’s call as any other', async () => {
  peer.faults.inject({ kind: 'throttle', service: 'elasticloadbalancing', action: 'DeregisterTargets', times: 2 });
  const client = v2(undefined, 4);
  await peer.driveUntil(client.send(deregistration(group())));
  expect(peer.requests.map(({ action, status }) => [action, status])).toEqual([
    ['DeregisterTargets', 400],
    ['DeregisterTargets', 400],
    ['DeregisterTargets', 200],
  ]);
});

describe('a role', () => {
  const KEY = 'aws:ResourceTag/kubernetes.io/cluster/blue';
  const ANY = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:*';

  function allowed(Action: string, Resource: string, Condition: object = {}): Credentials {
    const roleArn = 'arn:aws:iam::123456789012:role/drainer';
    const Statement = [{ Effect: 'Allow', Action: `elasticloadbalancing:${Action}`, Resource, Condition }];
    peer.authorization.addRole(roleArn, { policies: [{ Version: '2012-10-17', Statement }] });
    return peer.lambda.addFunction({ name: 'drain', directory: '.', roleArn }).credentials;
  }

  test.each([
    ['owned', { StringEquals: { [KEY]: 'owned' } }, 'done'],
    ['shared', { StringEquals: { [KEY]: 'owned' } }, 'AccessDenied'],
    ['shared', { StringEquals: { [KEY]: ['owned', 'shared'] } }, 'done'],
    ['shared', { StringLike: { [KEY]: 's*' } }, 'done'],
    ['owned', { StringLike: { [KEY]: 's*' } }, 'AccessDenied'],
    ['owned', { Null: { [KEY]: 'false' } }, 'done'],
    [undefined, { Null: { [KEY]: 'false' } }, 'AccessDenied'],
    ['owned', { StringEquals: { [KEY.replace('aws:', 'elasticloadbalancing:')]: 'owned' } }, 'done'],
  ])('that may deregister targets of groups tagged so: tag %s, condition %j: %s', async (tag, condition, expected) => {
    const credentials = allowed('DeregisterTargets', ANY, condition);
    const tagged: Record<string, string> = tag === undefined ? {} : { 'kubernetes.io/cluster/blue': tag };
    expect(await outcome(v2(credentials).send(deregistration(group(tagged))))).toBe(expected);
  });

  test('is refused another group, with its action and resource in the words', async () => {
    const other = group();
    const credentials = allowed('DeregisterTargets', group().arn);
    await expect(v2(credentials).send(deregistration(other))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`elasticloadbalancing:DeregisterTargets on resource: ${other.arn}`) as string,
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('may describe only if it may describe everything', async () => {
    const target = group();
    const describe = new DescribeTargetHealthCommand({ TargetGroupArn: target.arn });
    expect(await outcome(v2(allowed('Describe*', target.arn)).send(describe))).toBe('AccessDenied');
    expect(await outcome(v2(allowed('Describe*', '*')).send(describe))).toBe('done');
  });

  test('may deregister instances of classic load balancers tagged so', async () => {
    peer.elasticLoadBalancing.addClassicBalancer({ name: 'old', tags: { 'kubernetes.io/cluster/blue': 'owned' } });
    peer.elasticLoadBalancing.addClassicBalancer({ name: 'other' });
    const { instanceId: InstanceId } = peer.instances.launch();
    const action = 'DeregisterInstancesFromLoadBalancer';
    const resource = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/*';
    const client = classic(allowed(action, resource, { StringEquals: { [KEY]: 'owned' } }));
    const from = (LoadBalancerName: string): Promise<string> =>
      outcome(
        client.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName, Instances: [{ InstanceId }] })),
      );
    expect(await from('old')).toBe('done');
    expect(await from('other')).toBe('AccessDenied');
  });
});
