/** Pods that are not like the others (faults 57–62, 64, 69) over the wire, each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { drainPass } from '../../lambdas/workflow/drain/drain-node.ts';
import { NOTHING_DRAINED } from '../../lambdas/workflow/drain/drain-memory.ts';
import { UNDISPUTED } from '../given.ts';
import { deleteObject } from '../peers/kubernetes/storage/deletion.ts';
import { daemonSets, pods } from '../peers/kubernetes/storage/resources.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';
import {
  expectCompletedOnce,
  expectForcedAtItsTime,
  MINUTE,
  namesOn,
  scene,
  SECOND,
  statuses,
  WEB,
  type World,
} from './scene.ts';

describe('a pod that nobody can move', () => {
  test('faults 57: because its kubelet makes it again never blocks, whatever covers it', async () => {
    await using given = await scene((world, node) => {
      const namespace = 'kube-system';
      for (const name of ['proxy', 'etcd'])
        world.addMirrorPod({ namespace, name, node, priorityClass: 'system-node-critical' });
      world.addBudget({ namespace, name: 'etcd', for: 'etcd', maxUnavailable: 0 });
    });
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(namesOn(given).sort()).toEqual(['etcd', 'proxy']);
    expect(statuses(given)).toEqual([]);
    expect(given.rehearsal.of('eviction.blocked')).toEqual([]);
    expectCompletedOnce(given);
  });

  test('faults 58: because a DaemonSet makes it again stays; one whose DaemonSet has gone is evicted with a warning', async () => {
    await using given = await scene((world) => {
      world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
      world.addDaemonSet({ namespace: 'kube-system', name: 'orphan' });
    });
    const { rehearsal, instance } = given;
    const { kubernetes, clock } = rehearsal;
    const orphan = kubernetes.store.get(daemonSets, { namespace: 'kube-system', name: 'orphan' });
    if (orphan === undefined) throw new Error('there is no DaemonSet to delete');
    deleteObject({ store: kubernetes.store, clock }, daemonSets, orphan, { propagationPolicy: 'Orphan' });
    await clock.advance(SECOND);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(namesOn(given)).toEqual(['agent']);
    expect(rehearsal.of('pod.evicted')).toMatchObject([
      {
        pod: expect.stringContaining('kube-system/orphan-') as string,
        warning: 'no controller will make this pod again',
      },
    ]);
  });
});

describe('a pod without a controller', () => {
  const bare = (world: World, node: string): void => {
    world.addBarePod({ ...WEB, node });
  };

  test('faults 59: is evicted with a warning when its instance goes anyway', async () => {
    await using given = await scene(bare);
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(given.rehearsal.of('pod.evicted')).toMatchObject([{ warning: 'no controller will make this pod again' }]);
    expect(namesOn(given)).toEqual([]);
  });

  test('faults 59: blocks a drain whose policy says so', async () => {
    await using given = await scene(bare);
    const { rehearsal, instance, node } = given;
    const { clock, ports } = rehearsal;
    const cluster = await rehearsal.drive(ports.clusters.open({ name: 'production' }));
    const subject = { execution: 'e', cluster: 'production', group: 'workers', instance };
    const policy = { taintKey: 'ebb', blockEmptyDir: false, blockUncontrolled: true, spareNamespaces: [] };
    const span = { startedAt: clock.now(), deadline: clock.now() + MINUTE };
    const terms = { policy, impliedBudget: 0.25, maxInFlight: 50, pauseMs: 0, forces: false, ...span };
    const pass = drainPass(
      { subject, node, terms, isolatedAt: clock.now() },
      { memory: NOTHING_DRAINED, watchUntil: clock.now() + 2 * MINUTE, owner: UNDISPUTED },
      { cluster, journal: ports.journal },
    );
    expect(await rehearsal.drive(pass)).toMatchObject({ state: 'waiting' });
    expect(rehearsal.of('eviction.blocked')).toMatchObject([{ by: { kind: 'policy', reason: 'no controller' } }]);
    expect(statuses(given)).toEqual([]);
    expect(namesOn(given)).toEqual(['web']);
  });
});

describe('a pod with an emptyDir', () => {
  const scratch = (world: World, node: string): void => {
    world.addDeployment({ ...WEB, nodes: [node], emptyDir: true });
  };

  test('faults 60: is evicted', async () => {
    await using given = await scene(scratch);
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(statuses(given)).toEqual([201]);
  });

  test('faults 60: is kept until the deadline where the configuration says so', async () => {
    await using given = await scene(scratch, { drain: { blockEmptyDir: true, timeoutSeconds: 120 } });
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'forced' });
    expect(given.rehearsal.of('eviction.blocked')).toMatchObject([{ by: { kind: 'policy', reason: 'emptyDir' } }]);
    expect(statuses(given)).toEqual([]);
    expectForcedAtItsTime(given, 1);
  });
});

test('faults 61: pods that have finished hold nothing up, and a budget that covers them holds nothing either', async () => {
  await using given = await scene((world, node) => {
    for (const name of ['done', 'broken']) world.addBarePod({ namespace: 'shop', name, node });
    world.addDeployment({ ...WEB, nodes: [node] });
    world.addBudget({ namespace: 'shop', name: 'all', selector: { app: 'done' }, minAvailable: 1 });
  });
  const { rehearsal, instance } = given;
  rehearsal.kubernetes.world.finish({ namespace: 'shop', name: 'done' });
  rehearsal.kubernetes.world.finish({ namespace: 'shop', name: 'broken' }, 'Failed');
  expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
  expect(statuses(given)).toEqual([201]);
  expect(namesOn(given).sort()).toEqual(['broken', 'done']);
  expect(rehearsal.of('eviction.blocked')).toEqual([]);
});

describe('a pod that is on its way already', () => {
  test('faults 62: is waited for within its grace, and not asked again', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, nodes: [node], graceSeconds: 60, shutdownSeconds: 45 });
    });
    const { rehearsal, instance } = given;
    const [pod] = rehearsal.kubernetes.pods('shop');
    if (pod === undefined) throw new Error('there is no pod to delete');
    deleteObject({ store: rehearsal.kubernetes.store, clock: rehearsal.clock }, pods, pod, {});
    await rehearsal.clock.advance(5 * SECOND);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const life = rehearsal.kubernetes.timeline.lives.find(({ uid }) => uid === pod.metadata.uid);
    expect((life?.stopped ?? 0) - (life?.terminating ?? 0)).toBeGreaterThanOrEqual(45 * SECOND);
    expect(statuses(given)).toEqual([]);
    expectCompletedOnce(given);
  });

  test('faults 64: and that a finalizer holds for ever counts as gone after its grace, and is told', async () => {
    await using given = await scene((world, node) => {
      world.addBarePod({ namespace: 'shop', name: 'held', node, finalizers: ['example.com/keeper'] });
    });
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    const gone = given.rehearsal.of('pod.gone').find(({ pod }) => pod === 'shop/held');
    expect(gone?.warning).toBe('its containers have ended; finalizer example.com/keeper holds its object');
    expect(namesOn(given)).toEqual(['held']);
  });
});

test(
  'faults 69: of 250 pods one hangs: the others go in parallel, and it alone is cut short',
  { timeout: 90_000 },
  async () => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 300 } });
    const { world } = rehearsal.kubernetes;
    const instance = rehearsal.addInstance({ joins: false });
    const node = rehearsal.nodeOf(instance);
    world.addNode({ name: node, providerID: `aws:///eu-central-1a/${instance}`, pods: 300 });
    for (let app = 0; app < 3; app += 1) {
      world.addDeployment({ namespace: 'shop', name: `app-${app}`, replicas: 83, nodes: [node], shutdownSeconds: 2 });
    }
    const hung = { namespace: 'shop', name: 'hung', nodes: [node], graceSeconds: 3_600, shutdownSeconds: 3_600 };
    world.addDeployment(hung);
    await rehearsal.ready();
    const begun = rehearsal.clock.now();
    expect(rehearsal.kubernetes.podsOn(node)).toHaveLength(250);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    const others = rehearsal.of('pod.gone').filter(({ pod }) => !pod.startsWith('shop/hung'));
    expect(others).toHaveLength(249);
    expect(Math.max(...others.map(({ reportedAt }) => reportedAt)) - begun).toBeLessThan(60 * SECOND);
    expect(rehearsal.of('pod.forced').map(({ pod }) => pod)).toEqual([expect.stringContaining('shop/hung-')]);
    expectCompletedOnce({ rehearsal, instance, node });
  },
);
