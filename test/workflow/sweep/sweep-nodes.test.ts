/** What no event told us, found by the sweep (contract 1.7), against both peers. */
import { describe, expect, test } from 'vitest';
import type { EndedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { executionName, executionsOf } from '../../../lambdas/core/notice/notice.ts';
import { isolateNode } from '../../../lambdas/workflow/node/isolate-node.ts';
import { RunIncomplete } from '../../../lambdas/workflow/run/attempts.ts';
import { HOUR, MINUTE } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, HOOK, Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from './sweeping.ts';

const CLUSTER = 'production';
const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

const nameFor = (rehearsal: Rehearsal, instance: string, hash = '0a1b2c3d'): string =>
  executionsOf({ ...rehearsal.ports.home, instance }) + hash;

/** The marks of a retirement, put on as retirements put them on. */
async function isolate(rehearsal: Rehearsal, instance: string, execution: string): Promise<void> {
  const { clusters, settings, journal } = rehearsal.ports;
  const node = rehearsal.nodeOf(instance);
  const subject = { execution, cluster: CLUSTER, group: GROUP, instance, node };
  const claim = { execution, kind: 'asg-terminate', deadline: rehearsal.clock.now() + HOUR } as const;
  const { taint } = (await settings.cluster(CLUSTER)) ?? {};
  if (taint === undefined) throw new Error('the cluster is not configured');
  const isRunning = () => Promise.resolve(false);
  const isAsked = () => true;
  await isolateNode(
    { subject, node, claim, taint },
    { cluster: await clusters.open({ name: CLUSTER }), journal, isRunning, isAsked },
  );
}

/** @returns the node's name */
async function mark(rehearsal: Rehearsal, instance: string, execution = nameFor(rehearsal, instance)): Promise<string> {
  await rehearsal.drive(isolate(rehearsal, instance, execution));
  return rehearsal.nodeOf(instance);
}

/** A retirement of the instance that has just ended. */
function ended(rehearsal: Rehearsal, instance: string, { succeeded }: { succeeded: boolean }): EndedRetirement {
  const now = rehearsal.clock.now();
  return { name: nameFor(rehearsal, instance), startedAt: now, endedAt: now, succeeded };
}

const requested = (rehearsal: Rehearsal): string[] =>
  rehearsal.of('retirement.requested').map(({ instance }) => instance);

describe('an instance that waits in our hook, its event lost,', () => {
  test('gets its retirement, which drains it and completes the hook; the next sweep starts no second one', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node] });
    await rehearsal.ready();
    rehearsal.letGo(instance);
    await sweep(rehearsal);
    await sweep(rehearsal);
    const [execution = ''] = rehearsal.started.keys();
    expect(rehearsal.of('retirement.requested')).toMatchObject([
      { execution, instance, cluster: CLUSTER, group: GROUP, already: false, foundBy: 'sweep' },
    ]);
    expect(rehearsal.of('sweep.finished')).toMatchObject([
      { groups: 1, waiting: 1, started: 1, restored: 0, clustersAway: 0 },
      { groups: 1, waiting: 1, started: 0, restored: 0, clustersAway: 0 },
    ]);
    const [notice] = rehearsal.started.values();
    if (notice?.kind !== 'asg-terminate') throw new Error('no notice of a hook was started');
    expect(notice.token).toBeUndefined();
    expect(executionName(notice)).toBe(execution);
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('is one of several: each gets its own; those in service, and those whose retirement runs, are left alone', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 5 });
    const [one = '', two = '', attended = ''] = rehearsal.instances;
    for (const instance of [one, two, attended]) rehearsal.letGo(instance);
    rehearsal.running.add(nameFor(rehearsal, attended));
    await sweep(rehearsal);
    expect(requested(rehearsal)).toEqual([one, two]);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ waiting: 3, started: 2 }]);
  });

  test('is one of many: they are verified together, with a question for each group and none for each instance', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 12, stands: true });
    for (const instance of rehearsal.instances) rehearsal.letGo(instance);
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(12);
    const actions = rehearsal.aws.requests.map(({ action }) => action);
    expect(actions.filter((action) => action === 'DescribeAutoScalingInstances')).toEqual([]);
    expect(actions.filter((action) => action === 'DescribeLifecycleHooks')).toHaveLength(1);
  });

  test('whose retirement has failed gets another; its hook is not kept alive by us meanwhile (contract 6.3)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    await sweep(rehearsal, { ended: [ended(rehearsal, instance, { succeeded: false })] });
    expect(requested(rehearsal)).toEqual([instance]);
    expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
  });

  test('whose retirements fail gets others more and more seldom, and one after the hook’s deadline (contract 6.3)', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 7_200, stands: true });
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    const failures: EndedRetirement[] = [];
    const startedAfter: number[] = [];
    const begun = rehearsal.clock.now();
    for (let minutes = 0; minutes < 115; minutes += 5) {
      rehearsal.started.clear();
      await sweep(rehearsal, { ended: failures });
      if (rehearsal.started.size > 0) {
        startedAfter.push(Math.round((rehearsal.clock.now() - begun) / MINUTE));
        failures.push(ended(rehearsal, instance, { succeeded: false }));
      }
      await rehearsal.clock.advance(begun + (minutes + 5) * MINUTE - rehearsal.clock.now());
    }
    expect(startedAfter).toEqual([0, 5, 15, 35, 75]);
    expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
  });

  test('whose retirement succeeded is not asked for by a heartbeat once the hook’s deadline has passed', async () => {
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 7_200 });
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    await rehearsal.clock.advance(MINUTE);
    const joined = ended(rehearsal, instance, { succeeded: true });
    await rehearsal.clock.advance(HOUR);
    await sweep(rehearsal, { ended: [joined] });
    expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
    expect(rehearsal.started.size).toBe(0);
  });

  test('whose retirements failed before it was let go gets one as if there had been none', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const before = Array.from({ length: 4 }, () => ended(rehearsal, instance, { succeeded: false }));
    await rehearsal.clock.advance(MINUTE);
    rehearsal.letGo(instance);
    await sweep(rehearsal, { ended: before });
    expect(requested(rehearsal)).toEqual([instance]);
  });

  test('whose retirement succeeded is asked for at AWS: our hook still holds it, so it gets another', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    await sweep(rehearsal, { ended: [ended(rehearsal, instance, { succeeded: true })] });
    expect(requested(rehearsal)).toEqual([instance]);
    expect(rehearsal.history(instance, 'heartbeat')).toMatchObject([{ hook: HOOK }]);
  });

  test('whose retirement succeeded, held by another hook than ours now, is left alone (faults 14)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    rehearsal.aws.autoScaling.putHook(GROUP, { name: 'another', transition: TERMINATING, heartbeatTimeout: 7_200 });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('Terminating:Wait');
    await sweep(rehearsal, { ended: [ended(rehearsal, instance, { succeeded: true })] });
    expect(rehearsal.started.size).toBe(0);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ waiting: 1, started: 0, restored: 0 }]);
    expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
    expect(marksOf(rehearsal, rehearsal.nodeOf(instance)).cordoned).toBe(true);
  });

  test('in the warm pool, is let go at once (contract 1.4)', async () => {
    await using rehearsal = await Rehearsal.start({ warmPool: true, nodes: 0 });
    const [instance = ''] = rehearsal.instances;
    rehearsal.letGo(instance);
    await sweep(rehearsal);
    expect(rehearsal.of('notice.released')).toMatchObject([{ instance, reason: 'it comes from the warm pool' }]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ waiting: 1, started: 0 }]);
  });

  test('of a group that only its tag enrols is found too', async () => {
    await using rehearsal = await Rehearsal.start({ enrolled: false, groupTags: { 'ebb/managed': 'true' } });
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    await sweep(rehearsal);
    expect(requested(rehearsal)).toEqual([instance]);
  });

  test('of a group that nobody enrolled is none of ours, whatever its hook is named (contract 1.3)', async () => {
    await using rehearsal = await Rehearsal.start({ enrolled: false });
    const { instance } = rehearsal.first;
    rehearsal.letGo(instance);
    await sweep(rehearsal);
    expect(rehearsal.types).toEqual(['sweep.finished']);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ groups: 0, waiting: 0 }]);
    expect(rehearsal.completions(instance)).toEqual([]);
  });
});

