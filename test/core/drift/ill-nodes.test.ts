/** Which nodes are ill, and whose turn it is (contract 1.2, 9.1). */
import { describe, expect, test } from 'vitest';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import type { Impairment, StatusCheck } from '../../../lambdas/core/aws/status-check.ts';
import { fleetState } from '../../../lambdas/core/disruption/fleet-state.ts';
import { fleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import { NO_ANSWERS } from '../../../lambdas/core/disruption/questions.ts';
import { decideDrift } from '../../../lambdas/core/drift/decide-drift.ts';
import type { DriftReason } from '../../../lambdas/core/drift/drift.ts';
import { illNodes } from '../../../lambdas/core/drift/ill-nodes.ts';
import { aCluster, aCrew, instanceId, nodeName, type Peculiar } from '../../fleet-given.ts';
import { aNode, HOUR, NOON } from '../../given.ts';

const MINUTE = HOUR / 60;
const DEADLOCK = { conditions: [{ type: 'KernelDeadlock', seconds: 600 }] };

/** A node whose kernel has been deadlocked for so many minutes. */
function ill(minutes: number, given: Peculiar = {}): Peculiar {
  const conditions = [{ type: 'KernelDeadlock', status: 'True', since: NOON - minutes * MINUTE }];
  return { ...given, node: { conditions, ...given.node } };
}

/** The instance of that number has failed a check for so many minutes. */
function impaired(number: number, check: StatusCheck, minutes: number): Impairment {
  return { instance: instanceId(number), check, since: NOON - minutes * MINUTE };
}

function reasons(
  peculiar: Readonly<Record<number, Peculiar>>,
  drift: object = DEADLOCK,
  failed: readonly Impairment[] = [],
): ReadonlyMap<string, DriftReason> {
  const ill = found(peculiar, { drift, failed });
  if ('asks' in ill) throw new Error(`is undecided: ${JSON.stringify(ill.asks)}`);
  return ill.reasons;
}

interface Found {
  readonly drift?: object;
  readonly failed?: readonly Impairment[];
  readonly group?: Partial<Group>;
  readonly repairs?: boolean | { readonly fault: string };
}

function found(
  peculiar: Readonly<Record<number, Peculiar>>,
  { drift = DEADLOCK, failed = [], group: given = {}, repairs }: Found = {},
) {
  const cluster = aCluster({ drift });
  const { group, nodes } = aCrew([1, 2, 3, 4], peculiar, given);
  const { fleet } = fleetState(nodes, cluster, { clusters: [cluster], groups: [group] });
  const answers = { ...NO_ANSWERS, ...(repairs !== undefined && { repairs: new Map([['workers', repairs]]) }) };
  return illNodes(fleet.placed, cluster.drift, { now: NOON, impaired: failed }, answers);
}

describe('a node is ill', () => {
  test('when a condition has been bad for its time, and it is told so in words that stay the same', () => {
    const since = new Date(NOON - 10 * MINUTE).toISOString();
    expect([...reasons({ 2: ill(10) })]).toEqual([
      [nodeName(2), { kind: 'condition', text: `has had the condition KernelDeadlock=True since ${since}` }],
    ]);
  });

  test('by the status that the settings call bad', () => {
    const conditions = [{ type: 'NetworkingReady', status: 'False', since: NOON - HOUR }];
    const drift = { conditions: [{ type: 'NetworkingReady', status: 'False', seconds: 1_800 }] };
    expect([...reasons({ 1: { node: { conditions } } }, drift).keys()]).toEqual([nodeName(1)]);
    expect([...reasons({ 1: { node: { conditions } } }, { conditions: [{ type: 'NetworkingReady' }] })]).toEqual([]);
  });

  test.each<[string, Peculiar, object?]>([
    ['before its time is over', ill(9)],
    ['while no condition is named, as by default', ill(60), {}],
    [
      'whose label names a managed node group, of which its Auto Scaling group knows nothing',
      ill(60, { node: { ofNodeGroup: true } }),
    ],
    ['in Standby', ill(60, { member: { state: 'Standby' } })],
  ])('not %s', (_when, peculiar, drift) => {
    expect([...reasons({ 1: peculiar }, drift)]).toEqual([]);
  });

  test('at most so many of a group at once: those that have been for longest', () => {
    const all = { 1: ill(20), 2: ill(40), 3: ill(30) };
    expect([...reasons(all).keys()]).toEqual([nodeName(2)]);
    expect([...reasons(all, { ...DEADLOCK, illAtOnce: 2 }).keys()]).toEqual([nodeName(2), nodeName(3)]);
  });

  test('and keeps its turn until it has gone', () => {
    const going = ill(40, { node: { retiring: true }, member: { state: 'Terminating:Wait' } });
    expect([...reasons({ 1: ill(20), 2: going }).keys()]).toEqual([nodeName(2)]);
  });
});

describe('a node is ill by a status check of EC2', () => {
  const EBS = { statusChecks: [{ check: 'ebs', seconds: 300 }] };

  test.each([
    ['system', 'the system status check of EC2'],
    ['instance', 'the instance status check of EC2'],
    ['ebs', 'the attached EBS status check of EC2'],
  ] as const)('that it has failed for its time: %s', (check, words) => {
    const drift = { statusChecks: [{ check, seconds: 300 }] };
    const since = new Date(NOON - 5 * MINUTE).toISOString();
    expect([...reasons({}, drift, [impaired(2, check, 5)])]).toEqual([
      [nodeName(2), { kind: 'status-check', text: `has failed ${words} since ${since}` }],
    ]);
  });

  test.each<[string, readonly Impairment[], object?, Peculiar?]>([
    ['before its time is over', [impaired(1, 'ebs', 4)]],
    ['by another check', [impaired(1, 'system', 60), impaired(1, 'instance', 60)]],
    ['while no check is named, as by default', [impaired(1, 'ebs', 60)], {}],
    ['when another instance fails it', [impaired(9, 'ebs', 60)]],
    ['in Standby', [impaired(1, 'ebs', 60)], EBS, { member: { state: 'Standby' } }],
  ])('not %s', (_when, failed, drift = EBS, peculiar = {}) => {
    expect([...reasons({ 1: peculiar }, drift, failed)]).toEqual([]);
  });

  test('beside those that are ill by a condition: together they are at most so many of a group', () => {
    const both = { ...DEADLOCK, ...EBS };
    expect([...reasons({ 1: ill(20) }, both, [impaired(2, 'ebs', 30)]).keys()]).toEqual([nodeName(2)]);
    expect([...reasons({ 1: ill(40) }, both, [impaired(2, 'ebs', 30)]).keys()]).toEqual([nodeName(1)]);
  });
});

describe('a node of a managed node group', () => {
  const managed = { group: { nodeGroup: { cluster: 'production', name: 'general' } } };
  const member = { node: { ofNodeGroup: true } } as const;

  test('is ill only where EKS does not repair it: EKS is asked', () => {
    const { group } = aCrew([], {}, managed.group);
    const asked = found({ 2: ill(20, member) }, managed);
    expect(asked).toMatchObject({ asks: { repaired: [{ name: group.name, nodeGroup: group.nodeGroup }] } });
    expect(found({ 2: ill(20, member) }, { ...managed, repairs: true })).toEqual({
      reasons: new Map(),
      unknown: new Map(),
    });
    const counted = found({ 2: ill(20, member) }, { ...managed, repairs: false });
    expect('asks' in counted ? undefined : [...counted.reasons.keys()]).toEqual([nodeName(2)]);
  });

  test('leads to no question while it is well, nor does a group of one’s own', () => {
    expect(found({ 2: ill(9, member) }, managed)).toEqual({ reasons: new Map(), unknown: new Map() });
    expect(found({ 2: ill(20) })).not.toHaveProperty('asks');
  });

  test('is ill, and its group is named, when EKS cannot be asked', () => {
    const fault = 'it is unknown whether EKS repairs its nodes: throttled';
    const unknown = found({ 2: ill(20, member) }, { ...managed, repairs: { fault } });
    expect(unknown).toMatchObject({ unknown: new Map([['workers', fault]]) });
    expect('asks' in unknown ? undefined : [...unknown.reasons.keys()]).toEqual([nodeName(2)]);
  });
});

describe('the drift tainter', () => {
  function decide(peculiar: Readonly<Record<number, Peculiar>>, drift: object = {}, budget: object = {}) {
    const cluster = aCluster({ drift: { ami: false, ...DEADLOCK, ...drift }, budget });
    const { group, nodes } = aCrew([1, 2, 3, 4], peculiar);
    const state = fleetState(nodes, cluster, { clusters: [cluster], groups: [group] });
    const base = { kind: 'configuration', id: 'old-style', image: 'ami-1' } as const;
    const plans = new Map([['workers', { base, overrides: [], origins: [] }]]);
    const answers = {
      ...NO_ANSWERS,
      changes: new Map([['workers', undefined]]),
      shifts: new Map([['production', undefined]]),
    };
    const decision = decideDrift({ ...state, now: NOON, plans, impaired: [] }, answers);
    return 'asks' in decision ? decision : { decisions: decision.decisions, changes: decision.changes };
  }

  test('marks an ill node and lets it go, within the budget', () => {
    expect(decide({ 2: ill(20) })).toMatchObject({
      changes: [{ node: nodeName(2), steps: ['mark', 'let go'], reasons: [{ kind: 'condition' }] }],
    });
    expect(decide({ 2: ill(20) }, {}, { nodes: 0 })).toMatchObject({ changes: [{ steps: ['mark'] }] });
  });

  test('takes its marks off a node that is well again', () => {
    const cluster = aCluster({ drift: DEADLOCK });
    const { key, effect } = cluster.drift.taint;
    const taints = [
      { key, value: 'condition', effect },
      { key: cluster.drift.drainTaint.key, value: 'drift', effect: 'NoSchedule' },
    ];
    expect(decide({ 2: { node: { driftMark: '{}', taints } } })).toMatchObject({
      changes: [{ node: nodeName(2), steps: ['unmark'] }],
    });
  });

  test.each(['EKS Auto Mode', 'Karpenter'] as const)('leaves an ill node of %s alone', (owner) => {
    expect(decide({ 2: ill(20, { node: { owner } }) })).toMatchObject({ changes: [] });
  });

  test('does nothing for a node that is ill and not Ready: it cannot be drained, and uses the budget up', () => {
    const decided = decide({ 2: ill(20, { node: { notReadySince: NOON - HOUR } }) });
    expect(decided).toMatchObject({ changes: [{ steps: ['mark'] }] });
  });
});

test('of a Node object, its label tells the node group, and its conditions come along', () => {
  const at = { now: NOON, longestCoolDownMs: HOUR };
  const conditions = [{ type: 'KernelDeadlock', status: 'True', since: NOON }];
  const labels = { 'eks.amazonaws.com/nodegroup': 'workers' };
  expect(fleetNode(aNode({ labels, conditions }), at)).toMatchObject({ ofNodeGroup: true, conditions });
  expect(fleetNode(aNode(), at)).not.toHaveProperty('ofNodeGroup');
});
