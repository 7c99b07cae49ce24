/**
 * Faults of events (faults 1, 5–14) on the shipped bundles: from the bus, or an invocation, to what AWS and the cluster
 * show.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../lambdas/core/events/domain-event.ts';
import { Installation, type LoggedEvent } from '../installation.ts';
import type { AwsEvent } from '../peers/aws/event-bridge/event.ts';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';

const CLUSTER = 'production';
const GROUP = 'production-workers';
const HOOK = 'ebb-drain';
const TERMINATING = 'EC2 Instance-terminate Lifecycle Action';
const HOUR = 3_600_000;

/** Lets a function that looks again after a while do so at once. */
const JUMPING = { whileRunning: true };

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: { clusters: [{ name: CLUSTER, groups: [{ name: GROUP, heartbeatTimeoutSeconds: 300 }] }] },
    nodes: 2,
  });
});
afterAll(async () => {
  await installation.stop();
});
beforeEach(async () => {
  await installation.aws.driveUntil(() => installation.aws.lambda.invocations.idle);
  installation.events.length = 0;
  installation.otherLines.length = 0;
});

/** An instance of the group with a node and a pod on it. */
async function fresh(): Promise<{ instance: string; node: string }> {
  const instance = installation.addNode(GROUP);
  const node = installation.nodeOf(instance);
  installation.kubernetes.world.addDeployment({ namespace: 'shop', name: `web-${instance}`, nodes: [node] });
  await installation.kubernetes.settle();
  return { instance, node };
}

/** The group lets the instance go; answers the event that our hook sent. */
function letGo(instance: string): AwsEvent {
  const member = installation.aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  installation.aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  return hookEvent(instance);
}

function hookEvent(instance: string): AwsEvent {
  const found = installation.aws.eventBridge.events.findLast(
    ({ detail }) => detail.EC2InstanceId === instance && detail.LifecycleHookName === HOOK,
  );
  if (found === undefined) throw new Error(`our hook sent no event of ${instance}`);
  return found;
}

/** What the hook would send of an instance that serves. */
function forged(instance: string, given: Partial<AwsEvent> = {}): AwsEvent {
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': TERMINATING,
    source: 'aws.autoscaling',
    account: installation.aws.account.accountId,
    time: new Date(installation.clock.now()).toISOString().replace(/\.\d+/, ''),
    region: installation.aws.account.region,
    resources: [],
    detail: {
      LifecycleActionToken: crypto.randomUUID(),
      AutoScalingGroupName: GROUP,
      LifecycleHookName: HOOK,
      EC2InstanceId: instance,
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      Origin: 'AutoScalingGroup',
      Destination: 'EC2',
    },
    ...given,
  };
}

/** Invokes a function by its alias, past the bus, with anything at all. */
function invoke(entry: 'InterruptionRouter' | 'NodeRetirement', payload: string, name?: string): Execution | undefined {
  const found = installation.aws.lambda.functions.get(installation.functionNamed(entry));
  const [alias = ''] = found?.aliases.keys() ?? [];
  const named = name === undefined ? {} : { durableExecutionName: name };
  return installation.aws.lambda.invokeAsync({ function: `${found?.arn ?? ''}:${alias}`, payload, ...named });
}

const executions = (instance: string): Execution[] =>
  installation.aws.lambda.executions.filter(({ name }) => name.includes(instance));

async function ended(instance: string): Promise<Execution> {
  const { aws } = installation;
  const execution = await aws.driveUntil(() => executions(instance)[0]);
  await aws.driveUntil(execution.ended);
  return execution;
}

/** The first event of a type that a function logs from now on. */
function heard<Type extends DomainEvent['type']>(type: Type): Promise<Extract<LoggedEvent, { type: Type }>> {
  type Heard = Extract<LoggedEvent, { type: Type }>;
  const found = () => installation.events.find((event): event is Heard => event.type === type);
  return installation.aws.driveUntil(found, JUMPING);
}

const completions = (instance: string) =>
  installation.aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');

/** Names of the metrics that were written, in order. */
const metrics = (): string[] =>
  installation.otherLines
    .filter((line) => line.includes('"_aws"'))
    .flatMap((line) => {
      const { _aws } = JSON.parse(line) as { _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } };
      return _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
    });

/** Calls to EKS or the cluster while `work` lasts. */
async function clusterCallsDuring(work: () => Promise<unknown>): Promise<number> {
  const count = (): number =>
    installation.aws.requests.filter(({ service }) => service === 'eks').length + installation.kubernetesRequests();
  const before = count();
  await work();
  return count() - before;
}

