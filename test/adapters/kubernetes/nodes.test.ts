import { describe, expect, test } from 'vitest';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { toNode } from '../../../lambdas/adapters/kubernetes/nodes.ts';
import { ClusterAway, ClusterRefused, PatchRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import { EXCLUDE_LABEL, type NodePatch } from '../../../lambdas/core/node/marks.ts';
import { isIsolatedFor, isolation } from '../../../lambdas/core/node/isolation.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { HOUR, NOON, TAINT_KEY } from '../../given.ts';
import { KubernetesGiven } from './given.ts';

const INSTANCE = 'i-0123456789abcdef0';
const PROVIDER_ID = `aws:///eu-central-1a/${INSTANCE}`;
const NAME = 'ip-10-0-0-10.eu-central-1.compute.internal';
const PATCH = { verb: 'patch', resource: 'nodes' };
const TAINT = { key: TAINT_KEY, effect: 'NoSchedule' } as const;

describe('finding the nodes of an instance (contract 2.1)', () => {
  const namesFound = async ({ cluster }: KubernetesGiven, dnsName?: string): Promise<string[]> =>
    (await cluster.findNodes(INSTANCE, dnsName)).map(({ name }) => name);

  test('is one list of all nodes, told with providerID and internal addresses', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: NAME, providerID: PROVIDER_ID, internalIp: '10.0.0.10' });
    given.peer.world.addNode({ name: 'other', providerID: 'aws:///eu-central-1a/i-0fedcba9876543210' });
    expect(await given.cluster.findNodes(INSTANCE, NAME)).toMatchObject([
      { name: NAME, providerId: PROVIDER_ID, internalIps: ['10.0.0.10'] },
    ]);
    expect(given.requests().map(({ verb }) => verb)).toEqual(['list']);
  });

  test('goes over all pages of 500: a machine that was renamed has several', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a', providerID: PROVIDER_ID });
    for (let count = 0; count < 1_000; count += 1) addBareNode(given, `n${String(count).padStart(4, '0')}`);
    given.peer.world.addNode({ name: 'z', providerID: PROVIDER_ID });
    expect(await namesFound(given, NAME)).toEqual(['a', 'z']);
    expect(given.requests().map(({ verb }) => verb)).toEqual(['list', 'list', 'list']);
    expect(new URLSearchParams(given.requests('list')[0]?.query).get('limit')).toBe('500');
  });

  test('finds them by providerID alone when EC2 knows no name', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a', providerID: PROVIDER_ID });
    given.peer.world.addNode({ name: NAME });
    expect(await namesFound(given)).toEqual(['a']);
  });

  test('a node of its name with another providerID is another node (faults 45)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: NAME, providerID: 'aws:///eu-central-1a/i-0fedcba9876543210' });
    expect(await namesFound(given, NAME)).toEqual([]);
    given.peer.world.addNode({ name: 'other', providerID: PROVIDER_ID });
    expect(await namesFound(given, NAME)).toEqual(['other']);
  });

  test('a node whose providerID only ends alike is another node', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: NAME, providerID: `aws:///eu-central-1a/x${INSTANCE}` });
    expect(await namesFound(given, NAME)).toEqual([]);
  });

  test('tells the node of its name without a providerID, for whoever can prove that it is the machine', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: NAME });
    given.peer.world.addNode({ name: 'nameless' });
    expect(await namesFound(given, NAME)).toEqual([NAME]);
  });

  test('none there is none, not an error (faults 43)', async () => {
    await using given = await KubernetesGiven.start();
    expect(await given.cluster.findNodes(INSTANCE, NAME)).toEqual([]);
    expect(await given.cluster.readNode(NAME)).toBeUndefined();
  });

  test('a right that is missing is ClusterRefused, naming verb and resource (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    const readOnly = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }];
    const cluster = kubernetesCluster(given.connectWith(readOnly));
    const error = await cluster.findNodes(INSTANCE, undefined).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('cannot list resource "nodes" in API group "" at the cluster scope');
  });
});

