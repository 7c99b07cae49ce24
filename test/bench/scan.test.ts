/** The scan's bench: that it measures what it says, on a small cluster. */
import { expect, test } from 'vitest';
import { measureScan } from './scan-measurement.ts';

test('runs the shipped function against all nodes of the made-up cluster', async () => {
  const { passes, peakMegabytes, bareMegabytes, ...measured } = await measureScan(520, 1);
  expect(measured).toMatchObject({
    nodes: 520,
    groups: 11,
    // One in ten has the new image already.
    drifted: 468,
    kubernetesRequests: { 'GET /api/v1/nodes': 2 },
    awsRequests: { DescribeInstances: 3, DescribeInstanceRefreshes: 11 },
  });
  expect(passes).toHaveLength(1);
  expect(passes[0]?.cpuSeconds).toBeGreaterThan(0);
  expect(peakMegabytes).toBeGreaterThan(bareMegabytes);
}, 60_000);
