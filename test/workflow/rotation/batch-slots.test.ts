/** The nodes of a batch drain one after the other, and none waits for a slot behind one that waits for it (contract 4.10, 10.2). */
import { describe, expect, test } from 'vitest';
import type { RequestedNotice } from '../../../lambdas/core/notice/notice.ts';
import { neighboursIn } from '../../../lambdas/core/notice/retirement-terms.ts';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import { decideSlot } from '../../../lambdas/core/retirement/slot.ts';
import { slotContenders } from '../../../lambdas/workflow/retirement/slot-contenders.ts';
import { aNode, aNotice, MINUTE } from '../../given.ts';

const ORDER = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'];

/** The second of the batch was isolated first, so it is first among those that wait for a slot. */
function contendersOf(instance: string, now: number) {
  const nodes = ORDER.map((id, index) => {
    const isolated = now - (id.endsWith('b') ? 2 * MINUTE : MINUTE) + index;
    const ownership = {
      execution: id,
      kind: 'request',
      group: 'workers',
      since: new Date(isolated).toISOString(),
      deadline: new Date(now + 60 * MINUTE).toISOString(),
      cordonedByUs: true,
      labelledByUs: true,
    };
    return aNode({
      name: `node-${id}`,
      providerId: `aws:///eu-central-1a/${id}`,
      labels: { [RETIRING_LABEL]: 'request' },
      annotations: { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership) },
    });
  });
  const { account, region, group, at } = aNotice();
  const notice: RequestedNotice = {
    kind: 'request',
    account,
    region,
    group,
    at,
    instance,
    cluster: 'production',
    terms: {
      detach: true,
      release: 'terminate',
      force: false,
      timeoutSeconds: 600,
      batch: { rotation: 'r1', order: ORDER, pauseSeconds: 0 },
    },
  };
  const subject = { execution: instance, cluster: 'production', group, instance };
  const course = { subject, startedAt: now, deadline: now + 60 * MINUTE };
  return slotContenders({ notice, course }, nodes, { node: `node-${instance}`, isolatedAt: now - MINUTE });
}

describe('a node of a batch', () => {
  test('knows those before it and those after it', () => {
    expect(neighboursIn({ order: ORDER }, ORDER[1] ?? '')).toEqual({ before: [ORDER[0]], after: [ORDER[2]] });
    expect(neighboursIn({ order: ORDER }, 'i-other')).toEqual({ before: [], after: [] });
  });

  test('gets the only slot before those that wait for it, however early they were isolated', () => {
    const contenders = contendersOf(ORDER[0] ?? '', Date.now());
    expect(contenders.map(({ name }) => name)).toEqual([`node-${ORDER[0] ?? ''}`]);
    const limits = { maxDrains: 1, maxLeaving: 0.2, nodes: 3 };
    expect(decideSlot(`node-${ORDER[0] ?? ''}`, contenders, limits)).toEqual({ kind: 'granted' });
  });

  test('contends with those before it', () => {
    const contenders = contendersOf(ORDER[2] ?? '', Date.now());
    expect(contenders.map(({ name }) => name).toSorted()).toEqual(ORDER.map((id) => `node-${id}`));
  });
});
