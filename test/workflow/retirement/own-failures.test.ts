/** What keeps a retirement from going on: it ends once, in the server's words, or is waited for without holding more (6.3). */
import { describe, expect, test } from 'vitest';
import { RetirementFailed } from '../../../lambdas/workflow/retirement/retirement.ts';
import type { Cluster, Clusters, ReachedCluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { HOUR, MINUTE, SECOND } from '../../given.ts';
import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Rehearsal, type RehearsalPlan } from './rehearsal.ts';

/** An instance with one pod, under a hook of five minutes. */
async function withPod(plan: RehearsalPlan = {}): Promise<Rehearsal> {
  const rehearsal = await Rehearsal.start({ heartbeatTimeout: 300, ...plan });
  const { node } = rehearsal.first;
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node], shutdownSeconds: 2 });
  await rehearsal.ready();
  return rehearsal;
}

const PATCH = { verb: 'patch', resource: 'nodes' };
const WEBHOOK = { by: 'webhook', name: 'guard.acme.io', message: 'nodes are mine' } as const;

type Refuse = (peer: KubernetesPeer, node: string) => unknown;

const REFUSALS: readonly [who: string, refuse: Refuse, words: string][] = [
  ['a webhook (400)', ({ faults }) => faults.deny(PATCH, WEBHOOK), 'guard.acme.io'],
  ['a webhook (403)', ({ faults }) => faults.deny(PATCH, { ...WEBHOOK, code: 403 }), 'guard.acme.io'],
  ['a webhook (404)', ({ faults }) => faults.deny(PATCH, { ...WEBHOOK, code: 404 }), 'guard.acme.io'],
  ['a webhook (409)', ({ faults }) => faults.deny(PATCH, { ...WEBHOOK, code: 409 }), 'guard.acme.io'],
  [
    'a policy (422)',
    ({ faults }) => faults.deny(PATCH, { by: 'policy', name: 'calm', message: 'no taints' }),
    "ValidatingAdmissionPolicy 'calm'",
  ],
  ['the size of a request (413)', ({ faults }) => faults.answer(PATCH, 413, 'entity too large'), 'entity too large'],
  [
    'annotations that leave no room (422)',
    ({ store }, name) =>
      store.change(nodes, { name }, ({ metadata }) => {
        metadata.annotations = { note: 'x'.repeat(262_100) };
      }),
    'Too long: may not be more than 262144 bytes',
  ],
];

