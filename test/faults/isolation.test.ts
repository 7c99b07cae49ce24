/** The isolation of a node that is lost while it retires (contract 3.4). */
import { describe, expect, test } from 'vitest';
import { EXCLUDE_LABEL, RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../lambdas/core/node/marks.ts';
import { aPool, TAINT_KEY } from '../given.ts';
import { nodes } from '../peers/kubernetes/storage/resources.ts';
import { Balancers } from '../workflow/traffic/balancers.ts';
import { marksOf } from '../workflow/node/node-marks.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';
import { asks } from '../workflow/node/tainting.ts';
import { MINUTE, WEB, type World } from './scene.ts';

type Loss = (rehearsal: Rehearsal, node: string) => void;

const uncordon: Loss = ({ kubernetes }, node) => {
  kubernetes.world.cordon(node, false);
};

const LOSSES: readonly [what: string, lose: Loss, missing: readonly string[]][] = [
  ['its cordon, by a person’s kubectl uncordon', uncordon, ['cordon']],
  [
    'its taint',
    ({ kubernetes }, name) => {
      kubernetes.store.change(nodes, { name }, ({ spec }) => {
        spec.taints = (spec.taints ?? []).filter(({ key }) => key !== TAINT_KEY);
      });
    },
    [`taint ${TAINT_KEY}`],
  ],
  [
    'its annotation',
    ({ kubernetes }, name) => {
      kubernetes.store.change(nodes, { name }, ({ metadata }) => {
        metadata.annotations = { [RETIREMENT_ANNOTATION]: 'gone' };
      });
    },
    [`annotation ${RETIREMENT_ANNOTATION}`],
  ],
  [
    'all of it, because its kubelet registered it anew',
    ({ kubernetes }, node) => {
      kubernetes.world.registerAnew(node);
    },
    [
      'cordon',
      `taint ${TAINT_KEY}`,
      `label ${RETIRING_LABEL}`,
      `label ${EXCLUDE_LABEL}`,
      `annotation ${RETIREMENT_ANNOTATION}`,
    ],
  ],
];

/** A budget holds its pods until they are forced; after three minutes something is lost. */
async function losing(lose: Loss, furnish: (world: World, node: string) => void = () => undefined) {
  const rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 900 } });
  const { instance, node } = rehearsal.first;
  const { world } = rehearsal.kubernetes;
  world.addDeployment({ ...WEB, replicas: 2, nodes: [node] });
  world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
  furnish(world, node);
  await rehearsal.ready();
  rehearsal.clock.after(3 * MINUTE, () => {
    lose(rehearsal, node);
  });
  return { rehearsal, instance, node, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

describe('a node that loses, in mid drain,', () => {
  test.each(LOSSES)('%s, is isolated again at the next pass, and it is told', async (_what, lose, missing) => {
    await using given = await losing(lose);
    const { rehearsal, instance, node } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('node.reisolated')).toMatchObject([{ node, missing }]);
    const [told] = rehearsal.of('node.reisolated');
    const [started] = rehearsal.of('retirement.started');
    expect((told?.reportedAt ?? 0) - (started?.reportedAt ?? 0)).toBeLessThan(7 * MINUTE);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: true, retiring: true, taints: [TAINT_KEY] });
    expect(marksOf(rehearsal, node).ownership).toMatchObject({
      execution: started?.execution,
      deadline: started?.deadline,
    });
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('its cordon and taint, gets pods, which are sent away as often as they are: none of them came back', async () => {
    await using given = await losing((rehearsal, node) => {
      rehearsal.kubernetes.world.registerAnew(node);
      for (let count = 0; count < 5; count += 1)
        rehearsal.kubernetes.world.addDeployment({
          namespace: 'shop',
          name: `late-${count}`,
          replicas: 2,
          nodes: [node],
        });
    });
    const { rehearsal, instance, node } = given;
    await rehearsal.retire(instance);
    expect(rehearsal.of('node.reisolated')).toHaveLength(1);
    expect(rehearsal.of('pod.returned')).toEqual([]);
    expect(rehearsal.of('pod.evicted')).toHaveLength(10);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  });
});

