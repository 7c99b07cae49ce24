import { expect, test } from 'vitest';
import { instanceOf, isInstance } from '../../../lambdas/core/kubernetes/node.ts';
import { aNode } from '../../given.ts';

const INSTANCE = 'i-0123456789abcdef0';

test.each([
  ['the one of its providerID', `aws:///eu-central-1a/${INSTANCE}`, true],
  ['not another', 'aws:///eu-central-1a/i-0fedcba9876543210', false],
  ['not one whose id merely ends alike', `aws:///eu-central-1a/x${INSTANCE}`, false],
  ['not one whose id goes on', `aws:///eu-central-1a/${INSTANCE}0`, false],
  ['none without a providerID', undefined, false],
  ['none with an empty one', '', false],
])('a node stands for an instance: %s (contract 2.1)', (_which, providerId, stands) => {
  expect(isInstance(aNode({ providerId }), INSTANCE)).toBe(stands);
});

test.each([
  [`aws:///eu-central-1a/${INSTANCE}`, INSTANCE],
  ['aws:///eu-central-1a/i-01234567', 'i-01234567'],
  ['eks-hybrid:///eu-central-1/cluster/mi-0123456789abcdef0', undefined],
  [`aws:///eu-central-1a/${INSTANCE}/`, undefined],
  [undefined, undefined],
])('a node with providerID %s stands for instance %s', (providerId, instance) => {
  expect(instanceOf(aNode({ providerId }))).toBe(instance);
});
