/** Whether a node differs from what its group would launch now (contract 9.1). */
import { describe, expect, test } from 'vitest';
import { judgeDrift, type DriftFacts } from '../../../lambdas/core/drift/drift.ts';
import { imageByOrigin } from '../../../lambdas/core/drift/launch-source.ts';
import type { GroupMember, LaunchPlan, LaunchSource } from '../../../lambdas/core/aws/group.ts';
import type { DriftSettings } from '../../../lambdas/core/settings/cluster-settings.ts';
import { aCluster, aPlaced, type Peculiar } from '../../fleet-given.ts';
import { HOUR, NOON, TEMPLATE } from '../../given.ts';

const DAY = 24 * HOUR;

/** What the group would launch: version 2, with `ami-2`. */
const source = (given: Partial<LaunchSource> = {}): LaunchSource => ({
  kind: 'template',
  id: TEMPLATE,
  name: 'nodes',
  version: '2',
  image: 'ami-2',
  ...given,
});

const plan = (given: Partial<LaunchPlan> = {}): LaunchPlan => ({
  base: source(),
  overrides: [],
  origins: [],
  ...given,
});

const from = (version: string): Peculiar => ({ member: { launchedFrom: { kind: 'template', id: TEMPLATE, version } } });

interface Given extends Partial<DriftFacts> {
  readonly placed?: Peculiar;
  readonly settings?: Partial<Record<keyof DriftSettings, unknown>>;
}

/** An instance of version 1 with `ami-1`, launched yesterday; only what is `settings` counts, the AMI unless given. */
function verdict({ placed = from('1'), settings = {}, ...facts }: Given = {}) {
  const { drift } = aCluster({ drift: settings });
  const launched = { image: 'ami-1', at: NOON - DAY };
  return judgeDrift(aPlaced(placed), { plan: plan(), launched, now: NOON, ...facts }, drift);
}

/** Kinds of the reasons; or the verdict. */
function kinds(given: Given): string {
  const judged = verdict(given);
  return judged.kind === 'drifted' ? judged.reasons.map(({ kind }) => kind).join(' ') : judged.kind;
}

const same = { image: 'ami-2', at: NOON - DAY };
const OFF = { ami: false };

describe('by its image', () => {
  test('a node has drifted when its group would launch another, and is told so in words', () => {
    expect(verdict()).toEqual({
      kind: 'drifted',
      reasons: [{ kind: 'ami', text: `runs ami-1, its group would launch ami-2 (${TEMPLATE} version 2)` }],
    });
  });

  test.each<[string, Given, string]>([
    ['the same image of another version', { launched: same }, 'current'],
    ['turned off', { settings: OFF }, 'current'],
    [
      'a launch configuration',
      { plan: plan({ base: { kind: 'configuration', id: 'old-style', image: 'ami-2' } }) },
      'ami',
    ],
    [
      'an override for its type, with its image',
      { plan: plan({ overrides: [{ type: 'm6i.large', source: source({ image: 'ami-1' }) }] }) },
      'current',
    ],
    [
      'an override for its type, with a third image',
      { plan: plan({ overrides: [{ type: 'm6i.large', source: source({ image: 'ami-3' }) }] }) },
      'ami',
    ],
    [
      'an override for another type',
      { launched: same, plan: plan({ overrides: [{ type: 'm7g.large', source: source({ image: 'ami-arm' }) }] }) },
      'current',
    ],
  ])('%s', (_, given, expected) => {
    expect(kinds(given)).toBe(expected);
  });

  test('nothing is told of an instance that EC2 does not know', () => {
    const { drift } = aCluster();
    expect(judgeDrift(aPlaced(from('1')), { plan: plan(), now: NOON }, drift)).toEqual({ kind: 'current' });
  });
});

