/** The journal's lines as CloudWatch gets them (contract 13). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import {
  budgetUnreadable,
  clusterUnswept,
  groupHeld,
  groupStopped,
  sweepFinished,
  taintsIgnored,
} from '../../../lambdas/core/events/fleet-events.ts';
import { noticeIgnored, noticeRefused } from '../../../lambdas/core/events/notice-events.ts';
import type { Subject } from '../../../lambdas/core/events/retirement-events.ts';
import { podGone, retirementFinished, volumesKept } from '../../../lambdas/core/events/retirement-events.ts';
import { secretUnreadable } from '../../../lambdas/core/events/withdrawal-request-events.ts';
import { journal } from '../../../lambdas/entry/reporting/journal.ts';

const SUBJECT: Subject = {
  execution: 'e-1',
  cluster: 'production',
  group: 'workers',
  instance: 'i-0123456789abcdef0',
  node: 'ip-10-0-0-1',
};

let lines: string[];

beforeEach(() => {
  lines = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      lines.push(...String(text).split('\n').slice(0, -1));
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

function written(event: DomainEvent): Record<string, unknown>[] {
  journal('node-retirement').report(event);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a line', () => {
  test('is the event itself, flat, with time, level and service (contract 13.1)', () => {
    const [line, ...more] = written(podGone(SUBJECT, { pod: 'shop/web', uid: 'u-1' }));
    expect(more).toEqual([]);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      level: 'INFO',
      type: 'pod.gone',
      ...SUBJECT,
      pod: 'shop/web',
      uid: 'u-1',
      service: 'node-retirement',
    });
  });

  test.each<[string, DomainEvent]>([
    ['notice.refused', noticeRefused({ reason: 'forged', instance: 'i-1' })],
    ['volumes.kept', volumesKept(SUBJECT, [{ name: 'pv-1', inUse: false }])],
    ['group.stopped', groupStopped({ cluster: 'production', group: 'workers', reason: 'an instance refresh' })],
    ['group.held', groupHeld({ cluster: 'production', group: 'workers', nodes: 1, reason: 'node-1 is cordoned' })],
    ['taints.ignored', taintsIgnored({ cluster: 'production', nodes: ['node-1: Karpenter’s'] })],
    ['budget.unreadable', budgetUnreadable({ cluster: 'production', reason: 'budget.nodes: must be a number' })],
    ['secret.unreadable', secretUnreadable({ from: '203.0.113.7', reason: 'AccessDeniedException' })],
  ])('of %s warns', (type, event) => {
    expect(written(event)[0]).toMatchObject({ level: 'WARN', type });
  });

  test('stays one line, whatever control characters a name from outside holds (contract 13.3, faults 74)', () => {
    const evil = 'web\r\n{"type":"hook.completed"}\u001b[31m\u0000';
    const [line] = written(podGone(SUBJECT, { pod: evil, uid: 'u-1' }));
    expect(lines).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
    expect(line).toMatchObject({ type: 'pod.gone', pod: evil });
  });

  test('shows no control character to a terminal, those that JSON leaves alone included (contract 13.3, faults 74)', () => {
    // U+009B starts an escape sequence by itself; JSON.stringify escapes neither it nor DEL.
    written(podGone(SUBJECT, { pod: 'web\u009b31m\u007f\u0085', uid: 'u-1' }));
    expect(lines[0]).not.toMatch(/[\u007f-\u009f]/);
  });

  test('cuts fields that are long, also within (contract 13.3)', () => {
    const long = 'x'.repeat(20_000);
    const volumes = [long, 'pv-2'].map((name) => ({ name, inUse: false }));
    const [line] = written(volumesKept(SUBJECT, volumes));
    expect(line?.volumes).toEqual([`${'x'.repeat(1_000)}…`, 'pv-2']);
    expect(lines[0]?.length).toBeLessThan(3_000);
  });

  test('of an ignored notice keeps the words of the event’s sender as they are', () => {
    expect(written(noticeIgnored({ reason: 'r', source: 'aws.ec2', detailType: 'x' }))[0]).toMatchObject({
      source: 'aws.ec2',
      detailType: 'x',
    });
  });
});

describe('a metric', () => {
  interface Emf extends Record<string, unknown> {
    readonly _aws: {
      readonly CloudWatchMetrics: readonly {
        readonly Namespace: string;
        readonly Dimensions: readonly (readonly string[])[];
        readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
      }[];
    };
  }
  const emfOf = (event: DomainEvent): Emf[] => written(event).filter((line): line is Emf => '_aws' in line);

  test('is written for a finished retirement, with dimensions cluster, group and result only (contract 13.1)', () => {
    const [emf, ...more] = emfOf(retirementFinished(SUBJECT, { result: 'drained', seconds: 42.5 }));
    expect(more).toEqual([]);
    expect(emf).toMatchObject({ cluster: 'production', group: 'workers', result: 'drained', Retirement: 42.5 });
    const [metric] = emf?._aws.CloudWatchMetrics ?? [];
    expect(metric).toMatchObject({ Namespace: 'Ebb', Metrics: [{ Name: 'Retirement', Unit: 'Seconds' }] });
    expect(metric?.Dimensions.map((names) => [...names].sort())).toEqual([['cluster', 'group', 'result']]);
  });

  test('counts refused notices (contract 1.3)', () => {
    expect(emfOf(noticeRefused({ reason: 'forged', instance: 'i-1' }))).toMatchObject([{ NoticeRefused: 1 }]);
  });

  test('counts budgets that cannot be read, and so let nothing through (contract 9.3)', () => {
    expect(emfOf(budgetUnreadable({ cluster: 'production', reason: 'budget.nodes: r' }))).toMatchObject([
      { BudgetUnreadable: 1 },
    ]);
  });

  test('counts requests that nobody could be let in for (contract 7.4)', () => {
    expect(emfOf(secretUnreadable({ from: '203.0.113.7', reason: 'AccessDeniedException' }))).toMatchObject([
      { SecretUnreadable: 1 },
    ]);
  });

  test('counts what the sweep had to start, which nobody should have to (contract 1.7)', () => {
    const counts = { groups: 2, waiting: 4, started: 3, tainted: 2, restored: 1, clustersAway: 0 };
    expect(emfOf(sweepFinished(counts))).toMatchObject([{ HookForgotten: 3 }]);
  });

  test('is not written for a sweep that started nothing', () => {
    const counts = { groups: 2, waiting: 4, started: 0, tainted: 2, restored: 1, clustersAway: 0 };
    expect(emfOf(sweepFinished(counts))).toEqual([]);
  });

  test('counts, by cluster, sweeps that did not reach it', () => {
    const [emf] = emfOf(clusterUnswept({ cluster: 'production', reason: 'connection refused' }));
    expect(emf).toMatchObject({ cluster: 'production', ClusterUnswept: 1 });
    expect(emf?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['cluster']]);
  });

  test('is written for nothing else', () => {
    expect(emfOf(podGone(SUBJECT, { pod: 'shop/web', uid: 'u-1' }))).toEqual([]);
  });
});