describe('a node that bears our marks, its retirement dead,', () => {
  test('is restored when its instance is in service: every mark of ours is off', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: true, retiring: true });
    await sweep(rehearsal);
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
    expect(rehearsal.of('node.restored')).toMatchObject([
      { execution: nameFor(rehearsal, instance), cluster: CLUSTER, group: GROUP, instance, node },
    ]);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ restored: 1 }]);
    expect(rehearsal.started.size).toBe(0);
  });

  test('stays cordoned when a person had cordoned it (contract 3.2)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.store.change(nodes, { name: node }, ({ spec }) => {
      spec.unschedulable = true;
    });
    await mark(rehearsal, instance);
    await sweep(rehearsal);
    expect(marksOf(rehearsal, node)).toEqual({ ...UNMARKED, cordoned: true });
  });

  test('hands them to the retirement that the sweep starts, when its instance waits in our hook (contract 1.6)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    rehearsal.letGo(instance);
    await sweep(rehearsal);
    expect(rehearsal.of('node.restored')).toEqual([]);
    const [[execution, notice] = []] = rehearsal.started.entries();
    if (notice === undefined) throw new Error('nothing was started');
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
    expect(marksOf(rehearsal, node).ownership?.execution).toBe(execution);
  });

  test('keeps them while its instance goes', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    rehearsal.aws.autoScaling.delays.toTerminated = HOUR;
    const node = await mark(rehearsal, instance);
    rehearsal.letGo(instance);
    await rehearsal.clock.advance(20 * MINUTE);
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('Terminating:Proceed');
    await sweep(rehearsal);
    expect(rehearsal.types).toEqual(['node.isolated', 'sweep.finished']);
    expect(marksOf(rehearsal, node).cordoned).toBe(true);
  });

  test.each([
    ['running', true],
    ['shutting-down', false],
    ['terminated', false],
  ] as const)('and whose instance, in no group, is %s: restored %s', async (state, restored) => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    rehearsal.aws.autoScaling.group(GROUP).members.delete(instance);
    rehearsal.aws.instances.setState(instance, state);
    await sweep(rehearsal);
    expect(marksOf(rehearsal, node).retiring).toBe(!restored);
    expect(rehearsal.of('node.restored').map(({ group }) => group)).toEqual(restored ? ['none'] : []);
  });
});

