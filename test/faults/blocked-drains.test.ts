/**
 * What a drain that is blocked says of itself (contract 13.2, faults 52–54), over the wire: what its budget misses, what
 * would help, and no more requests than that takes.
 */
import { describe, expect, test } from 'vitest';
import { expectCompletedOnce, inquiries, MINUTE, scene, SECOND, statuses, WEB } from './scene.ts';

describe('a budget', () => {
  test('faults 54: whose pods’ replacements fit nowhere says so within a minute, and goes on when there is room', async () => {
    await using given = await scene(
      (world, node) => {
        world.addDeployment({ ...WEB, replicas: 3, nodes: [node] });
        world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
      },
      { nodes: 1 },
    );
    const { rehearsal, instance } = given;
    const begun = rehearsal.clock.now();
    rehearsal.clock.after(10 * MINUTE, () => {
      rehearsal.addInstance();
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const message = '0/1 nodes are available: 1 node(s) were unschedulable.';
    const [waiting, ...others] = rehearsal.of('pod.unschedulable');
    expect(waiting).toMatchObject({ message, missedBy: 'budget shop/web' });
    expect(waiting?.reportedAt).toBeLessThan(begun + MINUTE);
    expect(others).toEqual([]);
    expect(rehearsal.of('eviction.blocked').at(-1)).toMatchObject({
      by: { unready: { count: 1, pods: [{ pod: waiting?.pod, reason: 'Unschedulable', message }] } },
      explanation: expect.stringMatching(/has 2: shop\/web-\S+ cannot be scheduled: 0\/1 .*: add capacity/) as string,
    });
    expect(statuses(given)).toEqual([201, 201, 201]);
    expectCompletedOnce(given);
  });

  test('contract 13.2: that our own evictions use up for a while is asked nothing about', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, replicas: 6, nodes: [node], startSeconds: 3, shutdownSeconds: 1 });
      world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
    });
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(given.rehearsal.of('eviction.blocked').length).toBeGreaterThan(0);
    expect(inquiries(given)).toBe(0);
  });

  test('contract 13.2: is told with the pods that it misses, again when those or their reasons change, and no more', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, replicas: 3, nodes: [node, node, ''] });
      world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
    });
    const { rehearsal, instance, node } = given;
    const { world } = rehearsal.kubernetes;
    const elsewhere = rehearsal.kubernetes.pods('shop').find(({ spec }) => spec.nodeName !== node);
    const broken = { namespace: 'shop', name: elsewhere?.metadata.name ?? '' };
    world.setWaiting(broken, { reason: 'CrashLoopBackOff' });
    rehearsal.clock.after(5 * MINUTE, () => {
      world.setWaiting(broken, { reason: 'ImagePullBackOff' });
    });
    rehearsal.clock.after(20 * MINUTE, () => {
      world.setReady(broken, true);
    });
    await rehearsal.clock.advance(SECOND);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const told = rehearsal.of('eviction.blocked').filter(({ by }) => by.kind === 'budget' && by.unready !== undefined);
    const pod = `shop/${broken.name}`;
    expect(told.map(({ by }) => by.kind === 'budget' && by.unready?.pods)).toMatchObject([
      [{ pod, reason: 'CrashLoopBackOff' }],
      [{ pod, reason: 'CrashLoopBackOff' }],
      [{ pod, reason: 'ImagePullBackOff' }],
    ]);
    expect(inquiries(given)).toBeLessThanOrEqual(rehearsal.steps.filter((step) => step === 'drain').length);
  });

  test('contract 13.2: is told without its pods when those cannot be listed, and the drain goes on', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, replicas: 3, nodes: [node, node, ''] });
      world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
    });
    const { rehearsal, instance, node } = given;
    const elsewhere = rehearsal.kubernetes.pods('shop').find(({ spec }) => spec.nodeName !== node);
    const broken = { namespace: 'shop', name: elsewhere?.metadata.name ?? '' };
    rehearsal.kubernetes.world.setReady(broken, false);
    const failing = rehearsal.kubernetes.faults.answer({ verb: 'list', path: /\/shop\/pods/ }, 500, { kind: 'Status' });
    rehearsal.clock.after(30 * SECOND, () => {
      rehearsal.kubernetes.world.setReady(broken, true);
    });
    await rehearsal.clock.advance(SECOND);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(failing.hits).toBeGreaterThan(0);
    expect(rehearsal.of('cluster.away')).toEqual([]);
    expect(rehearsal.of('eviction.blocked')[0]?.explanation).toContain('waits until another is Ready');
  });

  test('faults 52: that its controller cannot count is told with the controller’s words in the first pass', async () => {
    await using given = await scene(
      (world, node) => {
        const robot = { apiVersion: 'acme.io/v1', kind: 'Robot', name: 'r', uid: 'u', controller: true };
        world.addBarePod({ ...WEB, node, ownerReferences: [robot] });
        world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
      },
      { drain: { timeoutSeconds: 120 } },
    );
    const { rehearsal, instance } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('eviction.blocked').map(({ explanation }) => explanation)).toEqual([
      'budget shop/web (maxUnavailable 1) allows nothing, because its controller cannot tell what it allows: found no controllers for pod "web": correct or delete it',
    ]);
    expect(inquiries(given)).toBe(0);
  });
});

test('an implied budget names the pods that it misses, and costs no request for that (contract 4.5, 13.2, faults 54)', async () => {
  await using given = await scene(
    (world, node) => {
      world.addDeployment({ ...WEB, replicas: 3, nodes: [node] });
    },
    { nodes: 1 },
  );
  const { rehearsal, instance } = given;
  rehearsal.clock.after(5 * MINUTE, () => {
    rehearsal.addInstance();
  });
  expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
  const told = rehearsal.of('pod.unschedulable');
  expect(told).toMatchObject([{ missedBy: expect.stringMatching(/^ReplicaSet shop\/web-/) as string }]);
  expect(rehearsal.of('eviction.blocked').at(-1)?.explanation).toContain(
    `${told[0]?.pod ?? ''} cannot be scheduled: 0/1`,
  );
  expect(inquiries(given)).toBe(0);
});
