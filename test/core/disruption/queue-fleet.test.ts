/** The disruption queue when some candidates are unavailable already, or another cluster's (contract 1.5, 9.3). */
import { describe, expect, test } from 'vitest';
import type { FleetState } from '../../../lambdas/core/disruption/fleet-state.ts';
import type { FleetNode, PlacedNode } from '../../../lambdas/core/disruption/fleet.ts';
import { NO_ANSWERS, type Answers } from '../../../lambdas/core/disruption/questions.ts';
import { queueFleet, type FleetQueue, type QueueTerms } from '../../../lambdas/core/disruption/queue-fleet.ts';
import { aCluster, aCrew, fleetOf, nodeName, upTo, type Peculiar } from '../../fleet-given.ts';
import { HOUR } from '../../given.ts';

const launchedDaysAgo = (days: number): Partial<FleetNode> => ({ createdAt: Date.now() - days * 24 * HOUR });
const notReady = (days: number): Peculiar => ({
  node: { ...launchedDaysAgo(days), notReadySince: Date.now() - HOUR },
});
const cordoned = (days: number): Peculiar => ({ node: { ...launchedDaysAgo(days), unschedulable: true } });
const healthy = (days: number): Peculiar => ({ node: launchedDaysAgo(days) });
const resting = ({ node }: Peculiar): Peculiar => ({
  node: { ...node, coolDown: { until: Date.now() + HOUR, reason: 'a pod is protected' } },
});

interface Given {
  /** By number, of ten nodes. */
  readonly nodes: Readonly<Record<number, Peculiar>>;
  /** Numbers of those that are to go. */
  readonly candidates: readonly number[];
  readonly budget?: object;
}

/** All groups are unchanged, and all nodes have no pods. */
function answersFor({ fleet, groups }: FleetState): Answers {
  return {
    ...NO_ANSWERS,
    changes: new Map(groups.map(({ name }) => [name, undefined])),
    pods: new Map(fleet.placed.map(({ node }) => [node.name, 0])),
    shifts: new Map([['production', undefined]]),
  };
}

function queued(candidates: readonly PlacedNode[], state: FleetState, terms: Partial<QueueTerms> = {}): FleetQueue {
  const at: QueueTerms = {
    now: Date.now(),
    cause: 'drift',
    isUnavailable: () => false,
    stopped: new Map(),
    ...terms,
  };
  const queue = queueFleet(candidates, state, at, answersFor(state));
  if ('asks' in queue) throw new Error(`is undecided: ${JSON.stringify(queue.asks)}`);
  return queue;
}

function stateOf({ nodes, budget = { nodes: 1, cluster: 1 } }: Omit<Given, 'candidates'>): FleetState {
  const crew = aCrew(upTo(10), nodes);
  return { cluster: aCluster({ budget }), fleet: fleetOf(crew), groups: [crew.group], foreign: new Map() };
}

function numbered({ fleet }: FleetState, numbers: readonly number[]): PlacedNode[] {
  const names = new Set(numbers.map(nodeName));
  return fleet.placed.filter(({ node }) => names.has(node.name));
}

function turns({ candidates, ...given }: Given) {
  const state = stateOf(given);
  const { now, later, allowances } = queued(numbered(state, candidates), state);
  return {
    now: now.map(({ name }) => name),
    later: later.map(({ candidate: { name }, why }) => ({ name, why })),
    held: [...allowances.groups.values()][0]?.held,
  };
}

const usedUp = expect.stringContaining('used up') as string;

describe('the disruption queue of a cluster', () => {
  test('lets candidates that are unavailable go first, however young, and counts them against the others', () => {
    const nodes = { 1: notReady(1), 2: cordoned(2), 3: healthy(9) };
    expect(turns({ nodes, candidates: [1, 2, 3] })).toMatchObject({
      now: ['node-02'],
      later: [
        { name: 'node-01', why: expect.stringContaining('1 of its group goes before it') as string },
        { name: 'node-03', why: usedUp },
      ],
    });
  });

  test('gives a healthy candidate the allowance that the unavailable ones leave', () => {
    const nodes = { 1: notReady(1), 3: healthy(9) };
    const budget = { nodes: 2, cluster: 2 };
    expect(turns({ nodes, candidates: [1, 3], budget }).now).toEqual(['node-01', 'node-03']);
  });

  test('lets two cordoned candidates go one after the other, and counts neither against the other', () => {
    const nodes = { 1: cordoned(2), 2: cordoned(1) };
    expect(turns({ nodes, candidates: [1, 2] }).now).toEqual(['node-01']);
    const begun = { 1: { node: { retiring: true, unschedulable: true } }, 2: cordoned(1) };
    expect(turns({ nodes: begun, candidates: [2] })).toMatchObject({
      now: [],
      later: [{ name: 'node-02', why: expect.stringContaining('node-01 retires') as string }],
    });
    expect(turns({ nodes: { 2: cordoned(1) }, candidates: [2] }).now).toEqual(['node-02']);
  });

  test('counts a cordoned candidate that cools down against all others', () => {
    const nodes = { 1: resting(cordoned(9)), 2: cordoned(1), 3: healthy(5) };
    expect(turns({ nodes, candidates: [1, 2, 3] })).toMatchObject({
      now: [],
      later: [
        { name: 'node-02', why: expect.stringContaining('used up: node-01 is cordoned') as string },
        { name: 'node-03', why: usedUp },
        { name: 'node-01', why: 'cools down' },
      ],
    });
  });

  test('holds the group until a person acts only if the cordoned node is no candidate', () => {
    const nodes = { 1: cordoned(2), 3: healthy(9) };
    expect(turns({ nodes, candidates: [1, 3] }).held).toBeUndefined();
    expect(turns({ nodes, candidates: [3] }).held).toBe(true);
  });

  test('counts a healthy candidate that cools down against nobody', () => {
    const nodes = { 1: resting(healthy(9)), 2: healthy(1) };
    expect(turns({ nodes, candidates: [1, 2] }).now).toEqual(['node-02']);
  });
});

