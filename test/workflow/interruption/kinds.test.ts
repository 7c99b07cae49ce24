/** Each kind of notice beside the terminate action and Spot, from AWS's event to the end state (contract 1.2). */
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../lambdas/core/notice/notice.ts';
import { MINUTE, scene, SECOND, type Scene } from '../../faults/scene.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, type RehearsalPlan } from '../retirement/rehearsal.ts';
import { sweep } from '../sweep/sweeping.ts';

/** A node with pods that take a second to stop. */
function webScene(plan: RehearsalPlan = {}): Promise<Scene & AsyncDisposable> {
  return scene(
    (world, node) => {
      world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node], shutdownSeconds: 1 });
    },
    { stands: true, ...plan },
  );
}

const run = ({ rehearsal }: Scene, notice: Notice) => rehearsal.drive(rehearsal.retireBy(notice));

/** Ours; the control plane’s own taints of a node that was away go a little later. */
function marks({ rehearsal, node }: Scene) {
  const { taints, ...others } = marksOf(rehearsal, node);
  return { ...others, taints: taints.filter((key) => !key.startsWith('node.kubernetes.io/')) };
}

const memberOf = ({ rehearsal, instance }: Scene) => {
  const member = rehearsal.aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  return member;
};

describe('a capacity reservation', () => {
  test.each([
    ['that is interruptible gives two minutes', 'interruptible-capacity-reservation', 2],
    ['of a capacity block gives what the event says', 'capacity-block', 10],
  ] as const)('%s (contract 5.1)', async (_what, purchase, minutes) => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    rehearsal.aws.instances.setPurchase(instance, purchase, 'cr-0123456789abcdef0');
    const notice = rehearsal.noticeOf(rehearsal.aws.interruptions.reclaim(instance, minutes * MINUTE));
    expect(await run(given, notice)).toEqual({ result: 'drained' });
    const [started] = rehearsal.of('retirement.started');
    expect(Date.parse(started?.deadline ?? '') - notice.at).toBe(minutes * MINUTE - 5 * SECOND);
    expect(rehearsal.kubernetes.podsOn(given.node)).toEqual([]);
  });

  test('of a capacity block that ends warns all instances in it, which EC2 names, ten minutes before it takes them', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    const [, other = ''] = rehearsal.instances;
    const { instances, interruptions } = rehearsal.aws;
    for (const id of [instance, other]) instances.setPurchase(id, 'capacity-block', 'cr-0123456789abcdef0');
    await rehearsal.route(interruptions.expire('cr-0123456789abcdef0'));
    const notices = [...rehearsal.started.values()];
    expect(notices.map((notice) => notice.instance)).toEqual([instance, other]);
    expect(notices).toMatchObject([{ kind: 'capacity-reservation' }, { kind: 'capacity-reservation' }]);
    const [notice] = notices;
    if (notice === undefined) throw new Error('nothing was started');
    expect(await run(given, notice)).toEqual({ result: 'drained' });
    const [started] = rehearsal.of('retirement.started');
    expect(Date.parse(started?.deadline ?? '') - notice.at).toBe(10 * MINUTE - 5 * SECOND);
    expect(rehearsal.kubernetes.podsOn(given.node)).toEqual([]);
  });

  test.each(['soon', '2099-01-01 00:00:00', undefined])(
    'of a capacity block whose end is written %o gives ten minutes from the warning on: AWS documents no form of it',
    async (end) => {
      await using given = await webScene();
      const { rehearsal, instance } = given;
      rehearsal.aws.instances.setPurchase(instance, 'capacity-block', 'cr-0123456789abcdef0');
      const event = rehearsal.aws.interruptions.expire('cr-0123456789abcdef0');
      await rehearsal.route({ ...event, detail: { ...event.detail, 'end-date': end } });
      const [notice] = rehearsal.started.values();
      expect(notice).toMatchObject({ instance, until: Date.parse(event.time) + 10 * MINUTE });
    },
  );

  test('in which nothing runs is ignored', async () => {
    await using given = await webScene();
    const { rehearsal } = given;
    await rehearsal.route(rehearsal.aws.interruptions.expire('cr-0123456789abcdef0'));
    expect(rehearsal.started.size).toBe(0);
    expect(rehearsal.of('notice.ignored')).toMatchObject([
      { reason: 'no instance runs in reservation cr-0123456789abcdef0' },
    ]);
  });

  test('of which EC2 knows nothing is refused', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    rehearsal.aws.instances.setPurchase(instance, 'capacity-block');
    const event = rehearsal.aws.interruptions.reclaim(instance);
    rehearsal.aws.instances.setPurchase(instance, undefined);
    expect(await run(given, rehearsal.noticeOf(event))).toMatchObject({ result: 'ignored' });
    expect(rehearsal.of('notice.refused')).toHaveLength(1);
  });
});

