/** Groups whose launches fail: what is told of a failure, and that the group tries again by itself. */
import {
  AutoScalingClient,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  type Activity,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import { AwsPeer } from '../../peer.ts';

const GROUP = 'workers';

let clock: DrivenClock;
let peer: AwsPeer;
let client: AutoScalingClient;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new AutoScalingClient({ ...peer.clientConfig(), maxAttempts: 1 });
  peer.autoScaling.addGroup({ name: GROUP, desired: 3, max: 9 });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
  uninstall();
});

async function want(DesiredCapacity: number): Promise<void> {
  await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));
  await clock.advance(60_000);
}

async function activities(): Promise<Activity[]> {
  const { Activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
  return Activities ?? [];
}

function zones(): string[] {
  return [...peer.autoScaling.group(GROUP).members.values()].map(({ zone }) => zone.slice(-1));
}

test('a launch without capacity fails in each zone, and says so as AWS does', async () => {
  peer.autoScaling.exhaustCapacity(GROUP);
  await want(4);
  const failed = await activities();
  expect(failed.map(({ StatusCode }) => StatusCode)).toEqual(['Failed', 'Failed', 'Failed']);
  expect(failed.at(-1)).toMatchObject({
    Description: 'Launching a new EC2 instance',
    Cause: expect.stringMatching(
      /^At \S+Z an instance was started in response to a difference .* increasing the capacity from 3 to 4\.$/,
    ) as string,
    StatusMessage:
      'We currently do not have sufficient m6i.large capacity in the Availability Zone you requested (eu-central-1a). Our system will be working on provisioning additional capacity. Launching EC2 instance failed.',
    Details: '{"Availability Zone":"eu-central-1a"}',
    EndTime: expect.any(Date) as Date,
  });
  expect(zones()).toHaveLength(3);
  const event = peer.eventBridge.events.find((each) => each['detail-type'] === 'EC2 Instance Launch Unsuccessful');
  expect(event?.detail).toMatchObject({ StatusCode: 'Failed', AutoScalingGroupName: GROUP });
});

test('where one zone has no capacity, the instance is launched in another', async () => {
  peer.autoScaling.exhaustCapacity(GROUP, ['eu-central-1a', 'eu-central-1b']);
  await want(5);
  expect(zones()).toEqual(['a', 'b', 'c', 'c', 'c']);
  const [failure] = (await activities()).filter(({ StatusCode }) => StatusCode === 'Failed');
  expect(failure?.StatusMessage).toContain('or choosing eu-central-1c. Launching EC2 instance failed.');
});

test('with a mixed instances policy, the message begins with the code of the error', async () => {
  const { id } = peer.launchTemplates.create({ name: 'nodes', data: { imageId: 'ami-1' } });
  const overrides = [{ instanceType: 'm7g.large' }];
  peer.autoScaling.setLaunch(GROUP, { mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
  peer.autoScaling.exhaustCapacity(GROUP);
  await want(4);
  expect((await activities())[0]?.StatusMessage).toMatch(
    /^Could not launch On-Demand Instances\. InsufficientInstanceCapacity - We currently .* sufficient m7g\.large /,
  );
});

test('a group that missed an instance tries again by itself, for as long as it desires one', async () => {
  peer.autoScaling.exhaustCapacity(GROUP);
  await want(4);
  await clock.advance(peer.autoScaling.delays.retryLaunch);
  expect((await activities()).filter(({ StatusCode }) => StatusCode === 'Failed')).toHaveLength(6);
  peer.autoScaling.restoreCapacity(GROUP);
  await clock.advance(peer.autoScaling.delays.retryLaunch + 30_000);
  expect(zones()).toHaveLength(4);
  await clock.advance(10 * peer.autoScaling.delays.retryLaunch);
  expect(zones()).toHaveLength(4);
});
