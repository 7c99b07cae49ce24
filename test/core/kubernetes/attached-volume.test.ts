import { expect, test } from 'vitest';
import { explainAttached } from '../../../lambdas/core/kubernetes/attached-volume.ts';

test.each([
  ['in use', [{ name: 'pv-1', inUse: true }], /^the kubelet still uses pv-1: /],
  ['not in use', [{ name: 'pv-1', inUse: false }], /^no pod uses pv-1 any more: look at the controller/],
  [
    'of both kinds',
    [
      { name: 'pv-1', inUse: false },
      { name: 'pv-2', inUse: true },
      { name: 'pv-3', inUse: true },
    ],
    /uses pv-2, pv-3: .*; no pod uses pv-1 /,
  ],
])('volumes %s are told with where to look (contract 8.1)', (_which, volumes, words) => {
  expect(explainAttached(volumes)).toMatch(words);
});
