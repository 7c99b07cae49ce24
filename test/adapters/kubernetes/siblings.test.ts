/** Whose pods are these: the pods of a controller as a real cluster has them, with labels that differ (contract 4.5). */
import { describe, expect, test } from 'vitest';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { DrainWatch } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { OwnerReference } from '../../peers/kubernetes/storage/objects.ts';
import { pods as podResource } from '../../peers/kubernetes/storage/resources.ts';
import { Heard, KubernetesGiven, type KubernetesPlan } from './given.ts';

const APP = 'app';

describe('the pods of a controller that can be read', () => {
  test('are all ten of a ReplicaSet over three zones, although each pod has the label of its zone', async () => {
    await using given = await withZones();
    given.peer.world.addDeployment({ namespace: APP, name: 'web', replicas: 10, nodes: ['a', 'b', 'c'] });
    await given.peer.settle();
    const { workload } = await followed(given, 'web-');
    expect(workload).toMatchObject({ replicas: 10, owner: { kind: 'ReplicaSet' } });
    expect(workload.readyPods.size).toBe(10);
    expect(workload).not.toHaveProperty('unknown');
  });

  test.each([
    ['roles, in a StatefulSet', 'StatefulSet' as const],
    ['a label that somebody gave one of them', 'Deployment' as const],
  ])('are all of them whatever they differ in: %s', async (_what, kind) => {
    await using given = await withZones();
    const plan = { namespace: APP, name: 'db', replicas: 3, nodes: ['a', 'b', 'c'] };
    if (kind === 'StatefulSet') given.peer.world.addStatefulSet(plan);
    else given.peer.world.addDeployment(plan);
    await given.peer.settle();
    const [first, ...others] = given.peer.pods(APP);
    label(given, first?.metadata.name, { role: 'primary' });
    if (kind === 'StatefulSet') for (const { metadata } of others) label(given, metadata.name, { role: 'replica' });
    const { workload } = await followed(given, first?.metadata.name ?? '');
    expect(workload.readyPods.size).toBe(3);
  });

  test('are found by expressions, without a pod that the controller has released', async () => {
    await using given = await withoutControllers();
    const selector = { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'edge'] }] };
    const owner = addReplicaSet(given, selector);
    addPods(given, 'web', 3, { owner, labels: { tier: 'front' } });
    addPods(given, 'debug', 1, { owner, labels: { tier: 'debug' } });
    const { workload, asked } = await followed(given, 'web-0');
    expect(workload.readyPods).toEqual(uidsOf(given, 'web-'));
    expect(asked).toEqual([
      'get /apis/apps/v1/namespaces/app/replicasets/web',
      'watch /api/v1/namespaces/app/pods tier in (front,edge)',
    ]);
  });

  test('are found by the whole namespace where no query can say its selector', async () => {
    await using given = await withoutControllers();
    const values = Array.from({ length: 1_000 }, (_, n) => `tier-${n}`);
    const owner = addReplicaSet(given, { matchExpressions: [{ key: 'tier', operator: 'In', values }] });
    addPods(given, 'web', 3, { owner, labels: { tier: 'tier-7' } });
    const { workload, asked } = await followed(given, 'web-0');
    expect(workload.readyPods).toEqual(uidsOf(given, 'web-'));
    expect(asked.at(-1)).toBe('watch /api/v1/namespaces/app/pods ');
  });

  test('are those of a ReplicationController too, whose selector is labels alone', async () => {
    await using given = await withoutControllers();
    const controller = given.peer.world.apply({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { namespace: APP, name: 'old' },
      spec: { replicas: 3, selector: { app: 'old' } },
    });
    const { name, uid } = controller.metadata;
    const owner = { apiVersion: 'v1', kind: 'ReplicationController', name, uid };
    addPods(given, 'old', 3, { owner, labels: { app: 'old' } });
    const { workload } = await followed(given, 'old-0');
    expect(workload).toMatchObject({ replicas: 3 });
    expect(workload.readyPods).toEqual(uidsOf(given, 'old-'));
  });

  test('do not count those that have finished', async () => {
    await using given = await withoutControllers();
    const owner = addReplicaSet(given, { matchLabels: { app: 'web' } });
    addPods(given, 'web', 4, { owner, labels: { app: 'web' } });
    given.peer.world.finish({ namespace: APP, name: 'web-3' }, 'Failed');
    const { workload } = await followed(given, 'web-0');
    expect([workload.readyPods.size, workload.unreadyPods]).toEqual([3, []]);
  });
});

