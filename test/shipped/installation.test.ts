/** Whole drains on the shipped bundles: from the hook's event over the bus, both functions and their roles, to the end; crashes.test.ts kills them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';
import { clusterRoleBindings } from '../peers/kubernetes/storage/resources.ts';
import { Installation } from '../installation.ts';

const CLUSTER = 'production';
const GROUP = 'production-workers';

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: { clusters: [{ name: CLUSTER, groups: [{ name: GROUP, heartbeatTimeoutSeconds: 300 }] }] },
    nodes: 3,
  });
});
afterAll(async () => {
  await installation.stop();
});

function letGo(instance: string): void {
  const member = installation.aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  installation.aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
}

/** The retirement of an instance, once it has been started. */
function execution(instance: string): Promise<Execution> {
  return installation.aws.driveUntil(() =>
    installation.aws.lambda.executions.find(({ name }) => name.includes(instance)),
  );
}

async function retired(instance: string): Promise<Execution> {
  letGo(instance);
  const started = await execution(instance);
  await installation.aws.driveUntil(started.ended);
  return started;
}

const completions = (instance: string) =>
  installation.aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');

/** An instance of the group that no test has used, with its node. */
function fresh(): { instance: string; node: string } {
  const instance = installation.addNode(GROUP);
  return { instance, node: installation.nodeOf(instance) };
}

const eventsOf = (instance: string) =>
  installation.events.filter((event) => 'instance' in event && event.instance === instance);

describe('an installation', () => {
  test('drains a node and completes its hook once, although the bus delivers each event twice (contract 1.6, faults 1)', async () => {
    const { instance, node } = fresh();
    const { aws, kubernetes } = installation;
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 4, nodes: [node] });
    await kubernetes.settle();
    kubernetes.availability.watch();
    aws.eventBridge.deliveries = 2;
    const { status, result } = await retired(instance);
    aws.eventBridge.deliveries = 1;
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
    await aws.driveUntil(() => eventsOf(instance).filter(({ type }) => type === 'retirement.requested').length === 2);
    expect(aws.lambda.executions.filter(({ name }) => name.includes(instance))).toHaveLength(1);
    expect(completions(instance)).toMatchObject([
      { result: 'CONTINUE', by: 'call', function: installation.functionNamed('NodeRetirement') },
    ]);
    expect(kubernetes.podsOn(node)).toEqual([]);
    expect(kubernetes.availability.report().violations).toEqual([]);
    expect(aws.lambda.deadLetters).toEqual([]);
  });

  test('completes again when the answer to the completion was lost, and takes "no active action" for success (faults 20)', async () => {
    const { instance } = fresh();
    installation.aws.faults.inject({
      kind: 'lost-answer',
      service: 'autoscaling',
      action: 'CompleteLifecycleAction',
    });
    const { status } = await retired(instance);
    expect(status).toBe('SUCCEEDED');
    expect(completions(instance)).toHaveLength(1);
    expect(eventsOf(instance).filter(({ type }) => type === 'hook.completed')).toHaveLength(1);
  });

  test('completes after AWS has failed for minutes (faults 21)', async () => {
    const { instance } = fresh();
    const { aws } = installation;
    const heal = aws.faults.inject({
      kind: 'error',
      service: 'autoscaling',
      action: 'CompleteLifecycleAction',
      times: Infinity,
    });
    aws.time.after(200_000, heal);
    const { status } = await retired(instance);
    expect(status).toBe('SUCCEEDED');
    expect(completions(instance)).toMatchObject([{ result: 'CONTINUE', by: 'call' }]);
  });

  test('may complete the hook of a group that only its tag enrols, by the condition of its role (contract 1.3)', async () => {
    const { aws } = installation;
    aws.autoScaling.addGroup({ name: 'tagged', desired: 1, tags: { 'ebb/managed': 'true' } });
    aws.autoScaling.putHook('tagged', { name: 'ebb-drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING' });
    const [instance = ''] = aws.autoScaling.instanceIds('tagged');
    letGo(instance);
    await aws.driveUntil(() => completions(instance).length > 0, { within: 60_000 });
    expect(completions(instance)).toMatchObject([
      { result: 'CONTINUE', by: 'call', function: installation.functionNamed('InterruptionRouter') },
    ]);
  });

  test('gives a malformed event up after exactly 3 attempts, and keeps it in the dead-letter queue (contract 1.1, faults 8)', async () => {
    const { aws } = installation;
    const begun = installation.otherLines.length;
    aws.eventBridge.put({
      source: 'aws.autoscaling',
      'detail-type': 'EC2 Instance-terminate Lifecycle Action',
      resources: [],
      detail: { LifecycleHookName: 'ebb-drain', EC2InstanceId: '__proto__' },
    });
    await aws.driveUntil(() => aws.queues.messages().length > 0);
    expect(aws.queues.messages().map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { detail: { EC2InstanceId: '__proto__' } },
    ]);
    const failures = installation.otherLines.slice(begun).filter((line) => line.includes('function.failed'));
    expect(failures).toHaveLength(3);
    expect(failures[0]).toContain('event.detail.EC2InstanceId');
    expect(failures[0]).toContain('event.detail.LifecycleActionToken');
    await installation.clock.advance(600_000);
    expect(aws.queues.messages()).toHaveLength(1);
  });

  // The last: it takes the cluster's permission away.
  test('that the cluster refuses fails at once, leaves a dead letter and the hook to its default result, and touches nothing (contract 6.3, faults 34)', async () => {
    const { instance, node } = fresh();
    const { aws, kubernetes } = installation;
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'left', nodes: [node] });
    await kubernetes.settle();
    for (const name of ['ebb', 'ebb-sweep']) kubernetes.store.remove(clusterRoleBindings, { name });
    const { status, error, start } = await retired(instance);
    expect(status).toBe('FAILED');
    expect(error?.ErrorMessage).toMatch(/cannot list resource "nodes"/);
    const retirement = aws.lambda.functions.get(installation.functionNamed('NodeRetirement'));
    expect(aws.queues.messages(retirement?.deadLetterArn)).toMatchObject([{ body: start.payload }]);
    expect(kubernetes.node(node)?.spec.unschedulable).toBeUndefined();
    expect(kubernetes.podsOn(node)).toHaveLength(1);
    expect(completions(instance)).toEqual([]);
    await installation.clock.advance(301_000);
    expect(completions(instance)).toMatchObject([{ result: 'CONTINUE', by: 'timeout' }]);
  });
});
