/** What groups would launch now, looked up (contract 9.1). */
import { describe, expect, test } from 'vitest';
import { IMAGE_PARAMETER_ACTIONS, LAUNCH_ACTIONS } from '../../../lambdas/adapters/launch/launch-plans.ts';
import { aGroup, aMember } from '../../given.ts';
import { LaunchGiven, REQUIREMENTS } from './given.ts';

describe('the plan of a group', () => {
  test.each([
    ['$Latest', { image: 'ami-3', version: '3' }],
    ['$Default', { image: 'ami-1', version: '1' }],
    ['2', { image: 'ami-2', version: '2' }],
  ])('with version %s of a template is %o', async (version, expected) => {
    await using given = await LaunchGiven.start();
    const type = 'm7g.large';
    const id = given.template(
      { imageId: 'ami-1', instanceType: type },
      { imageId: 'ami-2', instanceType: type },
      { imageId: 'ami-3', instanceType: type },
    );
    given.group({ launchTemplate: { id, version } });
    const base = { kind: 'template', id, name: expect.any(String) as string, ...expected };
    expect(await given.plan()).toEqual({ base, overrides: [], types: [type], origins: [] });
  });

  test('with a launch configuration', async () => {
    await using given = await LaunchGiven.start();
    given.aws.autoScaling.launching.addConfiguration({ name: 'old', imageId: 'ami-1', instanceType: 'm5.large' });
    given.group({ launchConfiguration: 'old' });
    const base = { kind: 'configuration', id: 'old', image: 'ami-1' };
    expect(await given.plan()).toEqual({ base, overrides: [], types: ['m5.large'], origins: [] });
  });

  test('with a mixed instances policy has a source for each type that has its own template or image', async () => {
    await using given = await LaunchGiven.start();
    const id = given.template({ imageId: 'ami-1', instanceType: 't3.nano' });
    const arm = given.template({ imageId: 'ami-2' }, { imageId: 'ami-3' });
    const overrides = [
      { instanceType: 'm6i.large' },
      { instanceType: 'm7g.large', launchTemplate: { id: arm, version: '$Latest' } },
      { instanceType: 'm5.large', imageId: 'ami-4' },
    ];
    given.group({ mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
    const now = expect.closeTo(given.aws.clock.now(), -4) as number;
    const name = expect.any(String) as string;
    expect(await given.plan()).toEqual({
      base: { kind: 'template', id, name, version: '1', image: 'ami-1' },
      overrides: [
        { type: 'm7g.large', source: { kind: 'template', id: arm, name, version: '2', image: 'ami-3' } },
        // It may be named since just now, for all that anybody tells.
        { type: 'm5.large', source: { kind: 'template', id, name, version: '1', image: 'ami-4', imageSince: now } },
      ],
      types: ['m6i.large', 'm7g.large', 'm5.large'],
      origins: [],
    });
  });

  test('asks for the template that an override names by its name alone, and for no other', async () => {
    await using given = await LaunchGiven.start();
    const id = given.template({ imageId: 'ami-1' });
    // Newer than the wanted one, and somebody else's.
    given.aws.launchTemplates.create({ name: 'arm', data: { imageId: 'ami-2' } });
    given.template({ imageId: 'ami-other' });
    const { id: arm } = given.aws.launchTemplates.find({ name: 'arm' }) ?? { id: '' };
    const overrides = [
      { instanceType: 'm7g.large', launchTemplate: { name: 'arm', version: '$Latest' } },
      { instanceType: 'm7g.xlarge', launchTemplate: { name: 'arm', version: '1' } },
    ];
    given.group({ mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
    const source = { kind: 'template', id: arm, name: 'arm', version: '1', image: 'ami-2' };
    expect(await given.plan()).toMatchObject({
      base: { id, image: 'ami-1' },
      overrides: [
        { type: 'm7g.large', source },
        { type: 'm7g.xlarge', source },
      ],
    });
    expect(given.count('DescribeLaunchTemplateVersions')).toBe(2);
  });

  test('tells no types when requirements say which, in the policy or in the template', async () => {
    await using given = await LaunchGiven.start();
    const typed = given.template({ imageId: 'ami-1', instanceType: 'm5.large' });
    const overrides = [{ instanceRequirements: REQUIREMENTS }];
    given.group({ mixedInstancesPolicy: { launchTemplate: { id: typed }, overrides } });
    const id = given.template({ imageId: 'ami-1', instanceRequirements: REQUIREMENTS });
    given.group({ name: 'others', launchTemplate: { id } });
    const plans = await given.plans();
    expect(plans.get('workers')).toMatchObject({ base: { image: 'ami-1' }, overrides: [] });
    expect(plans.get('workers')).not.toHaveProperty('types');
    expect(plans.get('others')).not.toHaveProperty('types');
  });

  test.each([
    ['a name', 'resolve:ssm:/images/nodes', 'ami-2'],
    ['a version', 'resolve:ssm:/images/nodes:1', 'ami-1'],
    ['an ARN', 'resolve:ssm:arn:aws:ssm:eu-central-1:999999999999:parameter/images/nodes', 'ami-3'],
    ['an ARN and a version', 'resolve:ssm:arn:aws:ssm:eu-central-1:999999999999:parameter/images/nodes:1', 'ami-3'],
  ])('takes its image from a parameter by %s, and tells since when', async (_, imageId, image) => {
    await using given = await LaunchGiven.start();
    const { ssm, clock } = given.aws;
    const set = new Map<string, number>();
    const put = async (name: string, value: string): Promise<void> => {
      set.set(value, ssm.put(name, value).modifiedAt.getTime());
      await clock.advance(60_000);
    };
    await put('/images/nodes', 'ami-1');
    await put('/images/nodes', 'ami-2');
    await put('arn:aws:ssm:eu-central-1:999999999999:parameter/images/nodes', 'ami-3');
    given.group({ launchTemplate: { id: given.template({ imageId }) } });
    expect(await given.plan()).toMatchObject({ base: { image, imageSince: set.get(image) } });
  });
});

test('a parameter’s version is found where no selector is told, and the latest beside it', async () => {
  await using given = await LaunchGiven.start();
  const { ssm } = given.aws;
  ssm.tellsSelectors = false;
  for (const image of ['ami-1', 'ami-2', 'ami-3']) ssm.put('/image', image);
  for (const name of ['/image:1', '/image', '/image:2', '/image:4']) {
    given.group({ name, launchTemplate: { id: given.template({ imageId: `resolve:ssm:${name}` }) } });
  }
  expect(Object.fromEntries(await given.plans())).toMatchObject({
    '/image:1': { base: { image: 'ami-1' } },
    '/image:2': { base: { image: 'ami-2' } },
    '/image': { base: { image: 'ami-3' } },
    '/image:4': { fault: expect.stringContaining('/image:4, which its image is taken from, does not exist') as string },
  });
});

test('an image that a parameter names by a label may have become current just now, as labels move without a trace', async () => {
  await using given = await LaunchGiven.start();
  given.aws.ssm.put('/images/nodes', 'ami-1');
  given.aws.ssm.label('/images/nodes', 1, 'stable');
  given.group({ launchTemplate: { id: given.template({ imageId: 'resolve:ssm:/images/nodes:stable' }) } });
  await given.aws.clock.advance(3_600_000);
  const imageSince = expect.closeTo(given.aws.clock.now(), -4) as number;
  expect(await given.plan()).toMatchObject({ base: { image: 'ami-1', imageSince } });
});

describe('where members come from', () => {
  test('is told with its image, by the same call, as far as it is there and names one itself', async () => {
    await using given = await LaunchGiven.start();
    given.aws.ssm.put('/image', 'ami-9');
    const id = given.template({ imageId: 'ami-1' }, { imageId: 'resolve:ssm:/image' }, { imageId: 'ami-3' });
    given.group({ launchTemplate: { id, version: '$Latest' } });
    const group = aGroup({
      launch: { base: { kind: 'template', id, version: '$Latest' }, overrides: [], byRequirements: false },
      members: [
        { kind: 'template', id, version: '1' } as const,
        { kind: 'template', id, version: '1' } as const,
        { kind: 'template', id, version: '2' } as const,
        { kind: 'template', id, version: '3' } as const,
        // As for which version that was, nothing tells.
        { kind: 'template', id, version: '$Default' } as const,
        { kind: 'template', id: 'lt-gone', version: '1' } as const,
        { kind: 'configuration', id: 'gone' } as const,
      ].map((launchedFrom) => aMember({ launchedFrom })),
    });
    expect((await given.port().plans([group])).get(group.name)).toMatchObject({
      base: { version: '3', image: 'ami-3' },
      origins: [
        { kind: 'template', id, version: '1', image: 'ami-1' },
        { kind: 'template', id, version: '3', image: 'ami-3' },
      ],
    });
    expect(given.count('DescribeLaunchTemplateVersions')).toBe(2);
    expect(given.count('GetParameters')).toBe(0);
  });

  test('is a launch configuration', async () => {
    await using given = await LaunchGiven.start();
    given.aws.autoScaling.launching.addConfiguration({ name: 'old', imageId: 'ami-1' });
    const old = { kind: 'configuration', id: 'old' } as const;
    const launch = { base: old, overrides: [], byRequirements: false };
    const plans = await given.port().plans([aGroup({ launch, members: [aMember({ launchedFrom: old })] })]);
    expect([...plans.values()]).toMatchObject([{ origins: [{ ...old, image: 'ami-1' }] }]);
  });
});

describe('plans', () => {
  test('cost a call for each template, however many groups and versions there are, and one for ten parameters', async () => {
    await using given = await LaunchGiven.start();
    const templates = Array.from({ length: 10 }, (_, index) => {
      given.aws.ssm.put(`/images/${index}`, `ami-${index}`);
      return given.template({ imageId: `resolve:ssm:/images/${index}` }, { imageId: `resolve:ssm:/images/${index}` });
    });
    for (let index = 0; index < 100; index += 1) {
      const version = ['$Latest', '$Default', '1'][index % 3] ?? '';
      given.group({ name: `group-${index}`, launchTemplate: { id: templates[index % 10] ?? '', version } });
    }
    const plans = await given.plans();
    expect(plans.get('group-42')).toMatchObject({ base: { id: templates[2], version: '2', image: 'ami-2' } });
    expect(plans.get('group-43')).toMatchObject({ base: { id: templates[3], version: '1', image: 'ami-3' } });
    expect(given.count('DescribeLaunchTemplateVersions')).toBe(10);
    expect(given.count('GetParameters')).toBe(1);
  });

  test('of one template are told although one of its versions is not there', async () => {
    await using given = await LaunchGiven.start();
    const id = given.template({ imageId: 'ami-1' }, { imageId: 'ami-2' });
    for (const version of ['$Latest', '$Default', '1', '7'])
      given.group({ name: version, launchTemplate: { id, version } });
    expect(Object.fromEntries(await given.plans())).toMatchObject({
      $Latest: { base: { version: '2', image: 'ami-2' } },
      $Default: { base: { version: '1', image: 'ami-1' } },
      '1': { base: { version: '1', image: 'ami-1' } },
      '7': { fault: expect.stringContaining('has no version 7') as string },
    });
  });

  test('of nothing are asked of nobody', async () => {
    await using given = await LaunchGiven.start();
    expect(await given.port().plans([])).toEqual(new Map());
    expect(await given.port().launched([])).toEqual(new Map());
    expect(given.aws.requests).toEqual([]);
  });
});

test('the declared IAM actions are enough', async () => {
  await using given = await LaunchGiven.start();
  given.aws.ssm.put('/image', 'ami-1');
  given.aws.autoScaling.launching.addConfiguration({ name: 'old' });
  given.group({ name: 'others', launchConfiguration: 'old' });
  given.group({ desired: 1, launchTemplate: { id: given.template({ imageId: 'resolve:ssm:/image' }) } });
  const port = given.port(given.credentialsFor(...LAUNCH_ACTIONS, ...IMAGE_PARAMETER_ACTIONS));
  expect([...(await given.plans(port)).values()].filter((plan) => 'fault' in plan)).toEqual([]);
  expect((await port.launched(given.aws.autoScaling.instanceIds('workers'))).size).toBe(1);
});
