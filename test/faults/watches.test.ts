/** Faults of watches and lists (faults 40–42) over the wire, each to the end of a retirement. */
import { describe, expect, test } from 'vitest';
import { pods } from '../peers/kubernetes/storage/resources.ts';
import { expectDrained, MINUTE, SECOND, webScene } from './scene.ts';

describe('a watch', () => {
  test('faults 40: that expires again and again is listed anew', async () => {
    await using given = await webScene();
    const { faults } = given.rehearsal.kubernetes;
    const expired = faults.expireWatch({ times: 4 });
    given.rehearsal.clock.after(5 * SECOND, () => {
      given.rehearsal.kubernetes.compact();
      faults.toOpenWatches((watch) => {
        watch.expire();
      });
    });
    expectDrained(given, await given.rehearsal.retire(given.instance));
    expect(expired.hits).toBe(4);
  });

  test('faults 40: that falls silent costs no more than the rest of its minute', async () => {
    await using given = await webScene();
    const begun = given.rehearsal.clock.now();
    const stalled = given.rehearsal.kubernetes.faults.stallWatch({ resource: 'pods', times: 2 });
    expectDrained(given, await given.rehearsal.retire(given.instance));
    expect(stalled.hits).toBeGreaterThan(0);
    expect(given.rehearsal.clock.now() - begun).toBeLessThan(3 * MINUTE);
  });

  test(
    'faults 41: that comes byte by byte, through the middle of characters, is understood',
    { timeout: 120_000 },
    async () => {
      await using given = await webScene();
      const { rehearsal, node } = given;
      const annotations = { 'shop/owner': 'Zoë — 夜勤 🌊' };
      rehearsal.kubernetes.world.addDeployment({
        namespace: 'shop',
        name: 'bakery',
        nodes: [node],
        annotations,
      });
      await rehearsal.kubernetes.settle();
      const dripped = rehearsal.kubernetes.faults.dripWatch({});
      expectDrained(given, await rehearsal.retire(given.instance));
      expect(dripped.hits).toBeGreaterThan(2);
    },
  );

  test('faults 42: that missed a pod does not make the node empty: the last look is consistent', async () => {
    await using given = await webScene();
    const { rehearsal, node } = given;
    rehearsal.kubernetes.holdStale(pods);
    let added = false;
    // It arrives unseen while the last of the others goes.
    rehearsal.kubernetes.on((fact) => {
      if (added || fact.kind !== 'podGone' || rehearsal.kubernetes.podsOn(node).length > 1) return;
      added = true;
      rehearsal.kubernetes.faults.toOpenWatches((watch) => {
        watch.stall();
      }, 'pods');
      rehearsal.kubernetes.world.addBarePod({ namespace: 'shop', name: 'unseen', node });
    });
    expectDrained(given, await rehearsal.retire(given.instance));
    expect(added).toBe(true);
    expect(rehearsal.of('pod.evicted').map(({ pod }) => pod)).toContain('shop/unseen');
  });
});
