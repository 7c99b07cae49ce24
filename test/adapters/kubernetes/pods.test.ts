import { ObjectCoreV1Api } from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js';
import { describe, expect, test } from 'vitest';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { toPod } from '../../../lambdas/adapters/kubernetes/pods.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { aPod } from '../../given.ts';
import { budgets, pods } from '../../peers/kubernetes/storage/resources.ts';
import { KubernetesGiven } from './given.ts';

describe('evicting a pod (contract 4.3)', () => {
  test('granted: the pod is going, with its own grace', async () => {
    await using given = await withBarePod();
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'granted' });
    expect(given.pod('p').deletingUntil).toBeDefined();
    expect(graceLeft(given, 'p')).toBe(30);
  });

  test.each([0, 7])('with a grace of %i s of our own (contract 4.6)', async (grace) => {
    await using given = await withBarePod({ finalizers: ['acme.io/hold'] });
    await given.cluster.evict(given.pod('p'), grace);
    expect(graceLeft(given, 'p')).toBe(grace);
  });

  test('again while it is going is granted', async () => {
    await using given = await withBarePod();
    await given.cluster.evict(given.pod('p'));
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'granted' });
  });

  test('404: gone (faults 50)', async () => {
    await using given = await withBarePod();
    expect(await given.cluster.evict(aPod({ namespace: 'app', name: 'none' }))).toEqual({ kind: 'gone' });
  });

  test('another pod of its name: gone, and that one is not asked for (faults 50)', async () => {
    await using given = await withBarePod();
    const first = given.pod('p');
    given.peer.store.remove(pods, first);
    given.peer.world.addBarePod({ namespace: 'app', name: 'p', node: 'a' });
    await given.peer.settle();
    expect(await given.cluster.evict(first)).toEqual({ kind: 'gone' });
    expect(given.pod('p').deletingUntil).toBeUndefined();
    expect(given.peer.evictions).toMatchObject([{ pod: 'p', status: 409 }]);
  });

  test('a budget that has none left: over budget, in the server’s words', async () => {
    await using given = await withBudget();
    const [first, second] = webPods(given);
    expect(await given.cluster.evict(first)).toEqual({ kind: 'granted' });
    await given.pass(100);
    expect(await given.cluster.evict(second)).toEqual({
      kind: 'over-budget',
      message: 'The disruption budget web needs 2 healthy pods and has 2 currently',
    });
    expect(given.pod(second.name).deletingUntil).toBeUndefined();
  });

  test('a budget that its controller has not seen yet: ask again after 10 s', async () => {
    await using given = await withBarePod({}, { controller: 60_000 });
    given.peer.world.addBudget({ namespace: 'app', name: 'fresh', for: 'p', maxUnavailable: 1 });
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'budget-pending', retryAfterSeconds: 10 });
  });

  test('flow control: throttled with its Retry-After, no word on the pod (faults 35)', async () => {
    await using given = await withBarePod();
    given.peer.faults.tooManyRequests({ resource: 'pods/eviction' }, 4);
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'throttled', retryAfterSeconds: 4 });
  });

  test('two budgets: several budgets (faults 51)', async () => {
    await using given = await withBudget();
    given.peer.world.addBudget({ namespace: 'app', name: 'second', for: 'web', maxUnavailable: 1 });
    await given.peer.settle();
    expect(await given.cluster.evict(webPods(given)[0])).toMatchObject({
      kind: 'several-budgets',
      message: expect.stringContaining('more than one PodDisruptionBudget') as string,
    });
  });

  test.each([400, 403, 500])('a webhook that denies with %i is named (faults 49)', async (code) => {
    await using given = await withBarePod();
    given.peer.faults.denyEviction({}, 'guard.acme.io', 'not on a Friday', code);
    expect(await given.cluster.evict(given.pod('p'))).toEqual({
      kind: 'denied-by-webhook',
      message: 'admission webhook "guard.acme.io" denied the request: not on a Friday',
    });
  });

  test('a right that is missing: ClusterRefused, naming verb and resource (faults 34)', async () => {
    await using given = await withBarePod();
    const cluster = kubernetesCluster(given.connectWith([]));
    const error = await cluster.evict(given.pod('p')).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('cannot create resource "pods/eviction" in API group ""');
  });

  test('a namespace that is going (faults 68)', async () => {
    await using given = await withBarePod({ finalizers: ['acme.io/hold'] });
    await new ObjectCoreV1Api(given.connect().configuration).deleteNamespace({ name: 'app' });
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'namespace-terminating' });
  });

  test.each([500, 502, 503, 504])('%i: unknown (faults 36)', async (status) => {
    await using given = await withBarePod();
    given.peer.faults.answer({ resource: 'pods/eviction' }, status, { kind: 'Status', message: 'etcd is unwell' });
    expect(await given.cluster.evict(given.pod('p'))).toEqual({ kind: 'unknown', message: 'etcd is unwell' });
    expect(await given.cluster.isStaying(given.pod('p'))).toBe(true);
  });

  test('a reset before: unknown, and it stays (faults 37)', async () => {
    await using given = await withBarePod();
    const pod = given.pod('p');
    given.peer.faults.reset({ resource: 'pods/eviction' });
    expect(await given.during(given.cluster.evict(pod))).toMatchObject({ kind: 'unknown' });
    expect(await given.cluster.isStaying(pod)).toBe(true);
  });

  test('a lost answer: unknown, and it is going; asking again by uid hits no other pod (faults 37)', async () => {
    await using given = await withBarePod();
    const pod = given.pod('p');
    given.peer.faults.loseAnswer({ resource: 'pods/eviction', times: 1 });
    expect(await given.during(given.cluster.evict(pod))).toMatchObject({ kind: 'unknown' });
    expect(await given.cluster.isStaying(pod)).toBe(false);
    expect(given.peer.evictions).toHaveLength(1);
  });

  test('no answer within 15 s: unknown', async () => {
    await using given = await withBarePod();
    given.peer.faults.delay({ resource: 'pods/eviction' }, 30_000);
    const answer = await given.during(given.cluster.evict(given.pod('p')), 250);
    expect(answer).toMatchObject({ kind: 'unknown', message: expect.stringContaining('15 s') as string });
  });
});

