/** Whether a node goes that EC2 recommends to rebalance (contract 1.2, 9.3, 9.4, 9.7). */
import { describe, expect, test } from 'vitest';
import type { Group } from '../../../lambdas/core/aws/group.ts';
import { fleetState } from '../../../lambdas/core/disruption/fleet-state.ts';
import { NO_ANSWERS, type Answers } from '../../../lambdas/core/disruption/questions.ts';
import { decideRecommended } from '../../../lambdas/core/interruption/recommended-node.ts';
import { executionsOf } from '../../../lambdas/core/notice/notice.ts';
import type { StartedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { aCluster, aCrew, instanceId, nodeName, upTo, type Peculiar } from '../../fleet-given.ts';
import { HOUR, NOON } from '../../given.ts';

const HOME = { account: '123456789012', region: 'eu-central-1' };

/** The name of a retirement of the node of that number. */
const runOf = (number: number): string => `${executionsOf({ ...HOME, instance: instanceId(number) })}0a1b2c3d`;

/** The retirement of the node of that number, which began so many seconds after the first moment. */
const begun = (number: number, seconds = 0): StartedRetirement => ({
  name: runOf(number),
  startedAt: NOON + seconds * 1_000,
});

interface Given {
  /** By number, of ten nodes; the first is the recommended one. */
  readonly nodes?: Readonly<Record<number, Peculiar>>;
  readonly running?: readonly StartedRetirement[];
  readonly budget?: object;
  readonly group?: Partial<Group>;
  readonly answers?: Partial<Answers>;
}

function decide({
  nodes: peculiar = {},
  running = [begun(1)],
  budget = {},
  group: plan = {},
  answers = {},
}: Given = {}) {
  const cluster = aCluster({ budget });
  const { group, nodes } = aCrew(upTo(10), peculiar, plan);
  const state = fleetState(nodes, cluster, { clusters: [cluster], groups: [group] });
  const about = { instance: instanceId(1), execution: runOf(1), home: HOME, now: NOON };
  return decideRecommended(
    { ...state, ...about, running },
    {
      ...NO_ANSWERS,
      changes: new Map([['workers', undefined]]),
      shifts: new Map([['production', undefined]]),
      ...answers,
    },
  );
}

const GOES = { decision: 'goes now' };
const turnedAway = (why: string) => ({ decision: 'turned away', why: expect.stringContaining(why) as string });

describe('a recommended node goes', () => {
  test('while the budget allows one more, without counting anybody’s pods', () => {
    expect(decide()).toEqual(GOES);
    expect(decide({ nodes: { 2: { node: { unschedulable: true } } }, budget: { nodes: 2, cluster: 2 } })).toEqual(GOES);
  });

  test('one at a time where the budget says no number, as tainted nodes do', () => {
    const budget = { nodes: undefined, cluster: '100%' };
    expect(decide({ budget })).toEqual(GOES);
    expect(decide({ budget, nodes: { 2: { node: { unschedulable: true } } } })).toEqual(turnedAway('budget is 1 node'));
  });

  test('although it is cordoned or not Ready itself: its drain costs no capacity', () => {
    expect(decide({ nodes: { 1: { node: { unschedulable: true } } } })).toEqual(GOES);
  });
});

describe('a recommended node is turned away', () => {
  test.each<[string, Given, string]>([
    ['while another is cordoned', { nodes: { 2: { node: { unschedulable: true } } } }, 'node-02 is cordoned'],
    ['while another is not Ready', { nodes: { 2: { node: { notReadySince: NOON } } } }, 'node-02 is not Ready'],
    ['while another retires', { nodes: { 2: { node: { retiring: true } } } }, 'node-02 retires'],
    [
      'while the cluster’s budget is used up',
      { nodes: { 2: { node: { unschedulable: true } } }, budget: { nodes: 5 } },
      'the cluster’s budget',
    ],
    ['where the budget is nothing', { budget: { nodes: 0 } }, 'budget.nodes is 0'],
    ['where the budget cannot be read', { budget: { nodes: 'few' } }, 'cannot be read'],
    ['outside of the windows', { budget: { windows: [{ cron: '0 22 * * *', durationSeconds: 3_600 }] } }, 'window'],
    ['while a process is suspended', { group: { suspended: ['Launch'] } }, 'its process Launch is suspended'],
    [
      'while somebody changes the group',
      { answers: { changes: new Map([['workers', 'a refresh is under way']]) } },
      'a refresh is under way',
    ],
    [
      'while it cools down',
      { nodes: { 1: { node: { coolDown: { until: NOON + HOUR, reason: 'r' } } } } },
      'cools down',
    ],
    ['if it retires already', { nodes: { 1: { node: { retiring: true } } } }, 'node-01 retires already'],
    [
      'if a neighbour has it in hand',
      { nodes: { 1: { node: { neighbour: 'Karpenter' } } } },
      'Karpenter has node-01 in hand',
    ],
    [
      'if it is Karpenter’s',
      { nodes: { 1: { node: { owner: 'Karpenter' } } } },
      'Karpenter makes and ends such nodes itself',
    ],
    [
      'if its instance leaves already',
      { nodes: { 1: { member: { state: 'Terminating:Wait' } } } },
      'its instance is Terminating:Wait',
    ],
    ['if it has not joined', { nodes: { 1: { absent: true } } }, 'no node of the cluster has the instance'],
  ])('%s', (_when, given, why) => {
    expect(decide(given)).toEqual(turnedAway(why));
  });

  test('while too many nodes are not Ready, whatever the budget', () => {
    const sick = { node: { notReadySince: NOON } };
    const given = { nodes: { 2: sick, 3: sick, 4: sick }, budget: { nodes: '100%', cluster: '100%' } };
    expect(decide(given)).toEqual(turnedAway('are not Ready, more than 20%'));
  });
});

test('of several at the same moment each counts those that began before it: together they keep within the budget', () => {
  const running = [begun(1, 5), begun(2, 4), begun(3, 6)];
  expect(decide({ running })).toEqual(turnedAway(`${nodeName(2)} is to be drained`));
  expect(decide({ running, budget: { nodes: 2, cluster: 2 } })).toEqual(GOES);
  expect(decide({ running: [begun(1, 5), begun(3, 6)] })).toEqual(GOES);
});

test('of two that began in the same millisecond one goes, by the names of their runs', () => {
  expect(decide({ running: [begun(2, 5), begun(1, 5)] })).toEqual(GOES);
  expect(
    decide({ running: [begun(1, 5), { name: runOf(2).replace('0a1b', '0000'), startedAt: NOON + 4_999 }] }),
  ).toEqual(turnedAway('is to be drained'));
});

test('a run that Lambda does not show yet counts all others', () => {
  expect(decide({ running: [begun(3, 6)] })).toEqual(turnedAway(`${nodeName(3)} is to be drained`));
});

test('asks who changes the group, and about instances without a node', () => {
  const asked = decide({ nodes: { 4: { absent: true } }, answers: { changes: new Map() } });
  expect(asked).toMatchObject({ asks: { groups: [{ name: 'workers' }], instances: [instanceId(4)], nodes: [] } });
});
