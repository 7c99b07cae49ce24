/** Faults of the node's object (faults 43–46) over the wire, each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { deployments, nodes, pods } from '../peers/kubernetes/storage/resources.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';
import { budgetThatFrees, expectDrained, MINUTE, SECOND, webScene } from './scene.ts';

describe('a node', () => {
  test('faults 43: that never joined is released with a warning', async () => {
    await using rehearsal = await Rehearsal.start();
    const instance = rehearsal.addInstance({ joins: false });
    await rehearsal.ready();
    expect(await rehearsal.retire(instance)).toEqual({ result: 'never joined' });
    expect(rehearsal.types).toContain('node.missing');
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.kubernetes.requests.entries.every(({ verb }) => ['get', 'list'].includes(verb))).toBe(true);
  });

  test('faults 44: whose object is deleted in mid drain: its pods go with it, and the hook is completed', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    rehearsal.clock.after(4 * SECOND, () => {
      rehearsal.kubernetes.world.deleteNode(node);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.of('pod.gone')).toHaveLength(6);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('faults 45: that was made anew under its name between finding and isolating it is not touched', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    const found = rehearsal.kubernetes.faults.delay({ resource: 'nodes', times: 2 }, SECOND);
    // The first read finds it; the second is the one that isolates.
    rehearsal.clock.after(1_500, () => {
      replaceMachine(rehearsal, node);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(found.hits).toBe(2);
    expectUntouched(rehearsal, node);
  });

  test('faults 45: that was made anew under its name in mid drain: the other machine’s pods stay', async () => {
    await using given = await webScene();
    const { rehearsal, instance, node } = given;
    budgetThatFrees(given, 30);
    rehearsal.clock.after(5 * MINUTE, () => {
      replaceMachine(rehearsal, node);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expectUntouched(rehearsal, node);
    expect(rehearsal.kubernetes.evictions).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('faults 46: that others write while it is patched is patched anew, and their marks stay', async () => {
    await using given = await webScene();
    const { rehearsal, node } = given;
    const foreign = { key: 'example.com/ours', effect: 'NoSchedule' };
    rehearsal.kubernetes.faults.delay({ verb: 'patch', times: 1 }, SECOND);
    rehearsal.clock.after(500, () => {
      rehearsal.kubernetes.store.change(nodes, { name: node }, ({ spec }) => {
        spec.taints = [...(spec.taints ?? []), foreign];
      });
    });
    expectDrained(given, await rehearsal.retire(given.instance));
    const patches = rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch');
    expect(patches.map(({ status }) => status)).toEqual([409, 200]);
    expect(rehearsal.node(node).spec.taints).toContainEqual(expect.objectContaining(foreign));
  });
});

/** The machine goes, and before long another one joins under its name, with a pod of its own. */
function replaceMachine({ kubernetes }: Rehearsal, name: string): void {
  kubernetes.store.remove(deployments, { namespace: 'shop', name: 'web' });
  for (const { metadata, spec } of kubernetes.pods('shop')) {
    if (spec.nodeName === name) kubernetes.store.remove(pods, metadata);
  }
  kubernetes.world.deleteNode(name);
  kubernetes.world.addNode({ name, providerID: 'aws:///eu-central-1a/i-0ffffffffffffffff' });
  kubernetes.world.addBarePod({ namespace: 'shop', name: 'newcomer', node: name });
}

function expectUntouched(rehearsal: Rehearsal, name: string): void {
  const { spec, metadata } = rehearsal.node(name);
  expect(spec.unschedulable).toBeUndefined();
  expect(spec.taints ?? []).toEqual([]);
  expect(metadata.annotations?.['ebb/retirement']).toBeUndefined();
  const [newcomer] = rehearsal.kubernetes.podsOn(name);
  expect([newcomer?.metadata.name, newcomer?.metadata.deletionTimestamp]).toEqual(['newcomer', undefined]);
}
