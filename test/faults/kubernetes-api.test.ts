/**
 * Faults of the Kubernetes API as a whole (faults 33–39) over the wire, each to the end of a retirement: the adapters'
 * own tests show what one call makes of a fault, these what becomes of the node and its hook.
 */
import { describe, expect, test } from 'vitest';
import { clusterRoleManifests } from '../../infra/cluster-role/cluster-role.ts';
import { makeCertificates } from '../peers/kubernetes/access/tls.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';
import {
  answersOf,
  budgetThatFrees,
  CLUSTER,
  EVICTION,
  expectDrained,
  expectLeftToTheHook,
  MINUTE,
  SECOND,
  uidsOn,
  webScene,
} from './scene.ts';

describe('a token', () => {
  test('faults 33: that runs out during a drain of 40 minutes is renewed, and the drain goes on', async () => {
    await using given = await webScene();
    budgetThatFrees(given, 40);
    expectDrained(given, await given.rehearsal.retire(given.instance));
    // A token is renewed before it runs out, so the server refuses none.
    expect(answersOf(given, 401)).toEqual([]);
  });

  test('faults 33: that is refused in the middle of a watch or an eviction is made anew, and the same request goes again', async () => {
    await using given = await webScene();
    const { faults } = given.rehearsal.kubernetes;
    const body = { kind: 'Status', status: 'Failure', code: 401, message: 'Unauthorized', reason: 'Unauthorized' };
    const refused = [{ verb: 'watch' }, { verb: 'list' }, EVICTION].map((match) =>
      faults.answer({ ...match, times: 1 }, 401, body),
    );
    expectDrained(given, await given.rehearsal.retire(given.instance));
    expect(refused.map(({ hits }) => hits)).toEqual([1, 1, 1]);
    expect(answersOf(given, 401)).toHaveLength(3);
    expect(given.rehearsal.kubernetes.evictions).toHaveLength(6);
  });

  test('faults 33: that is not taken any more, fresh or not, ends the drain with an alarm and without a loop', async () => {
    await using given = await webScene();
    const { rehearsal } = given;
    budgetThatFrees(given, 20);
    rehearsal.clock.after(5 * MINUTE, () => {
      rehearsal.aws.eks.accessEntries.length = 0;
    });
    await expectLeftToTheHook(given, rehearsal.retire(given.instance), /does not take our token/);
    // Each request that was under way then, and its one repetition.
    expect(answersOf(given, 401).length).toBeLessThanOrEqual(10);
    expect(uidsOn(given)).toHaveLength(6);
  });
});

test('faults 34: a right that is missing ends the drain at once, naming verb and resource', async () => {
  await using given = await webScene({ clusterRole: false });
  const { rehearsal } = given;
  for (const manifest of clusterRoleManifests('ebb') as { kind: string; rules?: { resources: string[] }[] }[]) {
    const rules = manifest.rules?.filter(({ resources }) => !resources.includes('pods/eviction'));
    rehearsal.kubernetes.world.apply({ ...manifest, ...(rules && { rules }) } as never);
  }
  const begun = rehearsal.clock.now();
  await expectLeftToTheHook(given, rehearsal.retire(given.instance), /cannot create resource "pods\/eviction"/);
  expect(rehearsal.clock.now() - begun).toBeLessThan(10 * SECOND);
  expect(answersOf(given, 403).length).toBeLessThanOrEqual(6);
  expect(uidsOn(given)).toHaveLength(6);
});

