/** What a drain does with the node's pods, and what it never does to anybody's availability (contract 4, 5). */
import { describe, expect, test } from 'vitest';
import { drainPass } from '../../../lambdas/workflow/drain/drain-node.ts';
import { NOTHING_DRAINED } from '../../../lambdas/workflow/drain/drain-memory.ts';
import { UNDISPUTED } from '../../given.ts';
import type { Cluster, Clusters, ReachedCluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { PodLife } from '../../peers/kubernetes/world/timeline.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';

const MINUTE = 60_000;

/** The lives of a workload's pods that were on the node. */
function livesOn(rehearsal: Rehearsal, node: string, app: string): PodLife[] {
  return rehearsal.kubernetes.timeline.lives.filter((life) => life.node === node && life.pod.startsWith(app));
}

const appsOn = (rehearsal: Rehearsal, node: string): (string | undefined)[] =>
  rehearsal.kubernetes.podsOn(node).map(({ metadata }) => metadata.labels?.app);

describe('pods', () => {
  test('of DaemonSets, static ones, finished ones and those that tolerate our taint stay (contract 4.1, faults 57, 58, 61)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    const key = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-retiring';
    world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
    world.addMirrorPod({ namespace: 'kube-system', name: 'static', node });
    world.addBarePod({ namespace: 'shop', name: 'finished', node });
    world.addBarePod({ namespace: 'shop', name: 'tolerant', node, tolerations: [{ key, operator: 'Exists' }] });
    world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    await rehearsal.ready();
    world.finish({ namespace: 'shop', name: 'finished' });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(appsOn(rehearsal, node).sort()).toEqual(['agent', 'finished', 'static', 'tolerant']);
    expect(rehearsal.kubernetes.evictions.map(({ pod }) => pod)).toEqual([expect.stringMatching(/^web-/)]);
  });

  test('that are system-critical go when the ordinary ones have gone (contract 4.2)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    const place = { namespace: 'kube-system', nodes: [node] };
    world.addDeployment({ ...place, name: 'dns', priorityClass: 'system-cluster-critical' });
    world.addDeployment({ ...place, name: 'web', shutdownSeconds: 20 });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const [web] = livesOn(rehearsal, node, 'web');
    const [dns] = livesOn(rehearsal, node, 'dns');
    expect(web?.gone).toBeDefined();
    expect(dns?.terminating).toBeGreaterThanOrEqual(web?.gone ?? Infinity);
  });

  test('that an annotation protects are blocked until their force point, then named as forced (contract 4.1, 5.3, faults 67)', async () => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 60 } });
    const { instance, node } = rehearsal.first;
    const annotations = { 'karpenter.sh/do-not-disrupt': 'true' };
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node], annotations });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('eviction.blocked')).toMatchObject([
      { by: { kind: 'policy', reason: 'protected by annotation' } },
    ]);
    const [started] = rehearsal.of('retirement.started');
    const [forced] = rehearsal.of('pod.forced');
    // Half-way to the deadline and its grace of 30 s before it are the same moment here.
    expect((forced?.reportedAt ?? 0) - Date.parse(started?.deadline ?? '')).toBeGreaterThanOrEqual(-30_000);
    expect(rehearsal.kubernetes.evictions).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('that a finalizer holds past their grace do not hold the drain (contract 4.7, faults 64)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const held = { namespace: 'shop', name: 'held', node, finalizers: ['example.com/keeper'], graceSeconds: 20 };
    rehearsal.kubernetes.world.addBarePod(held);
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(appsOn(rehearsal, node)).toEqual(['held']);
  });

  test('that a finalizer holds are waited for while a native sidecar of theirs runs (contract 4.7)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addBarePod({
      namespace: 'shop',
      name: 'held',
      node,
      finalizers: ['example.com/keeper'],
      graceSeconds: 20,
      shutdownSeconds: 60,
      sidecar: true,
      sidecarShutdownSeconds: 60,
    });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const [asked] = rehearsal.of('pod.evicted');
    const [gone] = rehearsal.of('pod.gone');
    // The kubelet gives a sidecar two seconds more than the grace of its pod.
    expect((gone?.reportedAt ?? 0) - (asked?.reportedAt ?? 0)).toBeGreaterThan(21_500);
    expect(rehearsal.kubernetes.podsOn(node)[0]?.status.initContainerStatuses?.[0]?.state).toHaveProperty('terminated');
  });

  test('that ignore SIGTERM for longer than the deadline are cut short at it (contract 5.3, faults 65)', async () => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 120 } });
    const { instance, node } = rehearsal.first;
    const slow = { namespace: 'shop', name: 'slow', nodes: [node], graceSeconds: 3_600, shutdownSeconds: 3_600 };
    rehearsal.kubernetes.world.addDeployment(slow);
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    const [started] = rehearsal.of('retirement.started');
    const deadline = Date.parse(started?.deadline ?? '');
    const [life] = livesOn(rehearsal, node, 'slow');
    expect(life?.gone).toBeLessThanOrEqual(deadline + 1_000);
    expect(rehearsal.history(instance, 'completion')[0]?.at).toBeLessThanOrEqual(deadline + 10_000);
  });

  test('that a webhook denies are reported with its words and forced at the deadline (contract 4.3, faults 49)', async () => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 90 } });
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    rehearsal.kubernetes.faults.denyEviction({}, 'guard.example.com', 'not on a Friday');
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    const [blocked] = rehearsal.of('eviction.blocked');
    expect(blocked).toMatchObject({ by: { kind: 'webhook' } });
    expect(blocked?.explanation).toContain('not on a Friday');
  });

  test('that two budgets cover are reported by both names and wait for the force point (contract 4.3, faults 51)', async () => {
    await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 90 } });
    const { instance, node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    for (const name of ['one', 'two']) world.addBudget({ namespace: 'shop', name, for: 'web', maxUnavailable: 1 });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('eviction.blocked')[0]?.by).toEqual({
      kind: 'several-budgets',
      budgets: ['shop/one', 'shop/two'],
    });
  });

  test('whose eviction answer was lost are neither asked for twice nor forgotten (contract 4.3, faults 37)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const web = { namespace: 'shop', name: 'web', replicas: 3, nodes: [node], shutdownSeconds: 10 };
    rehearsal.kubernetes.world.addDeployment(web);
    const lost = rehearsal.kubernetes.faults.loseAnswer({ resource: 'pods/eviction', times: 1 });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(lost.hits).toBe(1);
    expect(rehearsal.kubernetes.evictions).toHaveLength(3);
    expect(rehearsal.of('pod.evicted')).toHaveLength(3);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  });
});

