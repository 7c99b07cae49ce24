/** Our own failure ends once (contract 6.3): six hours of the shipped functions and the sweep, counting runs and heartbeats. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../given.ts';
import { Installation } from '../installation.ts';
import { nodes } from '../peers/kubernetes/storage/resources.ts';

const GROUP = 'production-workers';
const HEARTBEAT = 3_600_000;

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: {
      clusters: [{ name: 'production', groups: [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT / 1000 }] }],
    },
    nodes: 3,
    sweeps: true,
  });
});
afterAll(async () => {
  await installation.stop();
});

/** A fresh instance with a pod that may leave at any time. */
function leaver(name: string): { instance: string; node: string } {
  const instance = installation.addNode(GROUP);
  const node = installation.nodeOf(instance);
  installation.kubernetes.world.addDeployment({ namespace: 'shop', name, nodes: [node] });
  return { instance, node };
}

function letGo(instance: string): void {
  const member = installation.aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  installation.aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
}

/** Six hours from now, with all that happens in them. */
async function sixHours(): Promise<void> {
  const { aws, clock } = installation;
  const end = clock.now() + 6 * HOUR;
  await aws.driveUntil(() => clock.now() >= end, { within: 7 * HOUR, whileRunning: true });
}

const runsOf = (instance: string) => installation.aws.lambda.executions.filter(({ name }) => name.includes(instance));
const historyOf = (instance: string) => installation.aws.autoScaling.history(instance);
const heartbeatsOf = (instance: string) => historyOf(instance).filter(({ kind }) => kind === 'heartbeat');
const finishesOf = (instance: string) =>
  installation.events.filter((event) => event.type === 'retirement.finished' && event.instance === instance);

describe('six hours with', { timeout: 120_000 }, () => {
  test('isolating patches that are refused for good end with the hook’s own timeout: four runs, no heartbeat', async () => {
    const { kubernetes, clock } = installation;
    const denied = {
      webhook: { ...leaver('a'), words: 'admission webhook "guard.acme.io" denied the request: nodes are mine' },
      policy: {
        ...leaver('b'),
        words: "ValidatingAdmissionPolicy 'calm' with binding 'calm' denied request: no taints",
      },
      size: { ...leaver('c'), words: 'metadata.annotations: Too long: may not be more than 262144 bytes' },
    };
    await kubernetes.settle();
    const patchOf = (node: string) => ({ verb: 'patch', resource: 'nodes', path: new RegExp(node) });
    kubernetes.faults.deny(patchOf(denied.webhook.node), {
      by: 'webhook',
      name: 'guard.acme.io',
      message: 'nodes are mine',
    });
    kubernetes.faults.deny(patchOf(denied.policy.node), { by: 'policy', name: 'calm', message: 'no taints' });
    kubernetes.store.change(nodes, { name: denied.size.node }, ({ metadata }) => {
      metadata.annotations = { note: 'x'.repeat(262_100) };
    });
    const begun = clock.now();
    for (const { instance } of Object.values(denied)) letGo(instance);
    await sixHours();
    for (const { instance, words } of Object.values(denied)) {
      expect(runsOf(instance).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'FAILED'));
      expect(finishesOf(instance)).toHaveLength(4);
      for (const event of finishesOf(instance)) {
        expect(event).toMatchObject({ result: 'failed', reason: expect.stringContaining(words) as string });
      }
      expect(heartbeatsOf(instance)).toEqual([]);
      const completions = historyOf(instance).filter((entry) => entry.kind === 'completion');
      expect(completions).toMatchObject([{ result: 'CONTINUE', by: 'timeout' }]);
      expect((completions[0]?.at ?? NaN) - begun).toBeLessThan(HEARTBEAT + MINUTE);
    }
  });

  test('an API server that stays away: one run with heartbeats until its deadline, one more, and no heartbeat after', async () => {
    const { kubernetes, clock } = installation;
    const { instance } = leaver('d');
    await kubernetes.settle();
    kubernetes.faults.clear();
    const away = kubernetes.faults.answer({}, 503, 'upstream connect error');
    const begun = clock.now();
    letGo(instance);
    await sixHours();
    away.remove();
    expect(runsOf(instance).map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
    const beats = heartbeatsOf(instance).map(({ at }) => at - begun);
    expect(beats.length).toBeGreaterThanOrEqual(1);
    expect(beats.length).toBeLessThanOrEqual(3);
    expect(Math.max(...beats)).toBeLessThan(HOUR + 5_000);
    const [completion] = historyOf(instance).filter((entry) => entry.kind === 'completion');
    expect(completion).toMatchObject({ result: 'CONTINUE', by: 'timeout' });
    expect((completion?.at ?? NaN) - begun).toBeLessThan(2 * HOUR + MINUTE);
  });
});
