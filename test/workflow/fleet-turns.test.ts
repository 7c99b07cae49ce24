/** Whose turn it is when some of those that are to go are out already (contract 9.3). */
import { describe, expect, test } from 'vitest';
import type { FleetNode } from '../../lambdas/core/fleet.ts';
import { fleetTurns } from '../../lambdas/workflow/fleet-turns.ts';
import { aCluster, aCrew, fleetOf, nodeName, upTo, type Peculiar } from '../fleet-given.ts';
import { HOUR } from '../given.ts';

const launchedDaysAgo = (days: number): Partial<FleetNode> => ({ createdAt: Date.now() - days * 24 * HOUR });
const notReady = (days: number): Peculiar => ({
  node: { ...launchedDaysAgo(days), notReadySince: Date.now() - HOUR },
});
const cordoned = (days: number): Peculiar => ({ node: { ...launchedDaysAgo(days), unschedulable: true } });
const healthy = (days: number): Peculiar => ({ node: launchedDaysAgo(days) });
const resting = ({ node }: Peculiar): Peculiar => ({
  node: { ...node, rest: { until: Date.now() + HOUR, reason: 'a pod is protected' } },
});

interface Given {
  /** By number, of ten nodes. */
  readonly nodes: Readonly<Record<number, Peculiar>>;
  /** Numbers of those that are to go. */
  readonly candidates: readonly number[];
  readonly budget?: object;
}

async function turns({ nodes, candidates, budget = { nodes: 1, cluster: 1 } }: Given) {
  const crew = aCrew(upTo(10), nodes);
  const fleet = fleetOf(crew);
  const names = new Set(candidates.map(nodeName));
  const { now, later } = await fleetTurns(
    fleet.placed.filter(({ node }) => names.has(node.name)),
    { cluster: aCluster({ budget }), fleet, groups: [crew.group] },
    { isOut: () => false, stopped: new Map() },
    {
      changes: { underWay: () => Promise.resolve(undefined) },
      launches: { launched: () => Promise.resolve(new Map()) },
      view: { countPods: () => Promise.resolve(0) },
    },
  );
  return { now: now.map(({ name }) => name), later: later.map(({ candidate: { name }, why }) => ({ name, why })) };
}

const usedUp = expect.stringContaining('used up') as string;

describe('of those that are to go', () => {
  test('the ones that are out already go first, however young, and use the budget of the others up', async () => {
    const nodes = { 1: notReady(1), 2: cordoned(2), 3: healthy(9) };
    expect(await turns({ nodes, candidates: [1, 2, 3] })).toEqual({
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
    expect(await turns({ nodes: begun, candidates: [2] })).toEqual({
      now: [],
      later: [{ name: 'node-02', why: expect.stringContaining('node-01 retires') as string }],
    });
    expect((await turns({ nodes: { 2: cordoned(1) }, candidates: [2] })).now).toEqual(['node-02']);
  });

  test('one that is out and rests keeps even others that are out from going', async () => {
    const nodes = { 1: resting(cordoned(9)), 2: cordoned(1), 3: healthy(5) };
    expect(await turns({ nodes, candidates: [1, 2, 3] })).toEqual({
      now: [],
      later: [
        { name: 'node-02', why: expect.stringContaining('used up: node-01 is cordoned') as string },
        { name: 'node-03', why: usedUp },
        { name: 'node-01', why: 'rests' },
      ],
    });
  });

  test('one that is healthy and rests takes nobody’s place', async () => {
    const nodes = { 1: resting(healthy(9)), 2: healthy(1) };
    expect((await turns({ nodes, candidates: [1, 2] })).now).toEqual(['node-02']);
  });
});
