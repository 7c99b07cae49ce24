/** Nodes whose kubelet has ended (faults 63, contract 4.9), each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { expectCompletedOnce, MINUTE, namesOn, scene, SECOND, WEB, type World } from './scene.ts';

describe('a node whose kubelet is dead', () => {
  const stubborn = (world: World, node: string): void => {
    world.addDeployment({ ...WEB, replicas: 2, nodes: [node] });
    world.addStatefulSet({ namespace: 'shop', name: 'db', nodes: [node], volume: true });
  };

  test('faults 63: is waited for 30 s, then released; nothing is forced while its instance may run', async () => {
    await using given = await scene(stubborn, { nodes: 4 });
    const { rehearsal, instance, node } = given;
    rehearsal.kubernetes.world.stopKubelet(node);
    await rehearsal.clock.advance(6 * MINUTE);
    const begun = rehearsal.clock.now();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'dead node' });
    const seconds = (rehearsal.clock.now() - begun) / SECOND;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThan(45);
    expect(rehearsal.of('node.dead')).toMatchObject([
      { node, reason: expect.stringContaining('while 3 of 3 others are') as string },
    ]);
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(namesOn(given)).toContain('db');
    expectCompletedOnce(given);
  });

  test('faults 63: in mid drain is found dead 300 s later', async () => {
    await using given = await scene(stubborn, { nodes: 4 });
    const { rehearsal, instance, node } = given;
    rehearsal.kubernetes.world.stopKubelet(node);
    const begun = rehearsal.clock.now();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'dead node' });
    const seconds = (rehearsal.clock.now() - begun) / SECOND;
    // 40 s until the control plane sees it, 300 s until we believe it, 30 s for the pods.
    expect(seconds).toBeGreaterThanOrEqual(365);
    expect(seconds).toBeLessThan(400);
    expectCompletedOnce(given);
  });

  test('faults 63: does not end its pods, which is told a minute after their grace, once each', async () => {
    await using given = await scene(stubborn, { nodes: 4 });
    const { rehearsal, instance, node } = given;
    rehearsal.kubernetes.world.stopKubelet(node);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'dead node' });
    const evicted = rehearsal.of('pod.evicted').map(({ uid }) => uid);
    // By the API server, in whole seconds: when the pod's grace is over.
    const graceOver = new Map(
      rehearsal.kubernetes
        .pods()
        .map(({ metadata: { uid, deletionTimestamp = '' } }) => [uid, Date.parse(deletionTimestamp)]),
    );
    const stuck = rehearsal.of('pod.stuck');
    expect(stuck.map(({ uid }) => uid).toSorted()).toEqual(evicted.toSorted());
    for (const { uid, reportedAt, explanation, ...told } of stuck) {
      expect(told).toMatchObject({ nodeState: 'not Ready', containers: ['main running'], finalizers: [] });
      expect(explanation).toContain('its node is not Ready');
      const afterGrace = reportedAt - (graceOver.get(uid) ?? NaN);
      expect(afterGrace).toBeGreaterThanOrEqual(60 * SECOND);
      expect(afterGrace).toBeLessThan(70 * SECOND);
    }
  });

  test('faults 63: and whose instance is terminated is cleared at once: its pods cannot write any more', async () => {
    await using given = await scene(stubborn, { nodes: 4 });
    const { rehearsal, instance, node } = given;
    const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
    rehearsal.kubernetes.world.stopKubelet(node);
    rehearsal.aws.instances.setState(instance, 'terminated');
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'dead node' });
    expect(rehearsal.of('node.dead')).toMatchObject([{ reason: 'EC2 says that the instance is terminated' }]);
    expect(rehearsal.of('pod.forced').map(({ graceSeconds }) => graceSeconds)).toEqual([0, 0, 0]);
    expect(namesOn(given)).toEqual([]);
    expectCompletedOnce(given);
  });

  test('faults 63: like most of the others’ is no dead node: the drain goes on waiting', async () => {
    await using given = await scene(stubborn, { nodes: 4, drain: { timeoutSeconds: 600 } });
    const { rehearsal, instance } = given;
    for (const each of rehearsal.nodes.slice(0, 3)) rehearsal.kubernetes.world.stopKubelet(each);
    await rehearsal.clock.advance(6 * MINUTE);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('node.dead')).toEqual([]);
    expect(rehearsal.of('pod.forced').every(({ graceSeconds }) => graceSeconds > 0)).toBe(true);
    expectCompletedOnce(given);
  });
});