describe('a foreign group in the disruption queue', () => {
  const foreign = new Map([['theirs', 'its cluster is disputed']]);
  const cluster = aCluster({ groups: [{ name: 'workers' }, { name: 'theirs' }], budget: { nodes: 1, cluster: 1 } });

  /** Names of those of ours that go; every node of theirs is out by the caller's word. */
  function going(theirs: ReturnType<typeof aCrew>): string[] {
    const ours = aCrew(upTo(10));
    const state = { cluster, fleet: fleetOf(ours, theirs), groups: [ours.group, theirs.group], foreign };
    const isUnavailable = ({ name }: FleetNode): boolean => name > nodeName(10);
    return queued(numbered(state, [1]), state, { cause: 'taint', isUnavailable }).now.map(({ name }) => name);
  }

  test('uses up no budget with nodes that serve, even if they are to be drained', () => {
    expect(going(aCrew([11], {}, { name: 'theirs' }))).toEqual([nodeName(1)]);
  });

  test('is not counted as missing in a cluster where it has no nodes', () => {
    expect(going(aCrew([], {}, { name: 'theirs', desired: 3 }))).toEqual([nodeName(1)]);
  });

  test('uses up the budget with nodes that do not serve', () => {
    expect(going(aCrew([11], { 11: cordoned(1) }, { name: 'theirs' }))).toEqual([]);
  });
});

describe('while traffic of the cluster is shifted away from a zone (contract 9.8)', () => {
  test('no node goes, ready or not, and each says why', () => {
    const why = 'a zonal shift moves the traffic of cluster production away from euc1-az1';
    const state = stateOf({ nodes: { 1: cordoned(1) }, budget: { nodes: '100%', cluster: '100%' } });
    const terms: QueueTerms = { now: Date.now(), cause: 'taint', isUnavailable: () => false, stopped: new Map() };
    const answers = { ...answersFor(state), shifts: new Map([['production', why]]) };
    const queue = queueFleet(numbered(state, [1, 2]), state, terms, answers);
    expect(queue).toMatchObject({ now: [], later: [{ why }, { why }], allowances: { cluster: { stopped: true } } });
  });
});

describe('the open questions of the disruption queue', () => {
  const state = stateOf({ nodes: {} });
  const terms: QueueTerms = { now: Date.now(), cause: 'drift', isUnavailable: () => false, stopped: new Map() };
  const NOTHING = { instances: [], groups: [], nodes: [], repaired: [], shifts: [] };

  test('are who changes the groups of the candidates, and whether traffic is shifted, before any pods are counted', () => {
    const [group] = state.groups;
    expect(queueFleet(numbered(state, [1, 2]), state, terms, NO_ANSWERS)).toEqual({
      asks: { ...NOTHING, groups: [group], shifts: [{ cluster: 'production', groups: ['workers'] }] },
    });
  });

  test('are the pods of the nodes among which the last places are chosen, once nobody changes the group', () => {
    const answers = { ...answersFor(state), pods: new Map() };
    expect(queueFleet(numbered(state, [1, 2]), state, terms, answers)).toEqual({
      asks: { ...NOTHING, nodes: [nodeName(1), nodeName(2)] },
    });
  });

  test('are none about a group that is stopped already', () => {
    const stopped = new Map(state.groups.map(({ name }) => [name, 'its replacement ails']));
    expect(queueFleet(numbered(state, [1, 2]), state, { ...terms, stopped }, NO_ANSWERS)).toMatchObject({ now: [] });
  });

  test('are not whether traffic is shifted, where a cluster does not wait for that (contract 9.8)', () => {
    const cluster = { ...state.cluster, waitForZonalShift: false };
    expect(queueFleet(numbered(state, [1, 2]), { ...state, cluster }, terms, NO_ANSWERS)).toMatchObject({
      asks: { shifts: [] },
    });
  });

  test('are none without a candidate', () => {
    expect(queueFleet([], state, terms, NO_ANSWERS)).toMatchObject({ now: [], later: [] });
  });
});