test('a node that is uncordoned once it is drained is isolated again, and drained of what has come (contract 3.4)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  rehearsal.kubernetes.world.addDeployment({ ...WEB, nodes: [node] });
  await rehearsal.ready();
  const balancing = new Balancers();
  balancing.has(aPool(), instance);
  // Its targets drain for five minutes still.
  rehearsal.clock.after(2 * MINUTE, () => {
    rehearsal.kubernetes.world.registerAnew(node);
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'late', replicas: 2, nodes: [node] });
  });
  expect(await rehearsal.retire(instance, { balancing })).toEqual({ result: 'drained' });
  expect(rehearsal.of('node.reisolated')).toHaveLength(1);
  expect(rehearsal.of('pod.evicted').map(({ pod }) => pod.slice(0, 9))).toEqual([
    'shop/web-',
    'shop/late',
    'shop/late',
  ]);
  expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  expect(rehearsal.of('targets.drained')).toHaveLength(1);
});

test('a node that waits for a slot is kept isolated too', async () => {
  await using rehearsal = await Rehearsal.start({ nodes: 4 });
  const [first = '', second = ''] = rehearsal.instances;
  const { world } = rehearsal.kubernetes;
  world.addDeployment({ ...WEB, nodes: [rehearsal.nodeOf(first)] });
  world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
  await rehearsal.ready();
  const other = rehearsal.retireBy(rehearsal.noticeOf(rehearsal.terminate(first)));
  rehearsal.clock.after(3 * MINUTE, () => {
    world.registerAnew(rehearsal.nodeOf(second));
  });
  // It has the slot before the other comes.
  await rehearsal.drive(() => rehearsal.types.includes('eviction.blocked'));
  await rehearsal.drive(Promise.all([other, rehearsal.retireBy(rehearsal.noticeOf(rehearsal.terminate(second)))]));
  expect(rehearsal.of('retirement.held').map(({ instance }) => instance)).toContain(second);
  expect(rehearsal.of('node.reisolated')).toMatchObject([{ instance: second }]);
  const [isolatedAgain] = rehearsal.of('node.reisolated');
  const drained = rehearsal.of('node.drained').find(({ instance }) => instance === second);
  expect(isolatedAgain?.reportedAt).toBeLessThan(drained?.reportedAt ?? 0);
});

describe('a node that a taint asked for', () => {
  /** A budget holds its pod. */
  async function tainted(lose: Loss) {
    const rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 900 } });
    const { node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ ...WEB, nodes: [node] });
    world.addBudget({ ...WEB, for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    const notice = asks(rehearsal);
    rehearsal.clock.after(3 * MINUTE, () => {
      lose(rehearsal, node);
    });
    const retired = await rehearsal.drive(rehearsal.retireBy(notice));
    return { rehearsal, node, retired, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
  }

  test('is isolated again when somebody only uncordons it: the taint still asks', async () => {
    await using given = await tainted(uncordon);
    const { rehearsal, node, retired } = given;
    expect(rehearsal.of('node.reisolated')).toMatchObject([{ node, missing: ['cordon'] }]);
    expect(retired).toMatchObject({ result: 'restored', reason: expect.stringContaining('deadline') as string });
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: false, retiring: false });
  });

  test('is left as it is when it was registered anew without the taint (contract 9.5)', async () => {
    await using given = await tainted((rehearsal, node) => {
      rehearsal.kubernetes.world.registerAnew(node);
    });
    const { rehearsal, node, retired } = given;
    expect(retired).toMatchObject({ result: 'restored', reason: expect.stringContaining('taken away') as string });
    expect(rehearsal.of('node.reisolated')).toEqual([]);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: false, retiring: false, ownership: undefined });
  });
});
