/** Pods that come to a node that is isolated (faults 55, 70), each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { workloadManifest } from '../peers/kubernetes/world/manifests.ts';
import { expectCompletedOnce, namesOn, scene, statuses, WEB } from './scene.ts';

describe('a pod that comes back to the node', () => {
  test.each([
    ['because it tolerates everything', (node: string) => ({ nodeSelector: { 'kubernetes.io/hostname': node } })],
    ['because its nodeName is pinned', (node: string) => ({ nodeName: node })],
  ])('faults 55: %s is counted, sent away three times, then left and named', async (_, pin) => {
    await using given = await scene(
      (world, node) => {
        const manifest = workloadManifest('Deployment', {
          ...WEB,
          startSeconds: 1,
          shutdownSeconds: 1,
          tolerations: [{ operator: 'Exists' }],
        });
        const { template } = manifest.spec as { template: { spec: object } };
        Object.assign(template.spec, pin(node));
        world.apply(manifest as never);
      },
      { stands: true },
    );
    const { rehearsal, instance } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const returned = rehearsal.of('pod.returned');
    expect(returned.map(({ times, left }) => [times, left])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    expect(returned[3]).toMatchObject({ maker: expect.stringMatching(/^ReplicaSet shop\/web-/) as string });
    expect(statuses(given)).toEqual([201, 201, 201, 201]);
    expect(rehearsal.kubernetes.podsOn(given.node).map(({ metadata }) => metadata.uid)).toEqual([returned[3]?.uid]);
    expectCompletedOnce(given);
  });
});

test('faults 70: a pod that is scheduled while the node is being cordoned is found, and evicted', async () => {
  // It takes longer to stop than the last of them takes to come.
  await using given = await scene((world, node) => {
    world.addDeployment({ ...WEB, nodes: [node], shutdownSeconds: 2 });
  });
  const { rehearsal, instance, node } = given;
  rehearsal.kubernetes.faults.delay({ verb: 'patch', times: 1 }, 200);
  const arrivals = new Map<string, number>([
    ['between', 0],
    ['after', 300],
  ]);
  rehearsal.kubernetes.on((fact) => {
    if (fact.kind !== 'nodeCordoned') return;
    for (const [name, wait] of arrivals) {
      rehearsal.clock.after(wait, () => {
        rehearsal.kubernetes.world.addBarePod({ namespace: 'shop', name, node });
      });
    }
  });
  expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
  expect(namesOn(given)).toEqual([]);
  expect(rehearsal.of('pod.gone').map(({ pod }) => pod)).toContain('shop/between');
  expectCompletedOnce(given);
});
