/** What becomes of the nodes of a cluster, and what has to be asked before that can be decided (contract 9.1, 9.4). */
import { describe, expect, test } from 'vitest';
import type { Launched, LaunchPlan } from '../../../lambdas/core/aws/group.ts';
import { fleetState } from '../../../lambdas/core/disruption/fleet-state.ts';
import { NO_ANSWERS, type Answers } from '../../../lambdas/core/disruption/questions.ts';
import { decideDrift, type DriftDecision } from '../../../lambdas/core/drift/decide-drift.ts';
import type { ClusterFacts } from '../../../lambdas/core/drift/facts.ts';
import { aCluster, aCrew, instanceId, nodeName, type Peculiar } from '../../fleet-given.ts';
import { HOUR, NOON, TEMPLATE } from '../../given.ts';

const NOTHING = { instances: [], groups: [], nodes: [], repaired: [], shifts: [] };

/** Version 2 launches `ami-2`; what version 1 launched is known too. */
const PLAN: LaunchPlan = {
  base: { kind: 'template', id: TEMPLATE, version: '2', image: 'ami-2' },
  overrides: [],
  origins: [{ kind: 'template', id: TEMPLATE, version: '1', image: 'ami-1' }],
};

interface Given {
  /** Numbers of the nodes that were launched from version 1. */
  readonly old: readonly number[];
  /** Numbers of the nodes that were launched from a version that is gone. */
  readonly unknown?: readonly number[];
  readonly drift?: object;
  readonly plans?: ClusterFacts['plans'];
}

function factsOf({ old, unknown = [], drift = {}, plans = new Map([['workers', PLAN]]) }: Given): ClusterFacts {
  const from = (version: string): Peculiar => ({
    member: { launchedFrom: { kind: 'template', id: TEMPLATE, version } },
  });
  const peculiar = Object.fromEntries([
    ...old.map((number) => [number, from('1')] as const),
    ...unknown.map((number) => [number, from('0')] as const),
  ]);
  const { group, nodes } = aCrew([...old, ...unknown], peculiar);
  const cluster = aCluster({ drift });
  return { ...fleetState(nodes, cluster, { clusters: [cluster], groups: [group] }), now: NOON, plans, impaired: [] };
}

function launchedAs(images: Readonly<Record<number, string>>): Answers['launched'] {
  const at = NOON - 24 * HOUR;
  return new Map(
    Object.entries(images).map(([number, image]): [string, Launched] => [
      instanceId(Number(number)),
      { image, at, startedAt: at },
    ]),
  );
}

/** Nobody changes the group, and the nodes are equally full. */
function answersWith(given: Partial<Answers> = {}): Answers {
  const pods = new Map([1, 2, 3].map((number) => [nodeName(number), 0]));
  const shifts = new Map([['production', undefined]]);
  return { ...NO_ANSWERS, changes: new Map([['workers', undefined]]), pods, shifts, ...given };
}

function decided(facts: ClusterFacts, answers: Answers): DriftDecision {
  const decision = decideDrift(facts, answers);
  if ('asks' in decision) throw new Error(`is undecided: ${JSON.stringify(decision.asks)}`);
  return decision;
}

function steps({ changes }: DriftDecision): [string, readonly string[]][] {
  return changes.map((change) => [change.node, change.steps]);
}

describe('the open questions of a drift decision', () => {
  test('are first the instances whose origin tells no image', () => {
    expect(decideDrift(factsOf({ old: [1], unknown: [2] }), NO_ANSWERS)).toEqual({
      asks: { ...NOTHING, instances: [instanceId(2)] },
    });
  });

  test('are who changes a group, and whether traffic is shifted, once a node of it has drifted', () => {
    const facts = factsOf({ old: [1] });
    const shifts = [{ cluster: 'production', groups: ['workers'] }];
    expect(decideDrift(facts, NO_ANSWERS)).toEqual({ asks: { ...NOTHING, groups: facts.groups, shifts } });
  });

  test('are the pods of nodes among which the next one is chosen', () => {
    expect(decideDrift(factsOf({ old: [1, 2] }), answersWith({ pods: new Map() }))).toEqual({
      asks: { ...NOTHING, nodes: [nodeName(1), nodeName(2)] },
    });
  });

  test('are last the instance that goes, if only its origin says that it has drifted', () => {
    expect(decideDrift(factsOf({ old: [1, 2] }), answersWith())).toEqual({
      asks: { ...NOTHING, instances: [instanceId(1)] },
    });
  });

  test('are the other instances of the group once EC2 contradicts an origin', () => {
    const answers = answersWith({ launched: launchedAs({ 1: 'ami-2' }) });
    expect(decideDrift(factsOf({ old: [1, 2, 3] }), answers)).toEqual({
      asks: { ...NOTHING, instances: [instanceId(2), instanceId(3)] },
    });
  });

  test('are none when nothing counts as drift', () => {
    expect(steps(decided(factsOf({ old: [1], drift: { enabled: false } }), NO_ANSWERS))).toEqual([]);
  });

  test('are none about a group of which nobody can tell what it would launch', () => {
    const plans = new Map([['workers', { fault: 'its launch template is gone' }]]);
    const { statuses, changes } = decided(factsOf({ old: [1], plans }), NO_ANSWERS);
    expect(statuses).toEqual([{ kind: 'stopped', group: 'workers', reason: 'its launch template is gone' }]);
    expect(changes).toEqual([]);
  });
});

describe('a drift decision', () => {
  test('marks the nodes that have drifted and lets the next one go once EC2 has confirmed its origin', () => {
    const answers = answersWith({ launched: launchedAs({ 1: 'ami-1' }) });
    expect(steps(decided(factsOf({ old: [1, 2] }), answers))).toEqual([
      [nodeName(1), ['mark', 'let go']],
      [nodeName(2), ['mark']],
    ]);
  });

  test('lets a node go of which EC2 says nothing', () => {
    const answers = answersWith({ launched: new Map([[instanceId(1), undefined]]) });
    expect(steps(decided(factsOf({ old: [1] }), answers))).toEqual([[nodeName(1), ['mark', 'let go']]]);
  });

  test('leaves the marks of a node alone if EC2 does not know its instance and its origin tells nothing', () => {
    const answers = answersWith({ launched: new Map([[instanceId(2), undefined]]) });
    expect(steps(decided(factsOf({ old: [], unknown: [2] }), answers))).toEqual([]);
  });

  test('lets nobody go from a group that somebody changes', () => {
    const changes = new Map([['workers', 'instance refresh 1 is under way']]);
    const { statuses, decisions } = decided(factsOf({ old: [1] }), answersWith({ changes }));
    expect(decisions.get(nodeName(1))).toEqual({ decision: 'stopped', why: 'instance refresh 1 is under way' });
    expect(statuses).toMatchObject([{ kind: 'stopped', group: 'workers' }]);
  });
});
