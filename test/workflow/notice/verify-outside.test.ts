/** Notices about instances that no enrolled group has: which taints are honoured there (contract 1.3, 9.5). */
import { expect, test } from 'vitest';
import type { TaintedNotice } from '../../../lambdas/core/notice/notice.ts';
import { verifyNotice, type Verification } from '../../../lambdas/workflow/notice/verify-notice.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';

const LEAVE_KEY = 'ektopistis.io/drain';
const HERE = { 'kubernetes.io/cluster/production': 'owned' };
const THERE = { 'kubernetes.io/cluster/staging': 'owned' };

interface Given {
  readonly tags?: Readonly<Record<string, string>>;
  /** Of its group, which is not enrolled. @default it is in none */
  readonly groupTags?: Readonly<Record<string, string>>;
  readonly notice?: Partial<TaintedNotice>;
}

/** @param given.notice the sweep of `production` has found the node */
async function verified({ tags = {}, groupTags, notice }: Given): Promise<Verification> {
  await using rehearsal = await Rehearsal.start({ tainted: { taints: [{ key: LEAVE_KEY, release: 'leave' }] } });
  const { aws, ports, clock } = rehearsal;
  if (groupTags !== undefined) aws.autoScaling.addGroup({ name: 'batch', desired: 1, tags: groupTags });
  const instance =
    groupTags === undefined
      ? aws.instances.launch({ tags }).instanceId
      : (aws.autoScaling.instanceIds('batch')[0] ?? '');
  const about = { ...ports.home, instance, group: 'none', taint: LEAVE_KEY, cluster: 'production', at: clock.now() };
  return await rehearsal.drive(verifyNotice({ kind: 'tainted', ...about, ...notice }, ports));
}

test.each<[string, Given, object]>([
  ['in no group', {}, { kind: 'retire', group: 'none', cluster: { name: 'production' } }],
  ['in no group, tagged for the cluster', { tags: HERE }, { kind: 'retire', group: 'none' }],
  ['in a group that is not enrolled', { groupTags: {} }, { kind: 'retire', group: 'batch' }],
  ['in a group that is tagged for the cluster', { groupTags: HERE }, { kind: 'retire', group: 'batch' }],
  [
    'tagged for another cluster than its node is in',
    { tags: THERE },
    { kind: 'refuse', reason: 'its node is in cluster production, and AWS says that it belongs to staging' },
  ],
  ['in a group that is tagged for another', { groupTags: THERE }, { kind: 'refuse' }],
  [
    'in no group, by a taint whose release is terminate',
    { notice: { taint: 'ebb/drain' } },
    { kind: 'ignore', stale: true, reason: 'the instance is in no group any more' },
  ],
  [
    'in a group that is not enrolled, by a taint whose release is terminate',
    { groupTags: {}, notice: { taint: 'ebb/drain' } },
    { kind: 'ignore', reason: expect.stringContaining('group batch is not enrolled') as string },
  ],
  [
    'by a taint that asks for nothing',
    { notice: { taint: 'other/drain' } },
    { kind: 'ignore', reason: 'taint other/drain asks for no drain in production' },
  ],
  [
    'of a cluster that is not configured',
    { notice: { cluster: 'staging' } },
    { kind: 'ignore', reason: 'cluster staging is not configured' },
  ],
])('an instance %s', async (_, given, expected) => {
  expect(await verified(given)).toMatchObject(expected);
});
