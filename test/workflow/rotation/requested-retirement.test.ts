/** Retirements that a person or a rotation asks for (contract 10.2, 10.4), against both peers. */
import { describe, expect, test } from 'vitest';
import { DETACHED_FROM_TAG, ROTATION_TAG } from '../../../lambdas/core/aws/installation.ts';
import type { RequestedNotice } from '../../../lambdas/core/notice/notice.ts';
import type { RetirementTerms } from '../../../lambdas/core/notice/retirement-terms.ts';
import { Machines } from '../../machines.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, Rehearsal, type RehearsalPlan } from '../retirement/rehearsal.ts';

const web = { namespace: 'shop', name: 'web' };

/** What a request asks for that says nothing else. */
const TERMS: RetirementTerms = { detach: false, release: 'terminate', force: false, timeoutSeconds: 3_600 };

/** Three nodes, the first with pods; an instance that the group launches joins after a minute. */
async function scene(plan: RehearsalPlan = {}) {
  const rehearsal = await Rehearsal.start(plan);
  const { aws, kubernetes, first } = rehearsal;
  const machines = new Machines({ aws, kubernetes });
  for (const instance of rehearsal.instances) machines.nodes.set(instance, rehearsal.nodeOf(instance));
  machines.follow({ seconds: 60 });
  kubernetes.world.addDeployment({ ...web, replicas: 3, nodes: [first.node] });
  await rehearsal.ready();
  const group = aws.autoScaling.group(GROUP);
  return { rehearsal, machines, group, ...first, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

function request({ aws, clock, first }: Rehearsal, terms: Partial<RetirementTerms> = {}): RequestedNotice {
  const { accountId: account, region } = aws.account;
  const { instance } = first;
  const about = { account, region, instance, group: GROUP, cluster: 'production', at: clock.now() };
  return { kind: 'request', ...about, terms: { ...TERMS, ...terms } };
}

function tagsOf({ aws }: Rehearsal, instance: string): Readonly<Record<string, string>> {
  return aws.instances.get(instance).tags;
}

describe('a node whose retirement is asked for', () => {
  test('is drained, and its instance terminated through its group, which replaces it', async () => {
    await using given = await scene();
    const { rehearsal, group, instance } = given;
    expect(await rehearsal.drive(rehearsal.retireBy(request(rehearsal)))).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.started')).toMatchObject([{ kind: 'request', atDeadline: 'restore' }]);
    expect(rehearsal.of('pod.evicted')).toHaveLength(3);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(group.desired).toBe(3);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  });

  test('with release shrink lowers the desired capacity', async () => {
    await using given = await scene();
    const { rehearsal, group, instance } = given;
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { release: 'shrink' })));
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(group.desired).toBe(2);
  });

  test('with release leave stays, isolated and drained', async () => {
    await using given = await scene();
    const { rehearsal, instance, node } = given;
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { release: 'leave' })));
    expect(rehearsal.types).toContain('instance.left');
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect(rehearsal.node(node).spec.unschedulable).toBe(true);
  });

  test('of another cluster than AWS says is refused, and untouched', async () => {
    await using given = await scene();
    const { rehearsal, node } = given;
    const retired = await rehearsal.drive(rehearsal.retireBy({ ...request(rehearsal), cluster: 'staging' }));
    expect(retired).toEqual({
      result: 'ignored',
      reason: 'the request names cluster staging, and AWS says that it belongs to production',
    });
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
  });
});

