/** The scan's bench: that it measures what it says, on a small cluster. */
import { expect, test } from 'vitest';
import type { Scan } from './scan-case.ts';
import { measureScan } from './scan-measurement.ts';

const LISTED = { 'GET /api/v1/nodes': 6 };
const WRITTEN = 'PATCH /api/v1/nodes/{name}';
const ASKED = { DescribeLaunchTemplateVersions: 11 };
const TURNS = { ...ASKED, DescribeInstanceRefreshes: 11, DescribeInstances: 1, ListManagedResources: 1 };

// Of 520 nodes in 11 groups one in ten has the new image already; in each group one may go.
test.each<[Scan, { kubernetesRequests: object; awsRequests: object }]>([
  ['steady', { kubernetesRequests: LISTED, awsRequests: ASKED }],
  ['waiting', { kubernetesRequests: { ...LISTED, [WRITTEN]: 11 }, awsRequests: TURNS }],
  ['marking', { kubernetesRequests: { ...LISTED, [WRITTEN]: 468 + 11 }, awsRequests: TURNS }],
  ['dry', { kubernetesRequests: LISTED, awsRequests: TURNS }],
])(
  '%s: runs the shipped function against all nodes of the made-up cluster',
  async (scan, asked) => {
    const { passes, peakMegabytes, bareMegabytes, ...measured } = await measureScan(scan, 520, 1);
    expect(measured).toMatchObject({ nodes: 520, groups: 11, ...asked });
    // What they were launched from tells the images of all; EC2 is asked of the few that are about to go.
    for (const action of ['DescribeInstances', 'ListManagedResources'])
      expect(action in measured.awsRequests).toBe(scan !== 'steady');
    expect(passes).toHaveLength(1);
    expect(passes[0]?.cpuSeconds).toBeGreaterThan(0);
    expect(peakMegabytes).toBeGreaterThan(bareMegabytes);
  },
  60_000,
);