describe('budgets', () => {
  test('that free later are used within three minutes, and say meanwhile what they wait for (contract 4.4, 13.2)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { kubernetes } = rehearsal;
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node, ...rehearsal.nodes] });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', minAvailable: 3 });
    await rehearsal.ready();
    const asked = rehearsal.clock.now();
    rehearsal.clock.after(10 * MINUTE, () => {
      kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', minAvailable: 2 });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('eviction.blocked')[0]?.by).toEqual({
      kind: 'budget',
      budget: 'shop/web',
      rule: 'minAvailable 3',
      healthy: 3,
      needed: 3,
      expected: 3,
      never: true,
    });
    const freed = asked + 10 * MINUTE;
    const times = rehearsal.of('pod.evicted').map(({ reportedAt }) => reportedAt);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(freed);
    expect(Math.min(...times)).toBeLessThan(freed + 3 * MINUTE + 10_000);
    expect(kubernetes.evictions.map(({ status }) => status)).not.toContain(429);
    expect(kubernetes.availability.report().violations).toEqual([]);
  });

  test('that free while they are watched are used at once (contract 4.4)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { kubernetes } = rehearsal;
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 4, nodes: [node], startSeconds: 3 });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const times = rehearsal.of('pod.evicted').map(({ reportedAt }) => reportedAt);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps).toHaveLength(3);
    for (const gap of gaps) expect(gap).toBeLessThan(3_500);
    expect(kubernetes.evictions.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(kubernetes.availability.report().violations).toEqual([]);
  });

  test('that are implied let a quarter of a ReplicaSet’s pods go at once, a StatefulSet’s one by one, a single replica at once (contract 4.5)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const { kubernetes } = rehearsal;
    const place = { namespace: 'shop', nodes: [node], startSeconds: 4, shutdownSeconds: 1 };
    kubernetes.world.addDeployment({ ...place, name: 'web', replicas: 8 });
    kubernetes.world.addStatefulSet({ ...place, name: 'db', replicas: 3, parallel: true });
    kubernetes.world.addDeployment({ ...place, name: 'one' });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    await kubernetes.settle();
    const { workloads, violations } = kubernetes.availability.report();
    expect(violations).toEqual([]);
    const lowest = workloads.map(({ workload, lowestReady }) => [workload.split('/')[2]?.split('-')[0], lowestReady]);
    expect(Object.fromEntries(lowest)).toEqual({ web: 6, db: 2, one: 0 });
  });
});

