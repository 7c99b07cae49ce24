/** The drift tainter's dry run, for people (contract 9.6). */
import { describe, expect, test } from 'vitest';
import { driftTable } from '../../../../infra/cli/reports/drift-table.ts';
import type { DriftedNode, DriftReport } from '../../../../lambdas/core/drift/report.ts';
import { HOUR, NOON } from '../../../given.ts';
import { aDriftedNode, aDriftReport, aGroupReport, nodeName, widthOf } from '../given.ts';

const COLUMNS = 80;

function linesOf(...reports: readonly DriftReport[]): string[] {
  return driftTable(reports, COLUMNS).split('\n');
}

const WAITS = { decision: 'waits', why: '1 of at most 1 node of the group is out' } as const;

describe('a cluster', () => {
  test('with drifted nodes: its counts, its groups, then each node with its reason and its turn', () => {
    const report = aDriftReport({
      groups: [
        aGroupReport({ nodes: 6, drifted: 4, allowance: 1, why: '1 of at most 1 node of the group is out' }),
        aGroupReport({ group: 'quiet', drifted: 0 }),
      ],
      nodes: [
        aDriftedNode({ node: nodeName(4), ...WAITS, place: 3 }),
        aDriftedNode({ node: nodeName(3), ...WAITS, place: 1 }),
        aDriftedNode({ node: nodeName(2), ...WAITS, place: 2, zone: 'eu-central-1b' }),
        aDriftedNode({ node: nodeName(1) }),
      ],
      strays: ['stray-1', 'stray-2'],
      left: 1,
    });
    expect(linesOf(report)).toEqual([
      'Cluster shop, Mon 5 Jan 2026 12:00 UTC',
      '4 of 56 nodes in 2 groups have drifted: 1 goes now and 3 wait.',
      '2 nodes are in none of the groups: stray-1 and stray-2.',
      '1 node is Karpenter’s or EKS Auto Mode’s, and left alone.',
      '',
      'group    nodes  drifted  go now  wait  why',
      'workers      6        4       1     3  1 of at most 1 node of the group is out',
      '',
      'Group workers',
      '  runs ami-0123456789abcdef0, its group would launch ami-0fedcba9876543210',
      '  (lt-0123456789abcdef0 version 7)',
      '    ip-10-1-100-11.eu-central-1.compute.internal  eu-central-1a  now',
      '  waits: 1 of at most 1 node of the group is out',
      '    ip-10-1-100-13.eu-central-1.compute.internal  eu-central-1a  next',
      '    ip-10-1-100-12.eu-central-1.compute.internal  eu-central-1b  after 1 other',
      '    ip-10-1-100-14.eu-central-1.compute.internal  eu-central-1a  after 2 others',
    ]);
  });

  test('where nothing has drifted is told in a sentence', () => {
    expect(linesOf(aDriftReport({ groups: [aGroupReport({ drifted: 0 })] }))).toEqual([
      'Cluster shop, Mon 5 Jan 2026 12:00 UTC',
      'None of 50 nodes in 1 group has drifted.',
    ]);
  });

  test('that could not be looked at says why', () => {
    expect(linesOf(aDriftReport({ away: 'the API server does not answer' }))).toEqual([
      'Cluster shop, Mon 5 Jan 2026 12:00 UTC',
      'It could not be looked at: the API server does not answer',
    ]);
  });

  test('comes after another; and that there is none is told too', () => {
    const text = driftTable([aDriftReport(), aDriftReport({ cluster: 'other' })], COLUMNS);
    expect(text.match(/^Cluster \w+/gm)).toEqual(['Cluster shop', 'Cluster other']);
    expect(driftTable([], COLUMNS)).toBe('No cluster is configured.');
  });
});

