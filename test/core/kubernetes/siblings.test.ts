import { describe, expect, test } from 'vitest';
import type { Controller } from '../../../lambdas/core/kubernetes/controller.ts';
import type { Selector } from '../../../lambdas/core/kubernetes/selector.ts';
import { countSiblings, isPodOf, type NamespacePod } from '../../../lambdas/core/kubernetes/siblings.ts';
import { anOwner } from '../../given.ts';

const OWNER = anOwner({ uid: 'web' });
const ZONES = { key: 'topology.kubernetes.io/zone' };

function aReplicaSet(selector: Selector = { matchLabels: { app: 'web' } }, replicas = 4): Controller {
  return { owner: OWNER, replicas, selector };
}

function aCloneSet(): Controller {
  return { owner: anOwner({ kind: 'CloneSet', uid: 'web' }), unknown: 'its kind is unknown' };
}

/** A Ready pod of the controller. */
function podNamed(uid: string, given: Partial<NamespacePod> = {}): NamespacePod {
  return { uid, labels: { app: 'web' }, ownerUid: 'web', readiness: 'ready', ...given };
}

describe('a pod is one of its controller’s (contract 4.5)', () => {
  test.each<[string, Controller, Omit<NamespacePod, 'uid' | 'readiness'>, boolean]>([
    ['by selector and uid', aReplicaSet(), podNamed('a'), true],
    ['in whichever zone it is', aReplicaSet(), { ...podNamed('a'), labels: { app: 'web', [ZONES.key]: 'z1' } }, true],
    ['whatever else somebody labels it', aReplicaSet(), { ...podNamed('a'), labels: { app: 'web', role: 'x' } }, true],
    ['not with the labels alone', aReplicaSet(), { labels: { app: 'web' } }, false],
    ['not with another owner', aReplicaSet(), { labels: { app: 'web' }, ownerUid: 'other' }, false],
    ['not when it has been released', aReplicaSet(), { labels: { app: 'debug' }, ownerUid: 'web' }, false],
    [
      'by expressions',
      aReplicaSet({ matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }),
      podNamed('a'),
      true,
    ],
    [
      'not against an expression',
      aReplicaSet({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }),
      podNamed('a'),
      false,
    ],
    [
      'by uid where an operator is new to us',
      aReplicaSet({ matchExpressions: [{ key: 'app', operator: 'Like' }] }),
      podNamed('a'),
      true,
    ],
    ['of an unknown controller by uid', aCloneSet(), { labels: { own: 'a' }, ownerUid: 'web' }, true],
    ['not of an unknown controller by labels', aCloneSet(), { labels: { app: 'web' }, ownerUid: 'other' }, false],
    [
      'not without a label that the language has',
      aReplicaSet({ matchLabels: { constructor: 'x' } }),
      podNamed('a'),
      false,
    ],
  ])('%s', (_how, controller, pod, is) => {
    expect(isPodOf(controller, pod)).toBe(is);
  });
});

describe('its pods are counted (contract 4.5)', () => {
  const unready = { pod: 'shop/web-3', uid: 'c', reason: 'CrashLoopBackOff' };
  const pods = [
    podNamed('a', { labels: { app: 'web', [ZONES.key]: 'z1' } }),
    podNamed('b', { labels: { app: 'web', [ZONES.key]: 'z2' } }),
    podNamed('c', { readiness: unready }),
    podNamed('d', { readiness: 'finished' }),
    podNamed('e', { ownerUid: 'other' }),
  ];

  test('those that are Ready and those that are not; finished ones and others’ count for nothing', () => {
    expect(countSiblings(aReplicaSet(), pods)).toEqual({
      owner: OWNER,
      replicas: 4,
      readyPods: new Set(['a', 'b']),
      unreadyPods: [unready],
    });
  });

  test.each([
    ['as many as it has', 0, 3],
    ['as many as were ever Ready', 4, 4],
  ])('of an unknown controller: it wants %s', (_what, mostSeen, replicas) => {
    expect(countSiblings(aCloneSet(), pods, mostSeen)).toMatchObject({ replicas, unknown: 'its kind is unknown' });
  });
});
