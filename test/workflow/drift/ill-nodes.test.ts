/** What the drift tainter does with nodes that fall ill (contract 1.2, 9.1). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { aCluster, instanceId, nodeName, upTo } from '../../fleet-given.ts';
import { HOUR, MINUTE, NOON } from '../../given.ts';
import { DRAIN_KEY, DriftScene, DRIFTED_KEY, NEW_IMAGE, retiringMarks } from './drift-scene.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const ILL: Partial<Node> = { conditions: [{ type: 'KernelDeadlock', status: 'True', since: NOON - 20 * MINUTE }] };
const WELL: Partial<Node> = { conditions: [{ type: 'KernelDeadlock', status: 'False', since: NOON }] };

/** Ten nodes of the current image; these numbers are ill. */
function sceneWith(ill: readonly number[], drift: object = { conditions: [{ type: 'KernelDeadlock' }] }): DriftScene {
  const scene = new DriftScene(aCluster({ drift, budget: { nodes: 2 } }));
  scene.add(upTo(10), { image: NEW_IMAGE });
  for (const number of ill) scene.change(number, ILL);
  return scene;
}

test('an ill node is marked with the condition in words, and let go', async () => {
  const scene = sceneWith([4]);
  await scene.run();
  expect(scene.bearing(DRAIN_KEY)).toEqual([4]);
  const since = new Date(NOON - 20 * MINUTE).toISOString();
  const explanation = `has had the condition KernelDeadlock=True since ${since}`;
  expect(scene.of('node.drifted')).toMatchObject([{ node: nodeName(4), reasons: ['condition'], explanation }]);
});

test('of several the next one goes only when the one before has gone, though the budget has room', async () => {
  const scene = sceneWith([2, 4, 6]);
  await scene.run();
  expect(scene.bearing(DRAIN_KEY)).toEqual([2]);
  scene.change(2, retiringMarks('tainted'));
  await scene.run();
  expect([scene.bearing(DRIFTED_KEY), scene.bearing(DRAIN_KEY)]).toEqual([[2], [2]]);
  scene.replace(2, 11);
  await scene.run();
  expect(scene.bearing(DRAIN_KEY)).toEqual([4]);
});

test('a node that is well again loses its marks, even while it retires for them', async () => {
  const scene = sceneWith([4]);
  await scene.run();
  scene.change(4, { ...WELL, ...retiringMarks('tainted') });
  await scene.run();
  expect(scene.node(4).taints).toEqual([]);
  expect(scene.of('node.current')).toMatchObject([{ node: nodeName(4) }]);
});

test('by default no condition counts, and drift that is disabled replaces no ill node either', async () => {
  for (const drift of [{}, { enabled: false, conditions: [{ type: 'KernelDeadlock' }] }]) {
    const scene = sceneWith([4], drift);
    vi.setSystemTime(NOON + HOUR);
    await scene.run();
    expect(scene.patched).toEqual([]);
  }
});

describe('a status check of EC2', () => {
  const EBS = { statusChecks: [{ check: 'ebs' }] };
  const FAILED = { instance: instanceId(4), check: 'ebs', since: NOON - 20 * MINUTE } as const;

  test('that an instance fails marks its node and lets it go, and the marks come off when it passes again', async () => {
    const scene = sceneWith([], EBS);
    scene.impaired.push(FAILED);
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([4]);
    expect(scene.of('node.drifted')).toMatchObject([{ node: nodeName(4), reasons: ['status-check'] }]);
    scene.impaired.pop();
    await scene.run();
    expect(scene.node(4).taints).toEqual([]);
    expect(scene.of('node.current')).toMatchObject([{ node: nodeName(4) }]);
  });

  test('is read only where the settings name it, and each once', async () => {
    const scene = sceneWith([]);
    scene.impaired.push(FAILED);
    await scene.run();
    expect([scene.asked.checks, scene.patched]).toEqual([[], []]);
    const other = sceneWith([], {
      statusChecks: [{ check: 'ebs' }, { check: 'system' }, { check: 'ebs', seconds: 60 }],
    });
    await other.run();
    expect(other.asked.checks).toEqual([['ebs', 'system']]);
  });

  test('is not read where drift is disabled: its marks from before come off', async () => {
    const scene = sceneWith([], { ...EBS, enabled: false });
    scene.impaired.push(FAILED);
    await scene.run();
    expect([scene.asked.checks, scene.patched]).toEqual([[], []]);
  });

  test('of which EC2 does not answer leaves all marks as they are', async () => {
    const scene = sceneWith([], EBS);
    scene.impaired.push(FAILED);
    await scene.run();
    const before = scene.node(4).taints;
    scene.ec2Fails = new Error('Request limit exceeded.');
    await expect(scene.run()).rejects.toThrow('Request limit exceeded.');
    expect(scene.node(4).taints).toEqual(before);
  });
});

describe('an ill node of a managed node group', () => {
  /** Ten nodes in a managed node group, the fourth of which is ill. */
  function managedScene(ill: readonly number[] = [4]): DriftScene {
    const scene = sceneWith(ill);
    scene.changeGroup('workers', { nodeGroup: { cluster: 'production', name: 'general' } });
    return scene;
  }

  test('is left to EKS while node auto repair is on, and taken once it is off', async () => {
    const scene = managedScene();
    scene.repairs.set('workers', true);
    await scene.run();
    expect(scene.patched).toEqual([]);
    scene.repairs.set('workers', false);
    await scene.run();
    expect(scene.bearing(DRAIN_KEY)).toEqual([4]);
    scene.repairs.set('workers', true);
    await scene.run();
    expect(scene.node(4).taints).toEqual([]);
  });

  test('is asked about once, however many are ill, and not while none is', async () => {
    const scene = managedScene([2, 4, 6]);
    await scene.run();
    expect(scene.asked.repairs).toEqual(['workers']);
    const well = managedScene([]);
    await well.run();
    expect(well.asked.repairs).toEqual([]);
  });

  test('keeps its marks and goes nowhere while EKS does not answer, and its group says so', async () => {
    const scene = managedScene();
    scene.repairs.set('workers', new Error('AccessDeniedException'));
    await scene.run();
    await scene.run();
    expect([scene.bearing(DRIFTED_KEY), scene.bearing(DRAIN_KEY)]).toEqual([[4], []]);
    const reason = 'it is unknown whether EKS repairs its nodes: Error: AccessDeniedException';
    expect(scene.of('group.stopped')).toMatchObject([{ reason }, { reason }]);
  });
});
