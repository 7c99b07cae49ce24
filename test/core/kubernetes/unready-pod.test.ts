/** Which pods a budget misses, and why, in words that help (contract 13.2). */
import { describe, expect, test } from 'vitest';
import {
  describeUnready,
  unreadyKey,
  unreadyPods,
  type UnreadyPod,
} from '../../../lambdas/core/kubernetes/unready-pod.ts';

function unready(name: string, reason: string, message?: string): UnreadyPod {
  return { pod: `shop/${name}`, uid: `uid of ${name}`, reason, ...(message !== undefined && { message }) };
}

const named = (pods: readonly UnreadyPod[]): string[] => unreadyPods(pods).pods.map(({ pod }) => pod.slice(5));

describe('of the pods that are not Ready', () => {
  test('those come first that will not become so by themselves', () => {
    const pods = [
      unready('going', 'being deleted'),
      unready('new', 'starting'),
      unready('pulling', 'ContainerCreating'),
      unready('unready', 'not ready'),
      unready('broken', 'CrashLoopBackOff'),
      unready('homeless', 'Unschedulable'),
    ];
    expect(named(pods)).toEqual(['homeless', 'broken', 'unready', 'pulling', 'new']);
  });

  test('five are named in the order of their names, and all are counted', () => {
    const pods = ['7', '3', '5', '1', '6', '4', '2'].map((name) => unready(name, 'starting'));
    expect(named(pods)).toEqual(['1', '2', '3', '4', '5']);
    expect(unreadyPods(pods).count).toBe(7);
  });
});

describe('the description', () => {
  const said = (...pods: UnreadyPod[]): string => describeUnready(unreadyPods(pods));

  test.each<[string, UnreadyPod, string]>([
    [
      'a pod that fits nowhere: the scheduler’s words, and to add capacity',
      unready('w', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.'),
      'shop/w cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu: add capacity or lower what it requests',
    ],
    [
      'a pod that crashes: the kubelet’s words, and to look at its logs',
      unready('w', 'CrashLoopBackOff', 'back-off 40s restarting failed container'),
      'shop/w: CrashLoopBackOff: back-off 40s restarting failed container: look at its logs',
    ],
    [
      'an image that cannot be pulled: to check it',
      unready('w', 'ImagePullBackOff'),
      'shop/w: ImagePullBackOff: check the name of its image and the right to pull it',
    ],
    ['a failing probe: to look at it', unready('w', 'not ready'), 'shop/w: not ready: look at its readiness probe'],
    ['a pod that starts: nothing to do', unready('w', 'starting'), 'shop/w: starting'],
    ['a pod that goes: nothing to do', unready('w', 'being deleted'), 'shop/w: being deleted'],
    ['a reason that we do not know: to look at its logs', unready('w', 'Odd'), 'shop/w: Odd: look at its logs'],
  ])('of %s', (_what, pod, sentence) => {
    expect(said(pod)).toBe(sentence);
  });

  test('takes together what has one reason, and says how many are not named', () => {
    const starting = ['3', '4', '5', '6', '7'].map((name) => unready(name, 'starting'));
    expect(said(unready('1', 'Unschedulable', 'no.'), unready('2', 'Unschedulable', 'no.'), ...starting)).toBe(
      'shop/1, shop/2 cannot be scheduled: no: add capacity or lower what it requests; shop/3, shop/4, shop/5: starting; 2 more',
    );
  });

  test('cuts a message that is long', () => {
    expect(said(unready('w', 'Odd', 'x'.repeat(2_000)))).toHaveLength('shop/w: Odd: : look at its logs'.length + 201);
  });
});

test('the key is another for other pods and other reasons, not for other messages', () => {
  const key = (...pods: UnreadyPod[]): string => unreadyKey(unreadyPods(pods));
  const one = unready('1', 'Unschedulable', '0/3 nodes are available');
  expect(key(one)).toBe(key({ ...one, message: '0/4 nodes are available' }));
  expect(new Set([key(), key(one), key({ ...one, reason: 'starting' }), key({ ...one, uid: 'another' })]).size).toBe(4);
});
