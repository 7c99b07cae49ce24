/** Out of the load balancers before any pod goes, and nothing let go before its targets have drained (contract 7). */
import { describe, expect, test } from 'vitest';
import type { TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import { withdrawalOf } from '../../../lambdas/core/traffic/withdrawal.ts';
import { aPool, aSigned, MINUTE, SECOND } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Balancers } from './balancers.ts';
import { Rehearsal, type RehearsalPlan } from '../retirement/rehearsal.ts';

interface Scene extends AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly balancing: Balancers;
  readonly instance: string;
  retire(): Promise<unknown>;
}

/** The first of three nodes, with two pods on it, is to go; it is in `pools`. */
async function scene(pools: readonly TargetPool[], plan: RehearsalPlan = {}): Promise<Scene> {
  const rehearsal = await Rehearsal.start(plan);
  const { instance, node } = rehearsal.first;
  const balancing = new Balancers();
  for (const pool of pools) balancing.has(pool, instance, 'i-0000000000000beef');
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
  await rehearsal.ready();
  return {
    rehearsal,
    balancing,
    instance,
    retire: () => rehearsal.retire(instance, { balancing }),
    [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose](),
  };
}

/** Seconds from the start of the retirement to the first event of a type. */
function secondsTo({ rehearsal }: Scene, type: Parameters<Rehearsal['of']>[0]): number {
  const [started] = rehearsal.of('retirement.started');
  return ((rehearsal.of(type)[0]?.reportedAt ?? NaN) - (started?.reportedAt ?? NaN)) / SECOND;
}

