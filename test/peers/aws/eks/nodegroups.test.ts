/** Managed node groups, as DescribeNodegroup tells them. */
import { DescribeClusterCommand, DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { AwsPeer } from '../peer.ts';

let peer: AwsPeer;

beforeEach(async () => {
  peer = await AwsPeer.start({ clock: new DrivenClock({ stands: true }) });
  peer.eks.addCluster({ name: 'blue', endpoint: 'https://blue', ca: 'ca', version: '1.33' });
});
afterEach(() => peer.stop());

const wanted = { clusterName: 'blue', nodegroupName: 'general' };

test('a node group tells its status, its groups and its own version', async () => {
  const client = new EKSClient(peer.clientConfig());
  const nodegroup = peer.eks.addNodegroup({ clusterName: 'blue', name: 'general', autoScalingGroups: ['eks-general'] });
  peer.eks.cluster('blue').version = '1.34';
  nodegroup.status = 'UPDATING';
  nodegroup.nodeRepairConfig = { enabled: true };
  expect((await client.send(new DescribeNodegroupCommand(wanted))).nodegroup).toMatchObject({
    status: 'UPDATING',
    version: '1.33',
    nodeRepairConfig: { enabled: true },
    resources: { autoScalingGroups: [{ name: 'eks-general' }] },
  });
  expect((await client.send(new DescribeClusterCommand({ name: 'blue' }))).cluster?.version).toBe('1.34');
});

test.each([
  [wanted, 'No node group found for name: general.'],
  [{ ...wanted, clusterName: 'none' }, 'No cluster found for name: none.'],
])('%j, which is not there, is told so', async (input, message) => {
  const asked = new EKSClient(peer.clientConfig()).send(new DescribeNodegroupCommand(input));
  await expect(asked).rejects.toMatchObject({ name: 'ResourceNotFoundException', message });
});

test('it is allowed by the node group’s ARN, which ends in a uuid', async () => {
  peer.eks.addNodegroup({ clusterName: 'blue', name: 'general', autoScalingGroups: [] });
  peer.eks.addNodegroup({ clusterName: 'blue', name: 'special', autoScalingGroups: [] });
  const roleArn = 'arn:aws:iam::123456789012:role/limited';
  const Resource = 'arn:aws:eks:eu-central-1:123456789012:nodegroup/blue/general/*';
  const Statement = [{ Effect: 'Allow', Action: 'eks:DescribeNodegroup', Resource }];
  peer.authorization.addRole(roleArn, { policies: [{ Version: '2012-10-17', Statement }] });
  const { credentials } = peer.lambda.addFunction({ name: 'limited', directory: '/nowhere', roleArn });
  const client = new EKSClient(peer.clientConfig(credentials));
  await client.send(new DescribeNodegroupCommand(wanted));
  const other = client.send(new DescribeNodegroupCommand({ ...wanted, nodegroupName: 'special' }));
  await expect(other).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
