/** Volumes that do not detach (contract 8.1, faults 56) over the wire, each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { nodes } from '../peers/kubernetes/storage/resources.ts';
import { expectCompletedOnce, MINUTE, scene, SECOND, type Scene } from './scene.ts';

const OLD = 'flexvolume.example.com/disk/1';

describe('a volume', () => {
  test('that stays attached is told after the first pass with where to look, and once more when its time is up', async () => {
    await using given = await scene(
      (world, node) => {
        world.addStatefulSet({ namespace: 'shop', name: 'db', volume: true, nodes: [node] });
      },
      { latencies: { detach: 20 * MINUTE }, drain: { detachTimeoutSeconds: 240 } },
    );
    const { rehearsal, instance } = given;
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const [drained] = rehearsal.of('node.drained');
    const [awaited, ...more] = rehearsal.of('volumes.awaited');
    expect(awaited).toMatchObject({
      volumes: ['pv-shop-data-db-0'],
      explanation: 'no pod uses pv-shop-data-db-0 any more: look at the controller of its driver',
    });
    expect((awaited?.reportedAt ?? 0) - (drained?.reportedAt ?? 0)).toBeLessThan(MINUTE + SECOND);
    expect(more).toEqual([]);
    expect(rehearsal.of('volumes.kept')).toMatchObject([{ volumes: ['pv-shop-data-db-0'] }]);
    expectCompletedOnce(given);
  });

  test('that only the node reports is waited for too', async () => {
    await using given = await withOldVolume();
    const { rehearsal, instance } = given;
    rehearsal.clock.after(3 * MINUTE, () => {
      report(given, []);
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('volumes.awaited').map(({ volumes }) => volumes)).toEqual([[OLD]]);
    const [drained] = rehearsal.of('node.drained');
    const [detached] = rehearsal.of('volumes.detached');
    expect((detached?.reportedAt ?? 0) - (drained?.reportedAt ?? 0)).toBeGreaterThan(2 * MINUTE);
    expectCompletedOnce(given);
  });

  test('that only the node reports holds nothing up past its time', async () => {
    await using given = await withOldVolume();
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(given.rehearsal.of('volumes.kept')).toMatchObject([{ volumes: [OLD] }]);
    expectCompletedOnce(given);
  });
});

async function withOldVolume(): Promise<Scene & AsyncDisposable> {
  const given = await scene((world, node) => {
    world.addBarePod({ namespace: 'shop', name: 'web', node });
  });
  report(given, [OLD]);
  return given;
}

/** What the node says of volumes without an attachment. */
function report({ rehearsal, node }: Scene, volumes: readonly string[]): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ status }) => {
    status.volumesAttached = volumes.map((name) => ({ name, devicePath: '' }));
  });
}
