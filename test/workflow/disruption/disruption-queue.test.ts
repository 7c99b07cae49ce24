/** Whose turn it is when some of those that are to go are out already, or another cluster's (contract 1.5, 9.3). */
import { describe, expect, test } from 'vitest';
import type { FleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import { queueFleet } from '../../../lambdas/workflow/disruption/disruption-queue.ts';
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

/** Nobody changes a group, and all nodes are equally full. */
const UNASKED: Parameters<typeof queueFleet>[3] = {
  changes: { underWay: () => Promise.resolve(undefined) },
  launches: { launched: () => Promise.resolve(new Map()) },
  view: { countPods: () => Promise.resolve(0) },
};

async function turns({ nodes, candidates, budget = { nodes: 1, cluster: 1 } }: Given) {
  const crew = aCrew(upTo(10), nodes);
  const fleet = fleetOf(crew);
  const names = new Set(candidates.map(nodeName));
  const { now, later, allowances } = await queueFleet(
    fleet.placed.filter(({ node }) => names.has(node.name)),
    { cluster: aCluster({ budget }), fleet, groups: [crew.group], foreign: new Map() },
    { cause: 'drift', isUnavailable: () => false, stopped: new Map() },
    UNASKED,
  );
  return {
    now: now.map(({ name }) => name),
    later: later.map(({ candidate: { name }, why }) => ({ name, why })),
    held: allowances.groups.get(crew.group.name)?.held,
  };
}

const usedUp = expect.stringContaining('used up') as string;

describe('of those that are to go', () => {
  test('the ones that are out already go first, however young, and use the budget of the others up', async () => {
    const nodes = { 1: notReady(1), 2: cordoned(2), 3: healthy(9) };
    expect(await turns({ nodes, candidates: [1, 2, 3] })).toMatchObject({
      now: ['node-02'],
      later: [
        { name: 'node-01', why: expect.stringContaining('1 of its group goes before it') as string },
        { name: 'node-03', why: usedUp },
      ],
    });
  });

  test('a healthy one has what room they leave', async () => {
    const nodes = { 1: notReady(1), 3: healthy(9) };
    const budget = { nodes: 2, cluster: 2 };
    expect((await turns({ nodes, candidates: [1, 3], budget })).now).toEqual(['node-01', 'node-03']);
  });

  test('two that are cordoned go one after the other, and wait neither for themselves nor for each other', async () => {
    const nodes = { 1: cordoned(2), 2: cordoned(1) };
    expect((await turns({ nodes, candidates: [1, 2] })).now).toEqual(['node-01']);
    const begun = { 1: { node: { retiring: true, unschedulable: true } }, 2: cordoned(1) };
    expect(await turns({ nodes: begun, candidates: [2] })).toMatchObject({
      now: [],
      later: [{ name: 'node-02', why: expect.stringContaining('node-01 retires') as string }],
    });
    expect((await turns({ nodes: { 2: cordoned(1) }, candidates: [2] })).now).toEqual(['node-02']);
  });

  test('one that is out and rests keeps even others that are out from going', async () => {
    const nodes = { 1: resting(cordoned(9)), 2: cordoned(1), 3: healthy(5) };
    expect(await turns({ nodes, candidates: [1, 2, 3] })).toMatchObject({
      now: [],
      later: [
        { name: 'node-02', why: expect.stringContaining('used up: node-01 is cordoned') as string },
        { name: 'node-03', why: usedUp },
        { name: 'node-01', why: 'rests' },
      ],
    });
  });

  test('a person must see to it only when a cordoned one is not to go', async () => {
    const nodes = { 1: cordoned(2), 3: healthy(9) };
    expect((await turns({ nodes, candidates: [1, 3] })).held).toBeUndefined();
    expect((await turns({ nodes, candidates: [3] })).held).toBe(true);
  });

  test('one that is healthy and rests takes nobody’s place', async () => {
    const nodes = { 1: resting(healthy(9)), 2: healthy(1) };
    expect((await turns({ nodes, candidates: [1, 2] })).now).toEqual(['node-02']);
  });
});

describe('a group that is said to be another cluster’s', () => {
  const foreign = new Map([['theirs', 'its cluster is disputed']]);
  const cluster = aCluster({ groups: [{ name: 'workers' }, { name: 'theirs' }], budget: { nodes: 1, cluster: 1 } });

  /** Names of those of ours that go; every node of theirs is out by the caller's word. */
  async function going(theirs: ReturnType<typeof aCrew>): Promise<string[]> {
    const ours = aCrew(upTo(10));
    const fleet = fleetOf(ours, theirs);
    const { now } = await queueFleet(
      fleet.placed.filter(({ node }) => node.name === nodeName(1)),
      { cluster, fleet, groups: [ours.group, theirs.group], foreign },
      { cause: 'taint', isUnavailable: ({ name }) => name > nodeName(10), stopped: new Map() },
      UNASKED,
    );
    return now.map(({ name }) => name);
  }

  test('uses nobody’s turn up, whatever is to become of its nodes', async () => {
    expect(await going(aCrew([11], {}, { name: 'theirs' }))).toEqual([nodeName(1)]);
  });

  test('is not missing where it has no nodes', async () => {
    expect(await going(aCrew([], {}, { name: 'theirs', desired: 3 }))).toEqual([nodeName(1)]);
  });

  test('uses the budget up with nodes that do not serve', async () => {
    expect(await going(aCrew([11], { 11: cordoned(1) }, { name: 'theirs' }))).toEqual([]);
  });
});
