/** One pod's answer is that pod's business (contract 4.3): the others drain, and it is forced, or named, at its time. */
import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../given.ts';
import type { Denial } from '../../peers/kubernetes/eviction/admission.ts';
import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { clusterRoles } from '../../peers/kubernetes/storage/resources.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';

/** Two pods that may go and one, `kept`, that nobody lets go; the drain may take five minutes. */
async function withThree(): Promise<Rehearsal> {
  const rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 300 }, heartbeatTimeout: 120 });
  const { world } = rehearsal.kubernetes;
  const place = { namespace: 'shop', nodes: [rehearsal.first.node], shutdownSeconds: 2 };
  for (const name of ['web', 'api']) world.addDeployment({ ...place, name });
  world.addBarePod({ namespace: 'shop', name: 'kept', node: rehearsal.first.node });
  await rehearsal.ready();
  return rehearsal;
}

const EVICTION = { resource: 'pods/eviction', path: /kept/ };
const DELETION = { verb: 'delete', resource: 'pods', path: /kept/ };
const WEBHOOK: Denial = { by: 'webhook', name: 'guard.acme.io', message: 'not on a Friday' };
const POLICY: Denial = { by: 'policy', name: 'calm', message: 'nobody leaves' };

/** Seconds from the start of the retirement. */
function secondsTo(rehearsal: Rehearsal, at = NaN): number {
  return (at - (rehearsal.of('retirement.started')[0]?.reportedAt ?? NaN)) / SECOND;
}

function deadlineOf(rehearsal: Rehearsal): number {
  return Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '');
}

type Deny = (faults: KubernetesPeer['faults']) => unknown;

const status = (code: number, message: string) => ({ kind: 'Status', status: 'Failure', code, message });

const DENIALS: readonly [who: string, deny: Deny, words: string][] = [
  ['a policy (422)', (faults) => faults.deny(EVICTION, POLICY), 'nobody leaves'],
  ['a webhook (400)', (faults) => faults.deny(EVICTION, WEBHOOK), 'not on a Friday'],
  ['a webhook (403)', (faults) => faults.deny(EVICTION, { ...WEBHOOK, code: 403 }), 'not on a Friday'],
  ['a webhook (503)', (faults) => faults.deny(EVICTION, { ...WEBHOOK, code: 503 }), 'not on a Friday'],
  ['a plugin (403)', (faults) => faults.deny(EVICTION, { by: 'plugin', message: 'exceeded quota' }), 'exceeded quota'],
  ['the server (400)', (faults) => faults.answer(EVICTION, 400, status(400, 'malformed')), 'malformed'],
  ['the server (405)', (faults) => faults.answer(EVICTION, 405, status(405, 'not allowed')), 'not allowed'],
  ['the server (422)', (faults) => faults.answer(EVICTION, 422, status(422, 'is invalid')), 'is invalid'],
];

describe('a pod whose eviction is denied', () => {
  test.each(DENIALS)(
    'by %s is blocked by those words and forced at its time; the others drain',
    async (_, deny, words) => {
      await using rehearsal = await withThree();
      const { instance, node } = rehearsal.first;
      deny(rehearsal.kubernetes.faults);
      expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
      expect(rehearsal.of('eviction.blocked')).toMatchObject([
        { pod: 'shop/kept', explanation: expect.stringContaining(words) as string },
      ]);
      for (const { reportedAt } of rehearsal.of('pod.evicted'))
        expect(secondsTo(rehearsal, reportedAt)).toBeLessThan(10);
      expect(rehearsal.of('pod.evicted')).toHaveLength(2);
      const [forced, ...others] = rehearsal.of('pod.forced');
      expect([forced?.pod, others]).toEqual(['shop/kept', []]);
      expect(forced?.reportedAt).toBeGreaterThanOrEqual(deadlineOf(rehearsal) - 30 * SECOND);
      expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
      expect(rehearsal.of('pods.left')).toEqual([]);
      expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    },
  );

  test('goes by eviction as soon as the denial is taken back', async () => {
    await using rehearsal = await withThree();
    const denial = rehearsal.kubernetes.faults.deny(EVICTION, POLICY);
    rehearsal.clock.after(2 * MINUTE, () => {
      denial.remove();
    });
    expect(await rehearsal.retire(rehearsal.first.instance)).toEqual({ result: 'drained' });
    const last = rehearsal.of('pod.evicted').at(-1);
    expect(last?.pod).toBe('shop/kept');
    expect(secondsTo(rehearsal, last?.reportedAt)).toBeLessThan(180);
  });
});

describe('a pod whose deletion is denied as well', () => {
  test('is asked for until the deadline, then named, and goes with its instance', async () => {
    await using rehearsal = await withThree();
    const { instance, node } = rehearsal.first;
    const deletion = rehearsal.kubernetes.faults.deny(DELETION, POLICY);
    rehearsal.kubernetes.faults.deny(EVICTION, WEBHOOK);
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(deletion.hits).toBeGreaterThanOrEqual(4);
    expect(deletion.hits).toBeLessThan(25);
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(rehearsal.of('eviction.blocked').map(({ pod, by }) => [pod, by.kind])).toEqual([
      ['shop/kept', 'webhook'],
      ['shop/kept', 'server'],
    ]);
    expect(rehearsal.of('pods.left')).toMatchObject([{ pods: ['shop/kept'], node }]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(secondsTo(rehearsal, rehearsal.history(instance, 'completion')[0]?.at)).toBeLessThan(310);
  });

  test('is forced when the denial is taken back in time', async () => {
    await using rehearsal = await withThree();
    const { instance, node } = rehearsal.first;
    const denial = rehearsal.kubernetes.faults.deny({ path: /kept/ }, POLICY);
    rehearsal.clock.after(270 * SECOND, () => {
      denial.remove();
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
    expect(rehearsal.of('pod.forced').map(({ pod }) => pod)).toEqual(['shop/kept']);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.of('pods.left')).toEqual([]);
  });
});

test('a right that we lack is no pod’s business: the retirement ends, naming verb and resource', async () => {
  await using rehearsal = await withThree();
  const { store } = rehearsal.kubernetes;
  store.change(clusterRoles, { name: 'ebb' }, (role) => {
    role.rules = role.rules?.filter(({ resources = [] }) => !resources.includes('pods/eviction'));
  });
  const retiring = rehearsal.retire(rehearsal.first.instance);
  await expect(retiring).rejects.toThrow('cannot create resource "pods/eviction"');
  expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'failed' }]);
});