describe('a group', () => {
  test('that is left alone says why, even if nobody knows what has drifted in it', () => {
    const group = aGroupReport({ drifted: 0, stopped: 'its launch template lt-1 is gone' });
    expect(linesOf(aDriftReport({ groups: [group] }))).toContain(
      'workers     50        0       0     0  left alone: its launch template lt-1 is',
    );
  });

  test('that waits for the clock says until when', () => {
    const group = aGroupReport({ why: 'no window is open', opensAt: NOON + 14 * HOUR });
    expect(driftTable([aDriftReport({ groups: [group] })], 200)).toContain(
      'no window is open, until Tue 6 Jan 2026 02:00 UTC',
    );
  });

  test('is told whole, however long its name is', () => {
    const name = 'eks-general-purpose-a4c3f2e1-1234-5678-9abc-1234567890ab';
    const [, , , , ...rest] = linesOf(aDriftReport({ groups: [aGroupReport({ group: name, why: 'a'.repeat(70) })] }));
    const cells = rest.map((line) => [line.slice(0, 21).trim(), line.slice(21).replace(/[\d\s]/g, '')]);
    expect(cells.map(([group]) => group).join('')).toBe(name);
    expect(cells.map(([, why]) => why).join('')).toBe('a'.repeat(70));
  });
});

test.each<[string, Partial<DriftedNode>, string, string | undefined]>([
  ['goes now', {}, 'now', undefined],
  ['was let go before', { decision: 'let go before' }, 'let go already', undefined],
  ['is next', { decision: 'waits', place: 1 }, 'next', 'waits: others go first'],
  ['has others before it', { decision: 'waits', place: 12 }, 'after 11 others', 'waits: others go first'],
  ['waits for something', { decision: 'waits', why: 'no window is open' }, 'eu-central-1a', 'waits: no window is open'],
  [
    'waits for the clock',
    { decision: 'waits', why: 'no window is open', at: NOON + HOUR },
    'eu-central-1a',
    'waits: no window is open, until Mon 5 Jan 2026 13:00 UTC',
  ],
  [
    'is stopped',
    { decision: 'stopped', why: 'a refresh is under way' },
    'eu-central-1a',
    'left alone: a refresh is under way',
  ],
])('a node that %s', (_what, node, end, above) => {
  const lines = linesOf(aDriftReport({ groups: [aGroupReport()], nodes: [aDriftedNode(node)] }));
  expect(lines.at(-1)).toMatch(new RegExp(`  ${end}$`));
  if (above === undefined) expect(lines.at(-2)).toMatch(/^ {2}\(lt-/);
  else expect(lines.at(-2)).toBe(`  ${above}`);
});

describe('5,000 nodes in 100 groups', () => {
  const nodes = Array.from({ length: 5_000 }, (_, index) => {
    const rank = index % 50;
    const decided = rank < 2 ? {} : { ...WAITS, place: rank - 1 };
    const reasons = [`runs ami-${index % 3}, its group would launch ami-4`];
    return aDriftedNode({ node: nodeName(index), group: groupName(Math.floor(index / 50)), reasons, ...decided });
  });
  const groups = Array.from({ length: 100 }, (_, index) => {
    return aGroupReport({ group: groupName(index), drifted: 50, why: WAITS.why });
  });
  const text = driftTable([aDriftReport({ groups, nodes })], COLUMNS);

  test('are told within the width of the terminal, each by its whole name', () => {
    expect(widthOf(text)).toBeLessThanOrEqual(COLUMNS);
    expect(new Set(text.match(/ip-\S+/g))).toEqual(new Set(nodes.map(({ node }) => node)));
  });

  test('a reason is told once in each group, what holds several once as well', () => {
    expect(text.match(/its group would launch/g)).toHaveLength(300);
    expect(text.match(/waits: /g)).toHaveLength(300);
    expect(text.match(/^Group workers-\d+$/gm)).toHaveLength(100);
  });

  test.each([40, 60, 72, 120])('no line is wider than a terminal of %i columns', (columns) => {
    expect(widthOf(driftTable([aDriftReport({ groups, nodes })], columns))).toBeLessThanOrEqual(columns);
  });
});

function groupName(index: number): string {
  return `workers-${String(index).padStart(2, '0')}`;
}
