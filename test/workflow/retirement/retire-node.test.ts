/** The retirement of a node from its hook's event to the hook's completion (contract 2, 3, 6, 8). */
import { AutoScalingClient, CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { Cluster, Clusters } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { RetirementFailed } from '../../../lambdas/workflow/retirement/retirement.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import { nodes as nodeResource } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, HOOK, Rehearsal } from './rehearsal.ts';

const MINUTE = 60_000;
const TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-retiring';

/** The node's own annotation, as contract 3.1 spells it. */
function chargeOn(rehearsal: Rehearsal, node: string): Record<string, unknown> {
  const text = rehearsal.node(node).metadata.annotations?.['ebb/retirement'] ?? 'null';
  return JSON.parse(text) as Record<string, unknown>;
}

/** As kubectl writes them; without the one that the control plane keeps on every cordoned node. */
function taintsOf(rehearsal: Rehearsal, node: string): string[] {
  const taints = rehearsal.node(node).spec.taints ?? [];
  return taints
    .filter(({ key }) => key !== 'node.kubernetes.io/unschedulable')
    .map(({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`);
}

/** Clusters whose every verb may be replaced. */
function altered(clusters: Clusters, alter: (cluster: Cluster) => Partial<Cluster>): Clusters {
  return {
    async open(reached) {
      const cluster = await clusters.open(reached);
      return { ...cluster, ...alter(cluster) };
    },
  };
}

/** One pod that nothing ever lets go: its budget allows no disruption. */
function addStubbornPod(rehearsal: Rehearsal, node: string): void {
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'stubborn', nodes: [node] });
  rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name: 'stubborn', for: 'stubborn', maxUnavailable: 0 });
}

describe('a retirement', () => {
  test('isolates, drains, detaches and completes the hook once, in that order, and no workload falls below its budget (contract 3.3, 6.2, 8.1)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { kubernetes } = rehearsal;
    const [instance = ''] = rehearsal.instances;
    const node = rehearsal.nodeOf(instance);
    const place = { namespace: 'shop', nodes: [node], shutdownSeconds: 2, startSeconds: 1 };
    kubernetes.world.addDeployment({ ...place, name: 'web', replicas: 4 });
    kubernetes.world.addDeployment({ ...place, name: 'api', replicas: 3, emptyDir: true });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'api', for: 'api', minAvailable: 2 });
    kubernetes.world.addStatefulSet({ ...place, name: 'db', replicas: 1, volume: true });
    await rehearsal.ready();
    const before = kubernetes.podsOn(node).map(({ metadata }) => metadata.uid);
    const facts: Fact[] = [];
    kubernetes.on((fact) => facts.push(fact));

    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });

    const first = (kind: Fact['kind']): number => facts.findIndex((fact) => fact.kind === kind);
    expect(first('nodeCordoned')).toBeGreaterThanOrEqual(0);
    expect(first('nodeCordoned')).toBeLessThan(first('podTerminating'));
    expect(before).toHaveLength(8);
    expect(kubernetes.podsOn(node)).toEqual([]);
    const completedAt = rehearsal.history(instance, 'completion')[0]?.at ?? 0;
    const detached = facts.filter((fact) => fact.kind === 'volumeDetached' && fact.node === node);
    expect(detached).toHaveLength(1);
    expect(detached[0]?.at).toBeLessThanOrEqual(completedAt);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    await kubernetes.settle();
    expect(kubernetes.availability.report().violations).toEqual([]);
    expect(rehearsal.types.filter((type) => !/^(pod|eviction)\./.test(type))).toEqual([
      'retirement.started',
      'node.isolated',
      'drain.planned',
      'node.drained',
      'volumes.detached',
      'hook.completed',
      'retirement.finished',
    ]);
    expect(rehearsal.of('pod.gone').map(({ uid }) => uid)).toEqual(expect.arrayContaining(before));
  });

  test('costs at most pods + 16 + 2 requests for each controller without budget', async () => {
    await using rehearsal = await Rehearsal.start();
    const { world, requests } = rehearsal.kubernetes;
    const [instance = ''] = rehearsal.instances;
    const nodes = [rehearsal.nodeOf(instance)];
    for (const name of ['a', 'b', 'c']) world.addDeployment({ namespace: 'shop', name, replicas: 6, nodes });
    for (const name of ['d', 'e']) {
      world.addDeployment({ namespace: 'shop', name, replicas: 6, nodes });
      world.addBudget({ namespace: 'shop', name, for: name, maxUnavailable: 2 });
    }
    await rehearsal.ready();
    await rehearsal.retire(instance);
    expect(rehearsal.of('pod.evicted')).toHaveLength(30);
    expect(requests.count()).toBeLessThanOrEqual(30 + 16 + 2 * 3);
  });

  test('empties the node of pods that come after the cordon and while it drains (faults 70)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { kubernetes } = rehearsal;
    const [instance = ''] = rehearsal.instances;
    const node = rehearsal.nodeOf(instance);
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node], shutdownSeconds: 5 });
    await rehearsal.ready();
    let arrived = 0;
    kubernetes.on((fact) => {
      const evicting = fact.kind === 'podTerminating' && arrived < 2;
      if (fact.kind !== 'nodeCordoned' && !evicting) return;
      arrived += 1;
      kubernetes.world.addBarePod({ namespace: 'shop', name: `late-${arrived}`, node });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(arrived).toBe(2);
    expect(kubernetes.podsOn(node)).toEqual([]);
    const warned = rehearsal.of('pod.evicted').filter(({ warning }) => warning !== undefined);
    expect(warned.map(({ pod }) => pod).sort()).toEqual(['shop/late-1', 'shop/late-2']);
  });

  test('of an instance that never joined looks 3 times over 30 s, then completes with a warning (contract 2.2, faults 43)', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 2 });
    const instance = rehearsal.addInstance({ joins: false });
    const begun = rehearsal.clock.now();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'never joined' });
    expect(rehearsal.steps.filter((step) => step === 'find-node')).toHaveLength(3);
    const seconds = (rehearsal.clock.now() - begun) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThan(40);
    expect(rehearsal.of('node.missing')).toHaveLength(1);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.kubernetes.evictions).toEqual([]);
  });

  test('never touches a node of the instance’s name that is another machine (contract 2.1, faults 45)', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 2 });
    const { kubernetes } = rehearsal;
    const instance = rehearsal.addInstance({ joins: false });
    const name = rehearsal.nodeOf(instance);
    kubernetes.world.addNode({ name, providerID: 'aws:///eu-central-1a/i-0ffffffffffffffff' });
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [name] });
    await rehearsal.ready();
    const { labels, annotations } = rehearsal.node(name).metadata;
    const { spec } = rehearsal.node(name);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'never joined' });
    expect(rehearsal.node(name)).toMatchObject({ metadata: { labels, ...(annotations && { annotations }) }, spec });
    expect(rehearsal.node(name).spec.unschedulable).toBeUndefined();
    expect(kubernetes.podsOn(name)).toHaveLength(1);
  });

  test('finds a node of another name by its providerID (contract 2.1, faults 17)', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 2 });
    const { world } = rehearsal.kubernetes;
    const instance = rehearsal.addInstance({ joins: false });
    world.addNode({ name: 'named-otherwise', providerID: `aws:///eu-central-1a/${instance}` });
    world.addDeployment({ namespace: 'shop', name: 'web', nodes: ['named-otherwise'] });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.kubernetes.podsOn('named-otherwise')).toEqual([]);
    expect(rehearsal.of('node.isolated')).toMatchObject([{ node: 'named-otherwise' }]);
  });
});

