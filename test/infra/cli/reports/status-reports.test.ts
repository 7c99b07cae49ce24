/** The status of a rotation and of a node, for people. */
import { describe, expect, test } from 'vitest';
import type { NodeStatus, RotationStatus } from '../../../../lambdas/core/operator/outcome.ts';
import { rotationRequestSchema } from '../../../../lambdas/core/rotation/rotation-request.ts';
import { nodeStatusText } from '../../../../infra/cli/reports/node-status-report.ts';
import { rotationStatusText } from '../../../../infra/cli/reports/rotation-status-report.ts';
import { HOUR, MINUTE, NOON } from '../../../given.ts';
import { nodeName, widthOf } from '../given.ts';

const SHOWN = { now: NOON, columns: 200 };

function time(at: number): string {
  return new Date(at).toISOString();
}

function aRotation(given: Partial<RotationStatus> = {}): RotationStatus {
  return {
    id: 'r1',
    cluster: 'shop',
    state: 'running',
    startedAt: time(NOON - 90 * MINUTE),
    request: rotationRequestSchema.parse({ cluster: 'shop' }),
    ...given,
  };
}

function aNode(given: Partial<NodeStatus> = {}): NodeStatus {
  return { node: nodeName(1), cluster: 'shop', unschedulable: false, ready: true, marks: {}, ...given };
}

describe('the status of a rotation', () => {
  test.each([
    [aRotation(), 'Rotation r1 of shop: running, for 1 h 30 min.'],
    [
      aRotation({ expectedEnd: time(NOON + 2 * HOUR) }),
      expect.stringMatching(/^Rotation r1 of shop: running, for 1 h 30 min; about 2 h 0 min to go, until .* UTC\.$/),
    ],
    [aRotation({ state: 'stopping' }), 'Rotation r1 of shop: stopping, for 1 h 30 min.'],
    [
      aRotation({ state: 'refused', reason: 'maxSurge: too many', endedAt: '2026-11-28T16:40:00Z' }),
      'Rotation r1 of shop: refused, Sat 28 Nov 2026 16:40 UTC: maxSurge: too many',
    ],
    [aRotation({ state: 'planned', progress: { groups: [] } }), 'No group would be rotated.'],
  ])('is told: %#', (status, text) => {
    expect(rotationStatusText(status, SHOWN)).toEqual(text);
  });

  test('is no wider than the terminal', () => {
    const status = aRotation({ state: 'failed', reason: 'x '.repeat(200), endedAt: time(NOON) });
    expect(widthOf(rotationStatusText(status, { now: NOON, columns: 60 }))).toBeLessThanOrEqual(60);
  });
});

describe('the status of a node', () => {
  const since = time(NOON - 10 * MINUTE);
  const deadline = time(NOON + HOUR);
  const retirement = { execution: 'x', kind: 'request', running: true, since, deadline };

  test.each([
    [aNode(), [`${nodeName(1)} (cluster shop) is Ready.`]],
    [
      aNode({ instance: 'i-1', group: 'workers', ready: false, unschedulable: true }),
      [`${nodeName(1)} (cluster shop, group workers, i-1) is not Ready and cordoned.`],
    ],
    [aNode({ owner: 'Karpenter' }), ['It is Karpenter’s, which makes and ends its nodes itself: Ebb leaves it alone.']],
    [aNode({ retirement }), ['It is being retired by x, for 10 min; 1 h 0 min left.']],
    [aNode({ retirement: { execution: 'x', running: true } }), ['It is being retired by x.']],
    [
      aNode({ retirement: { ...retirement, running: false } }),
      ['It bears the marks of x, which does not run any more.'],
    ],
    [
      aNode({ retirement: { ...retirement, running: false, leftDrained: true } }),
      ['It is drained, and was left as it is by x.'],
    ],
    [
      aNode({
        lastRetirement: {
          execution: 'x',
          startedAt: since,
          endedAt: '2026-11-28T16:40:00Z',
          succeeded: true,
          result: 'restored',
          reason: 'a budget blocked it',
        },
      }),
      ['Its last retirement, x, ended Sat 28 Nov 2026 16:40 UTC as restored: a budget blocked it'],
    ],
  ])('is told: %#', (status, sentences) => {
    const lines = nodeStatusText(status, SHOWN).split('\n');
    for (const sentence of sentences) expect(lines).toContain(sentence);
  });
});