describe('an event', () => {
  test('faults 1: delivered twice starts one retirement, and its hook is completed once', async () => {
    const { instance, node } = await fresh();
    installation.aws.eventBridge.deliver(letGo(instance));
    expect((await ended(instance)).status).toBe('SUCCEEDED');
    installation.aws.eventBridge.deliver(hookEvent(instance));
    await installation.aws.driveUntil(() => installation.events.some(({ type }) => type === 'notice.ignored'));
    expect(executions(instance)).toHaveLength(1);
    expect(completions(instance)).toHaveLength(1);
    expect(installation.kubernetes.podsOn(node)).toEqual([]);
  });

  test('faults 5: replayed 20 hours later, its instance long gone, is stale: no retirement, no call to the cluster, a metric', async () => {
    const { instance } = await fresh();
    installation.aws.eventBridge.delivering = false;
    const event = letGo(instance);
    await installation.clock.advance(20 * HOUR);
    installation.aws.eventBridge.delivering = true;
    const calls = await clusterCallsDuring(() => {
      installation.aws.eventBridge.deliver(event);
      return heard('notice.ignored');
    });
    expect(installation.events).toMatchObject([{ reason: 'the instance is in no group any more', stale: true }]);
    await installation.aws.driveUntil(() => metrics().length > 0);
    expect(metrics()).toEqual(['NoticeStale']);
    expect(calls).toBe(0);
    expect(executions(instance)).toEqual([]);
    expect(completions(instance)).toMatchObject([{ by: 'timeout' }]);
  });

  test('faults 6: that comes after "Terminate Successful" is a no-op, and so is that one', async () => {
    const { instance } = await fresh();
    const { eventBridge } = installation.aws;
    eventBridge.delivering = false;
    const event = letGo(instance);
    await installation.clock.advance(HOUR);
    eventBridge.delivering = true;
    const successful = eventBridge.events.findLast(
      (each) => each['detail-type'] === 'EC2 Instance Terminate Successful' && each.detail.EC2InstanceId === instance,
    );
    invoke('InterruptionRouter', JSON.stringify(successful));
    expect(await heard('notice.ignored')).toMatchObject({ detailType: 'EC2 Instance Terminate Successful' });
    eventBridge.deliver(event);
    await installation.aws.driveUntil(() => installation.events.length === 2);
    expect(installation.events[1]).toMatchObject({ type: 'notice.ignored', stale: true });
    expect(executions(instance)).toEqual([]);
  });

  test('faults 7: that is a test notification is a success, and nothing more', async () => {
    const calls = await clusterCallsDuring(() => {
      invoke(
        'InterruptionRouter',
        JSON.stringify({ Event: 'autoscaling:TEST_NOTIFICATION', Service: 'AWS Auto Scaling' }),
      );
      return heard('notice.ignored');
    });
    expect(calls).toBe(0);
    expect(installation.events).toHaveLength(1);
    expect(installation.aws.lambda.deadLetters).toEqual([]);
  });

  test('faults 9: of a group that nobody enrolled is ignored, and calls neither EKS nor the cluster', async () => {
    const { aws } = installation;
    aws.autoScaling.addGroup({ name: 'strangers', desired: 1 });
    aws.autoScaling.putHook('strangers', { name: HOOK, transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
    const [instance = ''] = aws.autoScaling.instanceIds('strangers');
    const calls = await clusterCallsDuring(() => {
      letGo(instance);
      return heard('notice.ignored');
    });
    expect(installation.events).toMatchObject([{ reason: expect.stringContaining('is not enrolled') as string }]);
    expect(calls).toBe(0);
    expect(completions(instance)).toEqual([]);
  });

  test('faults 9: of a cluster that nobody configured is released with the reason, and calls neither EKS nor the cluster', async () => {
    const { aws } = installation;
    aws.autoScaling.addGroup({ name: 'elsewhere', desired: 1, tags: { 'ebb/managed': 'true' } });
    const notificationMetadata = JSON.stringify({ cluster: 'elsewhere' });
    const transition = 'autoscaling:EC2_INSTANCE_TERMINATING';
    aws.autoScaling.putHook('elsewhere', { name: HOOK, transition, notificationMetadata });
    const [instance = ''] = aws.autoScaling.instanceIds('elsewhere');
    const calls = await clusterCallsDuring(() => {
      letGo(instance);
      return heard('notice.released');
    });
    expect(installation.events).toMatchObject([
      { reason: 'cluster elsewhere is not configured', outcome: 'completed' },
    ]);
    expect(calls).toBe(0);
    expect(executions(instance)).toEqual([]);
  });

  test('faults 10: forged for an instance in service is refused, with a metric, and so is a retirement that is invoked for it', async () => {
    const { instance, node } = await fresh();
    const event = forged(instance);
    installation.aws.eventBridge.deliver(event);
    expect(await heard('notice.refused')).toMatchObject({ reason: 'AWS says that the instance is InService' });
    expect(executions(instance)).toEqual([]);
    const { account, region } = event;
    const notice = { kind: 'asg-terminate', account, region, instance, group: GROUP, hook: HOOK, token: 't', at: 1 };
    const retirement = invoke('NodeRetirement', JSON.stringify(notice), 'forged');
    if (retirement === undefined) throw new Error('the retirement is durable');
    await installation.aws.driveUntil(retirement.ended, JUMPING);
    expect(retirement.result).toContain('ignored');
    expect(installation.kubernetes.node(node)?.spec.unschedulable).toBeUndefined();
    expect(installation.kubernetes.podsOn(node)).toHaveLength(1);
    await installation.aws.driveUntil(() => metrics().length > 1);
    expect(metrics()).toEqual(['NoticeRefused', 'NoticeRefused']);
  });

  test.each([
    ['account', { account: '999999999999' }],
    ['region', { region: 'us-east-1' }],
  ])('faults 11: of another %s is refused before AWS is asked', async (_, given) => {
    const { instance } = await fresh();
    const before = installation.awsRequests();
    installation.aws.eventBridge.deliver(forged(instance, given));
    expect(await heard('notice.refused')).toMatchObject({ instance });
    expect(installation.awsRequests()).toBe(before);
    expect(executions(instance)).toEqual([]);
  });

  test('faults 13: with the token of an action that is over completes the one that is active, by its instance', async () => {
    const { instance, node } = await fresh();
    const { eventBridge } = installation.aws;
    eventBridge.delivering = false;
    const { detail } = letGo(instance);
    eventBridge.delivering = true;
    eventBridge.deliver(forged(instance));
    const { status, result } = await ended(instance);
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
    expect(installation.kubernetes.podsOn(node)).toEqual([]);
    expect(completions(instance)).toMatchObject([{ token: detail.LifecycleActionToken, by: 'call' }]);
  });

  test('faults 14: of two hooks on one group completes ours only', async () => {
    const { instance, node } = await fresh();
    const { autoScaling } = installation.aws;
    const other = { name: 'another-hook', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatTimeout: 7_200 };
    autoScaling.putHook(GROUP, { ...other, transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
    letGo(instance);
    expect((await ended(instance)).status).toBe('SUCCEEDED');
    autoScaling.group(GROUP).hooks.delete(other.name);
    expect(completions(instance)).toMatchObject([{ hook: HOOK, by: 'call' }]);
    expect(installation.kubernetes.podsOn(node)).toEqual([]);
    expect(autoScaling.state(instance)).toBe('Terminating:Wait');
    expect(executions(instance)).toHaveLength(1);
  });
});

describe('faults 8: an event that', () => {
  const event = { source: 'aws.autoscaling', 'detail-type': TERMINATING };

  test.each([
    ['is no JSON object', '"a text"'],
    ['has no detail', JSON.stringify(event)],
    ['is a megabyte of junk', JSON.stringify({ ...event, detail: { EC2InstanceId: 'x'.repeat(1_000_000) } })],
    [
      'would change prototypes',
      `{"source":"aws.autoscaling","detail-type":"${TERMINATING}","__proto__":{"detail":{}}}`,
    ],
  ])('%s is tried three times, ends as a dead letter, and throws no more', async (_, payload) => {
    const { lambda } = installation.aws;
    const before = lambda.deadLetters.length;
    const calls = await clusterCallsDuring(async () => {
      invoke('InterruptionRouter', payload);
      await installation.aws.driveUntil(() => lambda.deadLetters.length > before);
    });
    const failures = installation.otherLines.filter((line) => line.includes('function.failed'));
    expect(failures).toHaveLength(3);
    for (const line of failures) expect(line.length).toBeLessThan(5_000);
    expect(calls).toBe(0);
    await installation.clock.advance(HOUR);
    expect(lambda.deadLetters).toHaveLength(before + 1);
    expect(lambda.deadLetters.at(-1)?.attributes.ErrorMessage).toContain('is malformed');
  });
});
