/** How instances were made, a few hundred at a time. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { launchedInstances } from '../../../lambdas/adapters/ec2/launched-instances.ts';
import type { Launched } from '../../../lambdas/core/aws/group.ts';
import { AwsGiven } from '../aws/given.ts';

const UNKNOWN = ['i-0fedcba9876543210', 'i-0fedcba9876543211'];

function launched(given: AwsGiven, instances: readonly string[]): Promise<ReadonlyMap<string, Launched>> {
  return launchedInstances(new EC2Client({ ...given.aws.clientConfig(), maxAttempts: 1 }), instances);
}

test('tells the image and the time of each, of those that have terminated too', async () => {
  await using given = await AwsGiven.start();
  const first = given.aws.instances.launch({ imageId: 'ami-1' });
  await given.clock.advance(60_000);
  const second = given.aws.instances.launch({ imageId: 'ami-2', state: 'terminated' });
  const found = await launched(given, [first.instanceId, second.instanceId]);
  expect(Object.fromEntries(found)).toEqual({
    [first.instanceId]: { image: 'ami-1', ...both(first.launchedAt) },
    [second.instanceId]: { image: 'ami-2', ...both(second.launchedAt) },
  });
});

/** Never stopped since it was made. */
function both(when: Date): Omit<Launched, 'image'> {
  return { at: when.getTime(), startedAt: when.getTime() };
}

test('one out of a warm pool is as old as its primary network interface, whenever it was started', async () => {
  await using given = await AwsGiven.start();
  const { instanceId } = given.aws.instances.launch({ imageId: 'ami-1', state: 'stopped' });
  const at = given.clock.now();
  await given.clock.advance(3_600_000);
  given.aws.instances.setState(instanceId, 'running');
  await given.clock.advance(60_000);
  expect(await launched(given, [instanceId])).toEqual(
    new Map([[instanceId, { image: 'ami-1', at, startedAt: at + 3_600_000 }]]),
  );
});

test('asks for two hundred a call; ids that EC2 does not know cost one call more, and are left out', async () => {
  await using given = await AwsGiven.start();
  const known = Array.from({ length: 398 }, () => given.aws.instances.launch().instanceId);
  const [one = '', other = ''] = UNKNOWN;
  const found = await launched(given, [one, ...known.slice(0, 50), other, ...known.slice(50)]);
  expect([...found.keys()].toSorted()).toEqual(known.toSorted());
  expect(given.count('DescribeInstances')).toBe(3);
});

test('tells of all whose ids it names, however EC2 parts them into pages', async () => {
  await using given = await AwsGiven.start();
  const known = Array.from({ length: 7 }, () => given.aws.instances.launch().instanceId);
  Object.assign(given.aws.instances, { pageLimit: 3, emptyPages: 1 });
  expect([...(await launched(given, known)).keys()].toSorted()).toEqual(known.toSorted());
  expect(given.count('DescribeInstances')).toBe(4);
});

test('finds nothing of those that are all unknown', async () => {
  await using given = await AwsGiven.start();
  expect(await launched(given, UNKNOWN)).toEqual(new Map());
  expect(given.count('DescribeInstances')).toBe(1);
});

test('a refusal that names none of them is thrown on, and asked for no more', async () => {
  await using given = await AwsGiven.start();
  const error = { code: 'InvalidInstanceID.NotFound', message: 'Some instance does not exist', status: 400 };
  given.aws.faults.inject({ kind: 'error', action: 'DescribeInstances', error });
  await expect(launched(given, UNKNOWN)).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  expect(given.count('DescribeInstances')).toBe(1);
});
