import {
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  paginateDescribeLaunchTemplateVersions,
  type DescribeLaunchTemplateVersionsCommandInput,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { AwsPeer } from '../peer.ts';

let peer: AwsPeer;
let client: EC2Client;
let id: string;

beforeEach(async () => {
  peer = await AwsPeer.start({ clock: new DrivenClock({ stands: true }) });
  client = new EC2Client({ ...peer.clientConfig(), maxAttempts: 1 });
  ({ id } = peer.launchTemplates.create({ name: 'nodes', data: { imageId: 'ami-1', instanceType: 'm7g.large' } }));
  peer.launchTemplates.addVersion({ id }, { imageId: 'resolve:ssm:/images/nodes' });
  peer.launchTemplates.addVersion({ name: 'nodes' }, { imageId: 'ami-3' });
});
afterEach(async () => {
  client.destroy();
  await peer.stop();
});

async function numbers(input: DescribeLaunchTemplateVersionsCommandInput): Promise<(number | undefined)[]> {
  const { LaunchTemplateVersions = [] } = await client.send(new DescribeLaunchTemplateVersionsCommand(input));
  return LaunchTemplateVersions.map(({ VersionNumber }) => VersionNumber);
}

describe('versions of a launch template', () => {
  test.each([
    [['$Latest'], [3]],
    [['$Default'], [1]],
    [
      ['2', '$Latest', '3'],
      [3, 2],
    ],
    [[], [3, 2, 1]],
  ])('%j are %j', async (Versions, expected) => {
    expect(await numbers({ LaunchTemplateId: id, Versions })).toEqual(expected);
    expect(await numbers({ LaunchTemplateName: 'nodes', Versions })).toEqual(expected);
  });

  test('tell what they launch, a parameter as it is written, and which is the default', async () => {
    peer.launchTemplates.setDefault({ id }, 2);
    const wanted = { LaunchTemplateId: id, Versions: ['1', '2'] };
    const { LaunchTemplateVersions } = await client.send(new DescribeLaunchTemplateVersionsCommand(wanted));
    expect(LaunchTemplateVersions).toMatchObject([
      {
        LaunchTemplateName: 'nodes',
        DefaultVersion: true,
        LaunchTemplateData: { ImageId: 'resolve:ssm:/images/nodes' },
      },
      { LaunchTemplateId: id, DefaultVersion: false, LaunchTemplateData: { InstanceType: 'm7g.large' } },
    ]);
    expect(LaunchTemplateVersions?.[0]?.CreateTime).toBeInstanceOf(Date);
  });

  test('never get the number of one that was deleted', () => {
    peer.launchTemplates.deleteVersion({ id }, 3);
    expect(peer.launchTemplates.addVersion({ id }, {})).toBe(4);
    expect(() => {
      peer.launchTemplates.deleteVersion({ id }, 1);
    }).toThrow('default version');
  });

  test('come in pages, within bounds when asked', async () => {
    for (let count = 0; count < 7; count += 1) peer.launchTemplates.addVersion({ id }, {});
    const pages: number[] = [];
    const wanted = { LaunchTemplateId: id, MinVersion: '2', MaxVersion: '8' };
    const paging = paginateDescribeLaunchTemplateVersions({ client, pageSize: 3 }, wanted);
    for await (const { LaunchTemplateVersions = [] } of paging) pages.push(LaunchTemplateVersions.length);
    expect(pages).toEqual([3, 3, 1]);
  });

  test('of all templates are those that are latest or default', async () => {
    peer.launchTemplates.create({ name: 'others' });
    expect(await numbers({ Versions: ['$Latest'] })).toEqual([3, 1]);
  });
});

test.each([
  ['an unknown template', { LaunchTemplateId: 'lt-00000000000000000' }, 'InvalidLaunchTemplateId.NotFound'],
  ['what is no id', { LaunchTemplateId: 'nodes' }, 'InvalidLaunchTemplateId.Malformed'],
  ['an unknown name', { LaunchTemplateName: 'none' }, 'InvalidLaunchTemplateName.NotFoundException'],
  [
    'one unknown version among several',
    { LaunchTemplateName: 'nodes', Versions: ['1', '7'] },
    'InvalidLaunchTemplateId.VersionNotFound',
  ],
  ['numbers of no template', { Versions: ['1'] }, 'InvalidParameterValue'],
  ['no template and no version', {}, 'InvalidParameterValue'],
  ['pages of 201', { LaunchTemplateName: 'nodes', MaxResults: 201 }, 'InvalidParameterValue'],
])('%s is refused', async (_, input, name) => {
  await expect(client.send(new DescribeLaunchTemplateVersionsCommand(input))).rejects.toMatchObject({ name });
});

test('an id that is sent empty is none: the versions of all templates are answered', async () => {
  peer.launchTemplates.create({ name: 'one', data: { imageId: 'ami-1' } });
  peer.launchTemplates.create({ name: 'two', data: { imageId: 'ami-2' } });
  const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: '', Versions: ['$Latest'] });
  const { LaunchTemplateVersions } = await client.send(command);
  expect(LaunchTemplateVersions?.map(({ LaunchTemplateName }) => LaunchTemplateName)).toEqual(['nodes', 'one', 'two']);
});

test('a template that is deleted is gone', async () => {
  peer.launchTemplates.delete({ id });
  await expect(numbers({ LaunchTemplateId: id })).rejects.toThrow(
    `The specified launch template, with template ID ${id}, does not exist.`,
  );
});