describe('removing a pod at its deadline (contract 5.3)', () => {
  test.each([1, 5])('with the grace that is left: %i s', async (grace) => {
    await using given = await withBarePod();
    expect(await given.cluster.remove(given.pod('p'), grace)).toEqual({ kind: 'granted' });
    expect(graceLeft(given, 'p')).toBe(grace);
  });

  test('shortens the grace of one that is going already', async () => {
    await using given = await withBarePod();
    await given.cluster.evict(given.pod('p'));
    expect(await given.cluster.remove(given.pod('p'), 2)).toEqual({ kind: 'granted' });
    expect(graceLeft(given, 'p')).toBe(2);
  });

  test('asks no budget', async () => {
    await using given = await withBudget();
    for (const pod of webPods(given)) expect(await given.cluster.remove(pod, 5)).toEqual({ kind: 'granted' });
    expect(given.peer.evictions).toEqual([]);
    expect(given.peer.store.get(budgets, { namespace: 'app', name: 'web' })?.status.disruptedPods).toBeUndefined();
  });

  test('never another pod of its name', async () => {
    await using given = await withBarePod();
    const first = given.pod('p');
    given.peer.store.remove(pods, first);
    given.peer.world.addBarePod({ namespace: 'app', name: 'p', node: 'a' });
    await given.peer.settle();
    expect(await given.cluster.remove(first, 5)).toEqual({ kind: 'gone' });
    expect(given.pod('p').deletingUntil).toBeUndefined();
  });

  test('that is gone: gone', async () => {
    await using given = await withBarePod();
    expect(await given.cluster.remove(aPod({ namespace: 'app', name: 'none' }), 5)).toEqual({ kind: 'gone' });
  });

  test('with a lost answer: unknown', async () => {
    await using given = await withBarePod();
    given.peer.faults.loseAnswer({ method: 'DELETE', times: 1 });
    expect(await given.during(given.cluster.remove(given.pod('p'), 5))).toMatchObject({ kind: 'unknown' });
    expect(graceLeft(given, 'p')).toBe(5);
  });

  test('without the right: ClusterRefused, naming verb and resource (faults 34)', async () => {
    await using given = await withBarePod();
    const cluster = kubernetesCluster(given.connectWith([]));
    const error = await cluster.remove(given.pod('p'), 5).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('cannot delete resource "pods"');
  });
});

