/** What Auto Scaling says that a group launches: templates by their ids or, where it tells none, by their names. */
import type { AutoScalingGroup, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { launchedFrom, launchReference } from '../../../lambdas/adapters/launch/launch-reference.ts';

const ID = 'lt-0123456789abcdef0';

const TEMPLATES: readonly [string, LaunchTemplateSpecification, object | undefined][] = [
  ['id and name', { LaunchTemplateId: ID, LaunchTemplateName: 'nodes', Version: '3' }, { kind: 'template', id: ID }],
  ['id', { LaunchTemplateId: ID, Version: '3' }, { kind: 'template', id: ID }],
  ['name', { LaunchTemplateName: 'nodes', Version: '3' }, { kind: 'template-name', id: 'nodes' }],
  [
    'name, and an empty id',
    { LaunchTemplateId: '', LaunchTemplateName: 'nodes', Version: '3' },
    { kind: 'template-name', id: 'nodes' },
  ],
  ['nothing', { Version: '3' }, undefined],
];

describe.each(TEMPLATES)('a template that is told by %s', (_, template, expected) => {
  const reference = expected && { ...expected, version: '3' };

  test.each<[string, Partial<AutoScalingGroup>]>([
    ['a group', { LaunchTemplate: template }],
    [
      'a mixed instances policy',
      { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: template } } },
    ],
  ])('is the base of %s', (_whose, group) => {
    expect(launchReference(group as AutoScalingGroup).base).toEqual(reference);
  });

  test('is the source of an override', () => {
    const Overrides = [{ InstanceType: 'm7g.large', LaunchTemplateSpecification: template }];
    const group = { MixedInstancesPolicy: { LaunchTemplate: { Overrides } } } as Partial<AutoScalingGroup>;
    const expectedOverride = { type: 'm7g.large', ...(reference && { source: reference }) };
    expect(launchReference(group as AutoScalingGroup).overrides).toEqual([expectedOverride]);
  });

  test('is what an instance was launched from', () => {
    const member = {
      InstanceId: 'i-1',
      AvailabilityZone: 'a',
      LifecycleState: 'InService',
      HealthStatus: 'Healthy',
    } as const;
    const instance = { ...member, ProtectedFromScaleIn: false, LaunchTemplate: template } as const;
    expect(launchedFrom(instance)).toEqual(reference);
  });
});
