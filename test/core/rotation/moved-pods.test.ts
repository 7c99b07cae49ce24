/** Which pods of a batch are waited for, and until when (contract 10.2). */
import { describe, expect, test } from 'vitest';
import {
  awaitedControllers,
  awaitedWords,
  MOST_CONTROLLERS,
  movingControllers,
  type MovedController,
} from '../../../lambdas/core/rotation/moved-pods.ts';
import { anOwner, aPod } from '../../given.ts';

const web: MovedController = { ...anOwner({ kind: 'ReplicaSet', name: 'web-7d9f' }), ready: 3 };

describe('the controllers whose pods are waited for', () => {
  test.each(['ReplicaSet', 'StatefulSet', 'ReplicationController'])('are those of kind %s', (kind) => {
    const owner = anOwner({ kind });
    expect(movingControllers([aPod({ owner }), aPod({ name: 'web-2', owner })])).toEqual([owner]);
  });

  test.each([
    ['a DaemonSet, whose pods stay', { owner: anOwner({ kind: 'DaemonSet' }) }],
    ['a Job, which is to finish', { owner: anOwner({ kind: 'Job' }) }],
    ['a node, which is what mirror pods have', { owner: anOwner({ kind: 'Node' }) }],
    ['a kind whose replicas Ebb does not know', { owner: anOwner({ kind: 'Rollout' }) }],
    ['a pod that is not Ready now either', { ready: false }],
    ['a pod that is being deleted', { deletingUntil: 1 }],
  ])('are not of %s', (_, given) => {
    expect(movingControllers([aPod(given)])).toEqual([]);
  });

  test('are none of a pod without a controller', () => {
    const { owner, ...bare } = aPod();
    expect(owner).toBeDefined();
    expect(movingControllers([bare])).toEqual([]);
  });

  test('are bounded in number, because each round keeps them', () => {
    const pods = Array.from({ length: MOST_CONTROLLERS + 5 }, (_, index) =>
      aPod({ owner: anOwner({ kind: 'ReplicaSet', name: `web-${index}`, uid: `u${index}` }) }),
    );
    expect(movingControllers(pods)).toHaveLength(MOST_CONTROLLERS);
  });
});

describe('a controller of moved pods', () => {
  test.each([
    ['has fewer Ready pods than before', { wanted: 3, ready: 2 }, ['ReplicaSet shop/web-7d9f has 2 of 3 pods Ready']],
    ['has as many as before', { wanted: 3, ready: 3 }, []],
    ['has as many as before, and wants more', { wanted: 9, ready: 3 }, []],
    ['was made smaller, and has all that it wants', { wanted: 1, ready: 1 }, []],
    ['was made smaller, and has fewer', { wanted: 2, ready: 1 }, ['ReplicaSet shop/web-7d9f has 1 of 2 pods Ready']],
    ['was scaled to nothing', { wanted: 0, ready: 0 }, []],
    ['has gone', undefined, []],
  ])('that %s', (_, replicas, words) => {
    expect(awaitedControllers([web], () => replicas).map(awaitedWords)).toEqual(words);
  });
});
