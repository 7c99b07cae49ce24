/** What is read back from the records of a retirement's steps. */
import { describe, expect, test } from 'vitest';
import {
  recordedRetirement,
  waitedFor,
  type StepRecord,
} from '../../../lambdas/workflow/retirement/retirement-record.ts';
import type { NodeNames } from '../../../lambdas/workflow/retirement/retiree.ts';
import type { Again, Round } from '../../../lambdas/workflow/run/round.ts';
import { MINUTE, NOON } from '../../given.ts';

const AGAIN: Again = { kind: 'again', waitingFor: ['shop/web'], away: false, suspendSeconds: 60, progressAt: NOON };

function record(step: string, returned: unknown): StepRecord {
  return { step, returned: JSON.parse(JSON.stringify(returned)) };
}

function round(outcome: Round<unknown>['outcome']): Round<unknown> {
  return { outcome, at: NOON };
}

const VERIFIED = record('verify', {
  kind: 'retire',
  course: { subject: { cluster: 'production', group: 'workers' }, startedAt: NOON, deadline: NOON + 60 * MINUTE },
});
const names: NodeNames = { node: 'node-1', leftOver: [] };
const FOUND = record('find-node', round({ kind: 'done', value: { names } }));
const ISOLATED = record('isolate', round({ kind: 'done', value: { kind: 'isolated', deadline: NOON + 30 * MINUTE } }));

describe('what a retirement is about', () => {
  test('is unknown before its first step has been made', () => {
    expect(recordedRetirement([])).toEqual({
      cluster: undefined,
      group: undefined,
      node: undefined,
      deadline: undefined,
    });
  });

  test('is read from the first steps, with the deadline that it was verified with until the node is isolated', () => {
    const about = { cluster: 'production', group: 'workers', node: 'node-1' };
    expect(recordedRetirement([VERIFIED, FOUND])).toEqual({ ...about, deadline: NOON + 60 * MINUTE });
    expect(recordedRetirement([VERIFIED, FOUND, ISOLATED])).toEqual({ ...about, deadline: NOON + 30 * MINUTE });
  });

  test('names the node of the round that found it, not of those that waited for it', () => {
    const waited = record('find-node', round(AGAIN));
    expect(recordedRetirement([VERIFIED, waited, FOUND]).node).toBe('node-1');
  });
});

describe('what a stage waits for', () => {
  test('is read from its last round alone', () => {
    const held = record('drain', round({ ...AGAIN, heldBy: [{ by: 'budget shop/web', pods: 1 }] }));
    const before = record('drain', round({ ...AGAIN, waitingFor: ['shop/old'] }));
    expect(waitedFor([record('slot', round(AGAIN)), held, before], 'drain')).toEqual({
      waitingFor: ['shop/web'],
      heldBy: [{ by: 'budget shop/web', pods: 1 }],
    });
  });

  test('is nothing once the stage is done, and in a step that is no round', () => {
    const nothing = { waitingFor: [], heldBy: [] };
    expect(waitedFor([FOUND], 'find-node')).toEqual(nothing);
    expect(waitedFor([record('complete', 'completed')], 'complete')).toEqual(nothing);
    expect(waitedFor([], 'drain')).toEqual(nothing);
  });
});
