/**
 * What a drain keeps stays far below what Lambda keeps (contract 14.1): of 262,144 bytes a step it takes a quarter, and of
 * 100 MB in all 25. The drain's stage alone, over hours of virtual time, on a node with as many pods as EKS allows.
 */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { EXCLUDE_LABEL, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { drainStage } from '../../../lambdas/workflow/drain/drain-stage.ts';
import { StageRunner } from '../../../lambdas/workflow/run/stage-runner.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import {
  aNode,
  aNotice,
  anOwner,
  aPod,
  aSigned,
  HOUR,
  NO_LOAD_BALANCERS,
  NOON,
  SECOND,
  TAINT_KEY,
} from '../../given.ts';
import { onVirtualTime } from '../../model/run/virtual-time.ts';

/** What EKS allows on a node. */
const MOST_PODS = 737;
const EXECUTION = '123456789012-eu-central-1-i-0123456789abcdef0-01234567';

const ISOLATED = aNode({
  unschedulable: true,
  taints: [{ key: TAINT_KEY, value: 'asg-terminate', effect: 'NoSchedule' }],
  labels: { [RETIRING_LABEL]: 'asg-terminate', [EXCLUDE_LABEL]: 'ebb' },
  annotations: aSigned({ execution: EXECUTION }),
});

/** Pods of one Deployment, named and numbered as a real API server does it. */
function podsOf(count: number): Pod[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `payment-service-7d4b9c8f6d-${String(index).padStart(5, 'x')}`;
    return aPod({
      namespace: 'payments',
      name,
      uid: randomUUID(),
      owner: anOwner({ name: 'payment-service-7d4b9c8f6d' }),
    });
  });
}

/** Every eviction is denied in 2,000 characters, each time in the same ones, of each pod in others. */
function denying(pods: Map<string, Pod>): Cluster {
  const message = ({ name }: Pod): string => `${name} ${'may not leave its node now '.repeat(80)}`.slice(0, 2_000);
  const cluster: Partial<Cluster> = {
    readNode: () => Promise.resolve(ISOLATED),
    watchDrain: () =>
      Promise.resolve({
        state: () => ({ pods: [...pods.values()], budgets: [], workloads: new Map() }),
        follow: () => undefined,
        confirm: () => Promise.resolve(),
        close: () => undefined,
      }),
    evict: (pod) => Promise.resolve({ kind: 'denied-by-webhook', message: message(pod) }),
    remove: (pod) => {
      pods.delete(pod.uid);
      return Promise.resolve({ kind: 'granted' });
    },
  };
  return cluster as Cluster;
}

/** Drains for so long. @returns bytes of each step's result, and what was told */
async function drainFor(deadline: number, pods: Map<string, Pod>) {
  const told: DomainEvent[] = [];
  const sizes: number[] = [];
  const [cluster] = parseConfiguration({
    clusters: [{ name: 'shop', groups: [{ name: 'workers' }], drain: { impliedBudget: 'off' } }],
  }).clusters;
  if (cluster === undefined) throw new Error('there is no cluster');
  const action = { group: 'workers', hook: 'ebb-drain', instance: 'i-0123456789abcdef0' };
  const subject = { execution: EXECUTION, cluster: 'shop', group: 'workers', instance: action.instance };
  const hold = { action, timeoutSeconds: 1_800, until: Infinity, heartbeatAt: NOON + 900 * SECOND };
  const course = { subject, startedAt: NOON, deadline: NOON + deadline, hold };
  const ports = {
    clusters: { open: () => Promise.resolve(denying(pods)) },
    instances: { machine: () => Promise.reject(new Error('nobody asks')) },
    balancing: NO_LOAD_BALANCERS,
    journal: { report: (event: DomainEvent) => told.push(event) },
    running: { isRunning: () => Promise.resolve(true) },
    lifecycle: { heartbeat: () => Promise.resolve('recorded') },
    run: {
      step: async <Outcome>(_name: string, work: () => Promise<Outcome>) => {
        const text = JSON.stringify(await work());
        sizes.push(Buffer.byteLength(text));
        return JSON.parse(text) as Outcome;
      },
      suspend: (_name: string, seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * SECOND)),
    },
  };
  const retiree = { notice: aNotice(), cluster, course, ports };
  const order = { node: aNode().name, isolatedAt: NOON, startedAt: NOON, deadline: course.deadline, forces: true };
  const end = await new StageRunner(course, ports as never).run(drainStage(retiree as never, order));
  return { end, told, sizes };
}

const counted = (told: readonly DomainEvent[], type: DomainEvent['type']): number =>
  told.filter((event) => event.type === type).length;

test.each([
  [MOST_PODS, 2 * HOUR, 20],
  [240, 48 * HOUR, 900],
])(
  'of %i pods that are denied in 2,000 characters each, a drain keeps less than 65,536 bytes a step and 25 MB in all, and tells each once',
  async (count, lasting, turns) => {
    const pods = new Map(podsOf(count).map((pod) => [pod.uid, pod]));
    const uids = new Set(pods.keys());
    const { end, told, sizes } = await onVirtualTime(1, () => drainFor(lasting, pods));
    expect(end).toMatchObject({ kind: 'done', value: { ended: 'empty', memory: { forced: count } } });
    expect(sizes.length).toBeGreaterThan(turns);
    expect(counted(told, 'eviction.blocked')).toBe(count);
    expect(counted(told, 'pod.forced')).toBe(count);
    expect(new Set(told.flatMap((event) => (event.type === 'pod.gone' ? [event.uid] : [])))).toEqual(uids);
    expect(Math.max(...sizes)).toBeLessThan(65_536);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(25_000_000);
  },
  120_000,
);