describe('isolating', () => {
  test('taints, cordons, labels and signs the node in one patch (contract 3.1)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const name = rehearsal.nodeOf(instance);
    await rehearsal.ready();
    await rehearsal.retire(instance);
    expect(rehearsal.node(name)).toMatchObject({
      spec: { unschedulable: true },
      metadata: {
        labels: {
          'ebb/retiring': 'asg-terminate',
          'node.kubernetes.io/exclude-from-external-load-balancers': 'ebb',
        },
      },
    });
    expect(taintsOf(rehearsal, name)).toEqual([`${TAINT}=asg-terminate:NoSchedule`]);
    const [started] = rehearsal.of('retirement.started');
    expect(chargeOn(rehearsal, name)).toMatchObject({
      execution: started?.execution,
      kind: 'asg-terminate',
      deadline: started?.deadline,
      cordonedByUs: true,
      labelledByUs: true,
    });
    const patches = rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch');
    expect(patches).toHaveLength(1);
  });

  test('keeps foreign taints, labels and cordons, and says that they are not ours (contract 3.1, faults 47)', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 2 });
    const { world } = rehearsal.kubernetes;
    const instance = rehearsal.addInstance({ joins: false });
    const name = rehearsal.nodeOf(instance);
    world.addNode({
      name,
      providerID: `aws:///eu-central-1a/${instance}`,
      taints: [
        { key: 'gpu', value: 'true', effect: 'NoSchedule' },
        { key: TAINT, value: 'theirs', effect: 'PreferNoSchedule' },
      ],
      labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'theirs', team: 'blue' },
    });
    world.cordon(name);
    await rehearsal.ready();
    await rehearsal.retire(instance);
    const { spec, metadata } = rehearsal.node(name);
    expect(taintsOf(rehearsal, name)).toEqual([
      'gpu=true:NoSchedule',
      `${TAINT}=theirs:PreferNoSchedule`,
      `${TAINT}=asg-terminate:NoSchedule`,
    ]);
    expect(metadata.labels).toMatchObject({
      team: 'blue',
      'node.kubernetes.io/exclude-from-external-load-balancers': 'theirs',
    });
    expect(spec.unschedulable).toBe(true);
    expect(chargeOn(rehearsal, name)).toMatchObject({ cordonedByUs: false, labelledByUs: false });
    expect(rehearsal.of('node.isolated')).toMatchObject([{ cordonedBefore: true }]);
  });

  test('reads again and patches anew when somebody else changed the node in between (contract 3.1, faults 46)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const name = rehearsal.nodeOf(instance);
    await rehearsal.ready();
    let meddled = 0;
    const clusters = altered(rehearsal.ports.clusters, (cluster) => ({
      async readNode(node) {
        const read = await cluster.readNode(node);
        if (meddled < 3) {
          meddled += 1;
          rehearsal.kubernetes.store.change(nodeResource, { name }, ({ spec }) => {
            spec.taints = [...(spec.taints ?? []), { key: `foreign-${meddled}`, effect: 'NoSchedule' }];
          });
        }
        return read;
      },
    }));
    expect(await rehearsal.retire(instance, { clusters })).toEqual({ result: 'drained' });
    expect(taintsOf(rehearsal, name)).toEqual([
      'foreign-1:NoSchedule',
      'foreign-2:NoSchedule',
      'foreign-3:NoSchedule',
      `${TAINT}=asg-terminate:NoSchedule`,
    ]);
    const patches = rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch');
    expect(patches.map(({ status }) => status)).toEqual([409, 409, 409, 200]);
  });

  test('ends well when the node’s object goes away before it (faults 44)', async () => {
    await using rehearsal = await Rehearsal.start();
    const [instance = ''] = rehearsal.instances;
    const name = rehearsal.nodeOf(instance);
    await rehearsal.ready();
    const clusters = altered(rehearsal.ports.clusters, (cluster) => ({
      async findNodes(...asked) {
        const found = await cluster.findNodes(...asked);
        rehearsal.kubernetes.world.deleteNode(name);
        return found;
      },
    }));
    expect(await rehearsal.retire(instance, { clusters })).toEqual({ result: 'drained' });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});