describe('isolating that is refused for good', () => {
  test.each(REFUSALS)(
    'by %s ends the retirement at once, in those words, without a heartbeat',
    async (_, refuse, words) => {
      await using rehearsal = await withPod();
      const { instance, node } = rehearsal.first;
      refuse(rehearsal.kubernetes, node);
      const begun = rehearsal.clock.now();
      const retiring = rehearsal.retire(instance);
      await expect(retiring).rejects.toThrow(RetirementFailed);
      await expect(retiring).rejects.toThrow(words);
      expect(rehearsal.of('retirement.finished')).toMatchObject([
        { result: 'failed', reason: expect.stringContaining(words) as string },
      ]);
      expect(rehearsal.clock.now() - begun).toBeLessThan(5 * SECOND);
      expect(rehearsal.steps.filter((step) => step === 'isolate')).toHaveLength(1);
      expect(rehearsal.history(instance, 'heartbeat')).toEqual([]);
      expect(rehearsal.completions(instance)).toEqual([]);
      expect(rehearsal.kubernetes.podsOn(node)).toHaveLength(1);
    },
  );

  test('is no refusal while the webhook does not answer: it is asked again, with heartbeats, and the node drained', async () => {
    await using rehearsal = await withPod();
    const { instance, node } = rehearsal.first;
    const message = 'Internal error occurred: failed calling webhook "guard.acme.io": context deadline exceeded';
    const silent = rehearsal.kubernetes.faults.answer(PATCH, 500, { kind: 'Status', code: 500, message });
    rehearsal.clock.after(20 * MINUTE, () => {
      silent.remove();
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    expect(rehearsal.of('cluster.away')).toMatchObject([{ reason: message }]);
    expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  });
});

/** Every watch of the drain fails with an error that says nothing of the cluster, for so long. */
function failing({ ports, clock }: Rehearsal, milliseconds: number): { clusters: Clusters } {
  const until = clock.now() + milliseconds;
  const open = async (reached: ReachedCluster): Promise<Cluster> => {
    const cluster = await ports.clusters.open(reached);
    const watchDrain: Cluster['watchDrain'] = (...asked) => {
      if (clock.now() < until) throw new Error('Rate exceeded');
      return cluster.watchDrain(...asked);
    };
    return { ...cluster, watchDrain };
  };
  return { clusters: { open } };
}

/** The least time between two heartbeats of a hook of five minutes: half of it, less a fifth. */
const SHORTEST = 120 * SECOND;

describe('a pass that fails', () => {
  test('is tried again without a heartbeat before its time, said once, and the drain goes on from there', async () => {
    await using rehearsal = await withPod();
    const { instance } = rehearsal.first;
    expect(await rehearsal.retire(instance, failing(rehearsal, 12 * MINUTE))).toEqual({ result: 'drained' });
    expect(rehearsal.of('stage.failed')).toMatchObject([{ stage: 'drain', reason: 'Error: Rate exceeded' }]);
    const beats = rehearsal.history(instance, 'heartbeat').map(({ at }) => at);
    expect(beats.length).toBeGreaterThanOrEqual(3);
    const apart = beats.slice(1).map((at, index) => at - (beats[index] ?? NaN));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(SHORTEST);
    expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
    // Soon at first, then once a minute.
    expect(rehearsal.steps.filter((step) => step === 'drain').length).toBeGreaterThan(12);
    expect(rehearsal.steps.filter((step) => step === 'drain').length).toBeLessThan(30);
  });

  test('for half an hour ends the retirement, which says why; the hook has its default result', async () => {
    await using rehearsal = await withPod();
    const { instance } = rehearsal.first;
    const begun = rehearsal.clock.now();
    const retiring = rehearsal.retire(instance, failing(rehearsal, 48 * HOUR));
    await expect(retiring).rejects.toThrow('Rate exceeded');
    expect(rehearsal.clock.now() - begun).toBeGreaterThan(25 * MINUTE);
    expect(rehearsal.clock.now() - begun).toBeLessThan(45 * MINUTE);
    expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'failed', reason: 'Error: Rate exceeded' }]);
    expect(rehearsal.completions(instance)).toEqual([]);
  });

  test('at the deadline is told as why the pods were not looked at, and nobody heartbeats after it', async () => {
    await using rehearsal = await withPod({ drain: { timeoutSeconds: 900 } });
    const { instance } = rehearsal.first;
    const retiring = rehearsal.retire(instance, failing(rehearsal, 48 * HOUR));
    await expect(retiring).rejects.toThrow('time was up while it waited for Error: Rate exceeded');
    const deadline = Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '');
    expect(rehearsal.history(instance, 'heartbeat').filter(({ at }) => at >= deadline)).toEqual([]);
    expect(rehearsal.of('pods.left')).toEqual([]);
  });
});

test('an API server that stays away is waited for with heartbeats until the deadline, and no longer', async () => {
  await using rehearsal = await withPod({ drain: { timeoutSeconds: 1_800 } });
  const { instance } = rehearsal.first;
  rehearsal.kubernetes.faults.answer({ resource: 'nodes' }, 503, 'upstream connect error');
  await expect(rehearsal.retire(instance)).rejects.toThrow('upstream connect error');
  const deadline = Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '');
  const beats = rehearsal.history(instance, 'heartbeat').map(({ at }) => at);
  expect(beats.length).toBeGreaterThan(8);
  expect(Math.max(...beats)).toBeLessThan(deadline);
  await rehearsal.clock.advance(HOUR);
  expect(rehearsal.history(instance, 'heartbeat')).toHaveLength(beats.length);
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by timeout']);
});
