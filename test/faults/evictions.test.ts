/** Evictions that are refused or come to nothing (faults 49–53, 68) over the wire, each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { deleteObject } from '../peers/kubernetes/storage/deletion.ts';
import { namespaces, pods } from '../peers/kubernetes/storage/resources.ts';
import {
  EVICTION,
  expectCompletedOnce,
  expectForcedAtItsTime,
  inquiries,
  MINUTE,
  namesOn,
  scene,
  SECOND,
  statuses,
  WEB,
  whileEvicting,
} from './scene.ts';

describe('an eviction', () => {
  test('faults 49: that waits for a webhook that times out is blocked by its name, and goes when it answers again', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, nodes: [node] });
    });
    const { rehearsal, instance } = given;
    const words = 'failed calling webhook "guard.example.com": context deadline exceeded';
    const status = { kind: 'Status', status: 'Failure', code: 500, message: `Internal error occurred: ${words}` };
    const silent = rehearsal.kubernetes.faults.answer(EVICTION, 500, status);
    rehearsal.clock.after(3 * MINUTE, () => {
      silent.remove();
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('eviction.blocked')).toMatchObject([
      { by: { kind: 'webhook' }, explanation: expect.stringContaining('guard.example.com') as string },
    ]);
    expect(silent.hits).toBeLessThan(25);
    expectCompletedOnce(given);
  });

  test('faults 50: of a pod that has just gone is done', async () => {
    await using given = await scene((world, node) => {
      world.addBarePod({ ...WEB, node });
    });
    const { rehearsal, instance } = given;
    whileEvicting(given, () => {
      rehearsal.kubernetes.store.remove(pods, WEB);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(statuses(given)).toEqual([404]);
    expect(rehearsal.of('pod.gone')).toHaveLength(1);
    expectCompletedOnce(given);
  });

  test('faults 50: whose pod’s name belongs to another by now is done, and the other one is left alone', async () => {
    await using given = await scene((world, node) => {
      world.addStatefulSet({ ...WEB, nodes: [node] });
    });
    const { rehearsal, instance, node } = given;
    whileEvicting(given, () => {
      rehearsal.kubernetes.store.remove(pods, { namespace: 'shop', name: 'web-0' });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(statuses(given)).toEqual([409]);
    const [again] = rehearsal.kubernetes.pods('shop');
    expect([again?.metadata.name, again?.metadata.deletionTimestamp]).toEqual(['web-0', undefined]);
    expect(again?.spec.nodeName).not.toBe(node);
    expectCompletedOnce(given);
  });

  test('faults 51: of a pod that two budgets cover is reported as their mistake, waits, and is forced at the deadline', async () => {
    await using given = await scene(
      (world, node) => {
        world.addDeployment({ ...WEB, nodes: [node] });
      },
      { drain: { timeoutSeconds: 120 } },
    );
    const { rehearsal, instance } = given;
    whileEvicting(given, () => {
      for (const name of ['one', 'two']) {
        rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name, for: 'web', maxUnavailable: 1 });
      }
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(statuses(given)).toEqual([500]);
    expect(rehearsal.of('eviction.blocked')).toContainEqual(
      expect.objectContaining({
        by: { kind: 'several-budgets', budgets: ['shop/one', 'shop/two'] },
        explanation: 'budgets shop/one and shop/two cover it, and eviction supports only one: delete all but one',
      }),
    );
    expectForcedAtItsTime(given, 1);
  });
});

describe('a budget', () => {
  test('faults 52: that never allows anything is told as a deadlock in the first pass, and kept until the deadline', async () => {
    await using given = await scene(
      (world, node) => {
        world.addDeployment({ ...WEB, replicas: 3, nodes: [node] });
        world.addBudget({ ...WEB, for: 'web', minAvailable: '100%' });
      },
      { drain: { timeoutSeconds: 120 } },
    );
    const { rehearsal, instance } = given;
    const begun = rehearsal.clock.now();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    const blocked = rehearsal.of('eviction.blocked');
    expect(blocked).toHaveLength(3);
    for (const { by, explanation, reportedAt } of blocked) {
      expect(by).toMatchObject({ budget: 'shop/web', never: true });
      expect(explanation).toBe(
        'budget shop/web (minAvailable 100%) needs 3 of 3 pods healthy and so never allows an eviction: relax it',
      );
      expect(reportedAt - begun).toBeLessThan(10 * SECOND);
    }
    expect(inquiries(given)).toBe(0);
    expect(statuses(given)).toEqual([]);
    expectForcedAtItsTime(given, 3);
  });

  test.each([
    ['lets unhealthy pods go', 'AlwaysAllow', 'drained', 0],
    ['keeps unhealthy pods too', 'IfHealthyBudget', 'forced', 3],
  ] as const)('faults 53: that %s is obeyed when every replica crashes', async (_, policy, result, forced) => {
    await using given = await scene(
      (world, node) => {
        world.addDeployment({ ...WEB, replicas: 3, nodes: [node] });
        world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1, unhealthyPodEvictionPolicy: policy });
      },
      { drain: { timeoutSeconds: 120 } },
    );
    const { rehearsal, instance } = given;
    for (const { metadata } of rehearsal.kubernetes.pods('shop')) {
      const crashing = { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' };
      rehearsal.kubernetes.world.setWaiting({ namespace: 'shop', name: metadata.name }, crashing);
    }
    await rehearsal.clock.advance(SECOND);
    expect(await rehearsal.retire(instance)).toEqual({ result });
    expect(statuses(given)).toEqual(forced === 0 ? [201, 201, 201] : []);
    const blocked = rehearsal.of('eviction.blocked');
    expect(blocked).toHaveLength(forced);
    for (const { explanation } of blocked) {
      expect(explanation).toMatch(
        /needs 2 healthy pods and has 0: shop\/web-\S+, shop\/web-\S+, shop\/web-\S+: CrashLoopBackOff: back-off .*: look at its logs$/,
      );
    }
    expectForcedAtItsTime(given, forced);
  });
});

test('faults 68: pods of a namespace that is going are waited for: its end is no missing right', async () => {
  await using given = await scene((world, node) => {
    world.addDeployment({ ...WEB, nodes: [node], shutdownSeconds: 20 });
  });
  const { rehearsal, instance } = given;
  const { store } = rehearsal.kubernetes;
  whileEvicting(given, () => {
    const namespace = store.get(namespaces, { name: 'shop' });
    if (namespace !== undefined) deleteObject({ store, clock: rehearsal.clock }, namespaces, namespace, {});
  });
  expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
  expect(statuses(given)).toEqual([403]);
  expect(namesOn(given)).toEqual([]);
  expectCompletedOnce(given);
});
