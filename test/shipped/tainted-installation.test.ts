/** Nodes that people taint, with the shipped functions on their schedule, roles and rules (contract 8.2, 9.5). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownershipOf } from '../../lambdas/core/node/isolation.ts';
import { Installation } from '../installation.ts';
import { taint } from '../workflow/node/tainting.ts';

const KEY = 'ektopistis.io/drain';
const TERMINATING = 'terminating-workers';
const LEAVING = 'leaving-workers';

let installation: Installation;

beforeAll(async () => {
  const groups = [{ name: TERMINATING }, { name: LEAVING }];
  const tainted = { taints: [{ key: KEY, release: 'leave' as const }] };
  const budget = { nodes: 1, cluster: 3 };
  const configuration = { clusters: [{ name: 'production', groups, tainted, budget, maxLeaving: '100%' }] };
  installation = await Installation.start({ configuration, nodes: 2, sweeps: true });
});
afterAll(async () => {
  await installation.stop();
});

test('one goes with its instance, one stays drained and is given back when its taint is taken off', async () => {
  const { aws, kubernetes } = installation;
  const [gone = ''] = aws.autoScaling.instanceIds(TERMINATING);
  const [stays = ''] = aws.autoScaling.instanceIds(LEAVING);
  const [goneNode, staysNode] = [installation.nodeOf(gone), installation.nodeOf(stays)];
  // In no group, and untagged: only its node says where it belongs.
  const { instanceId: outside, privateDnsName: outsideNode = '' } = aws.instances.launch();
  kubernetes.world.addNode({ name: outsideNode, providerID: `aws:///eu-central-1a/${outside}` });
  for (const [name, node] of [
    ['web', goneNode],
    ['job', staysNode],
    ['batch', outsideNode],
  ] as const) {
    kubernetes.world.addDeployment({ namespace: 'shop', name, replicas: 2, nodes: [node] });
  }
  await kubernetes.settle();
  expect(kubernetes.podsOn(outsideNode)).toHaveLength(2);
  taint(installation, goneNode);
  taint(installation, staysNode, { key: KEY });
  taint(installation, outsideNode, { key: KEY });

  const ownership = (node = staysNode) =>
    ownershipOf({ annotations: kubernetes.node(node)?.metadata.annotations ?? {} });
  const isLeft = (node: string): boolean => ownership(node)?.leftDrained === true;
  await aws.driveUntil(() => aws.autoScaling.state(gone) === 'Terminated' && isLeft(staysNode) && isLeft(outsideNode), {
    schedules: true,
  });
  await aws.driveUntil(() => aws.lambda.executions.every(({ status }) => status !== 'RUNNING'));
  const completions = (instance: string) =>
    aws.autoScaling.history(instance).flatMap((entry) => (entry.kind === 'completion' ? [entry.result] : []));
  expect(completions(gone)).toEqual(['CONTINUE']);
  expect(aws.autoScaling.state(stays)).toBe('InService');
  expect(aws.instances.get(outside).state).toBe('running');
  for (const node of [staysNode, outsideNode]) expect(kubernetes.podsOn(node)).toEqual([]);
  expect(kubernetes.node(staysNode)?.spec.unschedulable).toBe(true);
  expect(aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
  expect(aws.lambda.deadLetters).toEqual([]);
  // The event of our own hook started a run beside the one that drained: it touched nothing.
  expect(installation.events.filter(({ type }) => type === 'node.isolated')).toHaveLength(3);

  taint(installation, staysNode, { key: KEY, on: false });
  await aws.driveUntil(() => kubernetes.node(staysNode)?.spec.unschedulable !== true, { schedules: true });
  expect(ownership()).toBeUndefined();
}, 120_000);
