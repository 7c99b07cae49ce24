import { describe, expect, test } from 'vitest';
import { labelSelector } from '../../../../lambdas/adapters/kubernetes/api/selector.ts';
import { pathOf } from '../../../../lambdas/adapters/kubernetes/api/path.ts';

describe('a selector', () => {
  test('of several requirements is one query', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['front', 'middle'] },
      { key: 'env', operator: 'NotIn', values: ['test'] },
      { key: 'app', operator: 'Exists' },
      { key: 'canary', operator: 'DoesNotExist' },
    ];
    expect(labelSelector({ matchLabels: { app: 'web' }, matchExpressions })).toBe(
      'app=web,tier in (front,middle),env notin (test),app,!canary',
    );
  });

  test.each([
    ['has an operator that is new to us', { key: 'app', operator: 'Like', values: ['web'] }],
    [
      'is longer than a request line may be',
      { key: 'app', operator: 'In', values: Array.from({ length: 500 }, (_, n) => `web-${n}`) },
    ],
  ])('that %s is no query', (_what, requirement) => {
    expect(labelSelector({ matchExpressions: [requirement] })).toBeUndefined();
  });
});

test.each([
  ['web', '/apis/web'],
  ['x/scale', '/apis/x%2Fscale'],
  ['a?watch=true', '/apis/a%3Fwatch%3Dtrue'],
  ['a#b', '/apis/a%23b'],
])('a name %j stays one segment of its path', (name, path) => {
  expect(pathOf('/apis', name)).toBe(path);
});
