/** Who else changes a group (contract 9.7). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, test } from 'vitest';
import {
  groupChanges,
  NODE_GROUP_ACTIONS,
  REFRESH_ACTIONS,
} from '../../../lambdas/adapters/auto-scaling/group-changes.ts';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import { aGroup } from '../../given.ts';
import type { RefreshStatus } from '../../peers/aws/auto-scaling/instance-refreshes.ts';
import type { Nodegroup } from '../../peers/aws/eks/clusters.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import { AwsGiven } from '../aws/given.ts';

const NODE_GROUP = { cluster: 'blue', name: 'general' };

async function withGroup(): Promise<AwsGiven> {
  const given = await AwsGiven.start();
  given.aws.autoScaling.addGroup({ name: 'workers' });
  given.aws.eks.addCluster({ name: 'blue', endpoint: 'https://blue', ca: 'ca' });
  return given;
}

function addNodegroup({ aws }: AwsGiven): Nodegroup {
  return aws.eks.addNodegroup({ clusterName: 'blue', name: 'general', autoScalingGroups: ['workers'] });
}

function underWay({ aws }: AwsGiven, group: Partial<Group> = {}, credentials?: Credentials) {
  const config = aws.clientConfig(credentials);
  const changes = groupChanges({ autoScaling: new AutoScalingClient(config), eks: new EKSClient(config) });
  return changes.underWay(aGroup(group));
}

describe('an instance refresh', () => {
  test.each<[RefreshStatus, boolean]>([
    ['Pending', true],
    ['InProgress', true],
    ['Cancelling', true],
    ['RollbackInProgress', true],
    ['Baking', true],
    ['Successful', false],
    ['Failed', false],
    ['Cancelled', false],
    ['RollbackFailed', false],
    ['RollbackSuccessful', false],
  ])('that is %s is under way: %s', async (status, expected) => {
    await using given = await withGroup();
    given.aws.autoScaling.addRefresh('workers', 'Successful');
    const { id } = given.aws.autoScaling.addRefresh('workers', status);
    expect(await underWay(given)).toBe(expected ? `instance refresh ${id} is under way (${status})` : undefined);
  });

  test('of a group that has had many costs one call more for fifty', async () => {
    await using given = await withGroup();
    for (let count = 0; count < 60; count += 1) given.aws.autoScaling.addRefresh('workers', 'Successful');
    expect(await underWay(given)).toBeUndefined();
    expect(given.count('DescribeInstanceRefreshes')).toBe(2);
  });
});

describe('a managed node group', () => {
  test.each<[Nodegroup['status'], boolean]>([
    ['CREATING', true],
    ['UPDATING', true],
    ['DELETING', true],
    ['ACTIVE', false],
    ['DEGRADED', false],
    ['CREATE_FAILED', false],
    ['DELETE_FAILED', false],
  ])('that is %s is being changed: %s', async (status, expected) => {
    await using given = await withGroup();
    addNodegroup(given).status = status;
    const found = await underWay(given, { nodeGroup: NODE_GROUP });
    expect(found).toBe(expected ? `its managed node group general is ${status}` : undefined);
  });

  test('that is gone is changed by nobody', async () => {
    await using given = await withGroup();
    expect(await underWay(given, { nodeGroup: NODE_GROUP })).toBeUndefined();
  });

  test('is asked for only when the group has one', async () => {
    await using given = await withGroup();
    await underWay(given);
    expect(given.count('DescribeNodegroup')).toBe(0);
  });
});

test('the declared IAM actions are enough', async () => {
  await using given = await withGroup();
  addNodegroup(given);
  const credentials = given.credentialsFor(...REFRESH_ACTIONS, ...NODE_GROUP_ACTIONS);
  expect(await underWay(given, { nodeGroup: NODE_GROUP }, credentials)).toBeUndefined();
});

describe('EKS repairs the nodes of a group (contract 1.2)', () => {
  const repairs = ({ aws }: AwsGiven, group: Partial<Group>): Promise<boolean> => {
    const config = aws.clientConfig();
    const changes = groupChanges({ autoScaling: new AutoScalingClient(config), eks: new EKSClient(config) });
    return changes.repairs(aGroup(group));
  };

  test.each([
    [{ enabled: true }, true],
    [{ enabled: false }, false],
    [undefined, false],
  ])('whose managed node group has the repair configuration %j: %s', async (nodeRepairConfig, expected) => {
    await using given = await withGroup();
    const nodegroup = addNodegroup(given);
    if (nodeRepairConfig !== undefined) nodegroup.nodeRepairConfig = nodeRepairConfig;
    expect(await repairs(given, { nodeGroup: NODE_GROUP })).toBe(expected);
  });

  test('not if the tags name a node group that there is not, or none', async () => {
    await using given = await withGroup();
    expect(await repairs(given, { nodeGroup: NODE_GROUP })).toBe(false);
    expect(given.count('DescribeNodegroup')).toBe(1);
    expect(await repairs(given, {})).toBe(false);
    expect(given.count('DescribeNodegroup')).toBe(1);
  });
});
