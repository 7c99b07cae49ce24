/** Pods that do not end (faults 63). */
import { describe, expect, test } from 'vitest';
import { explainStuck, isStuck, stateOf, stuckFrom } from '../../../lambdas/core/drain/stuck-pod.ts';
import { aNode, aPod, MINUTE, NOON } from '../../given.ts';

describe('a pod is stuck', () => {
  const going = { deletingUntil: NOON };

  test.each([
    ['a minute after its grace', going, NOON + MINUTE, true],
    ['not before', going, NOON + MINUTE - 1, false],
    ['not when only a finalizer holds it', { ...going, containersTerminated: true }, NOON + MINUTE, false],
    ['not when nobody deletes it', {}, NOON + MINUTE, false],
  ])('%s', (_when, pod, now, expected) => {
    expect(isStuck(aPod(pod), now)).toBe(expected);
  });

  test('from a time that is known as soon as it is deleted', () => {
    expect(stuckFrom(aPod(going))).toBe(NOON + MINUTE);
    expect(stuckFrom(aPod())).toBeUndefined();
  });
});

test.each([
  ['Ready', aNode(), /main running.*look at the kubelet and the container runtime/],
  ['not Ready', aNode({ notReadySince: NOON }), /its kubelet ends no pod/],
  ['gone', undefined, /the control plane will remove it/],
] as const)('on a node that is %s it is told with what helps there', (state, node, words) => {
  expect(stateOf(node)).toBe(state);
  expect(explainStuck(aPod(), state)).toMatch(words);
});

test('its finalizers are told too', () => {
  expect(explainStuck(aPod({ finalizers: ['acme.io/hold'] }), 'Ready')).toContain('finalizer acme.io/hold');
});
