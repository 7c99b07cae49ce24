/** Whether a pool can spare targets that need not go (contract 7.1). */
import { expect, test } from 'vitest';
import { sendsTo, tooFewWithout, type Target } from '../../../lambdas/core/traffic/target-pool.ts';

const target = (id: string, given: Partial<Target> = {}): Target => ({
  id,
  port: 80,
  state: 'registered',
  healthy: true,
  ...given,
});

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((id) => target(id)) as [Target, Target, Target, Target];
const sick = (id: string): Target => target(id, { healthy: false });
const draining = (id: string): Target => target(id, { state: 'draining', healthy: false });

test.each<[string, readonly Target[], readonly string[], string | undefined]>([
  ['one of two', [A, B], [], undefined],
  ['one of four', [A, B, C, D], [], undefined],
  ['the only one', [A], [], '0 of 1 targets would be healthy without it'],
  ['the only healthy one of two', [A, sick('b')], [], '0 of 2 targets would be healthy without it'],
  ['the second of three to go', [A, B, draining('c')], [], '1 of 3 targets would be healthy without it'],
  ['one while another is on its way out', [A, B, C], ['b'], '1 of 3 targets would be healthy without it'],
  ['one of four while another is on its way out', [A, B, C, D], ['b'], undefined],
  ['one that drains already, by its label', [draining('a'), B, C], [], undefined],
])('%s', (_which, targets, leaving, lack) => {
  expect(tooFewWithout(new Set(['a']), { pool: {}, targets }, new Set(leaving))).toBe(lack);
});

test.each<[string, readonly Target[], boolean]>([
  ['one that is healthy', [A, B], true],
  ['one that is healthy by one of its ports', [sick('a'), A], true],
  ['one that is not healthy', [sick('a'), B], false],
  ['one that drains already', [draining('a'), B], false],
  ['one of which AWS does not know yet', [target('a', { healthy: false, coming: true }), B], true],
  ['one that is in another pool', [B], false],
])('whether requests are sent to %s', (_which, targets, sent) => {
  expect(sendsTo(new Set(['a']), targets)).toBe(sent);
});

/** The first of these, and thirty in all: the others are not healthy. */
const ofThirty = (...targets: readonly Target[]): Target[] => [
  ...targets,
  ...Array.from({ length: 30 - targets.length }, (_, index) => sick(`other-${index}`)),
];

test.each<[string, readonly Target[], readonly string[], string | undefined]>([
  ['one of three that are healthy', ofThirty(A, B, C), [], undefined],
  ['one of two', ofThirty(A, B), [], undefined],
  ['the only one', ofThirty(A), [], '0 of 1 targets in use would be healthy without it'],
  [
    'one of three while another is on its way out',
    ofThirty(A, B, C),
    ['b'],
    '1 of 3 targets in use would be healthy without it',
  ],
  [
    'one of two while another drains',
    ofThirty(A, B, draining('c')),
    [],
    '1 of 3 targets in use would be healthy without it',
  ],
])('where the others are unhealthy by design: %s', (_which, targets, leaving, lack) => {
  expect(tooFewWithout(new Set(['a']), { pool: { ownHealthPort: true }, targets }, new Set(leaving))).toBe(lack);
});

test('elsewhere those that are not healthy count', () => {
  const lack = '2 of 30 targets would be healthy without it';
  expect(tooFewWithout(new Set(['a']), { pool: {}, targets: ofThirty(A, B, C) })).toBe(lack);
});
