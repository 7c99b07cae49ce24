/** Others that drain or quarantine the node too (faults 48): recognised by their marks, and not fought. */
import { describe, expect, test } from 'vitest';
import { deleteObject } from '../peers/kubernetes/storage/deletion.ts';
import { nodes, pods } from '../peers/kubernetes/storage/resources.ts';
import { sweep } from '../workflow/sweep/sweeping.ts';
import { expectCompletedOnce, expectDrained, SECOND, statuses, webScene, type Scene } from './scene.ts';

const CLUSTER_AUTOSCALER = 'ToBeDeletedByClusterAutoscaler';

function taint({ rehearsal, node }: Scene, key: string): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ spec }) => {
    spec.taints = [...(spec.taints ?? []), { key, value: '1764500000', effect: 'NoSchedule' }];
  });
}

describe('faults 48: a node that another drainer has in hand', () => {
  test('is left alone by the sweep, although a taint asks for its drain', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, node } = given;
    taint(given, 'ebb/drain');
    taint(given, CLUSTER_AUTOSCALER);
    const [report] = await sweep(rehearsal);
    expect(report?.nodes).toMatchObject([{ node, decision: 'left alone', why: 'Cluster Autoscaler has it in hand' }]);
    expect(rehearsal.started.size).toBe(0);
  });

  test('is left alone by a voluntary retirement that has just begun: nothing is written on it, and no pod evicted', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, instance, node } = given;
    taint(given, 'ebb/drain');
    await sweep(rehearsal);
    const [notice] = rehearsal.started.values();
    if (notice === undefined) throw new Error('the sweep has started nothing');
    taint(given, 'karpenter.sh/disrupted');
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({
      result: 'stopped',
      reason: 'Karpenter has the node in hand',
    });
    expect(rehearsal.node(node).spec.unschedulable).toBeUndefined();
    expect(statuses(given)).toEqual([]);
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
  });

  test('is drained all the same when its instance goes anyway: who else is at work is said, and its taint stays', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, instance, node } = given;
    taint(given, CLUSTER_AUTOSCALER);
    const result = await rehearsal.retire(instance);
    expectDrained(given, result);
    expect(rehearsal.of('node.shared')).toMatchObject([{ neighbour: 'Cluster Autoscaler' }]);
    expect(rehearsal.node(node).spec.taints?.map(({ key }) => key)).toContain(CLUSTER_AUTOSCALER);
  });

  test('whose pods the other has evicted already: they are waited for, none is evicted twice, and the hook is completed once', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, instance, node } = given;
    taint(given, 'aws-node-termination-handler/asg-lifecycle-termination');
    const [pod] = rehearsal.kubernetes.podsOn(node);
    if (pod === undefined) throw new Error('there is no pod');
    const { uid } = pod.metadata;
    deleteObject({ store: rehearsal.kubernetes.store, clock: rehearsal.clock }, pods, pod, {});
    const result = await rehearsal.retire(instance);
    expect(result).toEqual({ result: 'drained' });
    expect(rehearsal.of('pod.evicted').map((event) => event.uid)).not.toContain(uid);
    expectCompletedOnce(given);
  });

  test('whose hook the other completes first: Ebb ends cleanly, and does not complete it again', async () => {
    await using given = await webScene({ stands: true });
    const { rehearsal, instance } = given;
    const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
    rehearsal.clock.after(SECOND, () => {
      const member = rehearsal.aws.autoScaling.findMember(instance);
      if (member !== undefined)
        rehearsal.aws.autoScaling.lifecycle.complete(member, 'ebb-drain', { result: 'CONTINUE' });
    });
    await rehearsal.drive(rehearsal.retireBy(notice));
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.of('retirement.finished')).toHaveLength(1);
  });
});