describe('a scheduled change', () => {
  test('that retires an instance: it is drained, and terminated through its group', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    const at = new Date(rehearsal.clock.now() + 60 * MINUTE);
    const event = rehearsal.aws.interruptions.schedule([instance], 'instance-retirement', at);
    expect(await run(given, rehearsal.noticeOf(event))).toEqual({ result: 'drained' });
    expect(rehearsal.of('instance.terminated')).toMatchObject([{ instance }]);
    // It meets our own hook, which is completed once.
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '')).toBe(Math.floor(+at / SECOND) * SECOND);
  });

  test('that reboots one: it stays isolated until it has booted anew and is Ready, then it is restored', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    const inMs = 30 * MINUTE;
    const event = rehearsal.aws.interruptions.schedule(
      [instance],
      'system-reboot',
      new Date(rehearsal.clock.now() + inMs),
    );
    let atReboot: unknown;
    rehearsal.clock.after(inMs, () => {
      atReboot = marks(given);
      rehearsal.kubernetes.world.reboot(node, 120);
    });
    expect(await run(given, rehearsal.noticeOf(event))).toEqual({ result: 'drained' });
    expect(atReboot).not.toEqual(UNMARKED);
    expect(marks(given)).toEqual(UNMARKED);
    expect(rehearsal.of('node.restored')[0]?.reportedAt).toBeGreaterThan(
      rehearsal.of('return.awaited')[0]?.reportedAt ?? Infinity,
    );
    expect(rehearsal.of('instance.terminated')).toEqual([]);
  });

  test('of several instances is one notice for each', async () => {
    await using given = await webScene();
    const { rehearsal } = given;
    const at = new Date(rehearsal.clock.now() + 60 * MINUTE);
    await rehearsal.route(rehearsal.aws.interruptions.schedule(rehearsal.instances, 'instance-stop', at));
    expect([...rehearsal.started.values()].map(({ instance }) => instance).toSorted()).toEqual(
      rehearsal.instances.toSorted(),
    );
  });

  test('that EC2 knows nothing of, or has called off, changes nothing (contract 1.3)', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    const at = new Date(rehearsal.clock.now() + 60 * MINUTE);
    const event = rehearsal.aws.interruptions.schedule([instance], 'instance-stop', at);
    const { scheduledEvents } = rehearsal.aws.instances.get(instance);
    rehearsal.aws.instances.get(instance).scheduledEvents = scheduledEvents.map((each) => ({
      ...each,
      description: `[Canceled] ${each.description}`,
    }));
    expect(await run(given, rehearsal.noticeOf(event))).toMatchObject({ result: 'ignored' });
    expect(marks(given)).toEqual(UNMARKED);
  });

  test('that is days ahead is left to the sweep, which begins 48 hours before it (contract 1.7)', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    const at = new Date(rehearsal.clock.now() + 49 * 60 * MINUTE);
    await rehearsal.route(rehearsal.aws.interruptions.schedule([instance], 'instance-retirement', at));
    expect(rehearsal.started.size).toBe(0);
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(0);
    await rehearsal.clock.advance(61 * MINUTE);
    await sweep(rehearsal);
    await sweep(rehearsal);
    expect([...rehearsal.started.values()]).toMatchObject([
      { kind: 'scheduled-change', instance, action: 'terminate' },
    ]);
  });
});

