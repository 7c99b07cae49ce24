/** The versions of EKS's control planes. */
import { EKSClient } from '@aws-sdk/client-eks';
import { expect, test } from 'vitest';
import { CONTROL_PLANE_ACTIONS, controlPlaneVersion } from '../../../lambdas/adapters/eks/control-plane-version.ts';
import { AwsGiven } from '../aws/given.ts';

test('are told by the cluster’s name, with no more than the declared actions; an unknown one has none', async () => {
  await using given = await AwsGiven.start();
  given.aws.eks.addCluster({ name: 'blue', endpoint: 'https://blue', ca: 'ca', version: '1.33' });
  const credentials = given.credentialsFor(...CONTROL_PLANE_ACTIONS);
  const eks = new EKSClient(given.aws.clientConfig(credentials));
  expect(await controlPlaneVersion(eks, 'blue')).toBe('1.33');
  given.aws.eks.cluster('blue').version = '1.34';
  expect(await controlPlaneVersion(eks, 'blue')).toBe('1.34');
  expect(await controlPlaneVersion(eks, 'none')).toBeUndefined();
});