describe('a node in a target group', () => {
  test('is deregistered, its pods evicted from 10 s after that, and let go once its targets have drained', async () => {
    await using given = await scene([aPool()]);
    expect(await given.retire()).toEqual({ result: 'drained' });
    const { rehearsal, balancing, instance } = given;
    expect(balancing.calls.filter((call) => call.startsWith('deregister'))).toEqual([`deregister web ${instance}`]);
    const deregistered = balancing.deregistered.get(`web ${instance}`) ?? NaN;
    const evicted = rehearsal.of('pod.evicted').map(({ reportedAt }) => reportedAt);
    expect(evicted).toHaveLength(2);
    expect(Math.min(...evicted)).toBeGreaterThanOrEqual(deregistered + 10 * SECOND);
    expect(Math.min(...evicted)).toBeLessThan(deregistered + 12 * SECOND);
    const [completed] = rehearsal.of('hook.completed');
    expect(completed?.reportedAt).toBeGreaterThanOrEqual(deregistered + 300 * SECOND);
    expect(completed?.reportedAt).toBeLessThan(deregistered + 320 * SECOND);
    expect(rehearsal.of('targets.deregistered')).toMatchObject([{ pools: ['web'] }]);
    expect(rehearsal.of('targets.drained')).toHaveLength(1);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('that is late is named and left, 30 s after its delay (contract 7.3, faults 27)', async () => {
    await using given = await scene([aPool()]);
    given.balancing.stuck.add('web');
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(given.rehearsal.of('targets.late')).toMatchObject([{ pools: ['web'] }]);
    expect(secondsTo(given, 'hook.completed')).toBeGreaterThanOrEqual(330);
    expect(secondsTo(given, 'hook.completed')).toBeLessThan(340);
  });

  test('that fails keeps neither the others nor the drain (faults 25), and is named', async () => {
    await using given = await scene([aPool(), aPool({ name: 'broken', drainSeconds: 60 })]);
    given.balancing.failing.add('broken');
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(given.balancing.deregistered.has(`web ${given.instance}`)).toBe(true);
    expect(secondsTo(given, 'pod.evicted')).toBeLessThan(15);
    expect(given.rehearsal.of('targets.late')).toMatchObject([
      { pools: ['broken'], reason: 'Error: Throttling: Rate exceeded' },
    ]);
  });

  test('with less than five minutes to the deadline nothing waits: all starts at once (contract 7.1)', async () => {
    await using given = await scene([aPool({ drainSeconds: 20 })], { drain: { timeoutSeconds: 240 } });
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(given.balancing.deregistered.size).toBe(1);
    expect(secondsTo(given, 'pod.evicted')).toBeLessThan(2);
  });

  test('none of which has it: nothing is waited for', async () => {
    await using given = await scene([]);
    given.balancing.has(aPool(), 'i-0000000000000beef');
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(secondsTo(given, 'hook.completed')).toBeLessThan(5);
    expect(given.rehearsal.of('targets.deregistered')).toEqual([]);
  });
});

test('load balancers that cannot be found hold the drain up for a minute, and are told', async () => {
  await using given = await scene([aPool()]);
  given.balancing.failing.add('all');
  expect(await given.retire()).toEqual({ result: 'drained' });
  expect(given.rehearsal.of('targets.late')).toMatchObject([{ pools: [], reason: 'Error: AccessDenied: not allowed' }]);
  expect(secondsTo(given, 'pod.evicted')).toBeGreaterThanOrEqual(60);
  expect(secondsTo(given, 'pod.evicted')).toBeLessThan(85);
});

test('a node whose load balancers are given up asks to be withdrawn no more, so that no other waits for it', async () => {
  await using given = await scene([aPool()]);
  const { rehearsal, balancing, instance } = given;
  balancing.pools = () => Promise.reject(new Error('Throttling: Rate exceeded'));
  const labels = (): object => rehearsal.node(rehearsal.nodeOf(instance)).metadata.labels ?? {};
  const looked = rehearsal.clock.sleep(30 * SECOND).then(labels);
  expect(await given.retire()).toEqual({ result: 'drained' });
  expect(await looked).toHaveProperty(['ebb/withdraw']);
  expect(labels()).not.toHaveProperty(['ebb/withdraw']);
  expect(rehearsal.of('targets.late')).toMatchObject([{ pools: [], reason: 'Error: Throttling: Rate exceeded' }]);
});

describe('targets by address', () => {
  test('are those of the pods on the node, and are taken out', async () => {
    await using given = await scene([]);
    const { kubernetes, first } = given.rehearsal;
    const [ip = ''] = kubernetes.podsOn(first.node).map(({ status }) => status.podIP ?? '');
    expect(ip).toMatch(/^\d/);
    given.balancing.has(aPool({ name: 'pods', by: 'ip', drainSeconds: 30 }), ip, '10.9.9.9');
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(given.balancing.calls.filter((call) => call.startsWith('deregister'))).toEqual([`deregister pods ${ip}`]);
    expect(secondsTo(given, 'hook.completed')).toBeGreaterThanOrEqual(30);
  });

  test('that the AWS Load Balancer Controller keeps are only waited for (contract 7.3)', async () => {
    await using given = await scene([]);
    const { kubernetes, first } = given.rehearsal;
    const [ip = ''] = kubernetes.podsOn(first.node).map(({ status }) => status.podIP ?? '');
    given.balancing.has(aPool({ name: 'pods', by: 'ip', drainSeconds: 60, controlled: true }), ip);
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(given.balancing.deregistered.size).toBe(0);
    expect(given.rehearsal.of('targets.late')).toMatchObject([{ pools: ['pods'] }]);
    expect(secondsTo(given, 'hook.completed')).toBeGreaterThanOrEqual(90);
  });
});

describe('nodes that leave together', () => {
  test('are withdrawn together: a pool is asked once and changed once for all of them', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 6 });
    const balancing = new Balancers();
    const leaving = rehearsal.instances.slice(0, 4);
    balancing.has(aPool(), ...rehearsal.instances);
    await rehearsal.ready();
    const notices = leaving.map((instance) => rehearsal.noticeOf(rehearsal.terminate(instance)));
    const cluster = (await rehearsal.ports.settings.cluster('production')) ?? undefined;
    expect(cluster).toBeDefined();
    const settings = {
      ...rehearsal.ports.settings,
      cluster: () => Promise.resolve(cluster && { ...cluster, maxLeaving: 1 }),
    };
    const done = notices.map((notice) => rehearsal.retireBy(notice, { balancing, settings }));
    expect(await rehearsal.drive(Promise.all(done))).toEqual(leaving.map(() => ({ result: 'drained' })));
    const deregistrations = balancing.calls.filter((call) => call.startsWith('deregister'));
    const ids = deregistrations.flatMap((call) => call.split(' ').slice(2));
    expect(ids.toSorted()).toEqual(leaving.toSorted());
    expect(deregistrations.length).toBeLessThan(leaving.length);
    expect(rehearsal.of('targets.deregistered')).toHaveLength(4);
    for (const instance of leaving) {
      const node = rehearsal.node(rehearsal.nodeOf(instance));
      expect(withdrawalOf({ annotations: node.metadata.annotations ?? {} })?.pools).toEqual([aPool()]);
    }
  });

  test('a retirement that waits in vain for the first of them does it for all, after five minutes', async () => {
    await using given = await scene([aPool({ drainSeconds: 10 })]);
    const { rehearsal } = given;
    rehearsal.kubernetes.world.addNode({ name: 'a-first', providerID: 'aws:///us-east-1a/i-0000000000000beef' });
    const [since = '', deadline = ''] = [0, 60 * MINUTE].map((later) =>
      new Date(rehearsal.clock.now() + later).toISOString(),
    );
    rehearsal.kubernetes.store.change(nodes, { name: 'a-first' }, ({ metadata }) => {
      metadata.labels = { ...metadata.labels, 'ebb/withdraw': 'asked' };
      metadata.annotations = aSigned({ since, deadline });
    });
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(secondsTo(given, 'targets.deregistered')).toBeGreaterThanOrEqual(300);
    expect(secondsTo(given, 'targets.deregistered')).toBeLessThan(500);
    expect(given.balancing.calls.filter((call) => call.startsWith('deregister'))).toEqual([
      `deregister web ${given.instance} i-0000000000000beef`,
    ]);
    expect(rehearsal.node('a-first').metadata.labels).not.toHaveProperty(['ebb/withdraw']);
  });
});