describe('an instance that ends without a notice', () => {
  test('is withdrawn, its pods removed, and its hook left alone: nobody holds it', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    rehearsal.aws.instances.setState(instance, 'shutting-down');
    const event = rehearsal.aws.eventBridge.events.findLast(({ source }) => source === 'aws.ec2');
    if (event === undefined) throw new Error('EC2 sent no event');
    expect(await run(given, rehearsal.noticeOf(event))).toMatchObject({
      result: expect.stringMatching(/drained|forced/) as string,
    });
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual([]);
  });

  test('faults 24: while our hook holds it, has its hook completed', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    rehearsal.letGo(instance);
    rehearsal.aws.instances.setState(instance, 'shutting-down');
    const event = rehearsal.aws.eventBridge.events.findLast(({ source }) => source === 'aws.ec2');
    if (event === undefined) throw new Error('EC2 sent no event');
    await run(given, rehearsal.noticeOf(event));
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('is restored by the sweep when it runs again, and not before', async () => {
    await using given = await webScene();
    const { rehearsal, instance } = given;
    rehearsal.aws.instances.setState(instance, 'stopped');
    const event = rehearsal.aws.eventBridge.events.findLast(({ source }) => source === 'aws.ec2');
    if (event === undefined) throw new Error('EC2 sent no event');
    await run(given, rehearsal.noticeOf(event));
    const idle = { names: () => Promise.resolve([]) };
    await rehearsal.clock.advance(15 * MINUTE);
    await sweep(rehearsal, idle);
    expect(marks(given)).not.toEqual(UNMARKED);
    rehearsal.aws.instances.setState(instance, 'running');
    await sweep(rehearsal, idle);
    expect(marks(given)).toEqual(UNMARKED);
  });
});

describe('a root volume that is replaced', () => {
  test('waits for the drain, and its node is restored when it has booted anew and serves again', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    rehearsal.aws.autoScaling.rootVolumes.listeners.push(() => {
      rehearsal.kubernetes.world.reboot(node, 90);
    });
    rehearsal.aws.autoScaling.rootVolumes.replace(memberOf(given));
    const event = rehearsal.aws.eventBridge.events.at(-1);
    if (event === undefined) throw new Error('the hook sent no event');
    const notice = rehearsal.noticeOf(event);
    expect(notice.kind).toBe('root-volume');
    expect(await run(given, notice)).toEqual({ result: 'drained' });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect(marks(given)).toEqual(UNMARKED);
    expect(rehearsal.of('node.restored')).toHaveLength(1);
  });

  test('is let go at once where its kind is off', async () => {
    await using given = await webScene({ notices: { rootVolume: false } });
    const { rehearsal, instance } = given;
    rehearsal.aws.autoScaling.rootVolumes.replace(memberOf(given));
    await rehearsal.route(rehearsal.aws.eventBridge.events.at(-1));
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.started.size).toBe(0);
  });
});

describe('a launch', () => {
  /** An instance that waits in our launch hook, with its node or without. */
  async function launched({ joins }: { joins: boolean }) {
    const given = await webScene({ notices: { launch: true } });
    const { rehearsal } = given;
    const { autoScaling } = rehearsal.aws;
    autoScaling.putHook(GROUP, {
      name: 'ebb-join',
      transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      heartbeatTimeout: 300,
      defaultResult: 'CONTINUE',
      notificationMetadata: JSON.stringify({ cluster: 'production' }),
    });
    const group = autoScaling.group(GROUP);
    group.desired += 1;
    autoScaling.capacity.reconcile(group);
    await rehearsal.clock.advance(MINUTE);
    const event = rehearsal.aws.eventBridge.events.findLast(({ detail }) => detail.LifecycleHookName === 'ebb-join');
    if (event === undefined) throw new Error('the launch hook sent no event');
    const instance = String(event.detail.EC2InstanceId);
    const providerID = `aws:///eu-central-1a/${instance}`;
    if (joins)
      rehearsal.clock.after(30 * SECOND, () => {
        rehearsal.kubernetes.world.addNode({ name: rehearsal.nodeOf(instance), providerID });
      });
    return { given, event, instance };
  }

  test('is completed when the node is Ready', async () => {
    const { event, instance, ...scenery } = await launched({ joins: true });
    await using given = scenery.given;
    const { rehearsal } = given;
    expect(await run(given, rehearsal.noticeOf(event))).toEqual({ result: 'ready' });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.of('launch.completed')).toMatchObject([{ outcome: 'completed' }]);
  });

  test('is completed before its timeout, with the reason, when the node does not come', async () => {
    const { event, instance, ...scenery } = await launched({ joins: false });
    await using given = scenery.given;
    const { rehearsal } = given;
    expect(await run(given, rehearsal.noticeOf(event))).toEqual({
      result: 'never joined',
      reason: 'its node has not joined',
    });
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});
