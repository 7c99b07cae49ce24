/** One retirement in charge of a node (contract 1.6), and which of many nodes may drain (contract 4.10). */
import { describe, expect, test } from 'vitest';
import { executionName } from '../../../lambdas/core/notice/notice.ts';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import { MINUTE } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Rehearsal } from './rehearsal.ts';

function inCharge(rehearsal: Rehearsal, node: string): string | undefined {
  return ownershipOf({ annotations: rehearsal.node(node).metadata.annotations ?? {} })?.execution;
}

describe('two retirements of one node', () => {
  test('the second joins: it ends, saying so, and the hook is completed once', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({
      namespace: 'shop',
      name: 'web',
      replicas: 3,
      nodes: [node],
      shutdownSeconds: 20,
    });
    await rehearsal.ready();
    const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
    const later = { ...notice, token: 'another-token', at: notice.at + 1 };
    rehearsal.running.add(executionName(notice));
    const first = rehearsal.retireBy(notice);
    const second = rehearsal.clock.sleep(5_000).then(() => rehearsal.retireBy(later));
    expect(await rehearsal.drive(Promise.all([first, second]))).toEqual([
      { result: 'drained' },
      { result: 'joined', reason: `${executionName(notice)} is in charge of the node` },
    ]);
    expect(rehearsal.of('retirement.joined')).toMatchObject([{ other: executionName(notice) }]);
    expect(rehearsal.of('node.isolated')).toHaveLength(1);
    expect(rehearsal.of('pod.evicted')).toHaveLength(3);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('one with less time takes charge, inherits the marks, and the other ends without touching anything more', async () => {
    // AWS ends such a hook 3,000 s after its begin.
    await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 30 });
    const { instance, node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
    const urgent = { ...notice, token: 'another-token', at: notice.at - 25 * MINUTE };
    rehearsal.running.add(executionName(notice));
    const first = rehearsal.retireBy(notice);
    const second = rehearsal.clock.sleep(5 * MINUTE).then(() => rehearsal.retireBy(urgent));
    const [superseded, done] = await rehearsal.drive(Promise.all([first, second]));
    expect(superseded).toEqual({
      result: 'superseded',
      reason: `${executionName(urgent)} has taken charge of the node`,
    });
    expect(done).toEqual({ result: 'forced' });
    expect(inCharge(rehearsal, node)).toBe(executionName(urgent));
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    const [forced] = rehearsal.of('pod.forced');
    expect(forced?.execution).toBe(executionName(urgent));
  });

  test('the first asks for no pod any more within seconds of the second’s taking charge (contract 1.6)', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 1, drain: { pauseBetweenEvictionsSeconds: 1 } });
    const { instance, node } = rehearsal.first;
    const { kubernetes, clock } = rehearsal;
    for (let index = 0; index < 50; index += 1) {
      kubernetes.world.addDeployment({ namespace: 'shop', name: `web-${index}`, nodes: [node], shutdownSeconds: 1 });
    }
    await rehearsal.ready();
    const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
    let takenAt = NaN;
    clock.after(17_000, () => {
      takenAt = clock.now();
      kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
        const ownership = ownershipOf({ annotations: metadata.annotations ?? {} });
        metadata.annotations = { 'ebb/retirement': JSON.stringify({ ...ownership, execution: 'another' }) };
      });
    });
    const { requests } = kubernetes;
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({
      result: 'superseded',
      reason: 'another has taken charge of the node',
    });
    const asked = requests.entries.filter(({ resource }) => resource === 'pods/eviction').map(({ at }) => at);
    expect(asked.filter((at) => at < takenAt).length).toBeGreaterThan(10);
    expect(Math.max(...asked) - takenAt).toBeLessThanOrEqual(6_000);
    expect(clock.now() - takenAt).toBeLessThan(10_000);
    // For the ownership of the node one request in five seconds is made, and only while pods are asked to leave.
    const looks = requests.entries.filter(({ verb, resource }) => verb === 'get' && resource === 'nodes');
    expect(looks.length).toBeLessThanOrEqual(4 + Math.ceil((clock.now() - notice.at) / 5_000));
    expect(rehearsal.completions(instance)).toEqual([]);
  });

  test('marks of one that has ended are inherited, its deadline is not', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    const dead = { execution: 'dead', kind: 'asg-terminate', cordonedByUs: false, labelledByUs: true };
    const [since, deadline] = ['2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z'];
    rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
      metadata.annotations = { 'ebb/retirement': JSON.stringify({ ...dead, since, deadline }) };
    });
    expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
    const [started] = rehearsal.of('retirement.started');
    const ownership = ownershipOf({ annotations: rehearsal.node(node).metadata.annotations ?? {} });
    expect(ownership).toMatchObject({ cordonedByUs: false, labelledByUs: true, since, deadline: started?.deadline });
    expect(ownership?.execution).toBe(started?.execution);
  });
});

describe('many nodes at once', () => {
  test('drain a fifth at a time, oldest first; the others wait isolated, with heartbeats, and all are drained', async () => {
    await using rehearsal = await Rehearsal.start({ nodes: 10, heartbeatTimeout: 60 });
    const leaving = rehearsal.instances.slice(0, 5);
    for (const [index, instance] of leaving.entries()) {
      const place = { namespace: 'shop', nodes: [rehearsal.nodeOf(instance)], shutdownSeconds: 25 };
      rehearsal.kubernetes.world.addDeployment({ ...place, name: `web-${index}` });
    }
    await rehearsal.ready();
    const retirements = leaving.map(async (instance, index) => {
      await rehearsal.clock.sleep(index * 1_000);
      const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
      rehearsal.running.add(executionName(notice));
      const retired = await rehearsal.retireBy(notice);
      // As the cloud controller does once the instance has gone.
      rehearsal.kubernetes.world.deleteNode(rehearsal.nodeOf(instance));
      return retired;
    });
    const results = await rehearsal.drive(Promise.all(retirements));
    expect(results).toEqual(leaving.map(() => ({ result: 'drained' })));
    expect(rehearsal.of('node.isolated')).toHaveLength(5);
    expect(new Set(rehearsal.of('retirement.held').map(({ instance }) => instance)).size).toBe(3);
    expect(rehearsal.of('retirement.held')[0]).toMatchObject({ breaker: true });
    const spans = leaving.map((instance) => {
      const at = (type: 'drain.planned' | 'node.drained'): number =>
        rehearsal.of(type).find((event) => event.instance === instance)?.reportedAt ?? NaN;
      return { from: at('drain.planned'), to: at('node.drained') };
    });
    for (const { from } of spans) {
      expect(spans.filter((other) => other.from <= from && from < other.to).length).toBeLessThanOrEqual(2);
    }
    for (const instance of leaving) {
      expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
      expect(rehearsal.history(instance, 'heartbeat').filter(({ at, before }) => at >= before)).toEqual([]);
    }
  });
});