describe('whether a pod stays (contract 4.7)', () => {
  test('is told by uid', async () => {
    await using given = await withBarePod();
    const pod = given.pod('p');
    expect(await given.cluster.isStaying(pod)).toBe(true);
    expect(await given.cluster.isStaying({ ...pod, uid: 'another' })).toBe(false);
    expect(await given.cluster.isStaying({ ...pod, name: 'none' })).toBe(false);
    await given.cluster.evict(pod);
    expect(await given.cluster.isStaying(pod)).toBe(false);
  });

  test('is not told by a server that is away', async () => {
    await using given = await withBarePod();
    given.peer.faults.answer({}, 503);
    const asking = given.cluster.isStaying(given.pod('p')).catch((cause: unknown) => cause);
    expect(await given.during(asking)).toBeInstanceOf(ClusterAway);
  });
});

describe('the volumes of a pod (contract 8.1)', () => {
  test('are those that its claims are bound to', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    given.peer.world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 2, volume: true });
    await given.peer.settle();
    const found = await given.cluster.volumesOf(given.pod('db-1'));
    expect(found).toHaveLength(1);
    const other = await given.cluster.volumesOf(given.pod('db-0'));
    expect(other).not.toEqual(found);
  });

  test('are none for a claim that is missing or unbound', async () => {
    await using given = await KubernetesGiven.start();
    expect(await given.cluster.volumesOf(aPod({ namespace: 'app', claims: ['none'] }))).toEqual([]);
    expect(await given.cluster.volumesOf(aPod({ namespace: 'app' }))).toEqual([]);
  });
});

const DELETION = '2026-01-05T12:00:30Z';
const terminated = { name: 'main', state: { terminated: { exitCode: 0 } } };
const running = { name: 'side', state: { running: {} } };

const TABLE: readonly [name: string, pod: object, expected: Partial<Pod>][] = [
  [
    'nothing but a name: the API’s defaults',
    {},
    { namespace: 'shop', name: 'web-1', uid: 'u', graceSeconds: 30, priority: 0, ready: false, phase: 'Unknown' },
  ],
  ['a static pod’s mirror', meta({ annotations: { 'kubernetes.io/config.mirror': 'a1' } }), mirror()],
  ['its controller', meta({ ownerReferences: [owner('web', true)] }), { owner: anOwner('web') }],
  [
    'its controller among other owners',
    meta({ ownerReferences: [owner('other'), owner('second', false), owner('web', true)] }),
    { owner: anOwner('web') },
  ],
  ['an owner that does not control it', meta({ ownerReferences: [owner('web', false)] }), { owner: undefined }],
  ['Succeeded', { status: { phase: 'Succeeded' } }, { phase: 'Succeeded' }],
  ['Failed', { status: { phase: 'Failed' } }, { phase: 'Failed' }],
  ['Pending', { status: { phase: 'Pending' } }, { phase: 'Pending' }],
  ['a phase of a later Kubernetes', { status: { phase: 'Hibernating' } }, { phase: 'Unknown' }],
  ['Ready', ready('True'), { ready: true }],
  ['not Ready', ready('False'), { ready: false }],
  ['Ready unknown, as on a dead node', ready('Unknown'), { ready: false }],
  [
    'being deleted, the time as raw JSON',
    meta({ deletionTimestamp: DELETION }),
    { deletingUntil: Date.parse(DELETION) },
  ],
  [
    'being deleted, the time as the library’s',
    meta({ deletionTimestamp: new Date(DELETION) }),
    { deletingUntil: Date.parse(DELETION) },
  ],
  ['all containers terminated', containers(terminated, terminated), { containersTerminated: true }],
  ['one container still running', containers(terminated, running), { containersTerminated: false }],
  ['no container started', containers(), { containersTerminated: false }],
  [
    'its containers terminated, a native sidecar still running',
    withInit([{ name: 'side', restartPolicy: 'Always' }], [running]),
    { containersTerminated: false, containersLeft: ['side running'] },
  ],
  [
    'its containers and its native sidecar terminated',
    withInit([{ name: 'side', restartPolicy: 'Always' }], [{ ...terminated, name: 'side' }]),
    { containersTerminated: true, containersLeft: [] },
  ],
  [
    'its containers terminated, and an init container that is no sidecar in whatever state',
    withInit([{ name: 'side' }], [running]),
    { containersTerminated: true, containersLeft: [] },
  ],
  ['a grace of its own', spec({ terminationGracePeriodSeconds: 86_400 }), { graceSeconds: 86_400 }],
  ['a grace of 0', spec({ terminationGracePeriodSeconds: 0 }), { graceSeconds: 0 }],
  ['a system-critical priority', spec({ priority: 2_000_001_000 }), { priority: 2_000_001_000 }],
  ['a negative priority', spec({ priority: -10 }), { priority: -10 }],
  ['an emptyDir', spec({ volumes: [{ name: 'scratch', emptyDir: {} }] }), { hasEmptyDir: true, claims: [] }],
  [
    'claims',
    spec({
      volumes: [
        { name: 'a', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'b', configMap: { name: 'c' } },
        { name: 'd', persistentVolumeClaim: { claimName: 'log', readOnly: true } },
      ],
    }),
    { hasEmptyDir: false, claims: ['data', 'log'] },
  ],
  [
    'tolerations',
    spec({ tolerations: [{ operator: 'Exists' }, { key: 'k', value: 'v', effect: 'NoExecute' }] }),
    { tolerations: [{ operator: 'Exists' }, { key: 'k', value: 'v', effect: 'NoExecute' }] },
  ],
];

