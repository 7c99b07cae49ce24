/** Nodes that the router isolates before their retirement runs (contract 1.3, faults 15). */
import { describe, expect, test } from 'vitest';
import { listedNodes } from '../../../lambdas/adapters/clusters/listed-nodes.ts';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import { TAINT_KEY } from '../../given.ts';
import type { AwsEvent } from '../../peers/aws/event-bridge/event.ts';
import { Rehearsal, type RehearsalPlan } from '../retirement/rehearsal.ts';

class Ahead implements AsyncDisposable {
  readonly rehearsal: Rehearsal;

  constructor(rehearsal: Rehearsal) {
    this.rehearsal = rehearsal;
  }

  static async start(plan: RehearsalPlan = {}): Promise<Ahead> {
    return new Ahead(await Rehearsal.start(plan));
  }

  /** As the router does, whose rights are those of the functions that mark nodes and evict nothing. */
  async route(...events: readonly unknown[]): Promise<void> {
    const nodes = listedNodes(this.rehearsal.fleets);
    await Promise.all(events.map((event) => this.rehearsal.route(event, { nodes })));
  }

  isIsolated(name: string): boolean {
    const { spec } = this.rehearsal.node(name);
    return spec.unschedulable === true && (spec.taints ?? []).some(({ key }) => key === TAINT_KEY);
  }

  ownership(name: string) {
    const annotations = this.rehearsal.node(name).metadata.annotations ?? {};
    return ownershipOf({ annotations });
  }

  /** Requests to change a node. */
  patches(): number {
    return this.rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch').length;
  }

  calls(action: string): number {
    return this.rehearsal.aws.requests.filter((request) => request.action === action).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rehearsal[Symbol.asyncDispose]();
  }
}

describe('a node whose instance our hook holds', () => {
  test('is isolated by the time that its retirement has been started, which then finds it as its own (contract 3.1)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    const event = rehearsal.terminate(instance);
    await ahead.route(event);
    expect(ahead.isIsolated(node)).toBe(true);
    const [execution = ''] = rehearsal.started.keys();
    expect(ahead.ownership(node)).toMatchObject({ execution, kind: 'asg-terminate', cordonedByUs: true });
    const before = ahead.ownership(node);
    // Its time begins with the retirement (contract 5.1).
    expect(Date.parse(before?.deadline ?? '') - rehearsal.clock.now()).toBeGreaterThan(47 * 3_600_000);
    expect(ahead.patches()).toBe(1);
    const retired = await rehearsal.drive(rehearsal.retireBy(rehearsal.noticeOf(event)));
    expect(retired).toMatchObject({ result: 'drained' });
    expect(rehearsal.of('node.isolated')).toMatchObject([{ execution, cordonedBefore: false }]);
    expect(rehearsal.of('retirement.joined')).toEqual([]);
    expect(before?.since).toBe(ahead.ownership(node)?.since);
    const [started] = rehearsal.of('retirement.started');
    expect(ahead.ownership(node)?.deadline).toBe(started?.deadline);
    expect(rehearsal.completions(instance)).toHaveLength(1);
  });

  test('of three that leave together costs one question to Auto Scaling, and one list of the nodes (faults 15)', async () => {
    await using ahead = await Ahead.start({ nodes: 3 });
    const { rehearsal } = ahead;
    const events = rehearsal.instances.map((instance) => rehearsal.terminate(instance));
    await ahead.route(...events);
    for (const node of rehearsal.nodes) expect(ahead.isIsolated(node)).toBe(true);
    expect(ahead.calls('DescribeAutoScalingInstances')).toBe(1);
    const { entries } = rehearsal.kubernetes.requests;
    expect(entries.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    expect(entries.filter(({ verb }) => verb === 'patch')).toHaveLength(3);
    expect(rehearsal.started.size).toBe(3);
  });

  test('is isolated while AWS throttles all further questions (faults 15)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    const event = rehearsal.terminate(instance);
    for (const action of ['DescribeAutoScalingGroups', 'DescribeLifecycleHooks'])
      rehearsal.aws.faults.inject({ kind: 'throttle', action, times: Infinity });
    await ahead.route(event);
    expect(rehearsal.of('notice.unverified')).toHaveLength(1);
    expect(ahead.isIsolated(node)).toBe(true);
  });

  test('keeps the cordon of a person as a person’s (contract 3.2)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    rehearsal.node(node).spec.unschedulable = true;
    await ahead.route(rehearsal.terminate(instance));
    expect(ahead.ownership(node)).toMatchObject({ cordonedByUs: false });
  });

  test('is left as it is where a retirement has it in hand already (contract 1.6)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    const event = rehearsal.terminate(instance);
    await ahead.route(event);
    await ahead.route(event);
    expect(ahead.isIsolated(node)).toBe(true);
    expect(ahead.patches()).toBe(1);
  });

  test('has its retirement started although the cluster refuses: it is told, and left to the retirement (contract 6.3)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    const event = rehearsal.terminate(instance);
    const body = JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message: 'no' });
    rehearsal.kubernetes.faults.add({ verb: 'list' }, { kind: 'answer', status: 403, headers: {}, body });
    await ahead.route(event);
    expect(rehearsal.started.size).toBe(1);
    expect(rehearsal.of('isolation.left')).toMatchObject([{ instance, reason: expect.any(String) as string }]);
    expect(ahead.isIsolated(node)).toBe(false);
  });
});

