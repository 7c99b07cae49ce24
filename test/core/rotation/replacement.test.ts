import { describe, expect, test } from 'vitest';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import type { FleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import { missingOf, replacementsSince, type Arrivals } from '../../../lambdas/core/rotation/replacement.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';

/** A group that wants two; `i-old` has been there for an hour. */
function groupOf(states: Readonly<Record<string, string>>, more: Partial<Group> = {}): Group {
  const members = Object.entries(states).map(([instance, state]) => ({
    instance,
    group: 'workers',
    state,
    zone: 'a',
    type: 'm7g.large',
  }));
  const launch = { overrides: [], byRequirements: false };
  return { name: 'workers', desired: 2, tags: {}, suspended: [], launch, members, ...more };
}

function nodeOf(instance: string, more: Partial<FleetNode> = {}): FleetNode {
  const age = instance === 'i-old' ? HOUR : -MINUTE;
  return {
    name: `node-of-${instance}`,
    instance,
    createdAt: NOON - age,
    unschedulable: false,
    retiring: false,
    taints: [],
    ...more,
  };
}

function arrivalsOf(nodes: readonly FleetNode[], launchedAt: Readonly<Record<string, number>> = {}): Arrivals {
  return {
    nodes: new Map(nodes.map((node) => [node.instance ?? '', node])),
    launchedAt: new Map(Object.entries(launchedAt)),
  };
}

const BOTH = { 'i-old': 'InService', 'i-new': 'InService' };
const taint = (key: string) => [{ key, effect: 'NoSchedule' as const }];

describe('a group (contract 10.2)', () => {
  test('is whole when as many serve as it wants, and the nodes of the new ones are Ready', () => {
    expect(missingOf(groupOf(BOTH), arrivalsOf([nodeOf('i-old'), nodeOf('i-new')]), NOON)).toEqual([]);
  });

  test.each([
    [
      'has not launched it yet',
      groupOf({ 'i-old': 'InService' }),
      [nodeOf('i-old')],
      '1 of 2 of workers are in service',
    ],
    [
      'brings it into service',
      groupOf({ ...BOTH, 'i-new': 'Pending:Wait' }),
      [nodeOf('i-old')],
      'i-new is Pending:Wait',
    ],
    ['has it without a node', groupOf(BOTH), [nodeOf('i-old')], 'i-new has no node'],
    [
      'has it not Ready',
      groupOf(BOTH),
      [nodeOf('i-old'), nodeOf('i-new', { notReadySince: NOON })],
      'i-new has node node-of-i-new, which is not Ready',
    ],
    [
      'has it with the startup taint of an agent',
      groupOf(BOTH),
      [nodeOf('i-old'), nodeOf('i-new', { taints: taint('node.cilium.io/agent-not-ready') })],
      'i-new has node node-of-i-new with startup taint node.cilium.io/agent-not-ready',
    ],
    [
      'has it with a startup taint by prefix',
      groupOf(BOTH),
      [nodeOf('i-old'), nodeOf('i-new', { taints: taint('startup-taint.cluster-autoscaler.kubernetes.io/gpu') })],
      'i-new has node node-of-i-new with startup taint startup-taint.cluster-autoscaler.kubernetes.io/gpu',
    ],
  ])('waits for its replacement while it %s', (_, group, nodes, why) => {
    expect(missingOf(group, arrivalsOf(nodes), NOON)).toContain(why);
  });

  test('does not wait for what was ill before', () => {
    const ill = [nodeOf('i-old', { notReadySince: NOON - HOUR }), nodeOf('i-new')];
    expect(missingOf(groupOf(BOTH), arrivalsOf(ill), NOON)).toEqual([]);
    const nodeless = arrivalsOf([nodeOf('i-new')], { 'i-old': NOON - HOUR });
    expect(missingOf(groupOf(BOTH), nodeless, NOON)).toEqual([]);
  });

  test('does not wait for a taint that the team has put on all its nodes', () => {
    const nodes = [nodeOf('i-old'), nodeOf('i-new', { taints: taint('team.example.com/batch') })];
    expect(missingOf(groupOf(BOTH), arrivalsOf(nodes), NOON)).toEqual([]);
  });

  test('with weights counts them', () => {
    const [old, fresh] = groupOf(BOTH).members;
    if (old === undefined || fresh === undefined) throw new Error('there are two');
    const group = groupOf(BOTH, {
      desired: 4,
      members: [
        { ...old, weight: 2 },
        { ...fresh, weight: 1 },
      ],
    });
    expect(missingOf(group, arrivalsOf([nodeOf('i-old'), nodeOf('i-new')]), NOON)).toEqual([
      '3 of 4 of workers are in service',
    ]);
  });
});

describe('the replacements since then', () => {
  test('are those that cannot take pods, then the others; none from before, and none that leaves', () => {
    const group = groupOf({ ...BOTH, 'i-a': 'InService', 'i-b': 'Pending', 'i-c': 'Terminating:Wait' });
    const nodes = [nodeOf('i-old'), nodeOf('i-new'), nodeOf('i-c')];
    expect(replacementsSince(group, arrivalsOf(nodes), NOON)).toEqual(['i-a', 'i-b', 'i-new']);
  });
});
