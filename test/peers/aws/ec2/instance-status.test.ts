/** Status checks, as DescribeInstanceStatus tells them. */
import { DescribeInstanceStatusCommand, EC2Client, type DescribeInstanceStatusCommandInput } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { AwsPeer } from '../peer.ts';

let peer: AwsPeer;

beforeEach(async () => {
  peer = await AwsPeer.start({ clock: new DrivenClock({ stands: true }) });
});
afterEach(() => peer.stop());

async function told(input: DescribeInstanceStatusCommandInput = {}) {
  const answer = await new EC2Client(peer.clientConfig()).send(new DescribeInstanceStatusCommand(input));
  return answer.InstanceStatuses ?? [];
}

test('an instance that runs passes every check, and one that has stopped is not checked', async () => {
  const passed = { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] };
  const { instanceId } = peer.instances.launch();
  expect(await told()).toMatchObject([{ SystemStatus: passed, InstanceStatus: passed, AttachedEbsStatus: passed }]);
  peer.instances.setState(instanceId, 'stopped');
  expect(await told()).toEqual([]);
  expect(await told({ IncludeAllInstances: true })).toMatchObject([
    { InstanceState: { Name: 'stopped' }, SystemStatus: { Status: 'not-applicable' } },
  ]);
});

test('a check that fails tells since when, and all filters must fit', async () => {
  const { instanceId } = peer.instances.launch();
  peer.instances.setCheck(instanceId, 'ebs', 'impaired');
  const since = peer.clock.now();
  await peer.clock.advance(60_000);
  const ebs = { Name: 'attached-ebs-status.status', Values: ['impaired'] };
  expect(await told({ Filters: [ebs] })).toMatchObject([
    {
      SystemStatus: { Status: 'ok' },
      AttachedEbsStatus: { Status: 'impaired', Details: [{ Status: 'failed', ImpairedSince: new Date(since) }] },
    },
  ]);
  expect(await told({ Filters: [ebs, { Name: 'system-status.status', Values: ['impaired'] }] })).toEqual([]);
});

test('ids and a number of results are refused together', async () => {
  const { instanceId } = peer.instances.launch();
  await expect(told({ InstanceIds: [instanceId], MaxResults: 5 })).rejects.toMatchObject({
    name: 'InvalidParameterCombination',
  });
});