describe('what an instance was launched from tells its image', () => {
  const origins = [source({ version: '1', image: 'ami-1' })];
  const of = (given: Partial<GroupMember>) => imageByOrigin(aPlaced({ member: given }).member, plan({ origins }));
  const launchedFrom = { kind: 'template', id: TEMPLATE, version: '1' } as const;
  const byName = { kind: 'template-name', id: 'nodes' } as const;

  test.each<[string, Partial<GroupMember>, string | undefined]>([
    ['a version that names one', { launchedFrom }, 'ami-1'],
    ['a version of which nothing is told', { launchedFrom: { ...launchedFrom, version: '3' } }, undefined],
    ['the version, of a template that is told by its name', { launchedFrom: { ...byName, version: '1' } }, 'ami-1'],
    ['the same version of a template of another name', { launchedFrom: { ...byName, id: 'others' } }, undefined],
    ['the same version of another template', { launchedFrom: { ...launchedFrom, id: 'lt-other' } }, undefined],
    ['an image of its own, laid over the version’s', { launchedFrom, image: 'ami-4' }, undefined],
  ])('%s', (_, member, image) => {
    expect(of(member)).toBe(image);
  });

  test('nothing, when Auto Scaling does not tell what that was', () => {
    const attached = {
      instance: 'i-1',
      group: 'workers',
      state: 'InService',
      zone: 'eu-central-1a',
      type: 'm6i.large',
    };
    expect(imageByOrigin(attached, plan({ origins }))).toBeUndefined();
  });
});

describe('a replacement that has drifted itself', () => {
  const vain = { placed: from('2') };

  test('stops its group: launched from the very version that it would launch, with another image', () => {
    expect(verdict(vain)).toEqual({
      kind: 'stops',
      reason: `its group launches something else than it says: node-01 was launched from ${TEMPLATE} version 2 and runs ami-1, not ami-2`,
    });
  });

  test.each<[string, Given, string]>([
    ['with the image that it should have', { ...vain, launched: same }, 'current'],
    ['from a version before', {}, 'ami'],
    [
      'from the version of another template',
      { placed: { member: { launchedFrom: { kind: 'template', id: 'lt-other', version: '2' } } } },
      'ami',
    ],
    [
      'from who knows what',
      { placed: { member: { launchedFrom: { kind: 'template', id: TEMPLATE, version: '$Latest' } } } },
      'ami',
    ],
    [
      'before the parameter that names the image changed',
      { ...vain, plan: plan({ base: source({ imageSince: NOON - HOUR }) }) },
      'ami',
    ],
    ['after it changed', { ...vain, plan: plan({ base: source({ imageSince: NOON - 2 * DAY }) }) }, 'stops'],
    [
      'from its launch configuration',
      {
        placed: { member: { launchedFrom: { kind: 'configuration', id: 'old-style' } } },
        plan: plan({ base: { kind: 'configuration', id: 'old-style', image: 'ami-2' } }),
      },
      'stops',
    ],
    ['while images do not count', { ...vain, settings: OFF }, 'current'],
    ['while kubelets count, which come with images', { ...vain, settings: { ...OFF, kubelet: true } }, 'stops'],
  ])('%s', (_, given, expected) => {
    expect(kinds(given)).toBe(expected);
  });
});

describe('by its launch template', () => {
  const settings = { ...OFF, launchTemplate: true };

  test.each<[string, Peculiar, string]>([
    ['another version', from('1'), 'launch-template'],
    ['the same version', from('2'), 'current'],
    [
      'the same version of a template that is told by its name',
      { member: { launchedFrom: { kind: 'template-name', id: 'nodes', version: '2' } } },
      'current',
    ],
    [
      'another template that is told by its name',
      { member: { launchedFrom: { kind: 'template-name', id: 'others', version: '2' } } },
      'launch-template',
    ],
    [
      'another template',
      { member: { launchedFrom: { kind: 'template', id: 'lt-other', version: '2' } } },
      'launch-template',
    ],
    [
      'a launch configuration before',
      { member: { launchedFrom: { kind: 'configuration', id: 'old-style' } } },
      'launch-template',
    ],
    ['a version that cannot be told any more', from('$Latest'), 'current'],
  ])('%s', (_, placed, expected) => {
    expect(kinds({ placed, settings, launched: same })).toBe(expected);
  });

  test('is told in words', () => {
    expect(verdict({ settings, launched: same })).toMatchObject({
      reasons: [{ text: `was launched from ${TEMPLATE} version 1, its group would launch from ${TEMPLATE} version 2` }],
    });
  });

  test('does not count unless it is turned on', () => {
    expect(kinds({ launched: same })).toBe('current');
  });
});

