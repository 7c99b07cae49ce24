import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideSlot, type RetiringNode } from '../../../lambdas/core/retirement/slot.ts';
import { NOON, SECOND } from '../../given.ts';

/** `n-0`, the oldest, to `n-<count - 1>`, each isolated a second after the one before. */
function retiring(count: number): RetiringNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `n-${index}`,
    ownership: { kind: 'asg-terminate', since: new Date(NOON + index * SECOND).toISOString() },
  }));
}

const LIMITS = { maxDrains: 25, maxLeaving: 0.2, nodes: 1_000 };

describe('a slot (contract 4.10)', () => {
  test.each([
    { which: 'the only one', name: 'n-0', count: 1, nodes: 1_000, kind: 'granted' },
    { which: 'the last that fits', name: 'n-24', count: 40, nodes: 1_000, kind: 'granted' },
    { which: 'the first that does not', name: 'n-25', count: 40, nodes: 1_000, kind: 'held' },
    { which: 'the only one of a small cluster', name: 'n-0', count: 1, nodes: 3, kind: 'granted' },
    { which: 'the second of a small cluster', name: 'n-1', count: 2, nodes: 3, kind: 'held' },
    { which: 'the last within the share', name: 'n-1', count: 5, nodes: 10, kind: 'granted' },
    { which: 'the first beyond the share', name: 'n-2', count: 5, nodes: 10, kind: 'held' },
  ])('$which is $kind', ({ name, count, nodes, kind }) => {
    expect(decideSlot(name, retiring(count), { ...LIMITS, nodes }).kind).toBe(kind);
  });

  test('the oldest go first, whatever the order of the list, and of two alike the first by name', () => {
    const alike = (name: string): RetiringNode => ({
      name,
      ownership: { kind: 'asg-terminate', since: new Date(NOON).toISOString() },
    });
    const nodes = [...retiring(3).slice(1).toReversed(), alike('b'), alike('a')];
    const granted = nodes.filter(({ name }) => decideSlot(name, nodes, { ...LIMITS, maxDrains: 2 }).kind === 'granted');
    expect(granted.map(({ name }) => name).sort()).toEqual(['a', 'b']);
  });

  test('what nothing forces to go waits for what must, however long it has waited', () => {
    const since = new Date(NOON - 60 * SECOND).toISOString();
    const nodes = [{ name: 'tainted', ownership: { kind: 'tainted', since } }, ...retiring(1)];
    const kindOf = (name: string) => decideSlot(name, nodes, { ...LIMITS, maxDrains: 1 }).kind;
    expect([kindOf('n-0'), kindOf('tainted')]).toEqual(['granted', 'held']);
  });

  test.each([{ leftDrained: true as const }, { completesHook: true as const }])(
    'a node that is drained already holds nobody up: %j',
    (come) => {
      const since = new Date(NOON - 60 * SECOND).toISOString();
      const nodes = [{ name: 'drained', ownership: { kind: 'asg-terminate', since, ...come } }, ...retiring(1)];
      expect(decideSlot('n-0', nodes, { ...LIMITS, maxDrains: 1 })).toEqual({ kind: 'granted' });
    },
  );

  test('a node whose annotation cannot be read holds nobody up', () => {
    const nodes = [{ name: 'strange', ownership: undefined }, ...retiring(1)];
    expect(decideSlot('n-0', nodes, { ...LIMITS, maxDrains: 1 })).toEqual({ kind: 'granted' });
  });

  test('says why it is held, and when so much leaves that somebody should know', () => {
    expect(decideSlot('n-4', retiring(5), { ...LIMITS, nodes: 10 })).toEqual({
      kind: 'held',
      reason: '5 of 10 nodes are leaving, and at most 20 % (2) may drain at once',
      breaker: true,
    });
    expect(decideSlot('n-25', retiring(26), LIMITS)).toEqual({
      kind: 'held',
      reason: '25 nodes drain before it, and at most 25 may at once',
      breaker: false,
    });
  });

  test('never more than both limits are granted, and never none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(200),
        (count, max, others) => {
          const nodes = retiring(count);
          const limits = { maxDrains: max, maxLeaving: 0.2, nodes: count + others };
          const granted = nodes.filter(({ name }) => decideSlot(name, nodes, limits).kind === 'granted').length;
          expect(granted).toBe(Math.min(count, max, Math.max(1, Math.ceil((count + others) * 0.2))));
        },
      ),
    );
  });
});