describe('a node that bears our marks', () => {
  test('keeps them while its retirement runs', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    rehearsal.running.add(nameFor(rehearsal, instance));
    await sweep(rehearsal);
    expect(rehearsal.types).toEqual(['node.isolated', 'sweep.finished']);
    expect(marksOf(rehearsal, node).cordoned).toBe(true);
  });

  test('keeps them when another retirement takes charge in the very moment of the sweep', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    const newcomer = nameFor(rehearsal, instance, 'ffffffff');
    // The sweep has read the node, with the marks of the dead one, when it asks who runs.
    const names = async (): Promise<string[]> => {
      await isolate(rehearsal, instance, newcomer);
      return [];
    };
    await sweep(rehearsal, { names });
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: true, ownership: { execution: newcomer } });
    expect(rehearsal.of('node.restored')).toEqual([]);
  });

  test('whose owner cannot be told is reported and left alone', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
      metadata.annotations = { 'ebb/retirement': 'somebody wrote here' };
    });
    await sweep(rehearsal);
    expect(rehearsal.of('marks.unreadable')).toMatchObject([{ cluster: CLUSTER, node }]);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: true, retiring: true });
  });

  test('of another account’s installation is reported and left alone (faults 78)', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const foreign = nameFor(rehearsal, instance).replace(/^\d+/, '999999999999');
    const node = await mark(rehearsal, instance, foreign);
    await sweep(rehearsal);
    expect(rehearsal.of('marks.unreadable')).toMatchObject([
      { node, reason: expect.stringContaining(foreign) as string },
    ]);
    expect(marksOf(rehearsal, node).cordoned).toBe(true);
  });
});

