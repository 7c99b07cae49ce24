/** All nodes of a cluster, and how many pods each has. */
import { describe, expect, test } from 'vitest';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { FleetView } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { KubernetesGiven } from './given.ts';

describe('all nodes', () => {
  test('are told with what they say, as reading one does', async () => {
    await using given = await KubernetesGiven.start();
    const taints = [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }];
    const providerID = 'aws:///eu-central-1a/i-0123456789abcdef0';
    given.peer.world.addNode({ name: 'a', providerID, labels: { team: 'a' }, annotations: { note: 'mine' }, taints });
    given.peer.world.addNode({ name: 'b', readySeconds: Infinity });
    const [a, b, ...others] = await toldBy(given.cluster);
    expect(others).toEqual([]);
    expect(a).toMatchObject({ name: 'a', providerId: providerID, taints, labels: { team: 'a' } });
    expect(a).toEqual(await given.cluster.readNode('a'));
    expect(b).toEqual(await given.cluster.readNode('b'));
    expect(b?.notReadySince).toBeDefined();
  });

  test('bear the conditions that may be bad, and since when; Ready and pressures that are not are left out', async () => {
    await using given = await KubernetesGiven.start();
    const { world, clock } = given.peer;
    world.addNode({ name: 'a' });
    const since = clock.now();
    world.setCondition('a', 'KernelDeadlock', 'False');
    world.setCondition('a', 'MemoryPressure', 'False');
    world.setCondition('a', 'DiskPressure', 'True');
    const [a] = await toldBy(given.cluster);
    expect(a?.conditions).toEqual([
      { type: 'KernelDeadlock', status: 'False', since: Math.floor(since / 1_000) * 1_000 },
      { type: 'DiskPressure', status: 'True', since: Math.floor(since / 1_000) * 1_000 },
    ]);
  });

  test('come in pages of 100, each read when it is asked for', async () => {
    await using given = await withNodes(240);
    const sizes: [number, number][] = [];
    for await (const page of given.cluster.allNodes()) sizes.push([page.length, given.requests('list').length]);
    expect(sizes).toEqual([
      [100, 1],
      [100, 2],
      [40, 3],
    ]);
    expect(limits(given)).toEqual(['100', '100', '100']);
  });

  test('of a cluster without any are none', async () => {
    await using given = await KubernetesGiven.start();
    expect(await toldBy(given.cluster)).toEqual([]);
  });

  test('need the rights of the ClusterRole; without, the refusal names verb and resource (faults 34)', async () => {
    await using given = await KubernetesGiven.start();
    const cluster = kubernetesCluster(given.connectWith([{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]));
    const error = await toldBy(cluster).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain('cannot list resource "nodes" in API group "" at the cluster scope');
  });

  test('of a server that fails in the middle are ClusterAway, not fewer', async () => {
    await using given = await withNodes(120);
    const pages = given.cluster.allNodes()[Symbol.asyncIterator]();
    await pages.next();
    given.peer.faults.answer({ verb: 'list', resource: 'nodes' }, 503, 'no leader');
    const error = await given.during(pages.next().catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ClusterAway);
  });
});

