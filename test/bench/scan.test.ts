/** The scan's bench: that it measures what it says, on a small cluster. */
import { expect, test } from 'vitest';
import { measureScan, type Scan } from './scan-measurement.ts';

// Of 520 nodes in 11 groups one in ten has the new image already.
test.each<[Scan, { kubernetesRequests: object; awsRequests: object }]>([
  ['steady', { kubernetesRequests: { 'GET /api/v1/nodes': 2 }, awsRequests: {} }],
  ['waiting', { kubernetesRequests: { 'GET /api/v1/nodes': 2 }, awsRequests: { DescribeInstances: 3, DescribeInstanceRefreshes: 11 } }],
  ['marking', { kubernetesRequests: { 'PATCH /api/v1/nodes/{name}': 468 }, awsRequests: { DescribeInstanceRefreshes: 11 } }],
  ['dry', { kubernetesRequests: { 'GET /api/v1/nodes': 2 }, awsRequests: { DescribeInstanceRefreshes: 11 } }],
])('%s', async (scan, asked) => {
  const { passes, peakMegabytes, bareMegabytes, ...measured } = await measureScan(scan, 520, 1);
  expect(measured).toMatchObject({ nodes: 520, groups: 11, ...asked });
  console.log(measured);
  expect(passes).toHaveLength(1);
  expect(passes[0]?.cpuSeconds).toBeGreaterThan(0);
  expect(peakMegabytes).toBeGreaterThan(bareMegabytes);
}, 60_000);
