import { expect, test } from 'vitest';
import {
  isBeingDeleted,
  isFinished,
  isHeldByFinalizer,
  ownerKey,
  ownerName,
  podName,
  type Owner,
  type Pod,
} from '../../../lambdas/core/kubernetes/pod.ts';
import { anOwner, aPod, NOON } from '../../given.ts';

test('a pod is called namespace/name', () => {
  expect(podName(aPod())).toBe('shop/web-1');
});

test.each<[Pod['phase'], boolean]>([
  ['Pending', false],
  ['Running', false],
  ['Succeeded', true],
  ['Failed', true],
  ['Unknown', false],
])('a %s pod is finished: %s (contract 4.1)', (phase, finished) => {
  expect(isFinished(aPod({ phase }))).toBe(finished);
});

test.each([
  [undefined, false],
  [0, true],
  [NOON, true],
])('a pod with deletion until %s is being deleted: %s', (deletingUntil, deleting) => {
  expect(isBeingDeleted(aPod({ deletingUntil }))).toBe(deleting);
});

test.each<[string, Partial<Pod>, boolean]>([
  ['nobody deletes it', { containersTerminated: true }, false],
  ['a container runs past its grace', { deletingUntil: NOON - 1 }, false],
  ['its grace is not over', { deletingUntil: NOON + 1, containersTerminated: true }, false],
  ['its grace ends now and every container has terminated', { deletingUntil: NOON, containersTerminated: true }, true],
  ['its grace is over and every container has terminated', { deletingUntil: 0, containersTerminated: true }, true],
])('%s: held by a finalizer only? (contract 4.7)', (_when, pod, held) => {
  expect(isHeldByFinalizer(aPod(pod), NOON)).toBe(held);
});

test('an owner is called by kind, namespace and name, cut where these are too long to be names', () => {
  expect(ownerName(anOwner())).toBe('ReplicaSet shop/web');
  expect(ownerName(anOwner({ kind: 'K'.repeat(1_000), name: 'n'.repeat(1_000_000) }))).toHaveLength(2 * 253 + 6);
});

test.each<[string, Partial<Owner>]>([
  ['namespace', { namespace: 'other' }],
  ['group', { apiVersion: 'evil.example/v1' }],
  ['kind', { kind: 'StatefulSet' }],
  ['name', { name: 'other' }],
  ['uid', { uid: 'other' }],
])('an owner of another %s is another owner, whatever else it claims', (_what, other) => {
  const owner = anOwner();
  expect(ownerKey({ ...owner, ...other })).not.toBe(ownerKey(owner));
});
