/** The request of one node's retirement (contract 10.4). */
import { expect, test } from 'vitest';
import { parseNodeRequest, termsOf } from '../../../lambdas/core/rotation/node-request.ts';

function termsFor(given: object) {
  const parsed = parseNodeRequest({ node: 'n1', ...given });
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
  return termsOf(parsed.request);
}

test.each([
  [{}, ['node: missing: send the name of a node, or instance']],
  [{ node: 'n1', instance: 'i-0123456789abcdef0' }, ['node, instance: both are there: send one of them']],
  [
    { node: 'N1', instance: 'i-1', detached: true },
    [
      'node: must be the name of a node such as ip-10-0-1-23.ec2.internal',
      'instance: must be an instance id such as i-0123456789abcdef0',
      expect.stringContaining('detached: is no field: cluster, node, instance, detach') as string,
    ],
  ],
  ['n1', ['request: must be a JSON object such as {"cluster": "production", "node": "ip-10-0-1-23.ec2.internal"}']],
])('of %j every fault is named', (given, faults) => {
  expect(parseNodeRequest(given)).toEqual({ faults });
});

test('by itself drains the node, forces nothing, and leaves its instance', () => {
  const terms = {
    detach: false,
    release: 'leave',
    force: false,
    timeoutSeconds: 6_600,
    pauseBetweenEvictionsSeconds: 0,
  };
  expect(termsFor({})).toEqual(terms);
});

test.each([
  [{ detach: true }, { detach: true }],
  [{ terminate: true }, { release: 'terminate' }],
  [{ force: true }, { force: true }],
  [{ gracePeriod: 30 }, { gracePeriodSeconds: 30 }],
  [{ pauseBetweenEvictions: 2 }, { pauseBetweenEvictionsSeconds: 2 }],
  [{ maxDrainRetries: 0 }, { timeoutSeconds: 600 }],
  [{ maxDrainRetries: 287 }, { timeoutSeconds: 172_800 }],
])('%j has the terms %j', (given, terms) => {
  expect(termsFor(given)).toMatchObject(terms);
});
