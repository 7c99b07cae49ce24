/** Nodes that bear a drain taint, found by the sweep and drained within the budget (contract 9.3, 9.5–9.7). */
import { describe, expect, test } from 'vitest';
import { LOOKS_ONLY } from '../../../lambdas/core/disruption/budget.ts';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL, COOL_DOWN_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import type { SweepReport, SweptNode } from '../../../lambdas/core/disruption/sweep-report.ts';
import { executionName, executionsOf } from '../../../lambdas/core/notice/notice.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { HOUR } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from './sweeping.ts';
import { DRIFT_DRAIN, PLAIN_KEY, taint } from '../node/tainting.ts';

const sweptNodes = ([report]: readonly SweepReport[]): readonly SweptNode[] => report?.nodes ?? [];

const requested = (rehearsal: Rehearsal): (string | undefined)[] =>
  rehearsal.of('retirement.requested').map(({ node }) => node);

/** Runs what the sweep has started to its end, beside sweeps as often as they come. */
async function carryOut(rehearsal: Rehearsal, meanwhile: Promise<void> = Promise.resolve()): Promise<string[]> {
  const results: string[] = [];
  for (const [name, notice] of rehearsal.started) {
    rehearsal.running.add(name);
    const [{ result }] = await rehearsal.drive(Promise.all([rehearsal.retireBy(notice), meanwhile]));
    results.push(result);
    rehearsal.running.delete(name);
    rehearsal.started.delete(name);
  }
  return results;
}

/** What a retirement has done to a node, as it says itself. */
const BY_US = { cordonedByUs: true, labelledByUs: true };

function annotate(rehearsal: Rehearsal, node: string, key: string, value: string): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [key]: value };
  });
}

function label(rehearsal: Rehearsal, node: string, key: string, value: string): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, [key]: value };
  });
}

/** A node of a group that is tagged for another cluster, older than all others. */
function addForeign({ aws, kubernetes }: Rehearsal): string {
  const zone = `${aws.account.region}a`;
  aws.autoScaling.addGroup({
    name: 'theirs',
    desired: 0,
    tags: { 'ebb/managed': 'true', 'eks:cluster-name': 'staging' },
  });
  const instance = aws.autoScaling.addInstance('theirs', { zone });
  const name = aws.instances.get(instance).privateDnsName ?? '';
  kubernetes.world.addNode({ name, providerID: `aws:///${zone}/${instance}` });
  kubernetes.store.change(nodes, { name }, ({ metadata }) => {
    metadata.creationTimestamp = '2020-01-01T00:00:00Z';
  });
  return name;
}

