/** The tables of the benches: what they say, and that they fit a terminal. */
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { costTable } from './cost/cost-table.ts';
import { ownTable, peerTable } from './drain/table.ts';
import type { OwnFigures } from './own-cluster/own-measurement.ts';
import type { ScanMeasurement } from './scan/scan-measurement.ts';
import { scanTable } from './scan/scan-table.ts';

const FIGURES: OwnFigures = { seconds: 1, requests: 2, refused: 3, lowestReady: 4, violations: 5, workloads: [] };

test('the table says what was measured, and why not', () => {
  const row = { pods: 30, budgets: '1', others: 2, ...FIGURES };
  const lines = ownTable([
    { ...row, drainer: 'ebb' },
    { pods: 30, budgets: 'none', drainer: 'kubectl', fault: 'not on PATH' },
  ]).split('\n');
  const cells = lines.map((line) => line.trim().split(/\s{2,}/));
  expect(cells).toContainEqual(['30', '2', '1', 'ebb', '1.0', '2', '3', '4', '5']);
  expect(cells).toContainEqual(['30', 'none', 'kubectl', 'not on PATH']);
});

const LARGE = { seconds: 1234.5, requests: 12_345, refused: 1234, lowestReady: 10, violations: 123 };

const SCAN: ScanMeasurement = {
  scan: 'waiting',
  nodes: 15_000,
  groups: 300,
  passes: [1, 2].map(() => ({ seconds: 123.4, cpuSeconds: 123.4 })),
  peakMegabytes: 1234,
  bareMegabytes: 45,
  kubernetesRequests: { list: 14_000 },
  awsRequests: { DescribeInstances: 1_200 },
  answerMegabytes: 12,
  bytes: { json: 2345, wire: 234, instance: 3456 },
};

const COST = {
  minutes: 2879,
  result: 'drained',
  billedSeconds: 1234.5,
  suspendedSeconds: 172_740,
  operations: 12_345,
  invocations: 1234,
  dollars: 12.3456,
};

describe('a table', () => {
  const drained = { pods: 250, budgets: '10%', drainer: 'kubectl v1.35.11', ...LARGE };
  test.each([
    ['drains', peerTable([{ ...drained, shutdownSeconds: 30 }])],
    ['drains of a node of somebody', ownTable([{ ...drained, others: 110, workloads: [] }])],
    [
      'drains that failed',
      ownTable([{ pods: 30, budgets: 'none', drainer: 'kubectl v1.35.11', fault: 'x'.repeat(99) }]),
    ],
    ['costs', costTable([COST])],
    ['scans', scanTable([SCAN])],
  ])('of %s fits 80 columns', (_what, table) => {
    for (const line of table.split('\n')) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
  });
});