describe('the hook', () => {
  test('of 30 s gets every heartbeat in time while a budget blocks, and pods are forced at their force point (contract 5.3, 6.1, faults 22, 52)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 30, drain: { timeoutSeconds: 120 } });
    const [instance = ''] = rehearsal.instances;
    const node = rehearsal.nodeOf(instance);
    addStubbornPod(rehearsal, node);
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    const beats = rehearsal.history(instance, 'heartbeat');
    expect(beats.length).toBeGreaterThanOrEqual(4);
    expect(beats.filter(({ at, before }) => at >= before)).toEqual([]);
    const [started] = rehearsal.of('retirement.started');
    const deadline = Date.parse(started?.deadline ?? '');
    const [forced] = rehearsal.of('pod.forced');
    expect(forced?.reportedAt).toBeGreaterThanOrEqual(deadline - 30_000);
    expect(forced?.reportedAt).toBeLessThan(deadline - 20_000);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.history(instance, 'completion')[0]?.at).toBeLessThan(deadline);
    expect(rehearsal.of('eviction.blocked')[0]).toMatchObject({
      pod: expect.stringMatching(/^shop\/stubborn-/) as string,
      by: { kind: 'budget', budget: 'shop/stubborn', never: true },
    });
    const early = rehearsal.kubernetes.availability.report().violations.filter(({ at }) => at < deadline - 30_000);
    expect(early).toEqual([]);
  });

  test('that ended meanwhile ends the retirement, without a completion of ours (contract 6.1, faults 19)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 120 });
    const [instance = ''] = rehearsal.instances;
    addStubbornPod(rehearsal, rehearsal.nodeOf(instance));
    await rehearsal.ready();
    const somebody = new AutoScalingClient(rehearsal.aws.clientConfig());
    rehearsal.clock.after(2 * MINUTE, () => {
      const action = { AutoScalingGroupName: GROUP, LifecycleHookName: HOOK, InstanceId: instance };
      void somebody.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: 'CONTINUE' }));
    });
    expect(await rehearsal.retire(instance)).toMatchObject({ result: 'over' });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.of('hook.completed')).toEqual([]);
    expect(rehearsal.steps).not.toContain('complete');
    expect(rehearsal.of('pod.forced')).toEqual([]);
  });

  test('is completed although volumes stay attached past their time, and the volumes are named (contract 8.1)', async () => {
    await using rehearsal = await Rehearsal.start({
      latencies: { detach: 20 * MINUTE },
      drain: { detachTimeoutSeconds: 90 },
    });
    const { kubernetes } = rehearsal;
    const [instance = ''] = rehearsal.instances;
    const nodes = [rehearsal.nodeOf(instance)];
    kubernetes.world.addStatefulSet({ namespace: 'shop', name: 'db', volume: true, nodes });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const [kept] = rehearsal.of('volumes.kept');
    expect(kept?.volumes).toHaveLength(1);
    const [drained] = rehearsal.of('node.drained');
    const waited = ((kept?.reportedAt ?? 0) - (drained?.reportedAt ?? 0)) / 1000;
    expect(waited).toBeGreaterThanOrEqual(89);
    expect(waited).toBeLessThan(100);
    expect(rehearsal.of('volumes.detached')).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});