test('a cluster that does not answer holds a batch up for twenty seconds, and no start', async () => {
  await using ahead = await Ahead.start({ stands: true });
  const { rehearsal } = ahead;
  const { instance } = rehearsal.first;
  const nodes = { ofInstance: () => new Promise<never>(() => undefined), open: () => Promise.reject(new Error('no')) };
  const begun = rehearsal.clock.now();
  await rehearsal.route(rehearsal.terminate(instance), { nodes });
  expect(rehearsal.clock.now() - begun).toBe(20_000);
  expect(rehearsal.started.size).toBe(1);
  expect(rehearsal.of('isolation.left')).toMatchObject([{ instance, reason: 'Error: it takes longer than 20 s' }]);
});

describe('no node is touched', () => {
  /** The event with something else in it. */
  const changed = (event: AwsEvent, detail: object): AwsEvent => ({ ...event, detail: { ...event.detail, ...detail } });

  test.each([
    ['names no cluster', { NotificationMetadata: undefined }],
    ['names a cluster that is not configured', { NotificationMetadata: '{"cluster":"other"}' }],
    ['names another hook', { LifecycleHookName: 'other' }],
    [
      'says that its hook is another installation’s (contract 15.2)',
      { NotificationMetadata: '{"cluster":"production","installation":"other"}' },
    ],
  ])('for an event that %s', async (_what, detail) => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    await ahead.route(changed(rehearsal.terminate(instance), detail));
    expect(ahead.isIsolated(node)).toBe(false);
  });

  test('for a forged event of an instance in service (faults 10)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const [leaving = '', serving = ''] = rehearsal.instances;
    const event = changed(rehearsal.terminate(leaving), { EC2InstanceId: serving });
    await ahead.route(event);
    expect(rehearsal.of('notice.refused').map(({ instance }) => instance)).toEqual([serving]);
    expect(ahead.isIsolated(rehearsal.nodeOf(serving))).toBe(false);
    expect(ahead.isIsolated(rehearsal.nodeOf(leaving))).toBe(false);
  });

  test('for a group that the settings do not name: AWS must say of it that it is ours (contract 1.3)', async () => {
    await using ahead = await Ahead.start({ enrolled: false });
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    rehearsal.aws.autoScaling
      .group('workers')
      .tags.push({ key: 'ebb/managed', value: 'true', propagateAtLaunch: false });
    await ahead.route(rehearsal.terminate(instance));
    expect(rehearsal.started.size).toBe(1);
    expect(ahead.isIsolated(node)).toBe(false);
  });

  test('for an event that is late: the hook’s time is asked for first (contract 5.1)', async () => {
    await using ahead = await Ahead.start();
    const { rehearsal } = ahead;
    const { instance, node } = rehearsal.first;
    const event = rehearsal.terminate(instance);
    await rehearsal.clock.advance(301_000);
    await ahead.route(event);
    expect(rehearsal.started.size).toBe(1);
    expect(ahead.isIsolated(node)).toBe(false);
  });
});
