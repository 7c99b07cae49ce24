/** The sweep as it is shipped: on its schedule, with its role, beside router and retirement. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../lambdas/core/node/marks.ts';
import { Installation } from '../installation.ts';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';

const CLUSTER = 'production';
const GROUP = 'production-workers';
const POOLED = 'pooled-workers';
const MINUTE = 60_000;

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: { clusters: [{ name: CLUSTER, groups: [{ name: GROUP }] }] },
    nodes: 3,
    sweeps: true,
  });
});
afterAll(async () => {
  await installation.stop();
});

function retirementOf(instance: string): Promise<Execution> {
  const { aws } = installation;
  return aws.driveUntil(() => aws.lambda.executions.find(({ name }) => name.includes(instance)));
}

const completions = (instance: string) =>
  installation.aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');

/** A group that keeps its instances in a warm pool, with one in service and a node that cannot be drained. */
function addPooledGroup(): { instance: string; node: string } {
  const { aws, kubernetes } = installation;
  const tags = { 'ebb/managed': 'true' };
  aws.autoScaling.addGroup({
    name: POOLED,
    tags,
    warmPool: { poolState: 'Stopped', reuseOnScaleIn: true, size: 0 },
  });
  aws.autoScaling.putHook(POOLED, {
    name: 'ebb-drain',
    transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    defaultResult: 'CONTINUE',
    // Over before the next sweep: what it finds then is a node with marks, and nothing that waits.
    heartbeatTimeout: 30,
    notificationMetadata: JSON.stringify({ cluster: CLUSTER }),
  });
  const [instance = ''] = aws.autoScaling.instanceIds(POOLED);
  const node = installation.nodeOf(instance);
  kubernetes.world.addNode({ name: node, providerID: `aws:///eu-central-1a/${instance}` });
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'stays', nodes: [node] });
  kubernetes.world.addBudget({ namespace: 'shop', name: 'stays', for: 'stays', maxUnavailable: 0 });
  return { instance, node };
}

function scale(to: number): void {
  const { autoScaling } = installation.aws;
  const group = autoScaling.group(POOLED);
  group.desired = to;
  autoScaling.capacity.reconcile(group);
}

test('an instance whose event was lost is found, drained and let go (contract 1.7)', async () => {
  const { aws, kubernetes } = installation;
  const [instance = ''] = aws.autoScaling.instanceIds(GROUP);
  const node = installation.nodeOf(instance);
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node] });
  await kubernetes.settle();
  kubernetes.availability.watch();
  const member = aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error('the instance is in no group');
  aws.eventBridge.delivering = false;
  aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  aws.eventBridge.delivering = true;
  const begun = installation.clock.now();
  const retirement = await retirementOf(instance);
  expect(installation.clock.now() - begun).toBeLessThan(5.5 * MINUTE);
  await aws.driveUntil(retirement.ended);
  expect([retirement.status, retirement.result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
  expect(installation.events.filter(({ type }) => type === 'retirement.requested')).toMatchObject([
    { execution: retirement.name, instance, foundBy: 'sweep', service: 'node-sweep' },
  ]);
  expect(completions(instance)).toMatchObject([
    { result: 'CONTINUE', by: 'call', function: installation.functionNamed('NodeRetirement') },
  ]);
  expect(kubernetes.podsOn(node)).toEqual([]);
  expect(kubernetes.availability.report().violations).toEqual([]);
});

test('a node with the marks of a run that was killed is restored when its instance serves again (contract 1.4, 1.7)', async () => {
  const { aws, kubernetes } = installation;
  const { instance, node } = addPooledGroup();
  await kubernetes.settle();
  scale(0);
  const retirement = await retirementOf(instance);
  await aws.driveUntil(() => kubernetes.node(node)?.spec.unschedulable);
  aws.lambda.durable.recovery.attempts = 1;
  aws.lambda.kill(installation.functionNamed('NodeRetirement'));
  await aws.driveUntil(retirement.ended);
  expect(retirement.status).toBe('FAILED');
  await aws.driveUntil(() => aws.autoScaling.state(instance) === 'Warmed:Stopped');
  expect(completions(instance)).toMatchObject([{ by: 'timeout' }]);
  scale(1);
  await aws.driveUntil(() => aws.autoScaling.state(instance) === 'InService');
  expect(kubernetes.node(node)?.metadata.labels).toHaveProperty(RETIRING_LABEL);
  const restored = () => installation.events.find(({ type }) => type === 'node.restored');
  expect(await aws.driveUntil(restored, { within: 6 * MINUTE })).toMatchObject({
    execution: retirement.name,
    node,
    group: POOLED,
    service: 'node-sweep',
  });
  const { metadata, spec } = kubernetes.node(node) ?? {};
  expect(spec?.unschedulable).toBeUndefined();
  expect((spec?.taints ?? []).filter(({ key }) => key.includes('ebb-'))).toEqual([]);
  expect(metadata?.labels).not.toHaveProperty(RETIRING_LABEL);
  expect(metadata?.annotations ?? {}).not.toHaveProperty(RETIREMENT_ANNOTATION);
  expect(kubernetes.podsOn(node)).toHaveLength(1);
  expect(aws.lambda.executions.filter(({ name }) => name.includes(instance))).toHaveLength(1);
});

test('every five minutes it runs, and finds nothing more to do', async () => {
  const { aws } = installation;
  const finished = () => installation.events.filter(({ type }) => type === 'sweep.finished');
  // What the tests before it began has ended.
  await aws.driveUntil(() => aws.lambda.invocations.idle);
  const before = finished().length;
  const begun = installation.clock.now();
  await aws.driveUntil(() => finished().length >= before + 3);
  // Runs are five minutes apart; how long each takes differs.
  expect(installation.clock.now() - begun).toBeGreaterThanOrEqual(10 * MINUTE - 1_000);
  expect(installation.clock.now() - begun).toBeLessThanOrEqual(15 * MINUTE + 1_000);
  expect(finished().slice(before)).toMatchObject(
    Array.from({ length: 3 }, () => ({ groups: 2, waiting: 0, started: 0, restored: 0, clustersAway: 0 })),
  );
  expect(installation.otherLines.filter((line) => line.includes('function.failed'))).toEqual([]);
});