describe('a cluster', () => {
  test('that is out of reach at first is waited for with heartbeats, then the node is drained (contract 6.3, faults 36, 38)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 60 });
    const { kubernetes } = rehearsal;
    const [instance = ''] = rehearsal.instances;
    kubernetes.world.addDeployment({
      namespace: 'shop',
      name: 'web',
      replicas: 2,
      nodes: [rehearsal.nodeOf(instance)],
    });
    await rehearsal.ready();
    const unavailable = kubernetes.faults.reset({});
    rehearsal.clock.after(5 * MINUTE, () => {
      unavailable.remove();
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('cluster.away')).toHaveLength(1);
    expect(rehearsal.of('heartbeat.recorded').length).toBeGreaterThan(4);
    expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(kubernetes.availability.report().violations).toEqual([]);
  });

  test('that goes away in the middle of a drain is taken up again where it was (faults 36, 40)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 60 });
    const { kubernetes } = rehearsal;
    const [instance = ''] = rehearsal.instances;
    const node = rehearsal.nodeOf(instance);
    const web = { namespace: 'shop', name: 'web', replicas: 6, nodes: [node], startSeconds: 10, shutdownSeconds: 5 };
    kubernetes.world.addDeployment(web);
    await rehearsal.ready();
    rehearsal.clock.after(12_000, () => {
      const unavailable = kubernetes.faults.reset({});
      kubernetes.faults.toOpenWatches((watch) => {
        watch.cut();
      });
      rehearsal.clock.after(3 * MINUTE, () => {
        unavailable.remove();
      });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const evicted = rehearsal.of('pod.evicted').map(({ uid }) => uid);
    expect(new Set(evicted).size).toBe(evicted.length);
    expect(kubernetes.podsOn(node)).toEqual([]);
    expect(kubernetes.availability.report().violations).toEqual([]);
  });

  test.each([
    [
      'has no ClusterRole for us',
      { clusterRole: false },
      /cannot (get|list) resource "nodes".*npm run -s cluster-role \| kubectl apply -f -/,
    ],
    ['does not know our role', {}, /does not take our token/],
  ])(
    'that %s is left alone, and the hook to its default result (contract 6.3, faults 33, 34)',
    async (_, plan, words) => {
      await using rehearsal = await Rehearsal.start(plan);
      const { kubernetes } = rehearsal;
      const [instance = ''] = rehearsal.instances;
      const node = rehearsal.nodeOf(instance);
      kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
      await rehearsal.ready();
      if (!('clusterRole' in plan)) rehearsal.aws.eks.accessEntries.length = 0;
      const retiring = rehearsal.retire(instance);
      await expect(retiring).rejects.toThrow(RetirementFailed);
      await expect(retiring).rejects.toThrow(words);
      expect(rehearsal.node(node).spec.unschedulable).toBeUndefined();
      expect(kubernetes.podsOn(node)).toHaveLength(1);
      expect(rehearsal.completions(instance)).toEqual([]);
      expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'failed' }]);
      await rehearsal.clock.advance(16 * MINUTE);
      expect(rehearsal.completions(instance)).toEqual(['CONTINUE by timeout']);
    },
  );

  test('that never comes back leaves the hook to its default result at the deadline (contract 6.3)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 60, drain: { timeoutSeconds: 300 } });
    const [instance = ''] = rehearsal.instances;
    await rehearsal.ready();
    rehearsal.kubernetes.faults.reset({});
    await expect(rehearsal.retire(instance)).rejects.toThrow(/time was up while it waited for/);
    expect(rehearsal.completions(instance)).toEqual([]);
    await rehearsal.clock.advance(2 * MINUTE);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by timeout']);
  });
});
