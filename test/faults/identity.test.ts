/** Machines that have another node than their name says, several, or one that does not say whose it is (contract 2.1). */
import { describe, expect, test } from 'vitest';
import { nodes } from '../peers/kubernetes/storage/resources.ts';
import { marksOf, UNMARKED } from '../workflow/node/node-marks.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';
import { asks, PLAIN_KEY, taint } from '../workflow/node/tainting.ts';
import { MINUTE, SECOND, WEB } from './scene.ts';

const NEW_NAME = 'renamed';

/** A machine of two nodes: pods on each, and the kubelet serves `renamed`. */
async function renamed({ staleSeconds = 60 } = {}) {
  const rehearsal = await Rehearsal.start({ nodes: 3, drain: { timeoutSeconds: 900 } });
  const { instance, node: stale } = rehearsal.first;
  const { world } = rehearsal.kubernetes;
  world.addDeployment({ namespace: 'shop', name: 'old', nodes: [stale] });
  await rehearsal.ready();
  world.registerAnew(stale, { name: NEW_NAME });
  world.addDeployment({ ...WEB, replicas: 2, nodes: [NEW_NAME] });
  await rehearsal.clock.advance(staleSeconds * SECOND);
  return { rehearsal, instance, stale, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

describe('a machine that was renamed', () => {
  test('is drained under the name that its kubelet serves; both nodes are isolated, told, and drained', async () => {
    await using given = await renamed();
    const { rehearsal, instance, stale } = given;
    const started = rehearsal.clock.now();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('node.isolated').map(({ node }) => node)).toEqual([NEW_NAME, stale]);
    for (const node of [NEW_NAME, stale]) {
      expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: true, retiring: true });
    }
    expect(rehearsal.of('pod.evicted').map(({ node, pod }) => `${node} ${pod.slice(0, 8)}`)).toEqual(
      expect.arrayContaining([`${NEW_NAME} shop/web`, `${stale} shop/old`]) as string[],
    );
    expect(rehearsal.kubernetes.podsOn(NEW_NAME)).toEqual([]);
    // Nobody ends the pods of the old one any more: they are not waited for until it would be found dead.
    expect(rehearsal.of('node.dead')).toMatchObject([{ node: stale, reason: `its machine is node ${NEW_NAME} now` }]);
    expect(rehearsal.clock.now() - started).toBeLessThan(90 * SECOND);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('holds up no other by its second node: both are one retirement for the slots', async () => {
    await using given = await renamed();
    const { rehearsal, instance } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.held')).toEqual([]);
  });

  test('that a taint asks for is restored under both names when the taint is taken off', async () => {
    await using given = await renamed();
    const { rehearsal, stale } = given;
    const { kubernetes } = rehearsal;
    kubernetes.world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
    await kubernetes.settle();
    const notice = asks(rehearsal, { node: NEW_NAME });
    rehearsal.clock.after(5 * MINUTE, () => {
      taint(rehearsal, NEW_NAME, { on: false });
    });
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toMatchObject({ result: 'restored' });
    expect(rehearsal.of('node.isolated').map(({ node }) => node)).toEqual([NEW_NAME, stale]);
    expect(marksOf(rehearsal, NEW_NAME)).toEqual(UNMARKED);
    expect(marksOf(rehearsal, stale)).toMatchObject({ cordoned: false, retiring: false, ownership: undefined });
    expect(marksOf(rehearsal, stale).taints).not.toContain(PLAIN_KEY);
  });

  test('in mid drain is found again, isolated, and drained under its new name', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 3, drain: { timeoutSeconds: 1_800 } });
    const { instance, node: stale } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ ...WEB, nodes: [stale] });
    world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    rehearsal.clock.after(3 * MINUTE, () => {
      world.registerAnew(stale, { name: NEW_NAME });
      world.addDeployment({ namespace: 'shop', name: 'new', replicas: 2, nodes: [NEW_NAME] });
    });
    await rehearsal.retire(instance);
    expect(rehearsal.of('node.isolated').map(({ node }) => node)).toEqual([stale, NEW_NAME, stale]);
    expect(rehearsal.kubernetes.podsOn(NEW_NAME)).toEqual([]);
    expect(rehearsal.of('pod.evicted').filter(({ node }) => node === NEW_NAME)).toHaveLength(2);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });
});

describe('a node whose providerID the cloud controller has not set yet', () => {
  async function unsaid(internalIp: (own: string) => string) {
    const rehearsal = await Rehearsal.start({ nodes: 2 });
    const instance = rehearsal.addInstance({ joins: false });
    const name = rehearsal.nodeOf(instance);
    const { world } = rehearsal.kubernetes;
    world.addNode({ name, internalIp: internalIp(rehearsal.aws.instances.get(instance).privateIp) });
    world.addDeployment({ ...WEB, replicas: 2, nodes: [name] });
    await rehearsal.ready();
    return { rehearsal, instance, name, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
  }

  test('is it when its name and its InternalIP are the instance’s', async () => {
    await using given = await unsaid((own) => own);
    const { rehearsal, instance, name } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('pod.evicted')).toHaveLength(2);
    expect(marksOf(rehearsal, name)).toMatchObject({ cordoned: true, retiring: true });
  });

  test('is it still when the providerID comes in mid drain', async () => {
    await using given = await unsaid((own) => own);
    const { rehearsal, instance, name } = given;
    rehearsal.kubernetes.world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
    rehearsal.clock.after(2 * MINUTE, () => {
      rehearsal.kubernetes.store.change(nodes, { name }, ({ spec }) => {
        spec.providerID = `aws:///eu-central-1a/${instance}`;
      });
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('pod.forced')).toHaveLength(2);
  });

  test('is not touched when only its name is the instance’s, and named in the warning', async () => {
    await using given = await unsaid(() => '10.9.9.9');
    const { rehearsal, instance, name } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'never joined' });
    expect(rehearsal.of('node.missing')).toMatchObject([{ unproven: [name] }]);
    expect(marksOf(rehearsal, name)).toEqual(UNMARKED);
    expect(rehearsal.kubernetes.podsOn(name)).toHaveLength(2);
  });
});