describe('a node that is tainted', () => {
  test.each([
    ['by hand', PLAIN_KEY, {}],
    ['by the tainter', 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain', {}],
    ['by a key of one’s own', 'ektopistis.io/drain', { tainted: { taints: [{ key: 'ektopistis.io/drain' }] } }],
  ])('%s is drained and its instance replaced', async (_by, key, plan) => {
    await using rehearsal = await Rehearsal.start(plan);
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
    await rehearsal.ready();
    taint(rehearsal, node, { key });
    const reports = await sweep(rehearsal);
    expect(reports).toMatchObject([{ cluster: 'production', nodes: [{ node, taint: key, decision: 'starts now' }] }]);
    const [notice] = rehearsal.started.values();
    if (notice === undefined) throw new Error('nothing was started');
    expect(rehearsal.of('retirement.requested')).toMatchObject([
      { execution: executionName(notice), instance, node, taint: key, foundBy: 'sweep', already: false },
    ]);
    expect(await carryOut(rehearsal)).toEqual(['drained']);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    await rehearsal.drive(rehearsal.clock.sleep(60_000));
    expect(rehearsal.instances).toHaveLength(3);
    expect(rehearsal.instances).not.toContain(instance);
  });

  test('with another effect, or by another key, is nothing to us', async () => {
    await using rehearsal = await Rehearsal.start();
    const [one = '', two = ''] = rehearsal.nodes;
    await rehearsal.ready();
    taint(rehearsal, one, { effect: 'PreferNoSchedule' });
    taint(rehearsal, two, { key: 'somebody.else/drain' });
    expect(await sweep(rehearsal)).toMatchObject([{ nodes: [] }]);
    expect(rehearsal.started.size).toBe(0);
  });

  test('is under way while its retirement ends, though its instance has left the group', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    const { instance, node } = rehearsal.first;
    taint(rehearsal, node);
    label(rehearsal, node, RETIRING_LABEL, 'tainted');
    const since = new Date(rehearsal.clock.now()).toISOString();
    const ownership = { execution: `${executionsOf({ ...rehearsal.ports.home, instance })}01234567`, kind: 'tainted' };
    annotate(
      rehearsal,
      node,
      RETIREMENT_ANNOTATION,
      JSON.stringify({ ...ownership, since, deadline: since, ...BY_US }),
    );
    rehearsal.running.add(ownership.execution);
    rehearsal.aws.autoScaling.group(GROUP).members.delete(instance);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ decision: 'under way' }]);
    expect(rehearsal.of('taints.ignored')).toEqual([]);
  });

  test('is not started a second time while its retirement runs', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    taint(rehearsal, rehearsal.first.node);
    await sweep(rehearsal);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ decision: 'under way' }]);
    expect(rehearsal.started.size).toBe(1);
    expect(rehearsal.of('sweep.finished')).toMatchObject([
      { started: 0, tainted: 1 },
      { started: 0, tainted: 0 },
    ]);
  });

  test('and drained, its instance left, stays so: the sweep neither restores nor drains it again until the taint goes', async () => {
    await using rehearsal = await Rehearsal.start({ tainted: { release: 'leave' } });
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    taint(rehearsal, node);
    await sweep(rehearsal);
    expect(await carryOut(rehearsal)).toEqual(['drained']);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node, decision: 'left drained' }]);
    expect(rehearsal.started.size).toBe(0);
    expect(rehearsal.node(node).spec.unschedulable).toBe(true);
    expect(rehearsal.instances).toContain(instance);
    taint(rehearsal, node, { on: false });
    await sweep(rehearsal);
    expect(rehearsal.node(node).spec.unschedulable ?? false).toBe(false);
    expect(rehearsal.of('node.restored')).toMatchObject([{ node }]);
  });
});

test('a node that whoever tainted it has cordoned too does not use up the budget that it waits for', async () => {
  await using rehearsal = await Rehearsal.start();
  const { node } = rehearsal.first;
  await rehearsal.ready();
  rehearsal.kubernetes.world.cordon(node);
  taint(rehearsal, node);
  expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node, decision: 'starts now' }]);
  expect(await carryOut(rehearsal)).toEqual(['drained']);
});

test('another node that is cordoned does', async () => {
  await using rehearsal = await Rehearsal.start();
  const [node = '', other = ''] = rehearsal.nodes;
  await rehearsal.ready();
  rehearsal.kubernetes.world.cordon(other);
  taint(rehearsal, node);
  expect(sweptNodes(await sweep(rehearsal))).toMatchObject([
    { node, decision: 'waits', why: expect.stringContaining(`${other} is cordoned`) as string },
  ]);
  expect(rehearsal.of('group.held')).toMatchObject([
    { group: GROUP, nodes: 1, reason: expect.stringContaining(`${other} is cordoned`) as string },
  ]);
});

test('another node whose retirement has begun, and has not marked it yet, uses the budget up', async () => {
  await using rehearsal = await Rehearsal.start();
  const [node = '', other = ''] = rehearsal.nodes;
  const [, instance = ''] = rehearsal.instances;
  await rehearsal.ready();
  taint(rehearsal, node);
  const execution = `${executionsOf({ ...rehearsal.ports.home, instance })}0a1b2c3d`;
  rehearsal.running.add(execution);
  expect(sweptNodes(await sweep(rehearsal))).toMatchObject([
    { node, decision: 'waits', why: expect.stringContaining(`${other} is to be drained`) as string },
  ]);
  rehearsal.running.delete(execution);
  expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node, decision: 'starts now' }]);
});

