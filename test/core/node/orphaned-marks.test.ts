/** Marks of ours that nobody looks after any more (contract 1.7). */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../../lambdas/core/node/dead-node.ts';
import { RETIREMENT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { type Ownership } from '../../../lambdas/core/node/isolation.ts';
import { decideMarks, judgeMarks, unreadableNotes } from '../../../lambdas/core/node/orphaned-marks.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { withdrawalText } from '../../../lambdas/core/traffic/withdrawal.ts';
import { HOUR, MINUTE, NOON, aNode } from '../../given.ts';

const HOME = { account: '123456789012', region: 'eu-central-1' };
const INSTANCE = 'i-0123456789abcdef0';
const EXECUTION = `123456789012-eu-central-1-${INSTANCE}-0a1b2c3d`;

function marked(execution = EXECUTION, given: Partial<Node> = {}, come: Partial<Ownership> = {}): Node {
  const times = { since: '2026-01-05T12:00:00Z', deadline: '2026-01-05T13:00:00Z' };
  const ownership = { execution, kind: 'asg-terminate', ...times, cordonedByUs: true, labelledByUs: true, ...come };
  return aNode({ annotations: { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership) }, ...given });
}

const judge = (node: Node, ...running: string[]) =>
  judgeMarks(node, new Set(running), { home: HOME, isAsked: false, now: NOON });

describe('marks', () => {
  test('of a retirement that runs are attended', () => {
    expect(judge(marked(), 'another', EXECUTION)).toEqual({ kind: 'attended' });
  });

  test('of one that does not are left', () => {
    expect(judge(marked(), 'another')).toEqual({
      kind: 'left',
      execution: EXECUTION,
      instance: INSTANCE,
      by: 'asg-terminate',
    });
  });

  test('of a warning stay until ten minutes after its deadline: AWS takes the instance, and nobody restores it', () => {
    const deadline = new Date(NOON + MINUTE).toISOString();
    const node = marked(EXECUTION, {}, { kind: 'spot', deadline });
    const at = (now: number) => judgeMarks(node, new Set(), { home: HOME, isAsked: false, now }).kind;
    expect([at(NOON), at(NOON + 10 * MINUTE), at(NOON + 12 * MINUTE)]).toEqual(['attended', 'attended', 'left']);
  });

  test('of one that left the node drained are attended for as long as a taint asks for that', () => {
    const node = marked(EXECUTION, {}, { leftDrained: true });
    const at = (isAsked: boolean) => judgeMarks(node, new Set(), { home: HOME, isAsked, now: NOON }).kind;
    expect([at(true), at(false)]).toEqual(['attended', 'left']);
  });

  test('of one that was about to let the instance go are attended until its deadline: AWS may be late to say so', () => {
    const node = marked(EXECUTION, {}, { completesHook: true });
    const at = (now: number) => judgeMarks(node, new Set(), { home: HOME, isAsked: true, now }).kind;
    expect([at(NOON), at(NOON + HOUR)]).toEqual(['attended', 'left']);
  });

  test.each<[string, Node, string]>([
    ['an annotation that is missing', aNode(), 'ebb/retirement'],
    ['one that is no JSON', aNode({ annotations: { [RETIREMENT_ANNOTATION]: '{' } }), 'ebb/retirement'],
    ['one that lacks a field', aNode({ annotations: { [RETIREMENT_ANNOTATION]: '{}' } }), 'ebb/retirement'],
    [
      'a retirement of another account',
      marked(EXECUTION.replace('1234', '4321')),
      'no retirement of its instance in this account and region',
    ],
    ['a retirement of another region (faults 78)', marked(EXECUTION.replace('eu', 'us')), 'no retirement of its'],
    ['a retirement of another instance', marked(EXECUTION.replace('def0', 'def1')), 'no retirement of its instance'],
    ['a node that is no EC2 instance', marked(EXECUTION, { providerId: 'eks-hybrid:///a/b/mi-0' }), 'no retirement of'],
  ])('with %s are unreadable', (_what, node, reason) => {
    expect(judge(node)).toEqual({ kind: 'unreadable', reason: expect.stringContaining(reason) as string });
  });
});

describe('notes of ours besides', () => {
  const notes = (annotations: Record<string, string>) =>
    unreadableNotes(aNode({ annotations, createdAt: NOON - HOUR }), { now: NOON, longestCoolDownMs: 24 * HOUR });
  const rest = (until: number) => ({ 'ebb/rest': coolDownText({ until, reason: 'a pod is protected' }) });
  const withdrawal = (at: number) => ({
    'ebb/withdrawal': withdrawalText({ at, until: at + 300_000, nodes: 1, pools: [] }),
  });

  test.each<[string, Record<string, string>, readonly string[]]>([
    ['none', {}, []],
    ['all of them, and true', { ...rest(NOON + HOUR), ...withdrawal(NOON - 1), 'ebb/targets': '[]' }, []],
    ['a rest that is over', rest(NOON - HOUR), []],
    ['a rest that nobody sets', rest(NOON + 25 * HOUR), ['ebb/rest']],
    ['a withdrawal to come', withdrawal(NOON + HOUR), ['ebb/withdrawal']],
    [
      'no JSON',
      { 'ebb/rest': '{', 'ebb/withdrawal': '{', 'ebb/targets': '{' },
      ['ebb/withdrawal', 'ebb/targets', 'ebb/rest'],
    ],
  ])('that say %s', (_what, annotations, unreadable) => {
    expect(notes(annotations)).toEqual(unreadable);
  });
});

test('marks that say what cannot be true are nobody’s (contract 3.5)', () => {
  const forged = marked(EXECUTION, {}, { deadline: '2036-01-05T13:00:00Z', completesHook: true });
  expect(judge(forged)).toEqual({ kind: 'unreadable', reason: expect.stringContaining('cannot be true') as string });
});

describe('left marks', () => {
  test.each([
    ['InService', 'restore'],
    ['Terminating:Wait', 'leave'],
    ['Terminating:Proceed', 'leave'],
    ['Terminating:Retained', 'leave'],
    ['Warmed:Stopped', 'leave'],
    ['Warmed:Pending:Wait', 'leave'],
    ['Pending', 'leave'],
    ['Standby', 'leave'],
  ])('of an instance that is %s in its group: %s', (state, verdict) => {
    expect(decideMarks({ state })).toBe(verdict);
  });

  test.each<[Machine | undefined, string]>([
    ['up', 'restore'],
    ['ending', 'leave'],
    ['stopped', 'leave'],
    ['terminated', 'leave'],
    ['absent', 'leave'],
    [undefined, 'leave'],
  ])('of an instance in no group, of which EC2 says %s: %s', (machine, verdict) => {
    expect(decideMarks({ ...(machine !== undefined && { machine }) })).toBe(verdict);
  });
});