describe('a pod object', () => {
  test.each(TABLE)('%s', (_name, given, expected) => {
    const { metadata = {} } = given as { metadata?: object };
    const pod = toPod({ ...given, metadata: { namespace: 'shop', name: 'web-1', uid: 'u', ...metadata } });
    expect({ owner: undefined, ...pod }).toMatchObject(expected);
  });
});

/** Its containers have terminated. */
function withInit(initContainers: readonly object[], initContainerStatuses: readonly object[]): object {
  return { spec: { initContainers }, status: { containerStatuses: [terminated], initContainerStatuses } };
}

async function withBarePod(plan = {}, latencies = {}): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start({ latencies });
  given.peer.world.addNode({ name: 'a' });
  given.peer.world.addBarePod({ namespace: 'app', name: 'p', node: 'a', shutdownSeconds: 600, ...plan });
  await given.peer.settle();
  return given;
}

/** Three pods of which two must stay. */
async function withBudget(): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start();
  given.peer.world.addNode({ name: 'a' });
  given.peer.world.addDeployment({
    namespace: 'app',
    name: 'web',
    replicas: 3,
    shutdownSeconds: 600,
    startSeconds: 60,
  });
  given.peer.world.addBudget({ namespace: 'app', name: 'web', for: 'web', maxUnavailable: 1 });
  await given.peer.settle();
  return given;
}

function webPods(given: KubernetesGiven): [Pod, Pod, Pod] {
  return given.peer.pods('app').map(({ metadata }) => given.pod(metadata.name)) as [Pod, Pod, Pod];
}

function graceLeft({ peer }: KubernetesGiven, name: string): number | undefined {
  return peer.store.get(pods, { namespace: 'app', name })?.metadata.deletionGracePeriodSeconds;
}

function meta(metadata: object): object {
  return { metadata };
}

function spec(fields: object): object {
  return { spec: { containers: [], ...fields } };
}

function ready(status: string): object {
  return {
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status },
      ],
    },
  };
}

function containers(...containerStatuses: readonly object[]): object {
  return { status: { containerStatuses } };
}

function mirror(): Partial<Pod> {
  return { annotations: { 'kubernetes.io/config.mirror': 'a1' } };
}

function owner(name: string, controller?: boolean): object {
  const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `uid of ${name}` };
  return controller === undefined ? reference : { ...reference, controller };
}

function anOwner(name: string): Pod['owner'] {
  return { namespace: 'shop', apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `uid of ${name}` };
}