describe('of several tainted nodes', () => {
  test('one goes at a time, and the next only when its replacement is there', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    for (const node of rehearsal.nodes) taint(rehearsal, node);
    const first = sweptNodes(await sweep(rehearsal));
    expect(first.map(({ decision }) => decision).toSorted()).toEqual(['starts now', 'waits', 'waits']);
    expect(first.find(({ decision }) => decision === 'waits')?.why).toEqual(expect.any(String));
    await carryOut(rehearsal);
    // While there was room, nothing was to be told.
    expect(rehearsal.of('group.waiting')).toEqual([]);
    // Its instance is going, and the one that replaces it has no node yet.
    expect(
      sweptNodes(await sweep(rehearsal))
        .map(({ decision }) => decision)
        .toSorted(),
    ).toEqual(['under way', 'waits', 'waits']);
    expect(rehearsal.of('group.waiting')).toMatchObject([{ group: GROUP, nodes: 2 }]);
    await rehearsal.drive(rehearsal.clock.sleep(60_000));
    const [, , replacement = ''] = rehearsal.instances;
    const { world } = rehearsal.kubernetes;
    world.addNode({ name: rehearsal.nodeOf(replacement), providerID: `aws:///us-east-1a/${replacement}` });
    await rehearsal.drive(rehearsal.kubernetes.settle());
    await sweep(rehearsal);
    expect(requested(rehearsal)).toHaveLength(2);
    expect(new Set(requested(rehearsal)).size).toBe(2);
  });

  test('as many go as the budget says', async () => {
    await using rehearsal = await Rehearsal.start({ budget: { nodes: 2, cluster: 3 } });
    await rehearsal.ready();
    for (const node of rehearsal.nodes) taint(rehearsal, node);
    await sweep(rehearsal);
    expect(requested(rehearsal)).toHaveLength(2);
  });

  test('whom a person tainted goes, one at a time, by a configuration that says nothing of a budget', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    for (const node of rehearsal.nodes) taint(rehearsal, node);
    await sweep(rehearsal);
    expect(requested(rehearsal)).toHaveLength(1);
  });

  test('whom drift let go by an earlier budget waits by one that looks only, and keeps no tainted one from going', async () => {
    await using rehearsal = await Rehearsal.start();
    const [drifted = '', tainted = '', both = ''] = rehearsal.nodes;
    await rehearsal.ready();
    for (const node of [drifted, both]) taint(rehearsal, node, DRIFT_DRAIN);
    for (const node of [tainted, both]) taint(rehearsal, node);
    const swept = sweptNodes(await sweep(rehearsal));
    expect(swept.find(({ node }) => node === drifted)).toMatchObject({ decision: 'waits', why: LOOKS_ONLY });
    expect(swept.filter(({ decision }) => decision === 'starts now')).toHaveLength(1);
    expect([tainted, both]).toContain(requested(rehearsal)[0]);
  });

  test('none goes by a budget of no nodes', async () => {
    await using rehearsal = await Rehearsal.start({ budget: { nodes: 0 } });
    await rehearsal.ready();
    taint(rehearsal, rehearsal.first.node);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ decision: 'waits', why: LOOKS_ONLY }]);
    expect(rehearsal.of('group.waiting')).toMatchObject([{ group: GROUP, reason: LOOKS_ONLY }]);
  });

  test('none goes outside of its window, and the report says when it opens', async () => {
    const budget = { windows: [{ cron: '0 2 1 1 *', durationSeconds: 3_600 }] };
    await using rehearsal = await Rehearsal.start({ budget });
    await rehearsal.ready();
    taint(rehearsal, rehearsal.first.node);
    const [swept] = sweptNodes(await sweep(rehearsal));
    expect(swept?.decision).toBe('waits');
    const opens = new Date(swept?.at ?? 0);
    expect([opens.getUTCMonth(), opens.getUTCDate(), opens.getUTCHours()]).toEqual([0, 1, 2]);
    expect(requested(rehearsal)).toEqual([]);
  });

  test('none goes by a budget that cannot be read', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    const name = '/ebb/clusters/production';
    const parameter = JSON.parse(rehearsal.aws.ssm.find(name)?.value ?? '{}') as object;
    rehearsal.aws.ssm.put(name, JSON.stringify({ ...parameter, budget: { nodes: 'a few' } }));
    taint(rehearsal, rehearsal.first.node);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([
      { decision: 'waits', why: expect.stringContaining('budget.nodes') as string },
    ]);
    expect(requested(rehearsal)).toEqual([]);
  });
});

