/** The sweep's dry run, for people (contract 9.6). */
import { expect, test } from 'vitest';
import { sweepTable } from '../../../../infra/cli/reports/sweep-table.ts';
import type { SweptNode } from '../../../../lambdas/core/disruption/sweep-report.ts';
import { HOUR, NOON } from '../../../given.ts';
import { aSweepReport, aSweptNode, nodeName, widthOf } from '../given.ts';

const COLUMNS = 80;

test('the counts, then the nodes by what becomes of them, with what they have in common told once', () => {
  const drift = { taint: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain' };
  const waits = { decision: 'waits', why: '2 of at most 2 nodes are out' } as const;
  const nodes = [
    aSweptNode({ node: nodeName(5), decision: 'left alone', why: 'Karpenter’s' }),
    aSweptNode({ node: nodeName(4), ...waits }),
    aSweptNode({ node: nodeName(3), ...waits }),
    aSweptNode({ node: nodeName(2), ...drift, decision: 'under way' }),
    aSweptNode({ node: nodeName(1), release: 'leave' }),
  ];
  expect(sweepTable([aSweepReport(...nodes)], COLUMNS).split('\n')).toEqual([
    'Cluster shop, Mon 5 Jan 2026 12:00 UTC',
    '5 nodes bear a drain taint: 1 starts now, 1 is under way, 2 wait and 1 is left',
    'alone.',
    '',
    'Would start now',
    '  Group workers, by taint ebb/drain, left once drained',
    '    ip-10-1-100-11.eu-central-1.compute.internal  i-0123456789abcdef0',
    '',
    'Under way',
    '  Group workers, by taint',
    '  status-taint.cluster-autoscaler.kubernetes.io/ebb-drain, terminated once',
    '  drained',
    '    ip-10-1-100-12.eu-central-1.compute.internal  i-0123456789abcdef0',
    '',
    'Wait',
    '  Group workers, by taint ebb/drain, terminated once drained',
    '  2 of at most 2 nodes are out',
    '    ip-10-1-100-13.eu-central-1.compute.internal  i-0123456789abcdef0',
    '    ip-10-1-100-14.eu-central-1.compute.internal  i-0123456789abcdef0',
    '',
    'Left alone',
    '  Group workers, by taint ebb/drain',
    '  Karpenter’s',
    '    ip-10-1-100-15.eu-central-1.compute.internal  i-0123456789abcdef0',
  ]);
});

test.each<[string, SweptNode, string]>([
  [
    'that rests',
    aSweptNode({ decision: 'waits', why: 'rests', at: NOON + HOUR }),
    '  rests, until Mon 5 Jan 2026 13:00 UTC',
  ],
  ['in no group', aSweptNodeInNoGroup(), '  In no group, by taint ebb/drain'],
  ['that is no EC2 instance', aSweptNodeInNoGroup(), `    ${nodeName(1)}  no instance`],
])('a node %s', (_what, node, line) => {
  expect(sweepTable([aSweepReport(node)], COLUMNS).split('\n')).toContain(line);
});

test.each([
  ['a cluster without such nodes', [aSweepReport()], 'No node bears a drain taint.'],
  ['one that is away', [{ ...aSweepReport(), away: 'no answer' }], 'It could not be looked at: no answer'],
  ['no cluster at all', [], 'No cluster is configured.'],
])('%s', (_what, reports, sentence) => {
  expect(sweepTable(reports, COLUMNS).split('\n').at(-1)).toBe(sentence);
});

test('5,000 nodes are told within the width of the terminal, each', () => {
  const nodes = Array.from({ length: 5_000 }, (_, index) => {
    return aSweptNode({ node: nodeName(index), group: `workers-${index % 100}` });
  });
  const text = sweepTable([aSweepReport(...nodes)], COLUMNS);
  expect(widthOf(text)).toBeLessThanOrEqual(COLUMNS);
  expect(new Set(text.match(/ip-\S+/g))).toEqual(new Set(nodes.map(({ node }) => node)));
});

function aSweptNodeInNoGroup(): SweptNode {
  return { node: nodeName(1), taint: 'ebb/drain', release: 'leave', decision: 'left alone' };
}