describe('a list that expires while it is read', () => {
  test('goes on from the same place, with what is there by then', async () => {
    await using given = await withNodes(240);
    const names: string[] = [];
    for await (const page of given.cluster.allNodes()) {
      if (names.length === 0) {
        given.peer.world.deleteNode(nameOf(3));
        given.peer.world.deleteNode(nameOf(140));
        given.peer.compact();
      }
      names.push(...page.map(({ name }) => name));
    }
    expect(names).toEqual(allNames(240).filter((name) => name !== nameOf(140)));
    expect(given.requests('list').map(({ status }) => status)).toEqual([200, 410, 200, 200]);
  });

  test('as often as it does', async () => {
    await using given = await withNodes(340);
    const names: string[] = [];
    for await (const page of given.cluster.allNodes()) {
      names.push(...page.map(({ name }) => name));
      // Any change makes the next token stand for a state of its own.
      given.peer.world.deleteNode(page[0]?.name ?? '');
      given.peer.compact();
    }
    expect(names).toEqual(allNames(340));
    expect(given.requests('list').filter(({ status }) => status === 410)).toHaveLength(3);
  });

  test('begins anew when the server does not say where to go on; nodes seen twice are told once', async () => {
    await using given = await withNodes(240);
    const names: string[] = [];
    for await (const page of given.cluster.allNodes()) {
      if (names.length === 0) expire(given, 1);
      names.push(...page.map(({ name }) => name));
    }
    expect(names).toEqual(allNames(240));
    expect(given.requests('list').map(({ status }) => status)).toEqual([200, 410, 200, 200, 200]);
  });

  test('and again, is given up as ClusterAway', async () => {
    await using given = await withNodes(240);
    const pages = given.cluster.allNodes()[Symbol.asyncIterator]();
    await pages.next();
    expire(given, 1);
    await pages.next();
    await pages.next();
    expire(given, 1);
    expect(await pages.next().catch((cause: unknown) => cause)).toBeInstanceOf(ClusterAway);
    expect(given.requests('list').map(({ status }) => status)).toEqual([200, 410, 200, 200, 410]);
  });

  test.each([
    ['no Status', 'gone'],
    ['a Status that names no place', { kind: 'Status', code: 410, metadata: {} }],
    ['a Status whose place has expired too', { kind: 'Status', code: 410, metadata: { continue: 'again' } }],
  ])('for ever, by answers that are %s, is given up', async (_what, body) => {
    await using given = await withNodes(120);
    const pages = given.cluster.allNodes()[Symbol.asyncIterator]();
    await pages.next();
    given.peer.faults.answer({ verb: 'list', resource: 'nodes' }, 410, body);
    const error = await pages.next().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterAway);
    expect((error as Error).message).toBe('the list of /api/v1/nodes expires faster than it is read');
    expect(given.requests('list')).toHaveLength(3);
  });
});

describe('the pods of a node', () => {
  test('are counted, finished ones and those of DaemonSets too, by their metadata alone', async () => {
    await using given = await KubernetesGiven.start();
    for (const name of ['a', 'b']) given.peer.world.addNode({ name });
    given.peer.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: ['a'] });
    given.peer.world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
    await given.peer.settle();
    given.peer.world.addBarePod({ namespace: 'app', name: 'job', node: 'a' });
    expect(await given.cluster.countPods('a')).toBe(given.peer.podsOn('a').length);
    expect([await given.cluster.countPods('a'), await given.cluster.countPods('b')]).toEqual([5, 1]);
    expect(await given.cluster.countPods('nowhere')).toBe(0);
  });

  test('are counted over pages', async () => {
    await using given = await KubernetesGiven.start();
    given.peer.world.addNode({ name: 'a' });
    for (let count = 0; count < 510; count += 1) {
      given.peer.world.addBarePod({ namespace: 'app', name: `p${count}`, node: 'a' });
    }
    expect(await given.cluster.countPods('a')).toBe(510);
    expect(given.requests('list')).toHaveLength(2);
  });

  test('are counted by a server that gives pods whole alone', async () => {
    await using given = await KubernetesGiven.start();
    const pods = [{ metadata: { uid: '1' } }, { metadata: { uid: '2' } }];
    given.peer.faults.answer({ verb: 'list', resource: 'pods' }, 200, { kind: 'PodList', metadata: {}, items: pods });
    expect(await given.cluster.countPods('a')).toBe(2);
  });
});

async function toldBy(fleet: FleetView): Promise<Node[]> {
  const nodes: Node[] = [];
  for await (const page of fleet.allNodes()) nodes.push(...page);
  return nodes;
}

/** Node objects that no kubelet keeps, for numbers. */
async function withNodes(count: number): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start();
  for (const name of allNames(count)) {
    given.peer.world.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { providerID: `aws:///x/${name}` },
    });
  }
  return given;
}

function allNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => nameOf(index));
}

function nameOf(index: number): string {
  return `n${String(index).padStart(4, '0')}`;
}

function limits(given: KubernetesGiven): (string | null)[] {
  return given.requests('list').map(({ query }) => new URLSearchParams(query).get('limit'));
}

/** The next list is refused as expired, without a word on where to go on. */
function expire(given: KubernetesGiven, times: number): void {
  const body = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, metadata: {} };
  given.peer.faults.answer({ verb: 'list', resource: 'nodes', times }, 410, body);
}