test('faults 35: flow control is waited for as long as it says, and is no block', async () => {
  await using given = await webScene();
  const { rehearsal } = given;
  const throttled = rehearsal.kubernetes.faults.tooManyRequests({ ...EVICTION, times: 4 }, 7);
  expectDrained(given, await rehearsal.retire(given.instance));
  expect(throttled.hits).toBe(4);
  const asked = new Map<string, number[]>();
  for (const { at, path, resource } of rehearsal.kubernetes.requests.entries) {
    if (resource === 'pods/eviction') asked.set(path, [...(asked.get(path) ?? []), at]);
  }
  const gaps = [...asked.values()].flatMap((times) => times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(7 * SECOND);
  expect(rehearsal.of('eviction.blocked').filter(({ by }) => by.kind === 'server')).toEqual([]);
});

describe('an API server', () => {
  test.each([500, 502, 503, 504])(
    'faults 36: that is rolled and answers %i to all for a while is waited for',
    async (status) => {
      await using given = await webScene();
      const { rehearsal } = given;
      const { faults } = rehearsal.kubernetes;
      rehearsal.clock.after(4 * SECOND, () => {
        const rolling = faults.answer({}, status, 'upstream connect error');
        faults.toOpenWatches((watch) => {
          watch.cut();
        });
        rehearsal.clock.after(90 * SECOND, () => {
          rolling.remove();
        });
      });
      expectDrained(given, await rehearsal.retire(given.instance));
    },
  );

  test('faults 37: that resets connections in the middle of evictions: each pod goes once, and never its namesake', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { kubernetes } = rehearsal;
    const db = { namespace: 'shop', name: 'db', replicas: 2, nodes: [node, node], startSeconds: 2 };
    kubernetes.world.addStatefulSet(db);
    await rehearsal.ready();
    const before = uidsOn({ rehearsal, instance, node });
    // Its answer is lost, so db-0 has been made again elsewhere when it is asked for the next time.
    const lost = kubernetes.faults.loseAnswer({ ...EVICTION, times: 1 });
    const reset = kubernetes.faults.reset({ ...EVICTION, times: 2 });
    expectDrained({ rehearsal, instance, node }, await rehearsal.retire(instance));
    expect([lost.hits, reset.hits]).toEqual([1, 2]);
    await kubernetes.settle();
    const lives = kubernetes.timeline.lives.filter(({ namespace }) => namespace === 'shop');
    expect(
      lives
        .map(({ uid }) => uid)
        .slice(0, 2)
        .sort(),
    ).toEqual(before.sort());
    expect(lives.map(({ pod }) => pod).sort()).toEqual(['db-0', 'db-0', 'db-1', 'db-1']);
    expect(kubernetes.pods('shop').map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined, undefined]);
  });

  test.each([
    ['refuses connections', 'https://127.0.0.1:2', /https:\/\/127\.0\.0\.1:2 does not answer: .*ECONNREFUSED/],
    [
      'has no address',
      'https://nowhere.invalid',
      /https:\/\/nowhere\.invalid does not answer: .*(ENOTFOUND|EAI_AGAIN)/,
    ],
  ])(
    'faults 38: that %s is named once, tried a bounded number of times, and nothing is half done',
    async (_, endpoint, words) => {
      await using given = await webScene({ heartbeatTimeout: 60, drain: { timeoutSeconds: 60 } });
      const { rehearsal, instance, node } = given;
      const { ca } = rehearsal.kubernetes;
      rehearsal.aws.eks.addCluster({ name: CLUSTER, endpoint, ca });
      await expectLeftToTheHook(given, rehearsal.retire(instance), words);
      expect(rehearsal.of('cluster.away')).toMatchObject([{ reason: expect.stringMatching(words) as string }]);
      expect(rehearsal.steps.filter((step) => step === 'find-node').length).toBeLessThan(10);
      expect(rehearsal.history(instance, 'heartbeat').length).toBeGreaterThan(0);
      expect(rehearsal.kubernetes.requests.count()).toBe(0);
      expect(rehearsal.node(node).spec.unschedulable).toBeUndefined();
    },
  );

  test('faults 38: whose answer to the isolation is lost has isolated the node once, and that is said', async () => {
    await using given = await webScene();
    const { rehearsal } = given;
    const lost = rehearsal.kubernetes.faults.loseAnswer({ verb: 'patch', times: 1 });
    expectDrained(given, await rehearsal.retire(given.instance));
    expect(lost.hits).toBe(1);
    expect(rehearsal.of('node.isolated')).toMatchObject([{ cordonedBefore: false }]);
    expect(rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch')).toHaveLength(1);
  });

  test('faults 39: whose authority was changed is looked up once more, and the retirement goes on', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    const { url: endpoint, ca } = rehearsal.kubernetes;
    const old = await makeCertificates();
    rehearsal.aws.eks.addCluster({ name: CLUSTER, endpoint, ca: old.ca });
    // The sandbox is warm and knows the old one.
    await rehearsal.drive(rehearsal.ports.clusters.open({ name: CLUSTER }));
    rehearsal.aws.eks.addCluster({ name: CLUSTER, endpoint, ca });
    expectDrained(given, await rehearsal.retire(instance));
    expect(rehearsal.of('cluster.away')).toHaveLength(1);
    expect(rehearsal.aws.requests.filter(({ action }) => action === 'DescribeCluster')).toHaveLength(2);
  });

  test('faults 39: that no authority of EKS’s vouches for is never trusted', async () => {
    await using given = await webScene({ drain: { timeoutSeconds: 120 } });
    const { rehearsal, instance } = given;
    const { ca } = await makeCertificates();
    rehearsal.aws.eks.addCluster({ name: CLUSTER, endpoint: rehearsal.kubernetes.url, ca });
    await expectLeftToTheHook(given, rehearsal.retire(instance), /certificate/);
    expect(rehearsal.kubernetes.requests.count()).toBe(0);
  });
});
