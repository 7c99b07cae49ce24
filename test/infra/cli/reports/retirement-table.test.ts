/** Running retirements, for people. */
import { expect, test } from 'vitest';
import { retirementTable } from '../../../../infra/cli/reports/retirement-table.ts';
import type { RetirementStatus } from '../../../../infra/cli/functions/retirement-status.ts';
import { HOUR, MINUTE, NOON } from '../../../given.ts';
import { nodeName, widthOf } from '../given.ts';

const COLUMNS = 80;

function aStatus(given: Partial<RetirementStatus> = {}): RetirementStatus {
  return {
    execution: 'ebb-i-0123456789abcdef0',
    paused: false,
    cluster: 'shop',
    group: 'workers',
    node: nodeName(1),
    startedAt: NOON,
    deadline: NOON + HOUR,
    stage: 'drain',
    stageSince: NOON,
    waitingFor: ['shop/web-1'],
    heldBy: [{ by: 'budget shop/web, never', pods: 2 }],
    suspendedUntil: undefined,
    ...given,
  };
}

test('retirements of a group that wait for the same stand together, with the time that each has left', () => {
  const two = [aStatus({ node: nodeName(2), stageSince: NOON + MINUTE }), aStatus()];
  expect(retirementTable(two, NOON + 20 * MINUTE, COLUMNS).split('\n')).toEqual([
    '2 retirements run.',
    '',
    'Cluster shop, group workers',
    '  drain; held by budget shop/web, never (2 pods); waits for shop/web-1',
    `    ${nodeName(1)}  for 20 min  40 min left`,
    `    ${nodeName(2)}  for 19 min  40 min left`,
  ]);
});

test('a retirement that knows nothing yet is named by its execution', () => {
  const one = aStatus({ cluster: undefined, group: undefined, node: undefined, deadline: undefined });
  const lines = retirementTable(
    [{ ...one, stage: 'starting', waitingFor: [], heldBy: [], paused: true }],
    NOON,
    COLUMNS,
  );
  expect(lines.split('\n')).toEqual([
    '1 retirement runs.',
    '',
    'Not yet verified',
    '  starting, paused by somebody',
    '    ebb-i-0123456789abcdef0  for 0 s  deadline unknown',
  ]);
});

test.each([60, 80, 200])('no line is wider than %i columns', (columns) => {
  const waitingFor = Array.from(
    { length: 9 },
    (_, index) => `a-namespace-of-some-length/a-pod-of-some-length-${index}`,
  );
  const table = retirementTable([aStatus({ waitingFor })], NOON, columns);
  expect(Math.max(...table.split('\n').map(widthOf))).toBeLessThanOrEqual(columns);
});

test('no retirement is said in a sentence', () => {
  expect(retirementTable([], NOON, COLUMNS)).toBe('No retirement runs.');
});
