/** What IAM sees of the calls that take an instance out of its group and end it: resources, their tags, and the request's. */
import {
  AttachInstancesCommand,
  AutoScalingClient,
  DetachInstancesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateTagsCommand, DeleteTagsCommand, EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { roleArn } from '../account.ts';
import { AwsPeer } from '../peer.ts';

const INSTANCES = 'arn:aws:ec2:eu-central-1:123456789012:instance/*';
const GROUPS = 'arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:*:autoScalingGroupName/ours-*';

let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  const clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

interface Clients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
}

/** Clients of a role that has this statement, and no other. */
function allowed(statement: object): Clients {
  const role = roleArn(peer.account, 'rotator');
  peer.authorization.addRole(role, { policies: [{ Statement: { Effect: 'Allow', ...statement } }] });
  const config = { ...peer.clientConfig(peer.credentialsOf('rotator')), maxAttempts: 1 };
  return { ec2: new EC2Client(config), autoScaling: new AutoScalingClient(config) };
}

type Call = (client: AutoScalingClient, id: string, name: string) => Promise<unknown>;

test.each<[string, Call]>([
  ['DetachInstances', (client, id, name) => client.send(new DetachInstancesCommand(leaving(id, name)))],
  ['AttachInstances', (client, id, name) => client.send(new AttachInstancesCommand(leaving(id, name)))],
  [
    'TerminateInstanceInAutoScalingGroup',
    (client, id) => client.send(new TerminateInstanceInAutoScalingGroupCommand(ending(id))),
  ],
])('%s is a right on the group, which its name and its tags may limit', async (action, call) => {
  for (const name of ['ours-1', 'theirs']) peer.autoScaling.addGroup({ name, max: 9, tags: { rotate: name } });
  const [ours = ''] = peer.autoScaling.instanceIds('ours-1');
  const [theirs = ''] = peer.autoScaling.instanceIds('theirs');
  const refused = { name: 'AccessDenied', message: expect.stringContaining(`autoscaling:${action} on`) as string };
  const byName = allowed({ Action: `autoscaling:${action}`, Resource: GROUPS }).autoScaling;
  await expect(call(byName, theirs, 'theirs')).rejects.toMatchObject(refused);
  const condition = { StringEquals: { 'autoscaling:ResourceTag/rotate': 'ours-1' } };
  const byTag = allowed({ Action: `autoscaling:${action}`, Resource: '*', Condition: condition }).autoScaling;
  await expect(call(byTag, theirs, 'theirs')).rejects.toMatchObject(refused);
  const attached = peer.instances.launch().instanceId;
  await call(byTag, action === 'AttachInstances' ? attached : ours, 'ours-1');
});

function leaving(id: string, name: string) {
  return { AutoScalingGroupName: name, InstanceIds: [id], ShouldDecrementDesiredCapacity: false };
}

function ending(InstanceId: string) {
  return { InstanceId, ShouldDecrementDesiredCapacity: false };
}

describe('CreateTags and DeleteTags', () => {
  const tag = (id: string, ...keys: string[]): CreateTagsCommand =>
    new CreateTagsCommand({ Resources: [id], Tags: keys.map((Key) => ({ Key, Value: 'x' })) });

  test('may be limited to keys of the request', async () => {
    const { instanceId: id } = peer.instances.launch();
    const condition = { 'ForAllValues:StringLike': { 'aws:TagKeys': ['ebb/*'] } };
    const action = ['ec2:CreateTags', 'ec2:DeleteTags'];
    const { ec2 } = allowed({ Action: action, Resource: INSTANCES, Condition: condition });
    await ec2.send(tag(id, 'ebb/leaving', 'ebb/since'));
    const refused = { name: 'UnauthorizedOperation', message: expect.stringContaining('ec2:CreateTags') as string };
    await expect(ec2.send(tag(id, 'ebb/leaving', 'team'))).rejects.toMatchObject(refused);
    const removal = new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'team' }] });
    await expect(ec2.send(removal)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'ebb/since' }] }));
    expect(peer.instances.get(id).tags).toEqual({ 'ebb/leaving': 'x' });
  });

  test('may be limited to a value of the request, and to instances by their tags', async () => {
    const condition = {
      StringEquals: { 'aws:RequestTag/ebb/leaving': 'x' },
      StringLike: { 'aws:ResourceTag/aws:autoscaling:groupName': 'ours-*' },
    };
    const { ec2 } = allowed({ Action: 'ec2:CreateTags', Resource: INSTANCES, Condition: condition });
    peer.autoScaling.addGroup({ name: 'ours-1' });
    const [ours = ''] = peer.autoScaling.instanceIds('ours-1');
    await ec2.send(tag(ours, 'ebb/leaving'));
    await expect(ec2.send(tag(ours, 'other'))).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    const other = tag(peer.instances.launch().instanceId, 'ebb/leaving');
    await expect(ec2.send(other)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  });

  test('any of several keys may be asked for', async () => {
    const { instanceId: id } = peer.instances.launch();
    const condition = { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['ebb/leaving'] } };
    const { ec2 } = allowed({ Action: 'ec2:CreateTags', Resource: INSTANCES, Condition: condition });
    await ec2.send(tag(id, 'ebb/leaving', 'team'));
    await expect(ec2.send(tag(id, 'team'))).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  });
});

test('TerminateInstances may be limited to instances with a tag, and then ends none of a request that names another', async () => {
  const condition = { StringEquals: { 'aws:ResourceTag/ebb/leaving': 'workers' } };
  const { ec2 } = allowed({ Action: 'ec2:TerminateInstances', Resource: INSTANCES, Condition: condition });
  const { instanceId: marked } = peer.instances.launch({ tags: { 'ebb/leaving': 'workers' } });
  const { instanceId: other } = peer.instances.launch();
  const both = new TerminateInstancesCommand({ InstanceIds: [marked, other] });
  await expect(ec2.send(both)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  expect(peer.instances.get(marked).state).toBe('running');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [marked] }));
  expect(peer.instances.get(marked).state).toBe('shutting-down');
});