describe('the pacing, broken on purpose', () => {
  test('by no implied budget, takes every replica down: the availability check sees it', async () => {
    await using rehearsal = await Rehearsal.start({ drain: { impliedBudget: 'off' } });
    const { instance, node } = rehearsal.first;
    const web = { namespace: 'shop', name: 'web', replicas: 6, nodes: [node], startSeconds: 5 };
    rehearsal.kubernetes.world.addDeployment(web);
    await rehearsal.ready();
    await rehearsal.retire(instance);
    const { violations, workloads } = rehearsal.kubernetes.availability.report();
    expect(violations).not.toEqual([]);
    expect(workloads).toMatchObject([{ budget: 'implied', lowestReady: 0 }]);
  });

  test('by a cluster whose budgets look unlimited and whose evictions delete, passes a real budget: the check sees it', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const web = { namespace: 'shop', name: 'web', replicas: 4, nodes: [node], startSeconds: 5 };
    rehearsal.kubernetes.world.addDeployment(web);
    rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
    await rehearsal.ready();
    await rehearsal.retire(instance, { clusters: reckless(rehearsal.ports.clusters) });
    const { violations } = rehearsal.kubernetes.availability.report();
    expect(violations.map(({ budget }) => budget)).toEqual(['web', 'web', 'web']);
  });

  test('shows no violation when it is not broken', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    const web = { namespace: 'shop', name: 'web', replicas: 4, nodes: [node], startSeconds: 5 };
    rehearsal.kubernetes.world.addDeployment(web);
    rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
    await rehearsal.ready();
    await rehearsal.retire(instance);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  });
});

test('a pass that is made twice, or dies in between, ends the same (faults 30)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { node } = rehearsal.first;
  const { kubernetes, ports } = rehearsal;
  const web = { namespace: 'shop', name: 'web', replicas: 6, nodes: [node], startSeconds: 20, shutdownSeconds: 5 };
  kubernetes.world.addDeployment(web);
  await rehearsal.ready();
  kubernetes.world.cordon(node);
  const subject = { execution: 'e', cluster: 'production', group: 'workers', instance: 'i-1' };
  const cluster = await rehearsal.drive(ports.clusters.open({ name: 'production' }));
  const startedAt = rehearsal.clock.now();
  const policy = { taintKey: 'ebb', blockEmptyDir: false, blockUncontrolled: false, spareNamespaces: [] };
  const span = { startedAt, deadline: startedAt + 60 * MINUTE };
  const terms = { policy, impliedBudget: 0.25, maxInFlight: 50, pauseMs: 0, forces: true, ...span };
  const pass = () =>
    drainPass(
      { subject, node, terms, isolatedAt: startedAt },
      // Nothing is handed on: as when the run dies before its checkpoint.
      { memory: NOTHING_DRAINED, watchUntil: rehearsal.clock.now() + 7_000, owner: UNDISPUTED },
      { cluster, journal: ports.journal },
    );
  let state = 'waiting';
  for (let passes = 0; state === 'waiting' && passes < 50; passes += 1) {
    ({ state } = await rehearsal.drive(pass()));
  }
  expect(state).toBe('drained');
  expect(kubernetes.podsOn(node)).toEqual([]);
  expect(kubernetes.evictions.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
  expect(kubernetes.availability.report().violations).toEqual([]);
});

/** Budgets look unlimited, and an eviction deletes. */
function reckless(clusters: Clusters): Clusters {
  const open = async (reached: ReachedCluster): Promise<Cluster> => {
    const cluster = await clusters.open(reached);
    return {
      ...cluster,
      evict: (pod) => cluster.remove(pod, pod.graceSeconds),
      async watchDrain(node, listener) {
        const watch = await cluster.watchDrain(node, listener);
        return {
          ...watch,
          state: () => {
            const state = watch.state();
            return { ...state, budgets: state.budgets.map((budget) => ({ ...budget, disruptionsAllowed: 100 })) };
          },
        };
      },
    };
  };
  return { open };
}