describe('a tainted node is left alone', () => {
  test('when Karpenter makes and ends such nodes', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    label(rehearsal, rehearsal.first.node, 'karpenter.sh/nodepool', 'default');
    taint(rehearsal, rehearsal.first.node);
    const [swept] = sweptNodes(await sweep(rehearsal));
    expect(swept).toMatchObject({ decision: 'left alone', why: expect.stringContaining('Karpenter') as string });
    expect(rehearsal.of('taints.ignored')).toMatchObject([{ nodes: [`${rehearsal.first.node}: ${swept?.why}`] }]);
    expect(requested(rehearsal)).toEqual([]);
  });

  test('when its instance is in no enrolled group', async () => {
    await using rehearsal = await Rehearsal.start();
    const { world } = rehearsal.kubernetes;
    world.addNode({ name: 'stray', providerID: 'aws:///us-east-1a/i-00000000000000099' });
    await rehearsal.ready();
    taint(rehearsal, 'stray');
    expect(sweptNodes(await sweep(rehearsal, { dryRun: true }))).toMatchObject([{ decision: 'left alone' }]);
    expect(rehearsal.events).toEqual([]);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node: 'stray', decision: 'left alone' }]);
    expect(rehearsal.of('taints.ignored')).toMatchObject([
      {
        cluster: 'production',
        nodes: ['stray: its instance is in no group that is enrolled, and the release of its taint is terminate'],
      },
    ]);
  });

  test('when its group is said to be another cluster’s, with who says so, and keeps no other from going', async () => {
    await using rehearsal = await Rehearsal.start();
    const theirs = addForeign(rehearsal);
    await rehearsal.ready();
    taint(rehearsal, theirs);
    taint(rehearsal, rehearsal.first.node);
    expect(sweptNodes(await sweep(rehearsal))).toContainEqual({
      node: theirs,
      instance: expect.any(String) as string,
      group: 'theirs',
      taint: PLAIN_KEY,
      release: 'terminate',
      decision: 'left alone',
      why: 'it is another cluster’s: group tag eks:cluster-name says staging',
    });
    expect(requested(rehearsal)).toEqual([rehearsal.first.node]);
  });

  test('while it rests, and says until when', async () => {
    await using rehearsal = await Rehearsal.start();
    const { node } = rehearsal.first;
    await rehearsal.ready();
    const until = rehearsal.clock.now() + HOUR;
    annotate(rehearsal, node, COOL_DOWN_ANNOTATION, coolDownText({ until, reason: 'a pod is protected' }));
    taint(rehearsal, node);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node, decision: 'waits', at: until }]);
    expect(requested(rehearsal)).toEqual([]);
    await rehearsal.drive(rehearsal.clock.sleep(HOUR));
    await sweep(rehearsal);
    expect(requested(rehearsal)).toEqual([node]);
  });

  test('while somebody has suspended what would replace it', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    rehearsal.aws.autoScaling.suspend(GROUP, 'Launch');
    taint(rehearsal, rehearsal.first.node);
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([
      { decision: 'waits', why: expect.stringContaining('Launch') as string },
    ]);
    expect(requested(rehearsal)).toEqual([]);
    expect(rehearsal.of('group.stopped')).toMatchObject([
      { cluster: 'production', group: GROUP, reason: 'its process Launch is suspended' },
    ]);
  });
});