describe('isolating a node over the wire (contract 3.1)', () => {
  test('sets our marks and leaves foreign taints, labels and annotations as they are', async () => {
    await using given = await KubernetesGiven.start();
    const foreign = [
      { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/out-of-order', effect: 'NoExecute', timeAdded: '2026-01-05T11:00:00Z' },
    ];
    const labels = { team: 'a', [EXCLUDE_LABEL]: 'theirs' };
    given.peer.world.addNode({ name: 'a', labels, annotations: { note: 'mine' }, taints: foreign });
    const before = given.peer.node('a');
    expect(await given.cluster.patchNode('a', patchFor(await read(given)))).toBe('patched');
    const after = given.peer.node('a');
    expect(after?.spec.unschedulable).toBe(true);
    const taints = after?.spec.taints?.map(({ timeAdded, ...taint }) =>
      timeAdded === undefined ? taint : { ...taint, timeAdded: new Date(timeAdded).getTime() },
    );
    // The control plane may have answered the cordon with a taint of its own already.
    expect(taints?.slice(0, 3)).toEqual([
      foreign[0],
      { ...foreign[1], timeAdded: Date.parse('2026-01-05T11:00:00Z') },
      { ...TAINT, value: 'asg-terminate' },
    ]);
    expect(after?.metadata.labels).toEqual({ ...before?.metadata.labels, 'ebb/retiring': 'asg-terminate' });
    expect(after?.metadata.annotations).toMatchObject({ note: 'mine', 'ebb/retirement': expect.any(String) as string });
    expect(after?.status).toEqual(before?.status);
    expect(isIsolatedFor(await read(given), 'first', TAINT)).toBe(true);
  });

  test('a node that changed since it was read is a conflict, and is left untouched (faults 46)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const patch = patchFor(await read(given));
    given.peer.world.cordon('a');
    expect(await given.cluster.patchNode('a', patch)).toBe('conflict');
    expect(given.peer.node('a')?.spec.taints ?? []).not.toContainEqual(expect.objectContaining({ key: TAINT_KEY }));
    // The control plane's own answer to the cordon is another such change.
    const isTainted = () =>
      given.peer.node('a')?.spec.taints?.some(({ key }) => key === 'node.kubernetes.io/unschedulable');
    await given.until(() => isTainted() === true);
    const again = patchFor(await read(given));
    expect(await given.cluster.patchNode('a', again)).toBe('patched');
    expect(JSON.parse(again.metadata.annotations['ebb/retirement'] ?? '')).toMatchObject({ cordonedByUs: false });
  });

  test('a node that went meanwhile is gone (faults 44)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const patch = patchFor(await read(given));
    given.peer.world.deleteNode('a');
    expect(await given.cluster.patchNode('a', patch)).toBe('gone');
  });

  test('a node that was made anew under its name is not touched (faults 45)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const patch = patchFor(await read(given));
    given.peer.world.deleteNode('a');
    given.peer.world.addNode({ name: 'a' });
    expect(await given.cluster.patchNode('a', patch)).toBe('conflict');
    expect(given.peer.node('a')?.spec.unschedulable).toBeUndefined();
  });

  test('a lost answer is ClusterAway; the marks are there', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    given.peer.faults.loseAnswer({ method: 'PATCH', times: 1 });
    const patching = given.cluster.patchNode('a', patchFor(await read(given)));
    expect(await given.during(patching.catch((cause: unknown) => cause))).toBeInstanceOf(ClusterAway);
    expect(isIsolatedFor(await read(given), 'first', TAINT)).toBe(true);
  });

  test('a right that is missing is ClusterRefused, naming verb and resource (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const cluster = kubernetesCluster(given.connectWith([{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]));
    const patching = cluster.patchNode('a', patchFor(await read(given)));
    const error = await patching.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('nodes "a" is forbidden: User "limited" cannot patch resource "nodes"');
  });

  test.each<[string, (faults: KubernetesGiven['peer']['faults']) => unknown, string]>([
    ['a policy (422)', (faults) => faults.deny(PATCH, { by: 'policy', name: 'calm', message: 'no' }), "Policy 'calm'"],
    ['a plugin (403)', (faults) => faults.deny(PATCH, { by: 'plugin', message: 'a quota' }), 'a quota'],
    ...([400, 403, 404, 409, 413, 422] as const).map(
      (code): [string, (faults: KubernetesGiven['peer']['faults']) => unknown, string] => [
        `a webhook (${code})`,
        (faults) => faults.deny(PATCH, { by: 'webhook', name: 'guard.acme.io', message: 'no', code }),
        'admission webhook "guard.acme.io" denied the request: no',
      ],
    ),
    ['the size of a request (413)', (faults) => faults.answer(PATCH, 413, 'Request entity too large'), 'too large'],
  ])('that is refused for good by %s is PatchRefused, in the server’s words', async (_who, deny, words) => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const patch = patchFor(await read(given));
    deny(given.peer.faults);
    const error = await given.cluster.patchNode('a', patch).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PatchRefused);
    expect((error as Error).message).toContain(words);
    expect(given.peer.node('a')?.spec.unschedulable).toBeUndefined();
  });

  test('of which the annotations come to more than a node may have is PatchRefused', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a', annotations: { note: 'x'.repeat(262_100) } });
    const error = await given.cluster.patchNode('a', patchFor(await read(given))).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PatchRefused);
    expect((error as Error).message).toContain('metadata.annotations: Too long: may not be more than 262144 bytes');
  });

  test.each([408, 429, 500, 503])('that meets a %i is ClusterAway: it may pass', async (code) => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    const patch = patchFor(await read(given));
    given.peer.faults.answer(PATCH, code, 'busy');
    const error = await given.cluster.patchNode('a', patch).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterAway);
  });
});

describe('a node object', () => {
  test('that says nothing has nothing', () => {
    expect(toNode({})).toEqual({
      name: '',
      uid: '',
      resourceVersion: '',
      unschedulable: false,
      taints: [],
      labels: {},
      annotations: {},
      createdAt: 0,
    });
  });
});

async function read(given: KubernetesGiven): Promise<Node> {
  const node = await given.cluster.readNode('a');
  if (node === undefined) throw new Error('there is no node a');
  return node;
}

function patchFor(node: Node): NodePatch {
  return isolation(node, { execution: 'first', kind: 'asg-terminate', now: NOON, deadline: NOON + HOUR }, TAINT);
}

/** A node object that no kubelet keeps, for numbers. */
function addBareNode({ peer }: KubernetesGiven, name: string): void {
  peer.world.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { providerID: `aws:///x/${name}` } });
}
