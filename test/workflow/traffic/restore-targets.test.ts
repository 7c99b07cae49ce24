/** A node that is restored gets its traffic again (contract 5.4, 7): what took it out of its load balancers puts it back. */
import { describe, expect, test } from 'vitest';
import { RETIREMENT_ANNOTATION, TARGETS_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { executionName } from '../../../lambdas/core/notice/notice.ts';
import type { Subject } from '../../../lambdas/core/events/retirement-events.ts';
import type { Registration, TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import { registerAgain } from '../../../lambdas/workflow/traffic/restorable-targets.ts';
import { aNode, aPool, HOUR, MINUTE, NOON, SECOND } from '../../given.ts';
import { Balancers } from './balancers.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from '../sweep/sweeping.ts';
import { asks, taint } from '../node/tainting.ts';

interface Scene extends AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly balancing: Balancers;
  readonly instance: string;
  readonly node: string;
}

/** The first of three nodes is in `pools` with enough others, and has a pod that its budget lets nobody evict. */
async function scene(...pools: readonly TargetPool[]): Promise<Scene> {
  const rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  const balancing = new Balancers();
  for (const pool of pools) balancing.has(pool, instance, 'i-0000000000000000a', 'i-0000000000000000b');
  const web = { namespace: 'shop', name: 'web' };
  rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
  rehearsal.kubernetes.world.addBudget({ ...web, for: 'web', maxUnavailable: 0 });
  await rehearsal.ready();
  return { rehearsal, balancing, instance, node, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

/** Its drain is given up after ten minutes, when the taint that asked for it is taken away. */
async function givenUp({ rehearsal, balancing, node }: Scene, meanwhile: () => void = () => undefined) {
  const retired = rehearsal.retireBy(asks(rehearsal), { balancing });
  const changed = rehearsal.clock.sleep(10 * MINUTE).then(() => {
    meanwhile();
    taint(rehearsal, node, { on: false });
  });
  return (await rehearsal.drive(Promise.all([retired, changed])))[0];
}

const callsTo = ({ balancing }: Scene, verb: string): string[] =>
  balancing.calls.filter((call) => call.startsWith(`${verb} `));

function annotationsOf({ rehearsal, node }: Scene): Readonly<Record<string, string>> {
  return rehearsal.node(node).metadata.annotations ?? {};
}

const isIsolated = (given: Scene): boolean =>
  given.rehearsal.node(given.node).spec.unschedulable === true || RETIREMENT_ANNOTATION in annotationsOf(given);

/** Seconds from the first event of a type to the first of another. */
function secondsBetween({ rehearsal }: Scene, one: Parameters<Rehearsal['of']>[0], other: typeof one): number {
  return ((rehearsal.of(other)[0]?.reportedAt ?? NaN) - (rehearsal.of(one)[0]?.reportedAt ?? NaN)) / SECOND;
}

describe('a drain that is given up', () => {
  test('puts the node back where it was, on its port, before its marks come off', async () => {
    await using given = await scene(aPool(), aPool({ name: 'api' }));
    const { rehearsal, balancing, instance } = given;
    expect(await givenUp(given)).toMatchObject({ result: 'restored' });
    expect(callsTo(given, 'deregister')).toEqual([`deregister web ${instance}`, `deregister api ${instance}`]);
    expect(callsTo(given, 'register')).toEqual([`register web ${instance}:80`, `register api ${instance}:80`]);
    expect(balancing.deregistered.size).toBe(0);
    expect(rehearsal.types.filter((type) => /^targets|^node\.restored/.test(type))).toEqual([
      'targets.deregistered',
      'targets.registered',
      'node.restored',
    ]);
    expect(rehearsal.of('targets.registered')).toMatchObject([{ pools: ['web', 'api'] }]);
    expect(annotationsOf(given)).not.toHaveProperty([TARGETS_ANNOTATION]);
  });

  test('leaves alone what was draining already, and what a controller puts back', async () => {
    const kept = aPool({ name: 'kept', controlled: true });
    await using given = await scene(aPool(), kept);
    const { balancing, instance, rehearsal } = given;
    balancing.deregistered.set(`web ${instance}`, rehearsal.clock.now());
    expect(await givenUp(given)).toMatchObject({ result: 'restored' });
    expect(callsTo(given, 'deregister')).toEqual([`deregister kept ${instance}`]);
    expect(callsTo(given, 'register')).toEqual([]);
    expect(rehearsal.of('targets.registered')).toEqual([]);
  });

  test('before the node was taken out registers nothing', async () => {
    await using given = await scene(aPool());
    const { rehearsal, node } = given;
    const kept = { namespace: 'shop', name: 'kept', nodes: [node], annotations: { 'ebb/evict': 'never' } };
    rehearsal.kubernetes.world.addDeployment(kept);
    await rehearsal.ready();
    expect(await givenUp(given)).toMatchObject({ result: 'restored' });
    expect([...callsTo(given, 'deregister'), ...callsTo(given, 'register')]).toEqual([]);
  });

  test('asks a load balancer that fails again, and only that one', async () => {
    await using given = await scene(aPool(), aPool({ name: 'api' }));
    const { rehearsal, balancing, instance } = given;
    const register = balancing.register.bind(balancing);
    balancing.register = (pool, targets) => {
      if (callsTo(given, 'register api').length === 3) balancing.failing.clear();
      return register(pool, targets);
    };
    expect(await givenUp(given, () => balancing.failing.add('api'))).toMatchObject({ result: 'restored' });
    expect(callsTo(given, 'register web')).toHaveLength(1);
    expect(callsTo(given, 'register api')).toHaveLength(4);
    expect(balancing.deregistered.has(`api ${instance}`)).toBe(false);
    expect(rehearsal.of('targets.registered')).toMatchObject([{ pools: ['web'] }, { pools: ['api'] }]);
    expect(rehearsal.of('targets.unregistered')).toEqual([]);
  });

  test('isolates the node for a minute more at most when a load balancer fails, and names it once', async () => {
    await using given = await scene(aPool(), aPool({ name: 'api' }));
    const { rehearsal, balancing } = given;
    expect(await givenUp(given, () => balancing.failing.add('api'))).toMatchObject({ result: 'restored' });
    expect(isIsolated(given)).toBe(false);
    expect(rehearsal.of('targets.unregistered')).toMatchObject([
      { pools: ['api'], reason: 'Error: Throttling: Rate exceeded' },
    ]);
    expect(secondsBetween(given, 'targets.registered', 'node.restored')).toBeGreaterThanOrEqual(60);
    expect(secondsBetween(given, 'targets.registered', 'node.restored')).toBeLessThan(75);
  });
});

describe('what must go is not put back', () => {
  test('by the retirement of a hook, which notes nothing either', async () => {
    await using given = await scene(aPool());
    expect(await given.rehearsal.retire(given.instance, given)).toEqual({ result: 'forced' });
    expect(callsTo(given, 'deregister')).toHaveLength(1);
    expect(callsTo(given, 'register')).toEqual([]);
    expect(annotationsOf(given)).not.toHaveProperty([TARGETS_ANNOTATION]);
  });

  test('when a hook takes charge of a node that a taint had taken out', async () => {
    await using given = await scene(aPool());
    const { rehearsal, balancing, instance } = given;
    const voluntary = rehearsal.retireBy(asks(rehearsal), { balancing });
    const held = rehearsal.clock
      .sleep(5 * MINUTE)
      .then(() => rehearsal.retireBy(rehearsal.noticeOf(rehearsal.terminate(instance)), { balancing }));
    const [ended, done] = await rehearsal.drive(Promise.all([voluntary, held]));
    expect([ended.result, done.result]).toEqual(['superseded', 'forced']);
    expect(callsTo(given, 'register')).toEqual([]);
  });
});

describe('what a run that died has taken out', () => {
  /** The run dies in a call to a load balancer, or in the drain. */
  async function died(given: Scene, dies: 'deregistering' | 'draining'): Promise<void> {
    const { rehearsal, balancing } = given;
    const forever = new Promise<never>(() => undefined);
    const { run } = rehearsal.ports;
    const deregister = balancing.deregister.bind(balancing);
    if (dies === 'deregistering')
      balancing.deregister = async (pool, targets) => deregister(pool, targets).then(() => forever);
    const step: DurableRun['step'] = (name, work) =>
      dies === 'draining' && name === 'drain' ? forever : run.step(name, work);
    const notice = asks(rehearsal);
    void rehearsal.retireBy(notice, { balancing, run: { ...run, step } });
    await rehearsal.drive(rehearsal.clock.sleep(5 * MINUTE));
    rehearsal.running.delete(executionName(notice));
    taint(rehearsal, given.node, { on: false });
  }

  test.each(['deregistering', 'draining'] as const)('while it was %s, the sweep puts back', async (dies) => {
    await using given = await scene(aPool());
    await died(given, dies);
    expect(given.balancing.deregistered.size).toBe(1);
    await sweep(given.rehearsal, given);
    expect(callsTo(given, 'register')).toEqual([`register web ${given.instance}:80`]);
    expect(given.rehearsal.types.slice(-3)).toEqual(['targets.registered', 'node.restored', 'sweep.finished']);
    expect(isIsolated(given)).toBe(false);
    expect(annotationsOf(given)).not.toHaveProperty([TARGETS_ANNOTATION]);
  });

  test('stays out while its instance does not serve', async () => {
    await using given = await scene(aPool());
    await died(given, 'draining');
    given.rehearsal.letGo(given.instance);
    await sweep(given.rehearsal, given);
    expect(callsTo(given, 'register')).toEqual([]);
  });

  test('is named where the load balancer fails, and the node restored all the same', async () => {
    await using given = await scene(aPool());
    await died(given, 'draining');
    given.balancing.failing.add('web');
    await sweep(given.rehearsal, given);
    await sweep(given.rehearsal, given);
    expect(given.rehearsal.of('targets.unregistered')).toMatchObject([{ pools: ['web'] }]);
    expect(isIsolated(given)).toBe(false);
  });
});

describe('what a node says that it was taken out of', () => {
  const instance = 'i-0123456789abcdef0';
  const subject: Subject = { execution: 'e', cluster: 'production', group: 'workers', instance, node: 'n' };

  /** What is registered for a node with these targets noted on it. */
  async function registeredFor(
    given: Partial<Node> & { by?: string; target?: Registration; pool?: TargetPool; untagged?: string },
  ) {
    const { by = 'e', target = { id: instance, port: 30080 }, pool = aPool(), untagged = '', ...fields } = given;
    const ownership = { execution: by, kind: 'tainted', since: at(NOON), deadline: at(NOON + HOUR) };
    const annotations = {
      [RETIREMENT_ANNOTATION]: JSON.stringify({ ...ownership, cordonedByUs: true, labelledByUs: true }),
      [TARGETS_ANNOTATION]: JSON.stringify([{ pool, targets: [target] }]),
    };
    const balancing = new Balancers();
    balancing.untagged.add(untagged);
    const cluster = {
      readNode: () => Promise.resolve(aNode({ annotations, ...fields })),
    } as Partial<Cluster> as Cluster;
    const journal = { report: () => undefined };
    const { faults } = await registerAgain({ subject, node: 'n' }, { cluster, balancing, journal });
    return { calls: balancing.calls, faults: faults.map(({ error }) => String(error)) };
  }

  test('is believed of its own instance', async () => {
    expect(await registeredFor({})).toEqual({ calls: [`register web ${instance}:30080`], faults: [] });
  });

  test.each<[string, Parameters<typeof registeredFor>[0]]>([
    ['another retirement is in charge', { by: 'another' }],
    ['another machine has its name', { providerId: 'aws:///eu-central-1a/i-0fedcba9876543210' }],
    ['it names another instance', { target: { id: 'i-0fedcba9876543210' } }],
    ['it is not ours to read', { annotations: { [TARGETS_ANNOTATION]: '[{"pool":"web"}]' } }],
  ])('counts for nothing when %s', async (_why, given) => {
    expect(await registeredFor(given)).toEqual({ calls: [], faults: [] });
  });

  test('is refused where no tag names the cluster: a kubelet could have written it', async () => {
    expect(await registeredFor({ untagged: 'web' })).toEqual({
      calls: [],
      faults: ['Error: no tag of it names cluster production'],
    });
  });
});

const at = (time: number): string => new Date(time).toISOString();
