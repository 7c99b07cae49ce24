/** Nodes that fall ill by EC2's status checks: the shipped drift tainter, with its rights, on its schedule (contract 1.2). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DRIFT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { Installation } from '../../installation.ts';

const CLUSTER = 'production';
const OWN = 'own-workers';
const MANAGED = 'eks-general';
const DRAIN_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain';

let installation: Installation;

beforeAll(async () => {
  const drift = { ami: false, statusChecks: [{ check: 'ebs' as const, seconds: 600 }] };
  const groups = [{ name: OWN }, { name: MANAGED }];
  const budget = { nodes: 1, cluster: 2 };
  installation = await Installation.start({
    configuration: { clusters: [{ name: CLUSTER, groups, drift, budget }] },
    nodes: 3,
    drifts: true,
  });
  const { aws } = installation;
  const tags = { 'eks:cluster-name': CLUSTER, 'eks:nodegroup-name': 'general' };
  aws.autoScaling
    .group(MANAGED)
    .tags.push(...Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })));
}, 240_000);
afterAll(async () => {
  await installation.stop();
});

test('those of a node group that EKS repairs are left to it, and all lose their marks when they are well again', async () => {
  const { aws, kubernetes } = installation;
  const nodegroup = aws.eks.addNodegroup({
    clusterName: CLUSTER,
    name: 'general',
    autoScalingGroups: [MANAGED],
    nodeRepairConfig: { enabled: true },
  });
  const [[own = ''], [managed = '']] = [aws.autoScaling.instanceIds(OWN), aws.autoScaling.instanceIds(MANAGED)];
  const metaOf = (instance: string) => kubernetes.node(installation.nodeOf(instance));
  const isDue = (instance: string): boolean =>
    metaOf(instance)?.spec.taints?.some(({ key }) => key === DRAIN_KEY) === true;
  const until = (goal: () => boolean) => aws.driveUntil(goal, { schedules: true });

  for (const instance of [own, managed]) aws.instances.setCheck(instance, 'ebs', 'impaired');
  await until(() => isDue(own));
  expect(metaOf(own)?.metadata.annotations?.[DRIFT_ANNOTATION]).toContain('the attached EBS status check of EC2');
  expect(metaOf(managed)?.metadata.annotations?.[DRIFT_ANNOTATION]).toBeUndefined();

  nodegroup.nodeRepairConfig = { enabled: false };
  await until(() => isDue(managed));
  for (const instance of [own, managed]) aws.instances.setCheck(instance, 'ebs', 'ok');
  await until(() => !isDue(own) && !isDue(managed));
  expect(aws.lambda.deadLetters).toEqual([]);
}, 120_000);