describe('a node that is replaced before it goes', () => {
  test('leaves its group isolated; its pods leave once the replacement is Ready; then its instance ends', async () => {
    await using given = await scene();
    const { rehearsal, group, instance, node } = given;
    const batch = { rotation: 'r1', order: [instance], pauseSeconds: 0 };
    expect(await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true, batch })))).toEqual({
      result: 'drained',
    });
    const order = ['node.isolated', 'instance.detached', 'replacement.ready', 'pod.evicted', 'instance.terminated'];
    const found = order.map((type) => rehearsal.types.indexOf(type as never));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found).not.toContain(-1);
    expect(tagsOf(rehearsal, instance)).toMatchObject({ [DETACHED_FROM_TAG]: GROUP, [ROTATION_TAG]: 'r1' });
    expect(rehearsal.aws.instances.get(instance).state).toBe('terminated');
    expect([group.desired, rehearsal.instances.length]).toEqual([3, 3]);
    expect(rehearsal.instances).not.toContain(instance);
    expect(rehearsal.kubernetes.node(node)).toBeUndefined();
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  });

  test('is deleted by Ebb where no cloud controller does, five minutes after its machine has ended', async () => {
    await using given = await scene();
    const { rehearsal, machines, node } = given;
    machines.cloudController = false;
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    const [terminated] = rehearsal.of('instance.terminated');
    const [finished] = rehearsal.of('retirement.finished');
    expect(rehearsal.kubernetes.node(node)).toBeUndefined();
    expect((finished?.reportedAt ?? 0) - (terminated?.reportedAt ?? 0)).toBeGreaterThanOrEqual(300_000);
  });

  test('waits for a startup taint of the replacement to go', async () => {
    await using given = await scene();
    const { rehearsal, machines } = given;
    machines.setBoot(GROUP, { seconds: 60, startupTaint: { key: 'node.cilium.io/agent-not-ready', seconds: 120 } });
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    const [ready] = rehearsal.of('replacement.ready');
    expect(ready?.seconds).toBeGreaterThanOrEqual(180);
    expect(rehearsal.of('retirement.suspended').flatMap(({ waitingFor }) => waitingFor)).toContainEqual(
      expect.stringContaining('with startup taint node.cilium.io/agent-not-ready'),
    );
  });

  test.each([
    ['never joins', { seconds: Infinity }, 'has no node'],
    ['is never Ready', { seconds: 60, readySeconds: Infinity }, 'which is not Ready'],
  ] as const)('whose replacement %s is back in its group, restored, and the replacement gone', async (_, boot, why) => {
    await using given = await scene();
    const { rehearsal, machines, group, instance, node } = given;
    machines.setBoot(GROUP, boot);
    const before = rehearsal.instances;
    const retired = await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    expect(retired).toMatchObject({ result: 'restored', reason: expect.stringContaining(why) as string });
    await rehearsal.drive(rehearsal.clock.sleep(600_000));
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    const serving = rehearsal.instances.filter((each) => rehearsal.aws.autoScaling.state(each) === 'InService');
    expect(serving.toSorted()).toEqual(before.toSorted());
    expect([group.min, group.desired]).toEqual([0, 3]);
    expect(tagsOf(rehearsal, instance)).not.toHaveProperty(DETACHED_FROM_TAG);
    expect(rehearsal.of('pod.evicted')).toEqual([]);
    expect(rehearsal.node(node).spec.unschedulable).not.toBe(true);
  });

  test('is put back once, although AWS fails after it was', async () => {
    await using given = await scene();
    const { rehearsal, machines, group, instance } = given;
    machines.setBoot(GROUP, { seconds: Infinity });
    // Its nodes are old by now, and nothing is launched: so the group is told not to, by a number that must not be set again.
    await rehearsal.clock.advance(600_000);
    const before = rehearsal.instances;
    rehearsal.aws.autoScaling.exhaustCapacity(GROUP);
    rehearsal.aws.faults.inject({ kind: 'error', action: 'DeleteTags', times: 5 });
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    await rehearsal.drive(rehearsal.clock.sleep(600_000));
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect(group.desired).toBe(3);
    expect(rehearsal.instances.toSorted()).toEqual(before.toSorted());
    expect(rehearsal.of('instance.attached')).toHaveLength(1);
  });

  test('of a group of fixed size is back in it too, and its MinSize as before', async () => {
    await using given = await scene();
    const { rehearsal, machines, group, instance } = given;
    Object.assign(group, { min: 3, max: 3 });
    machines.setBoot(GROUP, { seconds: Infinity });
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    await rehearsal.drive(rehearsal.clock.sleep(600_000));
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect([group.min, group.desired, group.max]).toEqual([3, 3, 3]);
    expect(rehearsal.of('instance.orphaned')).toEqual([]);
  });

  test('that its load balancers let go slowly is put back once they have', async () => {
    await using given = await scene();
    const { rehearsal, machines, group, instance } = given;
    const { delays } = rehearsal.aws.autoScaling;
    machines.setBoot(GROUP, { seconds: Infinity });
    // «Auto Scaling waits for in-flight requests to complete»: until then it is Detaching.
    delays.membership = 1_800_000;
    rehearsal.clock.after(600_000, () => {
      delays.membership = 3_000;
    });
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    await rehearsal.drive(rehearsal.clock.sleep(1_800_000));
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect([group.desired, rehearsal.instances.length]).toEqual([3, 3]);
    expect(rehearsal.of('instance.attached')).toHaveLength(1);
    expect(tagsOf(rehearsal, instance)).not.toHaveProperty(DETACHED_FROM_TAG);
  });

  test('takes back no node that the group has launched for another reason', async () => {
    await using given = await scene();
    const { rehearsal, machines, group, instance } = given;
    await rehearsal.clock.advance(600_000);
    // It joined right before, as after a batch that drained at once; then nothing more can be launched.
    const young = rehearsal.addInstance();
    machines.nodes.set(young, rehearsal.nodeOf(young));
    rehearsal.aws.autoScaling.exhaustCapacity(GROUP);
    await rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })));
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect([young, instance].map((each) => rehearsal.aws.autoScaling.state(each))).toEqual(['InService', 'InService']);
    expect([group.desired, rehearsal.instances.length]).toEqual([4, 4]);
  });

  test('with termination protection is back in its group, restored, and says what to turn off', async () => {
    await using given = await scene();
    const { rehearsal, group, instance, node } = given;
    rehearsal.aws.instances.get(instance).disableApiTermination = true;
    await expect(rehearsal.drive(rehearsal.retireBy(request(rehearsal, { detach: true })))).rejects.toThrow(
      /^it is drained, and EC2 does not terminate it: .* Modify its 'disableApiTermination' instance attribute/,
    );
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect([group.desired, rehearsal.instances.length]).toEqual([3, 3]);
    expect(rehearsal.node(node).spec.unschedulable).not.toBe(true);
    expect(tagsOf(rehearsal, instance)).not.toHaveProperty(DETACHED_FROM_TAG);
  });
});