const LEAVE_KEY = 'ektopistis.io/drain';
const LEAVING = { tainted: { taints: [{ key: LEAVE_KEY, release: 'leave' as const }] } };

/** A node whose instance is in no group, or in one that is not enrolled. */
function addOutside(rehearsal: Rehearsal, given: { group?: string; tags?: Record<string, string> } = {}) {
  const { aws, kubernetes } = rehearsal;
  const { group, tags = {} } = given;
  const zone = `${aws.account.region}a`;
  if (group !== undefined) aws.autoScaling.addGroup({ name: group, desired: 0 });
  const instance =
    group === undefined
      ? aws.instances.launch({ zone, tags }).instanceId
      : aws.autoScaling.addInstance(group, { zone });
  const node = aws.instances.get(instance).privateDnsName ?? '';
  kubernetes.world.addNode({ name: node, providerID: `aws:///${zone}/${instance}` });
  return { instance, node };
}

describe('a node outside of every enrolled group, tainted to be drained and left', () => {
  test.each<[string, { group?: string; tags?: Record<string, string> }, string]>([
    ['in no group', {}, 'none'],
    ['in no group, tagged for its cluster', { tags: { 'kubernetes.io/cluster/production': 'owned' } }, 'none'],
    ['in a group that is not enrolled', { group: 'batch' }, 'batch'],
  ])('%s, is drained, its instance stays, and without the taint it is given back', async (_, given, group) => {
    await using rehearsal = await Rehearsal.start(LEAVING);
    const { instance, node } = addOutside(rehearsal, given);
    rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
    await rehearsal.ready();
    expect(rehearsal.kubernetes.podsOn(node)).toHaveLength(2);
    taint(rehearsal, node, { key: LEAVE_KEY });
    const dry = sweptNodes(await sweep(rehearsal, { dryRun: true }));
    expect(dry).toMatchObject([{ node, instance, release: 'leave', decision: 'starts now' }]);
    expect(sweptNodes(await sweep(rehearsal))).toEqual(dry);
    expect(rehearsal.of('retirement.requested')).toMatchObject([{ instance, node, group, cluster: 'production' }]);
    expect(await carryOut(rehearsal)).toEqual(['drained']);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.of('instance.left')).toMatchObject([{ instance, group }]);
    expect(rehearsal.aws.instances.get(instance).state).toBe('running');
    const asked = rehearsal.aws.requests.map(({ action }) => action);
    expect(asked).not.toContain('TerminateInstanceInAutoScalingGroup');
    expect(asked).not.toContain('TerminateInstances');
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ node, decision: 'left drained' }]);
    taint(rehearsal, node, { key: LEAVE_KEY, on: false });
    await sweep(rehearsal);
    expect(rehearsal.node(node).spec.unschedulable ?? false).toBe(false);
  });

  test('is restored when the taint goes before its drain has ended', async () => {
    await using rehearsal = await Rehearsal.start(LEAVING);
    const { node } = addOutside(rehearsal);
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ namespace: 'shop', name: 'web', replicas: 1, nodes: [node] });
    world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    taint(rehearsal, node, { key: LEAVE_KEY });
    await sweep(rehearsal);
    const untainted = rehearsal.clock.sleep(5 * 60_000).then(() => {
      taint(rehearsal, node, { key: LEAVE_KEY, on: false });
    });
    expect(await carryOut(rehearsal, untainted)).toEqual(['restored']);
    expect(rehearsal.node(node).spec.unschedulable ?? false).toBe(false);
  });

  test('uses up the budget of the cluster, and one of its own like that of a group', async () => {
    await using rehearsal = await Rehearsal.start({ ...LEAVING, budget: { nodes: 1, cluster: 1 } });
    const outside = [addOutside(rehearsal), addOutside(rehearsal)].map(({ node }) => node);
    await rehearsal.ready();
    for (const node of [...outside, rehearsal.first.node]) taint(rehearsal, node, { key: LEAVE_KEY });
    const decisions = sweptNodes(await sweep(rehearsal)).map(({ decision }) => decision);
    expect(decisions.toSorted()).toEqual(['starts now', 'waits', 'waits']);
    expect(await carryOut(rehearsal)).toEqual(['drained']);
    // It is drained and left: still out.
    expect(
      sweptNodes(await sweep(rehearsal))
        .map(({ decision }) => decision)
        .toSorted(),
    ).toEqual(['left drained', 'waits', 'waits']);
  });

  test('of two of them one goes at a time where the cluster would allow more', async () => {
    await using rehearsal = await Rehearsal.start({ ...LEAVING, budget: { nodes: 1, cluster: 5 } });
    const outside = [addOutside(rehearsal), addOutside(rehearsal)];
    await rehearsal.ready();
    for (const { node } of outside) taint(rehearsal, node, { key: LEAVE_KEY });
    const swept = sweptNodes(await sweep(rehearsal));
    expect(swept.map(({ decision }) => decision).toSorted()).toEqual(['starts now', 'waits']);
    expect(swept.find(({ decision }) => decision === 'waits')?.why).toBe(
      '1 of its group goes before it: its budget is 1 node',
    );
  });

  test.each<[string, (rehearsal: Rehearsal) => string, string]>([
    [
      'of Karpenter’s',
      (rehearsal) => {
        const { node } = addOutside(rehearsal);
        label(rehearsal, node, 'karpenter.sh/nodepool', 'default');
        return node;
      },
      'Karpenter makes and ends such nodes itself',
    ],
    [
      'of Auto Mode',
      (rehearsal) => {
        const { node } = addOutside(rehearsal);
        label(rehearsal, node, 'eks.amazonaws.com/compute-type', 'auto');
        return node;
      },
      'EKS Auto Mode makes and ends such nodes itself',
    ],
    [
      'that is no instance of EC2’s',
      (rehearsal) => {
        rehearsal.kubernetes.world.addNode({ name: 'on-premises', providerID: 'eks-hybrid:///eu/production/mi-1' });
        return 'on-premises';
      },
      'it is no EC2 instance',
    ],
    [
      'that is in Standby',
      (rehearsal) => {
        const { instance, node } = addOutside(rehearsal, { group: 'batch' });
        const member = rehearsal.aws.autoScaling.group('batch').members.get(instance);
        member?.states.push({ state: 'Standby', at: rehearsal.clock.now() });
        return node;
      },
      'its instance is Standby',
    ],
  ])('%s is left alone, which is told', async (_, add, why) => {
    await using rehearsal = await Rehearsal.start(LEAVING);
    const node = add(rehearsal);
    await rehearsal.ready();
    taint(rehearsal, node, { key: LEAVE_KEY });
    expect(sweptNodes(await sweep(rehearsal))).toMatchObject([{ decision: 'left alone', why }]);
    expect(rehearsal.started.size).toBe(0);
    expect(rehearsal.of('taints.ignored')).toHaveLength(1);
  });
});

test('a dry run says the same, and changes nothing', async () => {
  await using rehearsal = await Rehearsal.start();
  await rehearsal.ready();
  for (const node of rehearsal.nodes) taint(rehearsal, node);
  const before = rehearsal.kubernetes.requests.entries.length;
  const told = sweptNodes(await sweep(rehearsal, { dryRun: true }));
  expect(rehearsal.started.size).toBe(0);
  expect(rehearsal.events).toEqual([]);
  const verbs = rehearsal.kubernetes.requests.entries.slice(before).map(({ verb }) => verb);
  expect(new Set(verbs)).toEqual(new Set(['list']));
  expect(sweptNodes(await sweep(rehearsal))).toEqual(told);
});
