import { describe, expect, test } from 'vitest';
import {
  controllerFrom,
  controllerRequest,
  knownKind,
  type ControllerAnswer,
} from '../../../lambdas/core/kubernetes/controller.ts';
import { anOwner } from '../../given.ts';

describe('a kind counts only together with its group (contract 4.5)', () => {
  test.each([
    ['apps/v1', 'ReplicaSet', 'ReplicaSet'],
    ['apps/v1', 'StatefulSet', 'StatefulSet'],
    ['v1', 'ReplicationController', 'ReplicationController'],
    ['apps/v1', 'DaemonSet', 'DaemonSet'],
    ['batch/v1', 'Job', 'Job'],
    ['evil.example/v1', 'ReplicaSet', undefined],
    ['apps/v1beta1', 'StatefulSet', undefined],
    ['apps.kruise.io/v1beta1', 'StatefulSet', undefined],
    ['apps/v1', 'ReplicationController', undefined],
    ['apps/v1', 'Job', undefined],
    ['apps/v1', 'constructor', undefined],
    ['apps/v1', '__proto__', undefined],
    ['', '', undefined],
  ])('%s %s is known as %s', (apiVersion, kind, known) => {
    expect(knownKind({ apiVersion, kind })).toBe(known);
  });
});

describe('what a pod claims to be owned by is asked for (contract 4.5)', () => {
  test.each(['web', 'web-5d57b6f59b', 'a.b-c.d', '0', 'x'.repeat(253)])(
    'when an object can have its name: %s',
    (name) => {
      expect(controllerRequest(anOwner({ name }))).toEqual({ kind: 'ReplicaSet' });
    },
  );

  test.each([
    'x/scale',
    'x%2Fscale',
    '../..',
    '.',
    '../../../namespaces/shop/secrets/token',
    '../secrets',
    'web?watch=true',
    'web#',
    'web..a',
    'Web',
    'web\n',
    '',
    'x'.repeat(254),
  ])('but not when none can: %j', (name) => {
    expect(controllerRequest(anOwner({ name }))).toEqual({ unknown: 'no ReplicaSet can have that name' });
  });

  test.each([
    ['evil.example/v1', 'ReplicaSet'],
    ['apps.kruise.io/v1alpha1', 'CloneSet'],
    ['apps/v1', 'constructor'],
    ['apps/v1', '__proto__'],
    ['apps/v1', 'DaemonSet'],
  ])('nor when its kind is none that we read: %s %s', (apiVersion, kind) => {
    expect(controllerRequest(anOwner({ apiVersion, kind }))).toEqual({
      unknown: `its kind ${kind} of ${apiVersion} is none that Ebb knows`,
    });
  });
});

describe('what is found under its name (contract 4.5)', () => {
  const selector = { matchLabels: { app: 'web' } };
  const owner = anOwner({ uid: 'own' });

  test('is the controller when it bears the uid', () => {
    const answer = { found: { uid: 'own', replicas: 4, selector } };
    expect(controllerFrom(owner, answer)).toEqual({ owner, replicas: 4, selector });
  });

  test.each<[string, ControllerAnswer, string]>([
    ['another of that name', { found: { uid: 'other', replicas: 4, selector } }, 'another has its name now'],
    ['nothing', { missing: true }, 'it is gone'],
    ['a refusal', { refused: 'User "ebb" cannot get' }, 'it cannot be read: User "ebb" cannot get'],
  ])('or %s: unknown', (_what, answer, unknown) => {
    expect(controllerFrom(owner, answer)).toEqual({ owner, unknown });
  });
});
