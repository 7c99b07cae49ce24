/** Why it cannot be told what a group would launch (contract 9.1): in words, and for that group alone. */
import { describe, expect, test } from 'vitest';
import { IMAGE_PARAMETER_ACTIONS, LAUNCH_ACTIONS } from '../../../lambdas/adapters/launch/launch-plans.ts';
import type { LaunchTemplateData } from '../../peers/aws/ec2/launch-templates.ts';
import { LaunchGiven, REQUIREMENTS } from './given.ts';

describe('the fault of a group, whose', () => {
  test.each<[string, LaunchTemplateData, string | undefined, RegExp]>([
    ['template has no such version', { imageId: 'ami-1' }, '7', /^launch template lt-\w+ has no version 7: give/],
    ['template names no image', {}, '$Latest', /^launch template lt-\w+ version 1 names no image: give/],
    [
      'image parameter is not there',
      { imageId: 'resolve:ssm:/none' },
      '1',
      /^SSM parameter \/none, which its image is taken from, does not exist: set it/,
    ],
    [
      'image parameter holds something else',
      { imageId: 'resolve:ssm:/text' },
      '1',
      /^SSM parameter \/text, which its image is taken from, holds no AMI's id/,
    ],
  ])('%s', async (_, data, version, fault) => {
    await using given = await LaunchGiven.start();
    given.aws.ssm.put('/text', 'hello');
    given.group({ launchTemplate: { id: given.template(data), ...(version && { version }) } });
    expect(await given.plan()).toEqual({ fault: expect.stringMatching(fault) as string });
  });

  test('template was deleted, or launch configuration', async () => {
    await using given = await LaunchGiven.start();
    const id = given.template({ imageId: 'ami-1' });
    const { launching } = given.aws.autoScaling;
    launching.addConfiguration({ name: 'old' });
    given.group({ launchTemplate: { id } });
    given.group({ name: 'others', launchConfiguration: 'old' });
    given.aws.launchTemplates.delete({ id });
    launching.configurations.delete('old');
    expect(Object.fromEntries(await given.plans())).toEqual({
      workers: { fault: `launch template ${id} does not exist: give the group one that does` },
      others: { fault: 'launch configuration old does not exist: give the group one that does' },
    });
  });

  test('launch settings are none', async () => {
    await using given = await LaunchGiven.start();
    const group = { name: 'workers', desired: 0, tags: {}, suspended: [], members: [] };
    const plans = await given.port().plans([{ ...group, launch: { overrides: [], byRequirements: false } }]);
    expect(plans.get('workers')).toMatchObject({
      fault: expect.stringContaining('neither a launch template') as string,
    });
    expect(given.aws.requests).toEqual([]);
  });

  test('requirements have a template of their own', async () => {
    await using given = await LaunchGiven.start();
    const id = given.template({ imageId: 'ami-1' });
    const own = given.template({ imageId: 'ami-2' });
    const overrides = [{ instanceRequirements: REQUIREMENTS, launchTemplate: { id: own } }];
    given.group({ mixedInstancesPolicy: { launchTemplate: { id }, overrides } });
    expect(await given.plan()).toMatchObject({ fault: expect.stringContaining('a group of their own') as string });
  });

  test('template cannot be read now hinders no other', async () => {
    await using given = await LaunchGiven.start();
    for (const name of ['one', 'two'])
      given.group({ name, launchTemplate: { id: given.template({ imageId: 'ami-1' }) } });
    given.aws.faults.inject({ kind: 'throttle', action: 'DescribeLaunchTemplateVersions' });
    const plans = [...(await given.plans()).values()];
    const [throttled] = plans.filter((plan) => 'fault' in plan);
    const others = plans.filter((plan) => !('fault' in plan));
    expect(throttled).toMatchObject({
      fault: expect.stringMatching(/^launch template lt-\w+ cannot be read: RequestLimitExceeded/) as string,
    });
    expect(others).toMatchObject([{ base: { image: 'ami-1' } }]);
  });

  test('parameter may not be read hinders none that is asked for with it', async () => {
    await using given = await LaunchGiven.start();
    given.aws.ssm.put('/aws/service/eks/image', 'ami-1');
    given.aws.ssm.put('/own/image', 'ami-2');
    for (const name of ['/aws/service/eks/image', '/own/image']) {
      given.group({ name, launchTemplate: { id: given.template({ imageId: `resolve:ssm:${name}` }) } });
    }
    const credentials = given.credentialsFor(...LAUNCH_ACTIONS);
    const Resource = 'arn:aws:ssm:*::parameter/aws/service/*';
    const Statement = [{ Effect: 'Allow', Action: IMAGE_PARAMETER_ACTIONS, Resource }];
    given.aws.authorization.attach('arn:aws:iam::123456789012:role/limited', { Version: '2012-10-17', Statement });
    const plans = await given.plans(given.port(credentials));
    expect(plans.get('/aws/service/eks/image')).toMatchObject({ base: { image: 'ami-1' } });
    expect(plans.get('/own/image')).toEqual({
      fault: expect.stringMatching(
        /^SSM parameter \/own\/image, .* cannot be read: AccessDeniedException.*: name it in clusters\[\]\.drift\.imageParameters$/,
      ) as string,
    });
  });
});
