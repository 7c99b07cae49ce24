/** Draining a node of somebody's cluster: by every kind of credentials, with the shipped ClusterRole and no more. */
import { describe, expect, test, vi } from 'vitest';
import type { LoggedEvent } from '../../installation.ts';
import { NODE, SomebodysCluster, type Run } from './somebodys-cluster.ts';

// Whole installations in real time: seconds each, and more beside other work.
vi.setConfig({ testTimeout: 90_000 });

const MARKS = /ebb|exclude-from-external/;

/** What of the isolation is on the node, by the peer's own store. */
function marks({ node: { metadata, spec } }: SomebodysCluster): string[] {
  const keys = [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})];
  const taints = (spec.taints ?? []).map(({ key }) => key);
  return [...keys, ...taints, ...(spec.unschedulable === true ? ['cordon'] : [])].filter(
    (mark) => mark === 'cordon' || MARKS.test(mark),
  );
}

function broken({ outcome }: Run): string[] {
  return (
    outcome?.expectations.filter(({ holds }) => !holds).map(({ what, found }) => `${what}: ${found}`) ?? ['no end']
  );
}

const isBlocked = ({ type }: LoggedEvent): boolean => type === 'eviction.blocked';

describe('a drain of one’s own node', () => {
  test('by a token: empties the node, says what it found, puts the node back; the machine’s providerID is untouched', async () => {
    await using given = await SomebodysCluster.start();
    await given.populate();
    given.peer.availability.watch();
    const before = structuredClone(given.node);
    const run = await given.run();
    expect(broken(run)).toEqual([]);
    expect(run.status).toBe(0);
    expect(run.said).toMatch(/evict +shop\/db-0 +StatefulSet db/);
    expect(run.said).toMatch(/spare +kube-system\/agent-\w+ +DaemonSet agent: DaemonSet pod/);
    expect(run.scene).toMatchObject({ node: NODE, nodes: 2, pods: 12 });
    expect(run.scene?.leaving).toHaveLength(5);
    expect(run.outcome).toMatchObject({ ok: true, scenario: 'own-cluster', pods: 5, unbudgetedControllers: 2 });
    expect(run.outcome?.requests.kubernetes).toBeGreaterThan(10);
    expect(run.outcome?.workloads.map(({ budget, replicas, floor }) => [budget, replicas, floor])).toEqual([
      ['web', 4, 3],
      ['implied', 2, 1],
      ['implied', 4, 3],
    ]);
    expect(Object.keys(run.outcome?.stages ?? {})).toEqual([
      'isolated',
      'last pod gone',
      'volumes detached',
      'hook completed',
    ]);
    expect(run.events.map(({ type }) => type).at(-1)).toBe('node.restored');
    expect(given.peer.availability.report().violations).toEqual([]);
    // The cordon's own taint is the node controller's to take off.
    await vi.waitFor(
      () => {
        expect(given.node.spec).toEqual(before.spec);
      },
      { timeout: 20_000 },
    );
    expect(given.node.metadata.labels).toEqual(before.metadata.labels);
    expect(given.peer.podsOn(NODE).map(({ metadata }) => metadata.namespace)).toEqual(['kube-system']);
    const refused = given.peer.requests.entries.filter(({ status }) => status === 403 || status === 401);
    expect(refused).toEqual([]);
  });

  test('by a plugin, with --keep-isolated: the node stays as it is, and what puts it back is said', async () => {
    await using given = await SomebodysCluster.start();
    const token = given.addUser('jane');
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
    const plugin = given.folder.write('plugin', `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, 0o700);
    const run = await given.run({ keepIsolated: true, kubeconfig: given.kubeconfig({ exec: { command: plugin } }) });
    expect(broken(run)).toEqual([]);
    expect(run.status).toBe(0);
    expect(marks(given)).toHaveLength(5);
    for (const command of ['uncordon worker', 'taint node worker', 'label node worker', 'annotate node worker']) {
      expect(run.said).toContain(command);
    }
    // The next one takes the marks over, and off.
    const next = await given.run();
    expect([broken(next), next.status, marks(given)]).toEqual([[], 0, []]);
  });

  test('by a client certificate: a node that a person had cordoned stays cordoned', async () => {
    await using given = await SomebodysCluster.start();
    given.peer.world.cordon(NODE);
    const { cert, key } = await given.certifiedUser('jane');
    const run = await given.run({ kubeconfig: given.kubeconfig({ certificate: cert, key }) });
    expect([broken(run), run.status]).toEqual([[], 0]);
    expect(marks(given)).toEqual(['cordon']);
    expect(given.peer.requests.of('jane').length).toBeGreaterThan(10);
  });

  test('whose pods claim owners that there are not: they leave one by one, and whoever looks on sees it too', async () => {
    await using given = await SomebodysCluster.start();
    await given.populateMadeUp();
    const run = await given.run();
    expect([broken(run), run.status]).toEqual([[], 0]);
    expect(run.outcome).toMatchObject({ pods: 3, unbudgetedControllers: 3 });
    expect(run.events.filter(({ type }) => type === 'controller.unknown')).toHaveLength(3);
    const strange = given.peer.requests.entries.filter(({ path }) => path.includes('scale'));
    expect(strange).toEqual([]);
  });

  test('that is declined changes nothing', async () => {
    await using given = await SomebodysCluster.start();
    const run = await given.run({ confirm: () => Promise.resolve('no') });
    expect([run.status, run.scene]).toEqual([1, undefined]);
    expect(run.said).toContain('Nothing was changed.');
    expect((await given.run({ confirm: () => Promise.resolve('interrupted') })).status).toBe(130);
    expect(given.peer.requests.entries.filter(({ verb }) => verb === 'patch')).toEqual([]);
  });
});

test('a workload that somebody brings below its budget meanwhile is found, and is no success', async () => {
  await using given = await SomebodysCluster.start();
  await given.populateHeld();
  const run = await given.run({
    onEvent: (event) => {
      if (isBlocked(event)) given.deletePods('shop');
    },
  });
  expect(run.status).toBe(1);
  expect(broken(run)).toEqual([
    expect.stringMatching(/^no workload fell below its budget .*: shop\/held-\S+: 0 of 1$/),
  ]);
  expect(marks(given)).toEqual([]);
});

describe('a drain that cannot go on', () => {
  test('because it is interrupted puts the node back and ends with 130', async () => {
    await using given = await SomebodysCluster.start();
    await given.populateHeld();
    const interruption = new AbortController();
    const run = await given.run({
      interrupted: interruption.signal,
      onEvent: (event) => {
        if (isBlocked(event)) interruption.abort();
      },
    });
    expect(run.status).toBe(130);
    expect(run.events.map(({ type }) => type)).toContain('node.restored');
    expect(marks(given)).toEqual([]);
    expect(broken(run)).toEqual([
      'the retirement ran to its end: interrupted',
      expect.stringMatching(/^every pod that was to leave has gone: still there: shop\/held-/),
      'the hook was completed once, with CONTINUE, by the retirement: no completion',
    ]);
  });

  test('because the API server stops answering says so, tries to put the node back, and says how to by hand', async () => {
    await using given = await SomebodysCluster.start();
    await given.populateHeld();
    const run = await given.run({
      onEvent: (event) => {
        if (isBlocked(event)) given.peer.faults.answer({}, 503, { kind: 'Status', code: 503, message: 'etcd is gone' });
      },
    });
    expect(run.status).toBe(1);
    expect(run.events.at(-1)).toMatchObject({
      type: 'cluster.away',
      reason: expect.stringMatching(/giving up/) as string,
    });
    expect(run.said).toMatch(/The node could not be put back: .*\. By hand:/);
    expect(run.said).toMatch(/kubectl --kubeconfig \S+ uncordon worker/);
    expect(broken(run)).toContainEqual(expect.stringMatching(/^the node was put back as it was: /));
    given.peer.faults.clear();
    expect(marks(given)).toHaveLength(5);
  });

  test('because the API server is gone altogether ends too', async () => {
    await using given = await SomebodysCluster.start();
    await given.populateHeld();
    const run = await given.run({
      onEvent: (event) => {
        if (isBlocked(event)) void given.peer.stop();
      },
    });
    expect(run.status).toBe(1);
    expect(run.said).toMatch(/Stopped: the API server https:\S+ does not answer: .*ECONNREFUSED.*, for \d+ s now/);
    expect(run.said).toContain('The node could not be put back');
  });

  test('because a right is missing names it and how to give it, and puts the node back', async () => {
    await using given = await SomebodysCluster.start();
    await given.populate();
    const run = await given.run({
      confirm: () => {
        given.takeAway({ verb: 'create', group: '', resource: 'pods/eviction' });
        return Promise.resolve('yes');
      },
    });
    expect(run.status).toBe(1);
    expect(run.said).toMatch(/Failed: .*User "jane" cannot create resource "pods\/eviction"/);
    expect(run.said).toContain('kubectl create clusterrolebinding ebb-demo --clusterrole=ebb --user=jane');
    expect(marks(given)).toEqual([]);
    expect(run.outcome?.expectations.find(({ what }) => what.includes('put back'))?.holds).toBe(true);
  });
});