describe('the pods of a controller that cannot be read', () => {
  test('are found by its uid, although each has labels of its own, for one watch of their namespace', async () => {
    await using given = await withoutControllers();
    for (const [name, kind] of [
      ['clones', 'CloneSet'],
      ['brokers', 'StrimziPodSet'],
    ] as const) {
      const owner = { apiVersion: 'example.com/v1', kind, name, uid: `uid of ${name}` };
      for (let n = 0; n < 3; n += 1) addPod(given, `${name}-${n}`, { owner, labels: { [`${name}/id`]: `${n}` } });
    }
    const { watch, heard } = await watching(given);
    follow(given, watch, 'clones-0');
    follow(given, watch, 'brokers-0');
    await given.until(() => watch.state().workloads.size === 2);
    for (const name of ['clones', 'brokers']) {
      const workload = workloadOf(given, watch, `${name}-0`);
      expect(workload?.readyPods).toEqual(uidsOf(given, `${name}-`));
      expect(workload).toMatchObject({
        replicas: 3,
        unknown: expect.stringContaining('is none that Ebb knows') as string,
      });
    }
    expect(asked(given)).toEqual(['watch /api/v1/namespaces/app/pods ']);
    expect(heard.failures).toEqual([]);
  });

  test.each<[string, Partial<OwnerReference>, string]>([
    [
      'a kind of another group',
      { apiVersion: 'evil.example/v1', name: 'x/scale' },
      'its kind ReplicaSet of evil.example/v1',
    ],
    ['a name with a slash', { name: 'x/scale' }, 'no ReplicaSet can have that name'],
    ['a name that leads up', { name: '../../../../nodes' }, 'no ReplicaSet can have that name'],
    ['the name ..', { name: '../..' }, 'no ReplicaSet can have that name'],
    ['a name with a query', { name: 'web?watch=true' }, 'no ReplicaSet can have that name'],
    ['a kind that is a word of the language', { kind: 'constructor' }, 'its kind constructor of apps/v1'],
    ['another such kind', { kind: '__proto__' }, 'its kind __proto__ of apps/v1'],
  ])('that its creator made up ask for nothing but pods: %s', async (_what, claim, reason) => {
    await using given = await withoutControllers();
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'made up', ...claim };
    addPods(given, 'odd', 2, { owner });
    const { workload, heard, asked: requests } = await followed(given, 'odd-0');
    expect(workload.unknown).toContain(reason);
    expect(workload.readyPods).toEqual(uidsOf(given, 'odd-'));
    expect(requests).toEqual(['watch /api/v1/namespaces/app/pods ']);
    expect(heard.failures).toEqual([]);
  });

  test('because another has its name now', async () => {
    await using given = await withoutControllers();
    const { name } = addReplicaSet(given, { matchLabels: { app: 'web' } });
    addPods(given, 'odd', 2, { owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'former' } });
    const { workload } = await followed(given, 'odd-0');
    expect(workload).toMatchObject({ unknown: 'another has its name now' });
  });

  test('because the server fails at it alone', async () => {
    await using given = await withoutControllers();
    addPods(given, 'web', 2, { owner: addReplicaSet(given, { matchLabels: { app: 'web' } }), labels: { app: 'web' } });
    const failure = { kind: 'Status', code: 400, message: 'it cannot be decoded' };
    given.peer.faults.answer({ resource: 'replicasets' }, 400, failure);
    const { workload, heard } = await followed(given, 'web-0');
    expect(workload).toMatchObject({ unknown: 'it cannot be read: it cannot be decoded' });
    expect(heard.failures).toEqual([]);
  });

  test('are not those of whoever claims its uid in another namespace', async () => {
    await using given = await withoutControllers();
    const owner = addReplicaSet(given, { matchLabels: { app: 'web' } });
    addPods(given, 'web', 3, { owner, labels: { app: 'web' } });
    given.peer.world.addBarePod({
      namespace: 'evil',
      name: 'forged',
      node: 'a',
      ownerReferences: [controlling(owner)],
    });
    const { watch } = await watching(given);
    watch.follow(given.pod('forged', 'evil'));
    follow(given, watch, 'web-0');
    await given.until(() => watch.state().workloads.size === 2);
    expect(workloadOf(given, watch, 'web-0')?.readyPods).toEqual(uidsOf(given, 'web-'));
    expect(watch.state().workloads.get(keyOf(given.pod('forged', 'evil')))).toMatchObject({ unknown: 'it is gone' });
  });
});

