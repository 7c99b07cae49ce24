/** Reports of a rotation: a bar for each group, and what is said of each at the end. */
import { describe, expect, test } from 'vitest';
import type { GroupProgress } from '../../../../lambdas/core/rotation/rotation-progress.ts';
import { groupLine, progressBars, rotationEnd } from '../../../../infra/cli/reports/rotation-report.ts';
import { nodeName, widthOf } from '../given.ts';

function aGroup(given: Partial<GroupProgress> = {}): GroupProgress {
  return { group: 'workers', way: 'detach', done: 6, inHand: 2, left: 4, failed: [], kept: [], ...given };
}

const failed = [{ node: nodeName(1), reason: 'it is not replaced: i-0123456789abcdef0 has no node' }];
const kept = [{ node: nodeName(2), reason: 'it has pods that are not to be evicted: shop/web-0' }];

describe('the progress of a rotation', () => {
  test('is a bar for each group: full for what is done, half for what is in hand', () => {
    expect(progressBars({ groups: [aGroup()] }, 80)).toBe(
      'workers   ████████████▒▒▒▒········  6 done, 2 in hand, 4 left',
    );
  });

  test('tells below the bars what is waited for, and is no wider than the terminal', () => {
    const groups = [aGroup({ group: 'a'.repeat(60), inHand: 0 }), aGroup({ inHand: 0, failed, kept })];
    const bars = progressBars({ groups, waitingFor: ['the pause between batches', 'b'.repeat(80)] }, 60);
    expect(bars.split('\n')).toHaveLength(3);
    expect(bars).toContain('waits for the pause');
    expect(widthOf(bars)).toBeLessThanOrEqual(60);
  });

  test('does not tell what is waited for while nodes are in hand', () => {
    expect(progressBars({ groups: [aGroup()], waitingFor: ['2 nodes in hand'] }, 80)).not.toContain('waits');
  });

  test('says when it will have ended, once that is known', () => {
    const bars = progressBars({ groups: [aGroup()], expectedEnd: Date.UTC(2026, 10, 28, 16, 40) }, 80);
    expect(bars.split('\n')[1]).toBe('expected to end Sat 28 Nov 2026 16:40 UTC');
  });

  test('is full when all is done, and empty when there is nothing', () => {
    expect(progressBars({ groups: [aGroup({ inHand: 0, left: 0 })] }, 80)).toContain('█'.repeat(24));
    expect(progressBars({ groups: [aGroup({ done: 0, inHand: 0, left: 0 })] }, 80)).toContain('·'.repeat(24));
    expect(progressBars({ groups: [] }, 80)).toBe('');
  });
});

test('a line of a group names only the numbers that there are, done and left always', () => {
  expect(groupLine(aGroup({ inHand: 0 }))).toBe('workers: 6 done, 4 left');
  expect(groupLine(aGroup({ failed, kept }))).toBe('workers: 6 done, 2 in hand, 4 left, 1 failed, 1 kept');
});

test('the end names each node that was not replaced, with its reason', () => {
  const end = rotationEnd('failed', { groups: [aGroup({ failed, kept })] }, 80);
  expect(end).toContain('ip-10-1-100-11 failed: it is not replaced');
  expect(end).toContain('ip-10-1-100-12 is kept: it has pods that are not to be evicted');
  expect(widthOf(end)).toBeLessThanOrEqual(80);
});

test.each([
  [[aGroup({ left: 1 })], 'workers: 1 node would be replaced, detached, so that a replacement is Ready first'],
  [
    [aGroup({ way: 'in place', kept })],
    'workers: 4 nodes would be replaced, one by one, in place; 1 node would be kept',
  ],
  [[], 'No group would be rotated.'],
])('a plan tells what would be replaced, and how', (groups, text) => {
  expect(rotationEnd('planned', { groups }, 80)).toBe(text);
});
