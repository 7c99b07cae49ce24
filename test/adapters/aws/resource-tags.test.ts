import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { describe, expect, test } from 'vitest';
import { instanceTags, TAG_ACTIONS } from '../../../lambdas/adapters/aws/resource-tags.ts';
import type { InstanceTags, TaggedInstances } from '../../../lambdas/workflow/ports/ec2.ts';
import { AwsGiven } from './given.ts';

const HERE = { account: '123456789012', region: 'eu-central-1' };

describe('the tags of an instance (contract 1.5)', () => {
  test('are key and value, an empty value too', async () => {
    await using given = await withPort();
    const tags = { 'kubernetes.io/cluster/blue': 'owned', 'eks:cluster-name': 'blue', Name: '' };
    const { instanceId: instance } = given.aws.instances.launch({ tags });
    given.aws.instances.launch({ tags: { 'eks:cluster-name': 'green' } });
    expect(await given.port.tagsOf({ ...HERE, instance })).toEqual(tags);
  });

  test('are none for an instance without, for one that there is not, and for one of another account', async () => {
    await using given = await withPort();
    const { instanceId: plain } = given.aws.instances.launch();
    const { instanceId: tagged } = given.aws.instances.launch({ tags: { a: 'b' } });
    expect(await given.port.tagsOf({ ...HERE, instance: plain })).toEqual({});
    expect(await given.port.tagsOf({ ...HERE, instance: 'i-0fedcba9876543210' })).toEqual({});
    expect(await given.port.tagsOf({ ...HERE, account: '210987654321', instance: tagged })).toEqual({});
  });

  test.each([
    ['eu-central-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
  ])('in %s are asked for in partition %s', async (region, partition) => {
    await using given = await withPort();
    await given.port.tagsOf({ ...HERE, region, instance: 'i-0123456789abcdef0' });
    expect(given.aws.requests.at(-1)?.parameters).toEqual({
      ResourceARNList: [`arn:${partition}:ec2:${region}:123456789012:instance/i-0123456789abcdef0`],
    });
  });

  test('throttled twice, are answered', async () => {
    await using given = await withPort();
    const { instanceId: instance } = given.aws.instances.launch({ tags: { a: 'b' } });
    given.aws.faults.inject({ kind: 'throttle', action: 'GetResources', times: 2 });
    expect(await given.during(given.port.tagsOf({ ...HERE, instance }))).toEqual({ a: 'b' });
  });

  test('are found by a key of theirs, whatever its value, over pages', async () => {
    await using given = await withPort();
    const wanted = Array.from({ length: 120 }, (_, index) => {
      const { instanceId } = given.aws.instances.launch({ tags: { 'ebb/rotation': `r${index}`, Name: 'old' } });
      return [instanceId, { 'ebb/rotation': `r${index}`, Name: 'old' }] as const;
    });
    given.aws.instances.launch({ tags: { Name: 'ebb/rotation' } });
    expect(await given.port.tagged('ebb/rotation')).toEqual(new Map(wanted));
    expect(await given.port.tagged('ebb/other')).toEqual(new Map());
  });

  test('the declared IAM actions are enough', async () => {
    await using given = await withPort();
    const { instanceId: instance } = given.aws.instances.launch({ tags: { a: 'b' } });
    const credentials = given.credentialsFor(...TAG_ACTIONS);
    const port = instanceTags(new ResourceGroupsTaggingAPIClient(given.aws.clientConfig(credentials)));
    expect(await port.tagsOf({ ...HERE, instance })).toEqual({ a: 'b' });
  });
});

async function withPort(): Promise<AwsGiven & { readonly port: InstanceTags & TaggedInstances }> {
  const given = await AwsGiven.start();
  return Object.assign(given, { port: instanceTags(new ResourceGroupsTaggingAPIClient(given.aws.clientConfig())) });
}