describe('by its instance type', () => {
  const settings = { ...OFF, instanceType: true };

  test.each<[string, Partial<LaunchPlan>, string]>([
    ['one that may be launched', { types: ['m6i.large', 'm7i.large'] }, 'current'],
    ['one that may not', { types: ['m7i.large', 'm7i.xlarge'] }, 'instance-type'],
    ['when requirements decide', {}, 'current'],
  ])('%s', (_, given, expected) => {
    expect(kinds({ settings, plan: plan(given) })).toBe(expected);
  });

  test('is told in words', () => {
    expect(verdict({ settings, plan: plan({ types: ['a.large', 'b.large'] }) })).toMatchObject({
      reasons: [{ text: 'is of type m6i.large, its group would launch a.large or b.large' }],
    });
  });
});

describe('by its age', () => {
  const settings = { ...OFF, maxAgeSeconds: 30 * 86_400 };

  test.each<[string, Given, string]>([
    ['old', { launched: { image: 'ami-2', at: NOON - 30 * DAY - 1 } }, 'age'],
    ['just not', { launched: { image: 'ami-2', at: NOON - 30 * DAY } }, 'current'],
    ['whose node is older than its instance', { placed: { node: { createdAt: NOON - 31 * DAY } } }, 'current'],
  ])('%s', (_, given, expected) => {
    expect(kinds({ settings, ...given })).toBe(expected);
  });

  test('of an instance of which nothing is known, the node’s counts', () => {
    const { drift } = aCluster({ drift: settings });
    const placed = aPlaced({ node: { createdAt: NOON - 31 * DAY } });
    expect(judgeDrift(placed, { plan: plan(), now: NOON }, drift)).toMatchObject({
      reasons: [{ kind: 'age', text: 'exists since 2025-12-05T12:00:00.000Z, longer than the 30 days that it may' }],
    });
  });
});

describe('by its kubelet', () => {
  const settings = { ...OFF, kubelet: true };
  const runs = (kubeletVersion: string): Peculiar => ({ ...from('1'), node: { kubeletVersion } });

  test.each<[string, Given, string]>([
    ['behind the control plane', { placed: runs('v1.32.9-eks-1'), controlPlane: '1.33' }, 'kubelet'],
    ['of single digits', { placed: runs('v1.9.0'), controlPlane: '1.33' }, 'kubelet'],
    ['of the same minor version', { placed: runs('v1.33.0-eks-1'), controlPlane: '1.33' }, 'current'],
    ['ahead of it', { placed: runs('v1.34.0'), controlPlane: '1.33' }, 'current'],
    [
      'behind, but the group would launch just that again',
      { placed: runs('v1.32.9'), controlPlane: '1.33', launched: same },
      'current',
    ],
    ['behind nobody knows what', { placed: runs('v1.32.9') }, 'current'],
    ['that it has not told', { placed: runs(''), controlPlane: '1.33' }, 'current'],
  ])('%s', (_, given, expected) => {
    expect(kinds({ settings, ...given })).toBe(expected);
  });

  test('is told in words', () => {
    expect(verdict({ settings, placed: runs('v1.31.2-eks-1'), controlPlane: '1.33' })).toMatchObject({
      reasons: [{ text: 'runs Kubernetes 1.31, the control plane 1.33' }],
    });
  });
});

test('all that counts is told, in the same order always', () => {
  const settings = { launchTemplate: true, instanceType: true, maxAgeSeconds: 3_600, kubelet: true };
  const placed = { ...from('1'), node: { kubeletVersion: 'v1.30.0' } };
  expect(kinds({ settings, placed, plan: plan({ types: ['m7i.large'] }), controlPlane: '1.33' })).toBe(
    'ami launch-template instance-type age kubelet',
  );
});
