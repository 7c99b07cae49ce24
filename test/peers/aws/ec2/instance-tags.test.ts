import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  EC2Client,
  paginateDescribeInstances,
  TerminateInstancesCommand,
  type Filter,
  type Tag,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { AwsPeer } from '../peer.ts';

const ABSENT = 'i-0123456789abcdef0';

let clock: DrivenClock;
let peer: AwsPeer;
let client: EC2Client;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  client = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
  uninstall();
});

function launch(tags: Record<string, string> = {}): string {
  return peer.instances.launch({ tags }).instanceId;
}

function create(ids: string[], tags: Record<string, string>): Promise<unknown> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return client.send(new CreateTagsCommand({ Resources: ids, Tags }));
}

function remove(ids: string[], Tags?: Tag[]): Promise<unknown> {
  return client.send(new DeleteTagsCommand({ Resources: ids, Tags }));
}

async function found(...Filters: Filter[]): Promise<(string | undefined)[]> {
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
}

describe('CreateTags', () => {
  test('sets tags of several instances, over those of the same keys', async () => {
    const ids = [launch({ team: 'x' }), launch({ stage: 'prod' })];
    await create(ids, { team: 'y', 'ebb/since': '' });
    expect(ids.map((id) => peer.instances.get(id).tags)).toEqual([
      { team: 'y', 'ebb/since': '' },
      { stage: 'prod', team: 'y', 'ebb/since': '' },
    ]);
  });

  test.each([
    ['key of AWS', { 'aws:autoscaling:groupName': 'x' }, 'InvalidParameterValue', "starting with 'aws:' are reserved"],
    ['key of AWS in capitals', { 'AWS:x': 'x' }, 'InvalidParameterValue', "starting with 'aws:' are reserved"],
    ['empty key', { '': 'x' }, 'InvalidParameterValue', 'cannot be null or empty'],
    ['key of 129 characters', { ['k'.repeat(129)]: '' }, 'InvalidParameterValue', 'at most 128'],
    ['value of 257 characters', { key: 'v'.repeat(257) }, 'InvalidParameterValue', 'at most 256'],
  ])('refuses a %s, and then sets none', async (_, tags, name, message) => {
    const id = launch();
    await expect(create([id], { team: 'x', ...tags })).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    });
    expect(peer.instances.get(id).tags).toEqual({});
  });

  test('refuses a 51st tag; tags of AWS do not count, and a tag may be set anew', async () => {
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key-${at}`, 'x']));
    const id = launch({ 'aws:autoscaling:groupName': 'workers' });
    await create([id], fifty);
    await expect(create([id], { another: 'x' })).rejects.toMatchObject({
      name: 'TagLimitExceeded',
      message: 'The maximum number of Tags for a resource has been reached.',
    });
    await create([id], { 'key-7': 'y' });
    expect(peer.instances.get(id).tags).toMatchObject({ 'key-7': 'y' });
  });

  test.each([
    ['an unknown instance', ABSENT, 'InvalidInstanceID.NotFound'],
    ['no instance id', 'i-x', 'InvalidInstanceID.Malformed'],
    ['something else', 'nonsense', 'InvalidID'],
  ])('refuses %s, and then tags no other', async (_, wrong, name) => {
    const id = launch();
    await expect(create([id, wrong], { team: 'x' })).rejects.toMatchObject({ name });
    expect(peer.instances.get(id).tags).toEqual({});
  });
});

describe('DeleteTags', () => {
  const TAGS = { 'aws:autoscaling:groupName': 'workers', team: 'x', stage: '' };

  test.each<[string, Tag[] | undefined, string[]]>([
    ['whatever its value', [{ Key: 'team' }], ['aws:autoscaling:groupName', 'stage']],
    ['if its value is the one given', [{ Key: 'team', Value: 'x' }], ['aws:autoscaling:groupName', 'stage']],
    ['not if its value is another', [{ Key: 'team', Value: 'y' }], ['aws:autoscaling:groupName', 'team', 'stage']],
    [
      'with an empty value only if it has none',
      [
        { Key: 'team', Value: '' },
        { Key: 'stage', Value: '' },
      ],
      ['aws:autoscaling:groupName', 'team'],
    ],
    ['and all but those of AWS when none is named', undefined, ['aws:autoscaling:groupName']],
    ['and knows one that is not there', [{ Key: 'none' }], ['aws:autoscaling:groupName', 'team', 'stage']],
  ])('takes a tag away, %s', async (_, tags, left) => {
    const id = launch(TAGS);
    await remove([id], tags);
    expect(Object.keys(peer.instances.get(id).tags)).toEqual(left);
  });

  test('refuses tags of AWS, and unknown instances', async () => {
    const id = launch(TAGS);
    await expect(remove([id], [{ Key: 'aws:autoscaling:groupName' }])).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(remove([id, ABSENT], [{ Key: 'team' }])).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    expect(peer.instances.get(id).tags).toEqual(TAGS);
  });
});

describe('DescribeInstances', () => {
  test('filters by tag, by key and by state, with wildcards that a backslash takes literally', async () => {
    const [a, b, c] = [launch({ 'ebb/leaving': 'workers-a' }), launch({ 'ebb/leaving': 'workers-b' }), launch()];
    peer.instances.setState(b, 'shutting-down');
    const stars = launch({ 'ebb/leaving': 'wor*ers' });
    expect(await found({ Name: 'tag:ebb/leaving', Values: ['workers-a'] })).toEqual([a]);
    expect(await found({ Name: 'tag:ebb/leaving', Values: ['workers-?'] })).toEqual([a, b]);
    expect(await found({ Name: 'tag:ebb/leaving', Values: ['wor*'] })).toEqual([a, b, stars]);
    expect(await found({ Name: 'tag:ebb/leaving', Values: ['wor\\*ers'] })).toEqual([stars]);
    expect(await found({ Name: 'tag:EBB/leaving', Values: ['*'] })).toEqual([]);
    expect(await found({ Name: 'tag-key', Values: ['ebb/*'] })).toEqual([a, b, stars]);
    const running = { Name: 'instance-state-name', Values: ['pending', 'running'] };
    expect(await found({ Name: 'tag-key', Values: ['ebb/leaving'] }, running)).toEqual([a, stars]);
    expect(await found(running)).toEqual([a, c, stars]);
  });

  test('answers in pages of 5 to 1000', async () => {
    for (let count = 0; count < 12; count += 1) launch({ team: 'x' });
    const pages: number[] = [];
    const input = { Filters: [{ Name: 'tag:team', Values: ['x'] }] };
    for await (const { Reservations = [] } of paginateDescribeInstances({ client, pageSize: 5 }, input)) {
      pages.push(Reservations.length);
    }
    expect(pages).toEqual([5, 5, 2]);
    for (const MaxResults of [4, 1001]) {
      await expect(client.send(new DescribeInstancesCommand({ MaxResults }))).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    }
  });

  test('shows changed tags late when EC2 lags, as DescribeTags does', async () => {
    const id = launch({ team: 'x' });
    peer.instances.shownTags.lag = 5_000;
    await create([id], { team: 'y' });
    await clock.advance(2_000);
    await create([id], { team: 'z' });
    const values = async (): Promise<unknown> =>
      (await client.send(new DescribeTagsCommand({}))).Tags?.map(({ Value }) => Value);
    expect(await values()).toEqual(['x']);
    await clock.advance(3_500);
    expect(await values()).toEqual(['y']);
    expect(await found({ Name: 'tag:team', Values: ['y'] })).toEqual([id]);
    await clock.advance(2_000);
    expect(await found({ Name: 'tag:team', Values: ['z'] })).toEqual([id]);
  });
});

describe('TerminateInstances', () => {
  const terminate = (InstanceIds: string[]): Promise<unknown> =>
    client.send(new TerminateInstancesCommand({ InstanceIds }));

  test('ends all instances or, where one is unknown or protected, none', async () => {
    const id = launch();
    const { instanceId: guarded } = peer.instances.launch({ disableApiTermination: true });
    await expect(terminate([id, ABSENT])).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    await expect(terminate([id, guarded])).rejects.toMatchObject({
      name: 'OperationNotPermitted',
      message: `The instance '${guarded}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    });
    expect(peer.instances.get(id).state).toBe('running');
    await terminate([id]);
    expect(peer.instances.get(id).state).toBe('shutting-down');
  });

  test('succeeds again for an instance that has ended', async () => {
    const id = launch();
    await terminate([id]);
    await clock.advance(60_000);
    expect(await terminate([id])).toMatchObject({
      TerminatingInstances: [{ PreviousState: { Name: 'terminated' }, CurrentState: { Name: 'terminated' } }],
    });
  });
});
