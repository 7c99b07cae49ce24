import { LifecycleState } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { RELOOK, phaseOf, type LifecyclePhase } from '../../../lambdas/core/aws/lifecycle-state.ts';

/** All of AWS' own list. */
const TABLE: Readonly<Record<LifecyclePhase, readonly LifecycleState[]>> = {
  waiting: ['Terminating:Wait', 'Warmed:Terminating:Wait', 'Warmed:Pending:Wait', 'ReplacingRootVolume:Wait'],
  'not yet': ['Terminating', 'Warmed:Terminating', 'Warmed:Pending', 'ReplacingRootVolume'],
  over: [
    'Terminating:Proceed',
    'Terminating:Retained',
    'Terminated',
    'Detaching',
    'Detached',
    'Warmed:Pending:Proceed',
    'Warmed:Terminating:Proceed',
    'Warmed:Pending:Retained',
    'Warmed:Terminating:Retained',
    'Warmed:Terminated',
    'Warmed:Stopped',
    'Warmed:Running',
    'Warmed:Hibernated',
    'ReplacingRootVolume:Proceed',
    'RootVolumeReplaced',
  ],
  'in service': [
    'InService',
    'Pending',
    'Pending:Wait',
    'Pending:Proceed',
    'EnteringStandby',
    'Standby',
    'Quarantined',
  ],
};

describe('the standing of a lifecycle state (contract 1.3, 1.4)', () => {
  const rows = Object.entries(TABLE).flatMap(([expected, states]) => states.map((state) => [state, expected] as const));

  test.each(rows)('%s is "%s"', (state, expected) => {
    expect(phaseOf(state)).toBe(expected);
  });

  test('every state that AWS knows has its row', () => {
    expect(Object.values(TABLE).flat().toSorted()).toEqual(Object.values(LifecycleState).toSorted());
  });

  test('an instance in no group is over', () => {
    expect(phaseOf(undefined)).toBe('over');
  });

  test('a state that AWS may yet invent lets nothing be drained', () => {
    expect(phaseOf('Dancing:Wait')).not.toBe('waiting');
  });

  test('only states that wait in a termination hook are acted upon', () => {
    const waiting = Object.values(LifecycleState).filter((state) => phaseOf(state) === 'waiting');
    expect(waiting.toSorted()).toEqual(TABLE.waiting.toSorted());
  });
});

test.each([
  ['in service', 3, 10_000],
  ['not yet', 12, 60_000],
] as const)('"%s" is read again %d times over %d ms (contract 1.3)', (lagging, times, overMs) => {
  const { pauseMs } = RELOOK[lagging];
  expect(RELOOK[lagging].times).toBe(times);
  expect(Math.abs(pauseMs * times - overMs)).toBeLessThanOrEqual(times);
});
