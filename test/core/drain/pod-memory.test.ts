/** How a drain writes down the pods that it remembers (contract 14.1). */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bytesOf, digest, keepPods, recallPods, type KeptPod } from '../../../lambdas/core/drain/pod-memory.ts';

/** What EKS allows on a node. */
const MOST_PODS = 737;

function pods(count: number, name: (index: number) => string): Map<string, KeptPod> {
  const held = (index: number) => ({ heldBy: digest(`${index} ${'x'.repeat(2_000)}`), told: 'fs' });
  return new Map(Array.from({ length: count }, (_, index) => [randomUUID(), { name: name(index), ...held(index) }]));
}

/** A quarter of what Lambda takes at a time, less what a turn keeps beside the pods. */
const MOST_BYTES = 60_000;

describe('kept pods', () => {
  test('are recalled as they were: names, uids, what holds them and what was told of them', () => {
    const all = new Map<string, KeptPod>([
      ['0b1e2c3d-0000-4000-8000-00000000000a', { name: 'shop/web-7d4b9c8f6d-x2k4z', heldBy: digest('a budget') }],
      ['ffffffff-ffff-4fff-bfff-ffffffffffff', { name: 'shop/web-7d4b9c8f6d-zz9pq', told: 's' }],
      ['0b1e2c3d-0000-4000-8000-00000000000b', { name: 'shop/single' }],
      // A static pod's uid is a digest of its manifest.
      ['2e9a6d1fd9b0e4f5a1b2c3d4e5f60718', { name: 'kube-system/etcd-node-1', heldBy: digest('x'), told: 'f' }],
    ]);
    const kept: unknown = JSON.parse(JSON.stringify(keepPods(all, MOST_BYTES)));
    expect(recallPods(kept as ReturnType<typeof keepPods>)).toEqual(all);
  });

  test.each<[string, (index: number) => string]>([
    [
      'of 30 Deployments',
      (index) => `payments/payment-service-${index % 30}-7d4b9c8f6d-${String(index).padStart(5, '0')}`,
    ],
    ['of a controller each', (index) => `shop/web-${index}-7d4b9c8f6d-x2k4z`],
  ])('take less than 65,536 bytes for the 737 pods of a node, %s, and keep every name', (_whose, name) => {
    const all = pods(MOST_PODS, name);
    const kept = keepPods(all, MOST_BYTES);
    expect(bytesOf(kept)).toBeLessThan(MOST_BYTES);
    expect(recallPods(kept)).toEqual(all);
  });

  test('cut the names, never the uids, where 737 of the longest would be too much', () => {
    const all = pods(
      MOST_PODS,
      (index) =>
        `${'n'.repeat(57)}${String(index).padStart(6, '0')}/${'p'.repeat(247)}${String(index).padStart(6, '0')}`,
    );
    const kept = keepPods(all, MOST_BYTES);
    expect(bytesOf(kept)).toBeLessThan(MOST_BYTES);
    const recalled = recallPods(kept);
    expect([...recalled.keys()]).toEqual([...all.keys()]);
    expect([...recalled.values()][7]?.name).toMatch(/^nnn.*…000007$/);
  });
});