describe('what fails', () => {
  /** A second cluster in the configuration. */
  function configure(rehearsal: Rehearsal, name: string, text?: string): void {
    rehearsal.aws.ssm.put(
      `/ebb/clusters/${name}`,
      text ?? JSON.stringify({ name, groups: [{ name: `${name}-group` }] }),
    );
  }

  /** One instance waits, one node is to be restored; both come about whatever else fails. */
  async function bothNeeded(rehearsal: Rehearsal): Promise<() => void> {
    const [waits = '', marked = ''] = rehearsal.instances;
    const node = await mark(rehearsal, marked);
    rehearsal.letGo(waits);
    return () => {
      expect(requested(rehearsal)).toEqual([waits]);
      expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
    };
  }

  test('of one cluster, which is away, is reported and hinders neither the hooks nor the others', async () => {
    await using rehearsal = await Rehearsal.start();
    const expectBoth = await bothNeeded(rehearsal);
    const { ca } = rehearsal.kubernetes;
    rehearsal.aws.eks.addCluster({ name: 'away', endpoint: 'https://127.0.0.1:1', ca });
    configure(rehearsal, 'away');
    await sweep(rehearsal);
    expect(rehearsal.of('cluster.unswept')).toMatchObject([
      { cluster: 'away', reason: expect.stringContaining('does not answer') as string },
    ]);
    expect(rehearsal.of('sweep.finished')).toMatchObject([{ started: 1, restored: 1, clustersAway: 1 }]);
    expectBoth();
  });

  test('of one cluster, which refuses us, likewise', async () => {
    await using rehearsal = await Rehearsal.start();
    const expectBoth = await bothNeeded(rehearsal);
    configure(rehearsal, 'unknown');
    await sweep(rehearsal);
    expect(rehearsal.of('cluster.unswept')).toMatchObject([
      { cluster: 'unknown', reason: expect.stringContaining('there is no EKS cluster unknown') as string },
    ]);
    expectBoth();
  });

  test('for want of rights in a cluster is told with the command that gives them', async () => {
    await using rehearsal = await Rehearsal.start({ clusterRole: false });
    await sweep(rehearsal);
    expect(rehearsal.of('cluster.unswept')).toMatchObject([
      {
        cluster: 'production',
        reason: expect.stringMatching(/npm run -s cluster-role \| kubectl apply -f -$/) as string,
      },
    ]);
  });

  test('of one cluster, whose settings somebody has broken, likewise, and fails the sweep in the end', async () => {
    await using rehearsal = await Rehearsal.start();
    const expectBoth = await bothNeeded(rehearsal);
    configure(rehearsal, 'broken', JSON.stringify({ name: 'broken', groups: 'none' }));
    const sweeping = sweep(rehearsal);
    await expect(sweeping).rejects.toThrow(RunIncomplete);
    await expect(sweeping).rejects.toThrow(
      'the SSM parameter /ebb/clusters/broken cannot be read: groups must be a list',
    );
    expect(rehearsal.of('cluster.unswept')).toMatchObject([{ cluster: 'broken' }]);
    expectBoth();
  });

  test('of Auto Scaling keeps no node from being restored, and fails the sweep in the end', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    const node = await mark(rehearsal, instance);
    rehearsal.aws.faults.inject({ kind: 'error', action: 'DescribeAutoScalingGroups', times: Infinity });
    await expect(sweep(rehearsal)).rejects.toThrow(RunIncomplete);
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
    expect(rehearsal.of('sweep.finished')).toHaveLength(1);
  });

  test('of one instance keeps no other from its retirement, and fails the sweep in the end', async () => {
    await using rehearsal = await Rehearsal.start();
    const [one = '', two = ''] = rehearsal.instances;
    rehearsal.letGo(one);
    rehearsal.letGo(two);
    let starts = 0;
    const failing: Pick<typeof rehearsal.ports, 'retirements'> = {
      retirements: {
        start: (name, notice) => {
          starts += 1;
          return starts === 1
            ? Promise.reject(new Error('Lambda refuses'))
            : rehearsal.ports.retirements.start(name, notice);
        },
      },
    };
    await expect(sweep(rehearsal, { ports: failing })).rejects.toThrow(RunIncomplete);
    expect(requested(rehearsal)).toEqual([two]);
  });
});

test('a sweep that finds nothing to do makes a handful of calls, however many nodes there are', async () => {
  await using rehearsal = await Rehearsal.start({ nodes: 40 });
  await sweep(rehearsal);
  expect(rehearsal.aws.requests.map(({ action }) => action)).toEqual([
    'GetParametersByPath',
    'GetParameters',
    'DescribeAutoScalingGroups',
    'DescribeAutoScalingGroups',
    'DescribeInstanceStatus',
    'GetResources',
    'DescribeCluster',
  ]);
  expect(rehearsal.kubernetes.requests.entries.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
    'list nodes',
  ]);
});
