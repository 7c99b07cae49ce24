/** What a drain tells once, however many passes it takes. */
import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { planEvictions, type EvictionPlan } from '../../../lambdas/core/drain/eviction-plan.ts';
import { ownerKey, type Owner } from '../../../lambdas/core/kubernetes/pod.ts';
import { NOTHING_DRAINED, type DrainMemory } from '../../../lambdas/workflow/drain/drain-memory.ts';
import { DrainRecord } from '../../../lambdas/workflow/drain/drain-record.ts';
import { anOwner, aPod, aWorkload, terms } from '../../given.ts';

const SUBJECT = { execution: 'e', cluster: 'prod', group: 'workers', instance: 'i-1', node: 'node-1' };

/** Two pods of each owner, none of which is known. */
function planOf(...owners: readonly Owner[]): EvictionPlan {
  const pods = owners.flatMap((owner, at) => [0, 1].map((n) => aPod({ name: `pod-${at}-${n}`, owner })));
  const workloads = owners.map((owner) => [ownerKey(owner), aWorkload({ owner, unknown: 'it is gone' })] as const);
  return planEvictions(
    { pods, budgets: [], workloads: new Map(workloads) },
    new Map(),
    terms({ now: terms().startedAt }),
  );
}

test('an unknown controller is told once, with the first of its pods, over all passes', () => {
  const told: DomainEvent[] = [];
  const record = (memory: DrainMemory) => new DrainRecord(SUBJECT, memory, { report: (event) => told.push(event) });
  const first = record(NOTHING_DRAINED);
  first.unknown(planOf(anOwner({ name: 'web' }), anOwner({ name: 'api' })));
  first.unknown(planOf(anOwner({ name: 'web' })));
  record(first.memory).unknown(planOf(anOwner({ name: 'api' }), anOwner({ name: 'late' })));
  expect(told).toMatchObject([
    { type: 'controller.unknown', owner: 'ReplicaSet shop/web', pod: 'shop/pod-0-0', reason: 'it is gone' },
    { type: 'controller.unknown', owner: 'ReplicaSet shop/api', pod: 'shop/pod-1-0' },
    { type: 'controller.unknown', owner: 'ReplicaSet shop/late' },
  ]);
});

test('what is remembered of it stays short, whatever a pod claims', () => {
  const record = new DrainRecord(SUBJECT, NOTHING_DRAINED, { report: () => undefined });
  record.unknown(planOf(anOwner({ name: 'x'.repeat(100_000), uid: 'y'.repeat(100_000) })));
  expect(JSON.stringify(record.memory).length).toBeLessThan(500);
});
