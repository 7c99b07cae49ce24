/** Rotations of groups whose size somebody else changes meanwhile: Cluster Autoscaler, a person, a scaling policy (contract 10.2). */
import {
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  AutoScalingClient,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { Group } from '../../peers/aws/auto-scaling/group.ts';
import { GROUP } from '../retirement/rehearsal.ts';
import { RotationScene } from './rotation-scene.ts';

/** A managed node group of three, which may have nine. */
async function sceneOfNodeGroup(): Promise<RotationScene> {
  const groupTags = { 'eks:cluster-name': 'production', 'eks:nodegroup-name': 'workers' };
  const scene = await RotationScene.start({ nodes: 3, groupTags });
  groupOf(scene).max = 9;
  return scene;
}

function groupOf({ rehearsal }: RotationScene): Group {
  return rehearsal.aws.autoScaling.group(GROUP);
}

/** The client of somebody else. */
function othersOf({ rehearsal }: RotationScene): AutoScalingClient {
  return new AutoScalingClient(rehearsal.aws.clientConfig());
}

const desire = (desired: number) =>
  new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: desired });

const shrinkBy = (instance = '') =>
  new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instance, ShouldDecrementDesiredCapacity: true });

/** Does it once, in the first round after which `isDue`. */
function once(scene: RotationScene, isDue: () => boolean, act: () => Promise<unknown>): void {
  let isDone = false;
  scene.afterRound = async () => {
    if (isDone || !isDue()) return;
    isDone = true;
    await act();
  };
}

describe('a managed node group whose desired capacity somebody else changes', () => {
  test('before its batch, downwards: it is raised anew, and no batch lowers it below what is wanted', async () => {
    await using scene = await sceneOfNodeGroup();
    const [group, others] = [groupOf(scene), othersOf(scene)];
    const { rehearsal } = scene;
    // As Cluster Autoscaler does, which finds the new node empty.
    once(
      scene,
      () => rehearsal.of('rotation.surged').length === 1 && rehearsal.instances.length === 4,
      () => others.send(shrinkBy(rehearsal.instances.at(-1))),
    );
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done' });
    await rehearsal.drive(rehearsal.clock.sleep(1_200_000));
    expect([group.desired, rehearsal.instances.length]).toEqual([3, 3]);
    expect(scene.seen.ready).toBe(3);
  });

  test('while its batch drains, upwards: those that were added stay', async () => {
    await using scene = await sceneOfNodeGroup();
    const [group, others] = [groupOf(scene), othersOf(scene)];
    const { rehearsal } = scene;
    once(
      scene,
      () => rehearsal.of('rotation.batch').length === 1,
      () => others.send(desire(group.desired + 2)),
    );
    expect(await scene.rotate(scene.order({ maxSurge: 3 }))).toMatchObject({ result: 'done' });
    expect([group.desired, rehearsal.instances.length]).toEqual([5, 5]);
  });

  test('between plan and surge, upwards: nothing that was added is taken away', async () => {
    await using scene = await sceneOfNodeGroup();
    const [group, others] = [groupOf(scene), othersOf(scene)];
    const { rehearsal } = scene;
    const rounds: string[] = [];
    once(
      scene,
      () => rounds.push('round') === 1,
      () => others.send(desire(6)),
    );
    expect(await scene.rotate(scene.order())).toMatchObject({ result: 'done' });
    expect(rehearsal.of('rotation.surged').every(({ from, to }) => to > from)).toBe(true);
    expect([group.desired, rehearsal.instances.length]).toEqual([6, 6]);
  });
});

test('a managed node group whose maximum was lowered meanwhile ends the rotation with what AWS says', async () => {
  await using scene = await sceneOfNodeGroup();
  const [group, others] = [groupOf(scene), othersOf(scene)];
  const rounds: string[] = [];
  const lower = new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, MaxSize: 3 });
  once(
    scene,
    () => rounds.push('round') === 1,
    () => others.send(lower),
  );
  expect(await scene.rotate(scene.order())).toMatchObject({
    result: 'failed',
    reason:
      'workers cannot have 4 instances: New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.',
  });
  expect(group.desired).toBe(3);
  expect(scene.rehearsal.of('rotation.finished')).toHaveLength(1);
});
