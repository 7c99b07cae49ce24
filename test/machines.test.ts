/** Instances and their nodes, on both peers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Machines } from './machines.ts';
import { AwsPeer } from './peers/aws/peer.ts';
import { DrivenClock } from './peers/clock.ts';
import { KubernetesPeer } from './peers/kubernetes/peer.ts';

const GROUP = 'workers';
const TAINT = 'node.cilium.io/agent-not-ready';

let clock: DrivenClock;
let aws: AwsPeer;
let kubernetes: KubernetesPeer;
let machines: Machines;
let uninstall: () => void;

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  aws = await AwsPeer.start({ clock });
  kubernetes = await KubernetesPeer.start({ clock });
  machines = new Machines({ aws, kubernetes });
  aws.autoScaling.addGroup({ name: GROUP, desired: 1, max: 3 });
  for (const id of aws.autoScaling.instanceIds(GROUP)) machines.join(id);
  machines.follow({ seconds: 45 });
});
afterEach(async () => {
  await kubernetes.stop();
  await aws.stop();
  uninstall();
});

/** Detaches the group's only instance, and lets its replacement come; answers both. */
async function replaced(): Promise<{ old: string; replacement: string }> {
  const [old = ''] = aws.autoScaling.instanceIds(GROUP);
  aws.autoScaling.membership.detach(aws.autoScaling.group(GROUP), [old], false);
  await clock.advance(30_000);
  const [replacement = ''] = aws.autoScaling.instanceIds(GROUP);
  return { old, replacement };
}

/** Whether the node is Ready, and the keys of its taints; undefined: there is none. */
function nodeOf(instance: string): { ready: string | undefined; taints: string[] } | undefined {
  const node = kubernetes.node(machines.nodes.get(instance) ?? '');
  const ready = node?.status.conditions?.find(({ type }) => type === 'Ready')?.status;
  return node && { ready, taints: (node.spec.taints ?? []).map(({ key }) => key) };
}

describe('an instance that its group launches', () => {
  test('joins as a Ready node once it has booted, although it is in service before', async () => {
    const { replacement } = await replaced();
    expect(aws.autoScaling.state(replacement)).toBe('InService');
    expect(nodeOf(replacement)).toBeUndefined();
    await clock.advance(45_000);
    expect(nodeOf(replacement)).toEqual({ ready: 'True', taints: [] });
    expect(kubernetes.node(machines.nameOf(replacement))?.spec.providerID).toMatch(`/${replacement}`);
  });

  test('may never join', async () => {
    machines.setBoot(GROUP, { seconds: Infinity });
    const { replacement } = await replaced();
    await clock.advance(3_600_000);
    expect(aws.autoScaling.state(replacement)).toBe('InService');
    expect(nodeOf(replacement)).toBeUndefined();
  });

  test('may join and never be Ready, or be so late', async () => {
    machines.setBoot(GROUP, { readySeconds: Infinity });
    const { replacement } = await replaced();
    await clock.advance(3_600_000);
    expect(nodeOf(replacement)).toMatchObject({ ready: 'False' });
    machines.setBoot(GROUP, { readySeconds: 120 });
    const { replacement: late } = await replaced();
    await clock.advance(45_000);
    expect(nodeOf(late)).toMatchObject({ ready: 'False' });
    await clock.advance(120_000);
    expect(nodeOf(late)).toEqual({ ready: 'True', taints: [] });
  });

  test('may join with a taint that goes after a while', async () => {
    machines.setBoot(GROUP, { startupTaint: { key: TAINT, seconds: 90 } });
    const { replacement } = await replaced();
    await clock.advance(45_000);
    expect(nodeOf(replacement)).toEqual({ ready: 'True', taints: [TAINT] });
    await clock.advance(90_000);
    expect(nodeOf(replacement)).toEqual({ ready: 'True', taints: [] });
  });

  test('does not join when it ends before it has booted', async () => {
    const { replacement } = await replaced();
    aws.instances.terminate(replacement);
    await clock.advance(120_000);
    expect(nodeOf(replacement)).toBeUndefined();
  });
});

describe('the node of a detached instance', () => {
  test('is Ready for as long as the instance runs, then NotReady, and goes by the cloud controller', async () => {
    const { old } = await replaced();
    await clock.advance(3_600_000);
    expect(nodeOf(old)).toEqual({ ready: 'True', taints: [] });
    aws.instances.terminate(old);
    await clock.advance(30_000);
    expect(nodeOf(old)).toMatchObject({ ready: 'True' });
    await clock.advance(12_000);
    expect(nodeOf(old)).toMatchObject({ ready: 'Unknown' });
    await clock.advance(10_000);
    expect(nodeOf(old)).toBeUndefined();
  });

  test('stays NotReady where no cloud controller runs, until somebody deletes it', async () => {
    machines.cloudController = false;
    const { old } = await replaced();
    aws.instances.terminate(old);
    await clock.advance(3_600_000);
    expect(nodeOf(old)).toMatchObject({ ready: 'Unknown' });
    kubernetes.world.deleteNode(machines.nodes.get(old) ?? '');
    await clock.advance(3_600_000);
    expect(nodeOf(old)).toBeUndefined();
  });
});

test('the node of an instance that its group ends goes with it', async () => {
  const [old = ''] = aws.autoScaling.instanceIds(GROUP);
  const member = aws.autoScaling.findMember(old);
  if (member !== undefined) aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  await clock.advance(60_000);
  expect(nodeOf(old)).toBeUndefined();
});