/** Three nodes, each in a zone of its own. */
async function withZones(plan: KubernetesPlan = {}): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start(plan);
  for (const name of ['a', 'b', 'c']) given.peer.world.addNode({ name, zone: `eu-central-1${name}` });
  return given;
}

/** Pods and owners stay as they are made: neither controllers nor kubelets look at them. */
function withoutControllers(): Promise<KubernetesGiven> {
  return withZones({ latencies: { controller: 3_600_000 } });
}

type Claim = Pick<OwnerReference, 'apiVersion' | 'kind' | 'name' | 'uid'>;

function addReplicaSet({ peer }: KubernetesGiven, selector: object): Claim {
  const spec = { replicas: 3, selector, template: { metadata: { labels: {} }, spec: { containers: [] } } };
  const metadata = { namespace: APP, name: 'web' };
  const made = peer.world.apply({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec });
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: made.metadata.uid };
}

/** A Ready one on node `a`. */
function addPod({ peer }: KubernetesGiven, name: string, { owner, labels }: { owner: Claim; labels?: object }): void {
  const ownerReferences = [controlling(owner)];
  peer.world.addBarePod({ namespace: APP, name, node: 'a', ownerReferences, labels: { ...labels } });
  peer.world.setReady({ namespace: APP, name }, true);
}

function addPods(given: KubernetesGiven, name: string, count: number, of: { owner: Claim; labels?: object }): void {
  for (let n = 0; n < count; n += 1) addPod(given, `${name}-${n}`, of);
}

function controlling(owner: Claim): OwnerReference {
  return { ...owner, controller: true };
}

function label({ peer }: KubernetesGiven, name = '', labels: Record<string, string>): void {
  peer.store.change(podResource, { namespace: APP, name }, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, ...labels };
  });
}

async function watching(given: KubernetesGiven): Promise<{ watch: DrainWatch; heard: Heard }> {
  const heard = new Heard();
  const watch = await given.cluster.watchDrain('a', heard);
  await given.until(() => given.peer.faults.watches.size === 2);
  given.peer.requests.clear();
  return { watch, heard };
}

/** What is known of the controller of the first pod whose name begins so, and what that took. */
async function followed(
  given: KubernetesGiven,
  prefix: string,
): Promise<{ workload: Workload; heard: Heard; asked: string[] }> {
  const { watch, heard } = await watching(given);
  follow(given, watch, prefix);
  await given.until(() => watch.state().workloads.size === 1);
  const [workload] = watch.state().workloads.values();
  if (workload === undefined) throw new Error('nothing is known of it');
  return { workload, heard, asked: asked(given) };
}

function follow(given: KubernetesGiven, watch: DrainWatch, prefix: string): void {
  watch.follow(podOf(given, prefix));
}

function podOf(given: KubernetesGiven, prefix: string): Pod {
  const found = given.peer.pods(APP).find(({ metadata }) => metadata.name.startsWith(prefix));
  return given.pod(found?.metadata.name ?? prefix);
}

function keyOf({ owner }: Pod): string {
  if (owner === undefined) throw new Error('it has no owner');
  return ownerKey(owner);
}

function workloadOf(given: KubernetesGiven, watch: DrainWatch, prefix: string): Workload | undefined {
  return watch.state().workloads.get(keyOf(podOf(given, prefix)));
}

function uidsOf({ peer }: KubernetesGiven, prefix: string): Set<string> {
  const own = peer.pods(APP).filter(({ metadata }) => metadata.name.startsWith(prefix));
  return new Set(own.map(({ metadata }) => metadata.uid));
}

/** Verb, path and label selector of each request. */
function asked(given: KubernetesGiven): string[] {
  return given.requests().map(({ verb, path, query }) => {
    const selector = new URLSearchParams(query).get('labelSelector') ?? '';
    return verb === 'watch' ? `${verb} ${path} ${selector}` : `${verb} ${path}`;
  });
}
