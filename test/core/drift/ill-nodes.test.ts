/** Which nodes are ill, and whose turn it is (contract 1.2, 9.1). */
import { describe, expect, test } from 'vitest';
import { fleetState } from '../../../lambdas/core/disruption/fleet-state.ts';
import { fleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import { NO_ANSWERS } from '../../../lambdas/core/disruption/questions.ts';
import { decideDrift } from '../../../lambdas/core/drift/decide-drift.ts';
import { illNodes } from '../../../lambdas/core/drift/ill-nodes.ts';
import { aCluster, aCrew, nodeName, type Peculiar } from '../../fleet-given.ts';
import { aNode, HOUR, NOON } from '../../given.ts';

const MINUTE = HOUR / 60;
const DEADLOCK = { conditions: [{ type: 'KernelDeadlock', seconds: 600 }] };

/** A node whose kernel has been deadlocked for so many minutes. */
function ill(minutes: number, given: Peculiar = {}): Peculiar {
  const conditions = [{ type: 'KernelDeadlock', status: 'True', since: NOON - minutes * MINUTE }];
  return { ...given, node: { conditions, ...given.node } };
}

function reasons(peculiar: Readonly<Record<number, Peculiar>>, drift: object = DEADLOCK) {
  const cluster = aCluster({ drift });
  const { group, nodes } = aCrew([1, 2, 3, 4], peculiar);
  const { fleet } = fleetState(nodes, cluster, { clusters: [cluster], groups: [group] });
  return illNodes(fleet.placed, cluster.drift, NOON);
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
    ['in a managed node group, which EKS repairs', ill(60, { node: { ofNodeGroup: true } })],
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
    const decision = decideDrift({ ...state, now: NOON, plans }, answers);
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
