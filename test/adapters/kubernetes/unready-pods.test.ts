import { describe, expect, test } from 'vitest';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { toUnreadyPod } from '../../../lambdas/adapters/kubernetes/unready-pods.ts';
import { ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Selector } from '../../../lambdas/core/kubernetes/selector.ts';
import type { Pod as WirePod } from '../../peers/kubernetes/storage/objects.ts';
import { KubernetesGiven } from './given.ts';

const WEB = { namespace: 'app', name: 'web' };

describe('the pods that a budget misses (contract 13.2)', () => {
  test('are those of its selector in its namespace that are not Ready, with the reason, for one request', async () => {
    await using given = await withWeb();
    const { world } = given.peer;
    const [first, second] = given.peer.pods('app').map(({ metadata }) => metadata.name);
    world.setWaiting({ ...WEB, name: first ?? '' }, { reason: 'CrashLoopBackOff', message: 'back-off 10s' });
    await given.cluster.evict(given.pod(second ?? ''));
    world.cordon('a');
    world.addBarePod({ ...WEB, name: 'late', labels: { app: 'web' } });
    world.addBarePod({ ...WEB, name: 'other', labels: { app: 'other' } });
    world.addBarePod({ namespace: 'bank', name: 'web' });
    await given.pass(200);
    given.peer.requests.clear();
    const found = await given.cluster.unreadyPods('app', { matchLabels: { app: 'web' } });
    const message = '0/1 nodes are available: 1 node(s) were unschedulable.';
    expect(found).toEqual(
      expect.arrayContaining([
        { pod: `app/${first ?? ''}`, uid: uidOf(given, first), reason: 'CrashLoopBackOff', message: 'back-off 10s' },
        { pod: `app/${second ?? ''}`, uid: uidOf(given, second), reason: 'being deleted' },
        { pod: 'app/late', uid: uidOf(given, 'late'), reason: 'Unschedulable', message },
      ]),
    );
    // And the replacement of the one that goes.
    expect(found).toHaveLength(4);
    expect(given.requests()).toHaveLength(1);
  });

  test('may not be listed: ClusterRefused (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    const cluster = kubernetesCluster(given.connectWith([]));
    const error = await cluster.unreadyPods('app', {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
  });

  test.each<[string, Selector, string[]]>([
    ['labels', { matchLabels: { app: 'web', tier: 'front' } }, ['both']],
    ['In', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'middle'] }] }, ['both']],
    ['NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] }, ['one']],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, ['both']],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, ['one']],
    ['nothing', {}, ['both', 'one']],
  ])('are selected by %s as the server does', async (_by, selector, expected) => {
    await using given = await KubernetesGiven.start();
    const base = { namespace: 'app', nodeSelector: { zone: 'none' } };
    given.peer.world.addBarePod({ ...base, name: 'one', labels: { app: 'web' } });
    given.peer.world.addBarePod({ ...base, name: 'both', labels: { app: 'web', tier: 'front' } });
    const found = await given.cluster.unreadyPods('app', selector);
    expect(found.map(({ pod }) => pod.slice(4)).toSorted()).toEqual(expected);
  });
});

describe('a pod is told as', () => {
  const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more });
  const container = (state: object, more: object = {}) => ({ name: 'main', state, ...more });
  const running = { running: {} };

  test.each<[string, object, object | undefined]>([
    ['nothing when it is Ready', { conditions: [condition('Ready', 'True')] }, undefined],
    ['nothing when it has finished', { phase: 'Succeeded' }, undefined],
    ['nothing when it has failed', { phase: 'Failed' }, undefined],
    [
      'gated, in the words of Kubernetes',
      { conditions: [condition('PodScheduled', 'False', { reason: 'SchedulingGated', message: 'gated' })] },
      { reason: 'SchedulingGated', message: 'gated' },
    ],
    ['starting before its node has taken it up', { phase: 'Pending' }, { reason: 'starting' }],
    [
      'what its first init container waits for',
      {
        initContainerStatuses: [container({ waiting: { reason: 'ImagePullBackOff', message: 'm' } })],
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
      },
      { reason: 'ImagePullBackOff', message: 'm' },
    ],
    [
      'what its container waits for',
      {
        initContainerStatuses: [container({ terminated: { reason: 'Completed' } })],
        containerStatuses: [container({ waiting: { reason: 'ContainerCreating', message: '' } })],
      },
      { reason: 'ContainerCreating' },
    ],
    [
      'how its container has just ended, without the container’s own words',
      { containerStatuses: [container({ terminated: { reason: 'OOMKilled', message: 'token=secret' } })] },
      { reason: 'OOMKilled' },
    ],
    [
      'on a node that is not ready when its containers are',
      {
        containerStatuses: [container(running, { started: true, ready: true })],
        conditions: [condition('Ready', 'False')],
      },
      { reason: 'node not ready' },
    ],
    [
      'gated, with the gates',
      {
        containerStatuses: [container(running, { started: true, ready: true })],
        conditions: [condition('Ready', 'False', { reason: 'ReadinessGatesNotReady', message: 'gate "x"' })],
      },
      { reason: 'ReadinessGatesNotReady', message: 'gate "x"' },
    ],
    [
      'starting while its startup probe has not passed',
      { containerStatuses: [container(running, { started: false })] },
      { reason: 'starting' },
    ],
    [
      'not ready when it runs and does not serve',
      { containerStatuses: [container(running, { started: true })], conditions: [condition('Ready', 'False')] },
      { reason: 'not ready' },
    ],
  ])('%s', (_what, status, expected) => {
    const metadata = { namespace: 'app', name: 'web', uid: 'u' };
    const told = toUnreadyPod({ metadata, status });
    expect(told).toEqual(expected && { pod: 'app/web', uid: 'u', ...expected });
  });
});

async function withWeb(): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start();
  given.peer.world.addNode({ name: 'a' });
  given.peer.world.addDeployment({ ...WEB, replicas: 3, shutdownSeconds: 20 });
  await given.peer.settle();
  return given;
}

function uidOf({ peer }: KubernetesGiven, name = ''): string | undefined {
  return peer.pods('app').find(({ metadata }: WirePod) => metadata.name === name)?.metadata.uid;
}
